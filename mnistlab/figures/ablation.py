"""What parts of a network matter: the accuracy that is lost when each of them is silent."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.ablation import Ranking
from mnistlab.analysis.intervals import interval, percent, probability
from mnistlab.figures.colors import BAD, CLASS_COLORS
from mnistlab.figures.grids import titled

PALE = "rgba(127,127,127,.45)"  # of differences that chance easily explains


def ranking_figure(ranking: Ranking, what: str) -> go.Figure:
    """How much accuracy is lost without each "map" or "unit", the most important one first. Grey:
    chance easily explains the difference.
    """
    order, count = ranking.order, ranking.intact.count
    drop = 100 * ranking.drop[order]
    sure = ranking.beyond_chance[order]
    texts = [
        f"without {what} {channel}: <b>{percent(ranking.correct[channel] / count)}</b> "
        f"({interval(int(ranking.correct[channel]), count)})<br>now wrong: "
        f"{ranking.lost[channel]:,}, now right: {ranking.gained[channel]:,}"
        for channel in order
    ]
    figure = go.Figure(
        go.Bar(
            x=[str(channel) for channel in order],
            y=drop,
            marker_color=np.where(sure, BAD, PALE),
            customdata=texts,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(title=f"{what}, silent alone", type="category")
    figure.update_yaxes(title="accuracy lost (percentage points)", rangemode="tozero")
    first, last = int(order[0]), int(order[-1])
    alt = (
        f"Bar chart of {len(order)} {what}s of {ranking.stage}, each silent alone. The accuracy is "
        f"{percent(ranking.intact.share)} with all of them, "
        f"{percent(ranking.correct[first] / count)} without {what} {first}, which matters most, "
        f"and {percent(ranking.correct[last] / count)} without {what} {last}, which matters "
        f"least. For {int((~sure).sum())} of them chance easily explains the difference."
    )
    return titled(figure, f"{ranking.stage}: which {what} matters most?", alt)


def two_answers_figure(
    before: np.ndarray, after: np.ndarray, names: tuple[str, str], classes: Sequence[str]
) -> go.Figure:
    """The ten probabilities before (pale) and after a change (full colour); `names` says what each
    of them is.
    """
    figure = go.Figure()
    for name, values, opacity in ((names[1], after, 1.0), (names[0], before, 0.35)):
        figure.add_bar(
            x=list(classes),
            y=values,
            name=name,
            marker_color=list(CLASS_COLORS),
            opacity=opacity,
            hovertemplate=f"{name}: %{{x}} <b>%{{y:.4f}}</b><extra></extra>",
        )
    figure.update_xaxes(title="class", type="category")
    figure.update_yaxes(title="probability", range=[0, 1])
    figure.update_layout(
        showlegend=False, height=300, bargap=0.25, margin={"l": 50, "r": 10, "t": 50, "b": 45}
    )
    said = [
        f"{name}: {classes[int(values.argmax())]} ({probability(float(values.max()))})"
        for name, values in zip(names, (before, after), strict=True)
    ]
    alt = f"Bar chart of the ten probabilities. The answer, {said[0]}; {said[1]}."
    return titled(figure, f"{names[1]} (pale: {names[0]})", alt)

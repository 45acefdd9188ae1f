"""What parts of a network matter: the accuracy that is lost when each of them is silent."""

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.ablation_ranking import Ranking
from mnistlab.analysis.intervals import interval, percent
from mnistlab.figures.colors import BAD
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

"""What parts of a network matter: the accuracy that is lost when each of them is silent."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.ablation_ranking import Ranking
from mnistlab.analysis.intervals import interval, percent
from mnistlab.figures.colors import BAD
from mnistlab.figures.data_table import with_table
from mnistlab.figures.grids import titled
from mnistlab.i18n import N_, _, ngettext


@dataclass(frozen=True)
class Words:
    """What is said of one kind of parts, marked for translation."""

    hover: str
    axis: str
    title: str
    table: str
    alt: str


WORDS = {  # of a "map" and of a "unit"
    "map": Words(
        hover=N_(
            "without map {number}: <b>{share}</b> ({interval})<br>now wrong: {lost:,}, now right: "
            "{gained:,}"
        ),
        axis=N_("map, silent alone"),
        title=N_("{stage}: which map matters most?"),
        table=N_("map"),
        alt=N_(
            "Bar chart of {count} maps of {stage}, each silent alone. The accuracy is {whole} with "
            "all of them, {least} without map {first}, which matters most, and {most} without map "
            "{last}, which matters least."
        ),
    ),
    "unit": Words(
        hover=N_(
            "without unit {number}: <b>{share}</b> ({interval})<br>now wrong: {lost:,}, now right: "
            "{gained:,}"
        ),
        axis=N_("unit, silent alone"),
        title=N_("{stage}: which unit matters most?"),
        table=N_("unit"),
        alt=N_(
            "Bar chart of {count} units of {stage}, each silent alone. The accuracy is {whole} "
            "with all of them, {least} without unit {first}, which matters most, and {most} "
            "without unit {last}, which matters least."
        ),
    ),
}
PALE = "rgba(127,127,127,.45)"  # of differences that chance easily explains


def ranking_figure(ranking: Ranking, what: str) -> go.Figure:
    """How much accuracy is lost without each "map" or "unit", the most important one first. Grey:
    chance easily explains the difference.
    """
    order, count = ranking.order, ranking.intact.count
    drop = 100 * ranking.drop[order]
    sure = ranking.beyond_chance[order]
    words = WORDS[what]
    texts = [
        _(words.hover).format(
            number=channel,
            share=percent(ranking.correct[channel] / count),
            interval=interval(int(ranking.correct[channel]), count),
            lost=ranking.lost[channel],
            gained=ranking.gained[channel],
        )
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
    with_table(
        figure,
        {
            _(words.table): order,
            _("accuracy without it"): ranking.correct[order] / count,
            _("accuracy lost (percentage points)"): drop,
            _("now wrong"): ranking.lost[order],
            _("now right"): ranking.gained[order],
        },
    )
    figure.update_xaxes(title=_(words.axis), type="category")
    figure.update_yaxes(title=_("accuracy lost (percentage points)"), rangemode="tozero")
    first, last = int(order[0]), int(order[-1])
    alt = _(words.alt).format(
        count=len(order),
        stage=ranking.stage,
        whole=percent(ranking.intact.share),
        least=percent(ranking.correct[first] / count),
        first=first,
        most=percent(ranking.correct[last] / count),
        last=last,
    )
    return titled(figure, _(words.title).format(stage=ranking.stage), f"{alt} {_unsure(sure)}")


def _unsure(sure: np.ndarray) -> str:
    count = int((~sure).sum())
    return ngettext(
        "For {n} of them chance easily explains the difference.",
        "For {n} of them chance easily explains the difference.",
        count,
    ).format(n=count)

"""What a class chose: one of several answers, cells of a matrix; and what it drew. Beside it what
is right, where that is known. No figure says who answered what.

`before`: the answers from before they were shown, `now`: those at last. Where nobody has changed
their mind, only `now` is drawn.
"""

import textwrap
from collections import Counter
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.figures.colors import BAD, GOOD, SEQUENTIAL, TEST, ink, scale
from mnistlab.figures.data_table import HELPER
from mnistlab.figures.grids import Shades, outline, shaped, titled
from mnistlab.figures.pictures import gallery
from mnistlab.figures.thumbnails import paint
from mnistlab.i18n import N_, _, clauses, ngettext, sentences

LINE = 24  # letters of an answer beside its bar, on a phone too
TEXT, BAR = 16, 26  # pixels: height of a line of it, and of a bar
CELL = 34  # pixels: of a matrix
DRAWING = 84  # pixels
FAINT = 0.4  # opacity of the answers from before
TICKS = 8  # of an axis that counts answers, about
SERIES = {"answers": N_("answers"), "before": N_("before"), "now": N_("now")}
MARGINS = {"l": 10, "r": 20, "t": 50, "b": 50}


def choices_figure(
    choices: Sequence[str], before: Sequence[int], now: Sequence[int], right: int | None = None
) -> go.Figure:
    """How many chose each of `choices`, as bars; the right one is green, and has a check mark."""
    figure = go.Figure()
    names = [_label(text, index == right) for index, text in enumerate(choices)]
    for moment, answers in series(before, now):
        counts = [Counter(answers)[index] for index in range(len(choices))]
        figure.add_bar(
            x=counts,
            y=names,
            name=_(SERIES[moment]),
            orientation="h",
            text=counts,
            textposition="outside",  # where light and dark pages make it readable
            cliponaxis=False,
            marker=_colors(len(choices), right, faint=moment == "before"),
            hovertemplate=f"%{{x}} {_(SERIES[moment])}<extra></extra>",
        )
    bars = len(figure.data)
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_layout(meta={"axes": {"y": _("answer")}})
    figure.update_xaxes(title=_("answers"), rangemode="tozero", dtick=whole_steps(len(now)))
    lines = max(name.count("<br>") + 1 for name in names)
    height = 110 + len(choices) * max(BAR * (bars + 1), TEXT * (lines + 1))
    figure.update_layout(barmode="group", showlegend=False, height=height, margin=MARGINS)
    told = clauses(f"{text}: {list(now).count(index)}" for index, text in enumerate(choices))
    alt = ngettext(
        "What {n} student chose. {answers}.", "What {n} students chose. {answers}.", len(now)
    ).format(n=len(now), answers=told)
    if right is not None:
        alt = sentences(alt, _("Right is: {answer}.").format(answer=choices[right]))
    return titled(figure, answers_title(len(now), with_before=bars == 2), alt)


def answers_title(count: int, with_before: bool = False) -> str:
    """The title over `count` answers; `with_before`: those from before are there too, pale."""
    said = (
        ngettext("{n} answer (pale: before)", "{n} answers (pale: before)", count)
        if with_before
        else ngettext("{n} answer", "{n} answers", count)
    )
    return said.format(n=count)


def cells_figure(
    rows: Sequence[str],
    columns: Sequence[str],
    now: Sequence[Sequence[int]],
    right: Sequence[int] | None = None,
) -> go.Figure:
    """A heat map of the cells that were chosen; the right one has a frame."""
    counts = np.zeros((len(rows), len(columns)), int)
    for row, column in now:
        counts[row, column] += 1
    shades = Shades(SEQUENTIAL, 0.0, float(counts.max()))
    heat = go.Heatmap(
        z=counts,
        colorscale=scale(shades.colors),
        zmin=shades.low,
        zmax=shades.high,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate=_("%{z} answers") + "<extra></extra>",
    )
    figure = go.Figure(heat)
    _write(figure, counts, shades)
    if right is not None:
        outline(figure, right[0], right[1], BAD)
    _matrix_axes(figure, rows, columns)
    row, column = map(int, np.unravel_index(counts.argmax(), counts.shape))
    alt = ngettext(
        "Heat map of the cells that {n} student chose: most often row {row}, column {column} "
        "({count}).",
        "Heat map of the cells that {n} students chose: most often row {row}, column {column} "
        "({count}).",
        len(now),
    ).format(n=len(now), row=rows[row], column=columns[column], count=counts.max())
    if right is not None:
        truth = _("Right is row {row}, column {column}.")
        alt = f"{alt} {truth.format(row=rows[right[0]], column=columns[right[1]])}"
    return shaped(titled(figure, answers_title(len(now)), alt), len(rows), len(columns))


def drawings(drawn: Sequence[bytes]) -> str:
    """The drawings, each 28×28 bytes, side by side as HTML."""
    images = [np.frombuffer(pixels, np.uint8).reshape(28, 28) for pixels in drawn]
    alts = [
        _("Drawing {n} of {count}").format(n=place, count=len(drawn))
        for place in range(1, len(drawn) + 1)
    ]
    return gallery(images, [""] * len(images), alts, [None] * len(images), DRAWING)


def series(before: Sequence, now: Sequence) -> list[tuple[str, Sequence]]:
    """The key in `SERIES` and the answers of each series that is drawn."""
    if not before or sorted(before) == sorted(now):
        return [("answers", now)]
    return [("before", before), ("now", now)]


def whole_steps(most: int) -> int:
    """Between the ticks of an axis that counts up to `most`."""
    return max(1, round(most / TICKS))


def _label(text: str, right: bool) -> str:
    """An answer beside its bar, as the HTML that Plotly knows."""
    lines = [line.replace("<", "&lt;") for line in textwrap.wrap(text, LINE)]
    return "✓ " + "<br>".join(f"<b>{line}</b>" for line in lines) if right else "<br>".join(lines)


def _colors(count: int, right: int | None, faint: bool) -> dict:
    return {
        "color": [GOOD if index == right else TEST for index in range(count)],
        "opacity": FAINT if faint else 1.0,
    }


def _write(figure: go.Figure, counts: np.ndarray, shades: Shades) -> None:
    """Write the counts (R, C) that are not 0 into their cells, so that they can be read."""
    rows, columns = np.nonzero(counts)
    inks = [ink(f"#{r:02x}{g:02x}{b:02x}") for r, g, b in paint(counts[rows, columns], shades)]
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="text",
        text=counts[rows, columns],
        textfont={"color": inks, "size": 13},
        hoverinfo="skip",
        showlegend=False,
        meta=HELPER,
    )


def _matrix_axes(figure: go.Figure, rows: Sequence[str], columns: Sequence[str]) -> None:
    """The names of rows and columns, and square cells."""
    for update, names, ends in (
        (figure.update_xaxes, columns, (-0.5, len(columns) - 0.5)),
        (figure.update_yaxes, rows, (len(rows) - 0.5, -0.5)),
    ):
        update(
            tickvals=list(range(len(names))),
            ticktext=list(names),
            range=ends,
            constrain="domain",
            showgrid=False,
            zeroline=False,
        )
    figure.update_xaxes(side="top")
    figure.update_yaxes(scaleanchor="x")
    margins = MARGINS | {"l": 60, "t": 90, "b": 20}
    figure.update_layout(height=CELL * len(rows) + 110, margin=margins)

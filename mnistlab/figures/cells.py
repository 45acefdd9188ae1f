"""The arithmetic of one number as HTML: every factor and every sum, computed by
`analysis.arithmetic`.

Colours as in the maps: pixels grey, signed numbers blue below zero and red above. Numbers are
rounded; each cell's tooltip has more digits.
"""

import html
from collections.abc import Iterable

import numpy as np

from mnistlab.analysis.cells import ConvCell, FlattenUnit, LinearUnit, PoolCell, SoftmaxUnit, Step
from mnistlab.figures.colors import CLASS_COLORS, GOOD
from mnistlab.figures.grids import Shades
from mnistlab.figures.thumbnails import paint
from mnistlab.i18n import N_, _, listed, sentences

ROW = (
    '<div style="display:flex;flex-wrap:wrap;align-items:center;gap:10px 14px;margin:6px 0 10px;'
    'overflow-x:auto">'
)
SIGNED = (
    '<div style="display:flex;align-items:center;gap:14px"><span style="font-size:22px;'
    'opacity:.75">{}</span>{}</div>'
)
FACT = '<div style="margin:4px 0;line-height:1.6">{}</div>'
NOTE = '<div style="margin:4px 0;font-size:12px;opacity:.75">{}</div>'
ROUNDED = N_(
    "Numbers are shown rounded, but sums are computed from the exact values, so adding up what you "
    "see can give slightly different digits."
)
MORE_DIGITS = N_("Hover over a coloured cell for more digits.")
MARK = f"outline:2.5px solid {GOOD};outline-offset:-2px;"


def number(value: float, digits: int = 3) -> str:
    """`value` with few digits, and a proper minus sign."""
    text = (
        f"{value:.0e}".replace("e-0", "e-")
        if digits < 3 and 0 < abs(value) < 1e-3
        else f"{value + 0.0:.{digits}g}"
    )
    return text.replace("-", "−")


def conv_html(cell: ConvCell, shown: int, gray: bool = False) -> str:
    """One cell of a convolution: patch × kernel of the input channel at index `shown`, all sums,
    the bias, and what follows.

    `gray`: its input is the image itself.
    """
    source = cell.channels[shown]
    tables = [
        _table(
            _("patch of input channel {number}").format(number=source),
            cell.patches[shown],
            _shades(cell.patches, gray),
            ~cell.inside,
        ),
        _table(_("kernel"), cell.kernels[shown], _shades(cell.kernels)),
        _table(_("products"), cell.products[shown], _shades(cell.products)),
    ]
    parts = [
        ROW + tables[0] + SIGNED.format("×", tables[1]) + SIGNED.format("=", tables[2]) + "</div>"
    ]
    if not cell.inside.all():
        parts.append(FACT.format(_("Hatched: padding around the image, which counts as 0.")))
    total = float(cell.sums.sum(dtype=np.float64))
    parts.append(
        FACT.format(
            _("The {count} products add up to <b>{sum}</b>.").format(
                count=cell.products[shown].size, sum=number(float(cell.sums[shown]), 5)
            )
        )
    )
    if len(cell.sums) > 1:
        parts.append(
            FACT.format(
                _("The sums of its input channels: {sums}").format(
                    sums=_chips(cell.channels, cell.sums, shown)
                )
            )
        )
    parts.append(_result(_with_bias(total, cell.bias), cell.stage, cell.value))
    parts += _steps(cell.then)
    if cell.pool is not None:
        own = cell.row - cell.pool.top, cell.col - cell.pool.left
        parts.append(_pool_html(cell.pool, own))
    return "".join([*parts, _hint()])


def _with_bias(total: float, bias: float) -> str:
    return _("{sum} + bias {bias}").format(sum=number(total, 5), bias=number(bias, 5))


def _hint() -> str:
    return NOTE.format(sentences(_(ROUNDED), _(MORE_DIGITS)))


def pool_html(cell: PoolCell) -> str:
    """One cell of a pooling stage: its window, how it is reduced, and what follows."""
    return _pool_html(cell) + _hint()


def _pool_html(cell: PoolCell, own: tuple[int, int] | None = None) -> str:
    """`own`: the position in the window of the number that the reader came from."""
    winner = (
        np.unravel_index(int(cell.weights.argmax()), cell.weights.shape)
        if cell.pooling == "max"
        else None
    )
    text = _("<b>{stage}</b>, row {row}, column {column}, is {result}:").format(
        stage=cell.stage, row=cell.row, column=cell.col, result=_(cell.result)
    )
    window = _table(_("window"), cell.window, _shades(cell.window), marked=winner)
    parts = [FACT.format(text), ROW + window]
    if cell.pooling not in ("max", "subsample"):
        parts.append(SIGNED.format("×", _table(_("weights"), cell.weights, Shades.of(0, 1))))
    parts.append(SIGNED.format("=", f"<b>{number(cell.value, 5)}</b>") + "</div>")
    if cell.pooling == "subsample":
        parts.append(
            FACT.format(
                f"{number(cell.scale, 5)} × {number(float(cell.window.sum()), 5)} + "
                f"{number(cell.bias, 5)}"
            )
        )
    if own is not None and winner is not None:
        parts.append(FACT.format(_kept(cell.window, own, winner)))
    return "".join(parts + _steps(cell.then))


def _kept(window: np.ndarray, own: tuple[int, int], winner: tuple[np.intp, ...]) -> str:
    """What max pooling does with the number at `own`; `winner`: the place that is passed on."""
    if (window == window[own]).all():
        if window[own] == 0:
            return _("All the numbers in this window are 0, so nothing is lost.")
        return _("All the numbers in this window are equal, so nothing is lost.")
    if own == tuple(int(place) for place in winner):
        return _("It is the largest, so this number is passed on.")
    if window[own] == window[winner]:
        return _("It is as large as the outlined one, which is passed on, so nothing is lost.")
    return _("Another one (outlined) is larger, so this number is dropped.")


def linear_html(cell: LinearUnit, count: int = 10) -> str:
    """One unit of a linear layer: its largest products, the sum of all others, the bias, and what
    follows.
    """
    rows, top = [], cell.top(count)
    for index, product in top:
        place = f"{index}"
        if len(cell.source_shape) == 3:
            channel, row, col = np.unravel_index(index, cell.source_shape)
            place = _place(channel, row, col)
        factors = f"{number(float(cell.inputs[index]))} × {number(float(cell.weights[index]))}"
        rows.append(f"<tr>{_td(place)}{_td(factors)}{_td(f'= <b>{number(product)}</b>')}</tr>")
    total = float(cell.products.sum(dtype=np.float64))
    rest = total - sum(product for _, product in top)
    others = len(cell.products) - len(top)
    if others:
        label = _("the other {n:,}").format(n=others)
        rows.append(f"<tr>{_td(label)}{_td('')}{_td(f'= <b>{number(rest)}</b>')}</tr>")
    head = FACT.format(
        _("{n:,} numbers from <b>{stage}</b>, each times its weight. The largest products:").format(
            n=len(cell.products), stage=cell.source
        )
    )
    table = (
        '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
        f"{''.join(rows)}</table>"
    )
    return (
        head
        + table
        + _result(_with_bias(total, cell.bias), cell.stage, cell.value)
        + "".join(_steps(cell.then))
        + NOTE.format(_(ROUNDED))
    )


def _place(channel: np.intp, row: np.intp, column: np.intp) -> str:
    return _("channel {channel}, row {row}, column {column}").format(
        channel=channel, row=row, column=column
    )


def softmax_html(cell: SoftmaxUnit, classes: Iterable[str]) -> str:
    """One probability: exp(logit − largest logit), divided by the sum of all ten."""
    largest = float(cell.logits.max())
    rows = []
    for digit, name in enumerate(classes):
        mark = MARK if digit == cell.unit else ""
        swatch = (
            '<span style="display:inline-block;width:10px;height:10px;'
            f'background:{CLASS_COLORS[digit]}"></span>'
        )
        exponent = f"exp({number(float(cell.logits[digit]), 4)} − {number(largest, 4)})"
        equals = f"= {number(float(cell.exponentials[digit]), 4)}"
        rows.append(
            f'<tr style="{mark}">'
            f"{_td(f'{swatch} {html.escape(name)}')}{_td(exponent)}{_td(equals)}</tr>"
        )
    table = (
        '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
        f"{''.join(rows)}</table>"
    )
    ratio = f"{number(float(cell.exponentials[cell.unit]), 7)} / {number(cell.total, 7)}"
    return (
        FACT.format(_("Subtract the largest logit from each, and take the exponential:"))
        + table
        + _result(ratio, _("probability"), cell.value)
        + NOTE.format(_(ROUNDED))
    )


def flatten_html(cell: FlattenUnit) -> str:
    """Where one number of a flattened stage comes from."""
    channel, row, col = (*cell.index, 0, 0)[:3]
    return FACT.format(
        _(
            "Nothing is computed: this is channel {channel}, row {row}, column {column} of "
            "<b>{stage}</b>: <b>{value}</b>."
        ).format(
            channel=channel, row=row, column=col, stage=cell.source, value=number(cell.value, 5)
        )
    )


def _shades(values: np.ndarray, gray: bool = False) -> Shades:
    return Shades.of(min(0.0, float(values.min())), max(0.0, float(values.max())), gray)


def _table(
    title: str,
    values: np.ndarray,
    shades: Shades,
    hatched: np.ndarray | None = None,
    marked: tuple | None = None,
) -> str:
    colors = paint(values, shades)
    size = 42 if values.shape[1] <= 7 else 30
    rows = []
    for r, line in enumerate(values):
        cells = []
        for c, value in enumerate(line):
            red, green, blue = (int(part) for part in colors[r, c])
            ink = "#000" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#fff"
            ground = f"rgb({red},{green},{blue})"
            if hatched is not None and hatched[r, c]:
                ground, ink = (
                    (
                        "repeating-linear-gradient(45deg,rgba(128,128,128,.15) 0 "
                        "4px,rgba(128,128,128,.4) 4px 6px)"
                    ),
                    "inherit",
                )
            mark = MARK if marked is not None and (r, c) == tuple(marked) else ""
            style = (
                f"width:{size}px;min-width:{size}px;height:{size - 12}px;text-align:center;"
                f"padding:0;border:0;background:{ground};color:{ink};{mark}"
            )
            hover = _("row {row}, column {column}: {value:.7g}").format(
                row=r, column=c, value=float(value)
            )
            cells.append(f'<td style="{style}" title="{hover}">{number(float(value), 2)}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    caption = (
        f'<div style="font-size:12px;opacity:.75;margin-bottom:3px">{html.escape(title)}</div>'
    )
    body = (
        '<table style="border-collapse:collapse;font-size:11px;'
        f'font-variant-numeric:tabular-nums;margin:0">{"".join(rows)}</table>'
    )
    return f"<div>{caption}{body}</div>"


def _chips(channels: tuple[int, ...], sums: np.ndarray, shown: int) -> str:
    chips = []
    for place, (channel, value) in enumerate(zip(channels, sums, strict=True)):
        mark = MARK if place == shown else ""
        style = (
            "display:inline-block;padding:0 6px;margin:1px "
            f"3px;border-radius:4px;background:rgba(128,128,128,.14);{mark}"
        )
        chips.append(
            f'<span style="{style}" title="{float(value):.7g}"><small style="opacity:.7">'
            f"{channel}:</small> {number(float(value))}</span>"
        )
    return "".join(chips)


def _result(sum_text: str, stage: str, value: float) -> str:
    return FACT.format(
        f'{sum_text} = <b style="font-size:1.15em" title="{value:.7g}">{number(value, 5)}</b> '
        f"&nbsp;({html.escape(stage)})"
    )


def _steps(steps: Iterable[Step]) -> list[str]:
    lines = []
    for step in steps:
        numbers = listed(f"{name} = {number(value, 4)}" for name, value in step.numbers.items())
        formula = html.escape(step.formula)
        if numbers:
            formula = _("{formula} with {numbers}").format(formula=formula, numbers=numbers)
        lines.append(
            FACT.format(
                f'→ <b>{step.stage}</b>: {formula} = <b title="{step.value:.7g}">'
                f"{number(float(step.value), 5)}</b>"
            )
        )
    return lines


def _td(content: str) -> str:
    return f'<td style="padding:1px 14px 1px 4px;border:0">{content}</td>'

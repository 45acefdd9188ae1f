"""Groups of a convolution, pooling under shifts, and accuracies on changed digits."""

import html
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.intervals import percent
from mnistlab.analysis.invariance import AMOUNTS, Robustness
from mnistlab.figures.colors import CLASS_COLORS
from mnistlab.figures.data_table import with_table
from mnistlab.figures.grids import Shades, titled
from mnistlab.figures.pictures import picture
from mnistlab.figures.thumbnails import paint
from mnistlab.i18n import N_, _, clauses, listed

COLORS = {  # poolings, and networks without; any other takes a class's colour that is left
    "max": CLASS_COLORS[0],
    "mean": CLASS_COLORS[1],
    "stochastic": CLASS_COLORS[4],
    "none": CLASS_COLORS[8],
    "mlp": CLASS_COLORS[5],
    "lstm": CLASS_COLORS[2],
}
DASHES = {"stochastic": "dash", "mlp": "dot", "lstm": "dashdot"}
AXES = {
    "right": N_("pixels to the right (negative: to the left)"),
    "down": N_("pixels down (negative: up)"),
    "turn": N_("degrees (anticlockwise positive)"),
    "zoom": N_("scale factor"),
}
LEGEND = {"orientation": "h", "y": -0.22}  # under the chart: a phone is narrow


def groups_figure(
    channels: int, outputs: int, groups: int, chosen: int, alt: str, names: tuple[str, str]
) -> go.Figure:
    """Which of `channels` input maps each of `outputs` output maps sees: a line for each kernel, a
    colour for each group; those of output map `chosen` stand out. `names`: of the two columns.
    """
    figure, seen = go.Figure(), []
    tops = [(max(channels, outputs) - count) / 2 for count in (channels, outputs)]
    for o in range(outputs):
        group = o * groups // outputs
        for c in range(group * channels // groups, (group + 1) * channels // groups):
            seen.append((c, o, group))
            figure.add_scatter(
                x=[0, 1],
                y=[tops[0] + c, tops[1] + o],
                mode="lines",
                line={"color": CLASS_COLORS[group], "width": 4 if o == chosen else 1.5},
                opacity=1 if o == chosen else 0.5,
                hovertemplate=f"{names[0]} {c} → {names[1]} {o}<extra></extra>",
            )
    for x, (count, name) in enumerate(zip((channels, outputs), names, strict=True)):
        colors = [CLASS_COLORS[i * groups // count] for i in range(count)]
        figure.add_scatter(
            x=[x] * count,
            y=[tops[x] + i for i in range(count)],
            mode="markers+text",
            text=[f"<b>{i}</b>" for i in range(count)],
            textfont_color="white",
            marker={
                "symbol": "square",
                "size": 30,
                "color": colors,
                "line": {"width": 0},
                "opacity": 1,
            },
            hoverinfo="skip",
        )
        figure.add_annotation(x=x, y=-0.85, text=name, showarrow=False)
    figure.update_xaxes(visible=False, range=[-0.3, 1.3], fixedrange=True)
    figure.update_yaxes(visible=False, range=[max(channels, outputs) - 0.4, -1.1], fixedrange=True)
    figure.update_layout(
        showlegend=False,
        height=62 * max(channels, outputs) + 110,
        margin={"l": 10, "r": 10, "t": 45, "b": 10},
        dragmode=False,
    )
    inputs, maps, of = zip(*seen, strict=True)
    with_table(figure, {names[0]: inputs, names[1]: maps, _("group"): of})
    return titled(figure, f"groups = {groups}", alt)


def _colors(names: Iterable[str]) -> dict[str, str]:
    free = (color for color in CLASS_COLORS if color not in COLORS.values())
    return {name: COLORS[name] if name in COLORS else next(free) for name in names}


def shift_change_figure(
    shifts: Sequence[int], changes: Mapping[str, np.ndarray], names: Mapping[str, str], chosen: int
) -> go.Figure:
    """`analysis.convolution.shift_change` as a line for each pooling over `shifts` (pixels).
    `chosen`: the shift to mark.
    """
    figure, colors = go.Figure(), _colors(changes)
    for kind, values in changes.items():
        hover = _("{name}, shifted by {n}: {change}").format(
            name=names[kind], n="%{x}", change="<b>%{y:.3f}</b>"
        )
        figure.add_scatter(
            x=list(shifts),
            y=values,
            mode="lines+markers",
            name=names[kind],
            hovertemplate=hover + "<extra></extra>",
            line={"color": colors[kind], "width": 2.5, "dash": DASHES.get(kind, "solid")},
        )
    figure.add_vline(x=chosen, line={"color": "gray", "dash": "dot"})
    figure.update_xaxes(title=_("pixels to the right"), dtick=1)
    figure.update_yaxes(title=_("change: ‖after − before‖ / ‖before‖"), rangemode="tozero")
    place = list(shifts).index(chosen)
    marked = listed(f"{names[kind]} {values[place]:.2f}" for kind, values in changes.items())
    figure.update_layout(legend=LEGEND, height=400, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    return titled(
        figure,
        _("How much a shift changes the output"),
        _("Relative change over shifts to the right. At {n} pixels: {changes}.").format(
            n=chosen, changes=marked
        ),
    )


def robustness_figure(
    measured: Mapping[str, Robustness], names: Mapping[str, str], change: str
) -> go.Figure:
    """Accuracy of each network over the amounts of `change`, with 95 % Wilson intervals."""
    figure, colors = go.Figure(), _colors(measured)
    for name, each in measured.items():
        shares = each.shares
        above = [accuracy.high - accuracy.share for accuracy in each.accuracies]
        below = [accuracy.share - accuracy.low for accuracy in each.accuracies]
        bounds = np.array([[accuracy.low, accuracy.high] for accuracy in each.accuracies])
        figure.add_scatter(
            x=list(each.amounts),
            y=shares,
            mode="lines+markers",
            name=names[name],
            marker={"size": 6},
            line={"color": colors[name], "width": 2.5, "dash": DASHES.get(name, "solid")},
            customdata=bounds,
            error_y={"array": above, "arrayminus": below, "thickness": 1, "width": 2},
            hovertemplate=_("{name}, {amount}: {share} ({low} to {high})").format(
                name=names[name],
                amount="%{x}",
                share="<b>%{y:.1%}</b>",
                low="%{customdata[0]:.1%}",
                high="%{customdata[1]:.1%}",
            )
            + "<extra></extra>",
        )
    amounts = AMOUNTS[change]
    figure.update_xaxes(title=_(AXES[change]), tickvals=amounts[:: 2 if len(amounts) > 11 else 1])
    figure.update_yaxes(title=_("accuracy"), tickformat=".0%", range=[0, 1.02])
    figure.update_layout(legend=LEGEND, height=500, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    ends = clauses(
        _("{name} {most} at best, {least} at worst").format(
            name=names[name], most=percent(max(each.shares), 1), least=percent(min(each.shares), 1)
        )
        for name, each in measured.items()
    )
    alt = _("Accuracy over {amounts}: {ends}.").format(amounts=_(AXES[change]), ends=ends)
    return titled(figure, _("Accuracy on transformed digits"), alt)


def small_pictures(
    pictures: Sequence[np.ndarray], captions: Sequence[str], side: int = 64, gray: bool = True
) -> str:
    """`pictures` (H, W) side by side on one colour scale, each above its caption."""
    values = np.concatenate([each.ravel() for each in pictures])
    shades = Shades.of(min(0.0, float(values.min())), max(0.0, float(values.max())), gray)
    cells = [
        '<figure style="margin:0;text-align:center">'
        f'{picture(paint(each, shades), caption, side)}<figcaption style="font-size:.8rem;'
        f'opacity:.85;max-width:{side + 8}px">{html.escape(caption)}</figcaption></figure>'
        for each, caption in zip(pictures, captions, strict=True)
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{"".join(cells)}</div>'

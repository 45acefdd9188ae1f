"""Groups of a convolution, what pooling keeps of a shifted digit, and accuracies of changed digits."""

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.invariance import AMOUNTS, Robustness
from mnistlab.figures.colors import CLASS_COLORS
from mnistlab.figures.grids import Shades, titled
from mnistlab.figures.pictures import picture
from mnistlab.figures.thumbnails import paint

COLORS = {  # poolings, and networks that have none
    "max": CLASS_COLORS[0], "mean": CLASS_COLORS[1], "stochastic": CLASS_COLORS[4], "none": CLASS_COLORS[8],
    "mlp": CLASS_COLORS[5], "lstm": CLASS_COLORS[2],
}  # fmt: skip
DASHES = {"stochastic": "dash", "mlp": "dot", "lstm": "dashdot"}
AXES = {
    "right": "pixels to the right (left of 0: to the left)",
    "down": "pixels down (left of 0: up)",
    "turn": "degrees against the clock (left of 0: with it)",
    "zoom": "times as large",
}
LEGEND = {"orientation": "h", "y": -0.22}  # under the chart: a phone is narrow


def groups_figure(channels: int, outputs: int, groups: int, chosen: int, alt: str, names: tuple[str, str]) -> go.Figure:
    """Which of `channels` input maps each of `outputs` output maps sees: a line for each kernel, a colour for each group; those of
    output map `chosen` in full strength. `names`: of the two columns."""
    figure = go.Figure()
    tops = [(max(channels, outputs) - count) / 2 for count in (channels, outputs)]
    for o in range(outputs):
        group = o * groups // outputs
        for c in range(group * channels // groups, (group + 1) * channels // groups):
            figure.add_scatter(
                x=[0, 1], y=[tops[0] + c, tops[1] + o], mode="lines", line={"color": CLASS_COLORS[group], "width": 4 if o == chosen else 1.5},
                opacity=1 if o == chosen else 0.5, hovertemplate=f"{names[0]} {c} → {names[1]} {o}<extra></extra>",
            )  # fmt: skip
    for x, (count, name) in enumerate(zip((channels, outputs), names, strict=True)):
        colors = [CLASS_COLORS[i * groups // count] for i in range(count)]
        figure.add_scatter(
            x=[x] * count, y=[tops[x] + i for i in range(count)], mode="markers+text", text=[f"<b>{i}</b>" for i in range(count)], textfont_color="white",
            marker={"symbol": "square", "size": 30, "color": colors, "line": {"width": 0}, "opacity": 1}, hoverinfo="skip",
        )  # fmt: skip
        figure.add_annotation(x=x, y=-0.85, text=name, showarrow=False)
    figure.update_xaxes(visible=False, range=[-0.3, 1.3], fixedrange=True)
    figure.update_yaxes(visible=False, range=[max(channels, outputs) - 0.4, -1.1], fixedrange=True)
    figure.update_layout(
        showlegend=False, height=62 * max(channels, outputs) + 110, margin={"l": 10, "r": 10, "t": 45, "b": 10}, dragmode=False
    )
    return titled(figure, f"groups = {groups}", alt)


def survival_figure(shifts: Sequence[int], found: Mapping[str, np.ndarray], names: Mapping[str, str], chosen: int) -> go.Figure:
    """What `analysis.convolution.survival` found: a line for each pooling over `shifts` (pixels). `chosen`: the shift to mark."""
    figure = go.Figure()
    for kind, values in found.items():
        hover = f"{names[kind]}, shifted by %{{x}}: <b>%{{y:.3f}}</b><extra></extra>"
        figure.add_scatter(
            x=list(shifts), y=values, mode="lines+markers", name=names[kind], hovertemplate=hover,
            line={"color": COLORS[kind], "width": 2.5, "dash": DASHES.get(kind, "solid")},
        )  # fmt: skip
    figure.add_vline(x=chosen, line={"color": "gray", "dash": "dot"})
    figure.update_xaxes(title="pixels to the right", dtick=1)
    figure.update_yaxes(title="change: |after − before| / |before|", rangemode="tozero")
    place = list(shifts).index(chosen)
    told = ", ".join(f"{names[kind]} {values[place]:.2f}" for kind, values in found.items())
    figure.update_layout(legend=LEGEND, height=400, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    return titled(
        figure, "How much a shift changes what is given on", f"Relative change over shifts to the right. At {chosen} pixels: {told}."
    )


def robustness_figure(found: Mapping[str, Robustness], names: Mapping[str, str], change: str) -> go.Figure:
    """Accuracy of each network over the amounts of `change`, with 95 % Wilson intervals."""
    figure = go.Figure()
    for name, each in found.items():
        shares = each.shares
        above = [accuracy.high - accuracy.share for accuracy in each.accuracies]
        below = [accuracy.share - accuracy.low for accuracy in each.accuracies]
        bounds = np.array([[accuracy.low, accuracy.high] for accuracy in each.accuracies])
        figure.add_scatter(
            x=list(each.amounts), y=shares, mode="lines+markers", name=names[name], marker={"size": 6},
            line={"color": COLORS[name], "width": 2.5, "dash": DASHES.get(name, "solid")}, customdata=bounds,
            error_y={"array": above, "arrayminus": below, "thickness": 1, "width": 2},
            hovertemplate=f"{names[name]}, %{{x}}: <b>%{{y:.1%}}</b> (%{{customdata[0]:.1%}} to %{{customdata[1]:.1%}})<extra></extra>",
        )  # fmt: skip
    amounts = AMOUNTS[change]
    figure.update_xaxes(title=AXES[change], tickvals=amounts[:: 2 if len(amounts) > 11 else 1])
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[0, 1.02])
    figure.update_layout(legend=LEGEND, height=500, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    ends = "; ".join(f"{names[name]} {100 * max(each.shares):.1f} % at best, {100 * min(each.shares):.1f} % at worst" for name, each in found.items())  # fmt: skip
    return titled(figure, "Accuracy on changed digits", f"Accuracy over {AXES[change]}: {ends}.")


def small_pictures(pictures: Sequence[np.ndarray], captions: Sequence[str], side: int = 64, gray: bool = True) -> str:
    """`pictures` (H, W) side by side, all in one range of colours, each over its caption."""
    values = np.concatenate([each.ravel() for each in pictures])
    shades = Shades.of(min(0.0, float(values.min())), max(0.0, float(values.max())), gray)
    cells = [
        f'<figure style="margin:0;text-align:center">{picture(paint(each, shades), caption, side)}'
        f'<figcaption style="font-size:.8rem;opacity:.85;max-width:{side + 8}px">{html.escape(caption)}</figcaption></figure>'
        for each, caption in zip(pictures, captions, strict=True)
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{"".join(cells)}</div>'

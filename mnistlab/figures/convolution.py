"""Groups of a convolution as a drawing, what pooling keeps of a shifted digit, and accuracies of changed digits."""

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.invariance import Robustness
from mnistlab.figures.colors import CLASS_COLORS
from mnistlab.figures.grids import Shades, titled
from mnistlab.figures.pictures import picture
from mnistlab.figures.thumbnails import paint

COLORS = {  # poolings, and networks that have none
    "max": CLASS_COLORS[0], "mean": CLASS_COLORS[1], "stochastic": CLASS_COLORS[4], "none": CLASS_COLORS[8],
    "mlp": CLASS_COLORS[5], "lstm": CLASS_COLORS[2],
}  # fmt: skip
DASHES = {"mlp": "dot", "lstm": "dash"}
GROUP_COLORS = CLASS_COLORS
AXES = {
    "right": "pixels to the right (left of 0: to the left)",
    "down": "pixels down (left of 0: up)",
    "turn": "degrees against the clock (left of 0: with it)",
    "zoom": "times as large",
}
LEGEND = {"orientation": "h", "y": -0.22}  # under the chart: a phone is narrow


def groups_picture(channels: int, outputs: int, groups: int, chosen: int, alt: str, names: tuple[str, str]) -> str:
    """Which of `channels` input maps each of `outputs` output maps sees, as SVG; that of `chosen` in full strength."""
    step, side, width = 46, 28, 300
    height = step * max(channels, outputs) + 26
    left, right = (
        [26 + (height - 26 - step * count) / 2 + step * i + step / 2 for i in range(count)] for count in (channels, outputs)
    )  # middles
    lines, boxes = [], []
    for o in range(outputs):
        group = o * groups // outputs
        for c in range(group * channels // groups, (group + 1) * channels // groups):
            strength = 'stroke-width="3.5"' if o == chosen else 'stroke-width="1.6" opacity=".45"'
            lines.append(
                f'<line x1="{60 + side / 2}" y1="{left[c]}" x2="{width - 60 - side / 2}" y2="{right[o]}" stroke="{GROUP_COLORS[group]}" {strength}/>'
            )
    for places, count, x in ((left, channels, 60), (right, outputs, width - 60)):
        for i, y in enumerate(places):
            mark = 'stroke="currentColor" stroke-width="3"' if x > width / 2 and i == chosen else ""
            boxes.append(
                f'<rect x="{x - side / 2}" y="{y - side / 2}" width="{side}" height="{side}" rx="4" fill="{GROUP_COLORS[i * groups // count]}" {mark}/>'
                f'<text x="{x}" y="{y + 5}" text-anchor="middle" font-size="14" fill="#fff" font-weight="600">{i}</text>'
            )
    heads = "".join(
        f'<text x="{x}" y="15" text-anchor="middle" font-size="13" fill="currentColor">{html.escape(name)}</text>'
        for x, name in zip((60, width - 60), names, strict=True)
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(alt)}" style="width:100%;max-width:{width}px;display:block">'
        f"{heads}{''.join(lines)}{''.join(boxes)}</svg>"
    )


def survival_figure(shifts: Sequence[int], found: Mapping[str, np.ndarray], names: Mapping[str, str], chosen: int) -> go.Figure:
    """What `analysis.convolution.survival` found: a line for each pooling over `shifts` (pixels). `chosen`: the shift to mark."""
    figure = go.Figure()
    for kind, values in found.items():
        hover = f"{names[kind]}, shifted by %{{x}}: <b>%{{y:.3f}}</b><extra></extra>"
        figure.add_scatter(
            x=list(shifts), y=values, mode="lines+markers", name=names[kind], line={"color": COLORS[kind], "width": 2.5}, hovertemplate=hover
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
    figure.update_xaxes(title=AXES[change], tickvals=next(iter(found.values())).amounts, tickangle=0)
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[0, 1.02])
    figure.update_layout(legend=LEGEND, height=500, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    ends = "; ".join(f"{names[name]} {100 * max(each.shares):.1f} % at best, {100 * min(each.shares):.1f} % at worst" for name, each in found.items())  # fmt: skip
    return titled(figure, "Accuracy on changed test images, with 95 % intervals", f"Accuracy over {AXES[change]}: {ends}.")


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

"""A network as a strip of its stages, drawn with HTML so that its text stays readable at any width.
C channels, H rows, W columns.
"""

import html
import math
from collections.abc import Sequence

from mnistlab.figures.colors import STAGE_COLORS
from mnistlab.i18n import listed
from mnistlab.models.stages import Stage

PIXEL = 1.5  # CSS pixels for each cell of a map
RIM = "rgba(255,255,255,.75)"  # around each map
SHEETS = 5  # maps drawn behind one another, at most


def shape_text(shape: Sequence[int]) -> str:
    """(16, 28, 28) as "16×28×28"."""
    return "×".join(f"{size}" for size in shape)


def architecture(stages: tuple[Stage, ...], parameters: str) -> str:
    """HTML of `stages`. `parameters`: a template such as "{count} parameters", left out for stages
    without any.
    """
    words = listed(f"{stage.name} {shape_text(stage.shape)}" for stage in stages)
    boxes = "".join(_stage(stage, parameters) for stage in stages)
    return (
        f'<div role="img" aria-label="{html.escape(words)}" style="display:flex;gap:14px;'
        'overflow-x:auto;padding:4px 2px 8px;align-items:flex-end;justify-content:safe center">'
        f"{boxes}</div>"
    )


def _stage(stage: Stage, parameters: str) -> str:
    count = parameters.format(count=f"{stage.parameters:,}") if stage.parameters else "&nbsp;"
    terms = f"{stage.terms} =" if "+" in stage.terms or "×" in stage.terms else "&nbsp;"
    return (
        '<div style="flex:none;display:flex;flex-direction:column;align-items:center;'
        f'text-align:center;line-height:1.35">{_drawing(stage)}<div style="font-size:13px;'
        f'font-weight:600;margin-top:8px">{html.escape(stage.name)}</div><div '
        f'style="font-size:12px;opacity:.8">{shape_text(stage.shape)}</div><div '
        f'style="font-size:11px;max-width:200px;opacity:.65">{terms}<br>{count}</div></div>'
    )


def _drawing(stage: Stage) -> str:
    color = STAGE_COLORS[stage.kind]
    if len(stage.shape) == 3:
        channels, rows, columns = stage.shape
        sheets = min(channels, SHEETS, 1 + round(math.log2(channels)))
        size = f"width:{columns * PIXEL + 4:.0f}px;height:{rows * PIXEL + 4:.0f}px"
        behind = "".join(
            f",{3 * n}px {-3 * n}px 0 -0.5px {color},{3 * n}px {-3 * n}px 0 0.5px {RIM}"
            for n in range(1, sheets)
        )
        margin = f"margin:{3 * sheets}px {3 * sheets}px 0 0"
        return (
            f'<div style="{size};{margin};box-shadow:0 0 0 1px {RIM}{behind};background:{color};'
            'border-radius:2px"></div>'
        )
    if len(stage.shape) == 2:  # time steps, features
        width, height = 6 + 9 * math.log10(stage.shape[1]), stage.shape[0] * PIXEL
    else:
        width, height = 10.0, 6 + 9 * math.log10(stage.shape[0])
    return (
        f'<div style="width:{width:.0f}px;height:{height:.0f}px;background:{color};'
        'border-radius:2px"></div>'
    )

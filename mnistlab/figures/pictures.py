"""Small pictures and bars as HTML: there at once, since nothing has to be fetched or laid out anew, and sharp at any size."""

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from mnistlab.figures.colors import BAD, CLASS_COLORS, GOOD

GREY = "rgba(127,127,127,.18)"  # the ground of a bar and of a picture's mat, on light and on dark


def picture(image: np.ndarray, alt: str, side: int = 120, rim: str = GREY) -> str:
    """`image`, uint8 (H, W), each pixel a sharp square, in a square of `side` CSS pixels that keeps its proportions."""
    data = io.BytesIO()
    Image.fromarray(image).save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{source}" alt="{html.escape(alt)}" width="{side}" height="{side}" '
        f'style="width:{side}px;height:{side}px;object-fit:contain;image-rendering:pixelated;background:{GREY};border:2px solid {rim};border-radius:6px">'
    )


def gallery(
    images: Sequence[np.ndarray], captions: Sequence[str], alts: Sequence[str], right: Sequence[bool | None], side: int = 64
) -> str:
    """`images` (N, 28, 28) in rows, each with its caption; the rim says whether it is right (None: says nothing)."""
    rims = {True: GOOD, False: BAD, None: GREY}
    cells = [
        f'<figure style="margin:0;text-align:center">{picture(image, alt, side, rims[good])}'
        f'<figcaption style="font-size:.8rem;opacity:.8">{html.escape(caption)}</figcaption></figure>'
        for image, caption, alt, good in zip(images, captions, alts, right, strict=True)
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{"".join(cells)}</div>'


def probability_bars(probabilities: np.ndarray, classes: Sequence[str], alt: str) -> str:
    """The ten `probabilities` (10,) as bars in the classes' colours, the largest one in full strength."""
    best = int(np.argmax(probabilities))
    rows = []
    for index, (share, name, color) in enumerate(zip(probabilities.tolist(), classes, CLASS_COLORS, strict=True)):
        weight, strength = (700, 1) if index == best else (400, 0.55)
        rows.append(
            f'<span style="font-weight:{weight}">{html.escape(name)}</span>'
            f'<span style="background:{GREY};border-radius:3px;height:.85rem">'
            f'<span style="display:block;height:100%;border-radius:3px;width:{share * 100:.1f}%;background:{color};opacity:{strength}"></span></span>'
            f'<span style="text-align:right;font-variant-numeric:tabular-nums;font-weight:{weight}">{share * 100:.1f} %</span>'
        )
    columns = (
        "display:grid;grid-template-columns:max-content 1fr 3.6rem;gap:.22rem .5rem;align-items:center;font-size:.85rem;line-height:1.15"
    )
    return f'<div role="img" aria-label="{html.escape(alt)}" style="{columns}">{"".join(rows)}</div>'


def probability_columns(probabilities: np.ndarray, classes: Sequence[str], truth: int, width: int) -> str:
    """The ten `probabilities` (10,) as small columns under a picture; that of class `truth` stands on a line. Each is its tooltip."""
    cells = []
    for index, (share, name, color) in enumerate(zip(probabilities.tolist(), classes, CLASS_COLORS, strict=True)):
        line = GOOD if index == truth else "transparent"
        cells.append(
            f'<span title="{html.escape(name)}: {share:.2%}" style="flex:1;height:100%;display:flex;align-items:end;border-bottom:3px solid {line}">'
            f'<span style="width:100%;height:{max(share * 100, 3):.0f}%;background:{color}"></span></span>'
        )
    alt = ", ".join(f"{name}: {share:.2%}" for name, share in zip(classes, probabilities.tolist(), strict=True))
    style = f"display:flex;gap:2px;align-items:end;height:30px;width:{width}px;margin:.25rem 0;background:{GREY};border-radius:3px"
    return f'<div role="img" aria-label="{html.escape(alt)}" style="{style}">{"".join(cells)}</div>'

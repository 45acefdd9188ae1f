"""Small pictures and bars as HTML: shown at once, since nothing has to be fetched, and sharp at any
size.
"""

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from mnistlab.analysis.intervals import probability
from mnistlab.figures.colors import BAD, CLASS_COLORS, GOOD
from mnistlab.i18n import listed

GREY = "rgba(127,127,127,.18)"  # behind bars and pictures, in light and dark themes


def picture(image: np.ndarray, alt: str, side: int = 120, rim: str = GREY) -> str:
    """`image`, uint8 (H, W), with sharp pixels, fitted into a square of `side` CSS pixels."""
    data = io.BytesIO()
    Image.fromarray(image).save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{source}" alt="{html.escape(alt)}" width="{side}" '
        f'height="{side}" style="width:{side}px;height:{side}px;object-fit:contain;'
        f'image-rendering:pixelated;background:{GREY};border:2px solid {rim};border-radius:6px">'
    )


def gallery(
    images: Sequence[np.ndarray],
    captions: Sequence[str],
    alts: Sequence[str],
    right: Sequence[bool | None],
    side: int = 64,
) -> str:
    """`images` (N, 28, 28) in rows, each with its caption; the border says whether it is right
    (None: neutral).
    """
    rims = {True: GOOD, False: BAD, None: GREY}
    cells = [
        '<figure style="margin:0;text-align:center">'
        f'{picture(image, alt, side, rims[good])}<figcaption style="font-size:.8rem;opacity:.8">'
        f"{html.escape(caption)}</figcaption></figure>"
        for image, caption, alt, good in zip(images, captions, alts, right, strict=True)
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{"".join(cells)}</div>'


def probability_bars(probabilities: np.ndarray | None, classes: Sequence[str], alt: str) -> str:
    """The ten `probabilities` (10,) as bars in the classes' colours, the largest highlighted;
    None: nothing is known yet, and the bars are empty.
    """
    shares = [0.0] * len(classes) if probabilities is None else probabilities.tolist()
    best = None if probabilities is None else int(np.argmax(shares))
    rows = []
    for index, (share, name, color) in enumerate(zip(shares, classes, CLASS_COLORS, strict=True)):
        weight, strength = (700, 1) if index == best else (400, 0.55)
        rows.append(
            f'<span style="font-weight:{weight}">{html.escape(name)}</span><span '
            f'style="background:{GREY};border-radius:3px;height:.85rem"><span '
            f'style="display:block;height:100%;border-radius:3px;width:{share * 100:.1f}%;'
            f'background:{color};opacity:{strength}"></span></span><span style="text-align:right;'
            f'font-variant-numeric:tabular-nums;font-weight:{weight}">'
            f"{html.escape(probability(share, 1, brief=True)) if best is not None else ''}</span>"
        )
    columns = (
        "display:grid;grid-template-columns:max-content 1fr 3.6rem;gap:.22rem "
        ".5rem;align-items:center;font-size:.85rem;line-height:1.15"
    )
    return (
        f'<div role="img" aria-label="{html.escape(alt)}" style="{columns}">{"".join(rows)}</div>'
    )


def probability_columns(
    probabilities: np.ndarray, classes: Sequence[str], truth: int, width: int
) -> str:
    """The ten `probabilities` (10,) as small columns under a picture; that of class `truth`
    is underlined. Each has a tooltip.
    """
    cells = []
    for index, (share, name, color) in enumerate(
        zip(probabilities.tolist(), classes, CLASS_COLORS, strict=True)
    ):
        line = GOOD if index == truth else "transparent"
        cells.append(
            f'<span title="{html.escape(name)}: {probability(share)}" style="flex:1;height:100%;'
            f'display:flex;align-items:end;border-bottom:3px solid {line}"><span '
            f'style="width:100%;height:{max(share * 100, 3):.0f}%;background:{color}"></span>'
            "</span>"
        )
    alt = listed(
        f"{name}: {probability(share)}"
        for name, share in zip(classes, probabilities.tolist(), strict=True)
    )
    style = (
        f"display:flex;gap:2px;align-items:end;height:30px;width:{width}px;margin:.25rem "
        f"0;background:{GREY};border-radius:3px"
    )
    return f'<div role="img" aria-label="{html.escape(alt)}" style="{style}">{"".join(cells)}</div>'

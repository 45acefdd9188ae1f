"""Stages as small pictures, and colours outside Plotly. C channels, H rows, W columns, T
time steps, K units.
"""

import base64
import io
import math

import numpy as np
from PIL import Image

from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.figures.colors import CLASS_COLORS
from mnistlab.figures.grids import Shades

SIDE = 3  # maps across and down in a thumbnail, at most
BARS = (20, 40)  # height and width of the thumbnail of ten classes


def paint(values: np.ndarray, shades: Shades) -> np.ndarray:
    """`values` (...) as colours, uint8 (..., 3)."""
    stops = np.array([rgb(color) for color in shades.colors], np.float32)  # (stops, 3)
    share = np.clip((np.nan_to_num(values) - shades.low) / (shades.high - shades.low), 0, 1) * (
        len(stops) - 1
    )
    channels = [np.interp(share, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def rgb(color: str) -> tuple[int, int, int]:
    """ "#3f90da" as (63, 144, 218)."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def thumbnail(stage: StageMaps) -> str:
    """A stage as the URL of a small PNG: its first maps, its rows, its units, or its ten bars."""
    if stage.array.ndim == 1 and len(stage.array) == len(CLASS_COLORS):
        return data_url(_bars(stage.array))
    shades = Shades.of(*stage.range, gray=stage.kind == "input")
    return data_url(paint(_mosaic(stage.array), shades))


def data_url(pixels: np.ndarray) -> str:
    """uint8 (H, W, 3 or 4) or grey (H, W) as the URL of a PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def contact_sheet(images: np.ndarray, columns: int) -> str:
    """`images`, uint8 (N, H, W), side by side, `columns` in a row, as the URL of a PNG."""
    count, height, width = images.shape
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * columns, height, width), np.uint8)
    sheet[:count] = images
    return data_url(
        sheet.reshape(rows, columns, height, width)
        .transpose(0, 2, 1, 3)
        .reshape(rows * height, columns * width)
    )


def _mosaic(values: np.ndarray) -> np.ndarray:
    if values.ndim == 2:
        return values
    if values.ndim == 1:
        columns = math.ceil(math.sqrt(len(values)))
        wrapped = np.zeros(columns * math.ceil(len(values) / columns), np.float32)
        wrapped[: len(values)] = values
        return wrapped.reshape(-1, columns)
    side = min(SIDE, math.isqrt(len(values)))
    rows = [
        np.concatenate(list(values[row * side : (row + 1) * side]), axis=1) for row in range(side)
    ]
    return np.concatenate(rows, axis=0)


def _bars(values: np.ndarray) -> np.ndarray:
    """Ten bars in the colours of their classes on a transparent background, uint8 (H, W, 4)."""
    height, width = BARS
    low, high = (
        min(0.0, float(np.nan_to_num(values).min())),
        max(0.0, float(np.nan_to_num(values).max())),
    )
    picture = np.zeros((height, width, 4), np.uint8)
    for digit, value in enumerate(np.nan_to_num(values)):
        ends = sorted(
            round((high - end) / ((high - low) or 1) * (height - 1)) for end in (0.0, float(value))
        )
        picture[ends[0] : ends[1] + 1, digit * 4 : digit * 4 + 3] = (*rgb(CLASS_COLORS[digit]), 255)
    return picture

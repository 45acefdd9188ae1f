"""One stage of a network for one picture at several steps of its training, as one small PNG: the
steps below one another, so that a slider only has to move it.

S steps, C maps, H rows, W columns.
"""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.figures.grids import Shades
from mnistlab.figures.thumbnails import paint

MOST_MAPS = 16  # of a stage: the first ones
MOST_UNITS = 1024  # of a stage without places, likewise
LEVELS = 64  # colours: more would not be told apart, and take more room
GAP = LEVELS  # the colour between the maps: none
MOST_SCALE = 7  # CSS pixels for one of the map
WIDTH = 348  # CSS pixels that one step takes across, at most


@dataclass(frozen=True)
class Sprite:
    """The PNG as a URL, of `steps` pictures of `height` by `width` pixels, each of them to be shown
    `scale` times as large; `shown` of `maps` maps are in it, and its colours go from `low` to
    `high`.
    """

    url: str
    steps: int
    height: int
    width: int
    scale: int
    shown: int
    maps: int
    low: float
    high: float


def sprite(stages: Sequence[StageMaps]) -> Sprite:
    """The same stage at each step, in one scale of colours for all of them."""
    ranges = [stage.range for stage in stages]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    shades = Shades.of(low, high, gray=stages[0].kind == "input")
    frames = [_frame(stage.array, shades) for stage in stages]
    height, width = frames[0].shape
    maps = stages[0].array.shape[0] if stages[0].array.ndim == 3 else 1
    return Sprite(
        _png(np.concatenate(frames), shades),
        len(frames),
        height,
        width,
        min(MOST_SCALE, max(1, WIDTH // width)),
        min(maps, MOST_MAPS),
        maps,
        shades.low,
        shades.high,
    )


def _frame(values: np.ndarray, shades: Shades) -> np.ndarray:
    """One step as places in the palette, uint8, with a gap around each map."""
    share = (np.nan_to_num(values) - shades.low) / (shades.high - shades.low)
    levels = (np.clip(share, 0, 1) * (LEVELS - 1)).round().astype(np.uint8)
    return _tiled(levels if levels.ndim == 3 else _square(levels)[None])


def _square(levels: np.ndarray) -> np.ndarray:
    """(T, H) as it is; (K,) row after row."""
    if levels.ndim == 2:
        return levels
    units = levels[:MOST_UNITS]
    columns = math.ceil(math.sqrt(len(units)))
    wrapped = np.full(columns * math.ceil(len(units) / columns), GAP, np.uint8)
    wrapped[: len(units)] = units
    return wrapped.reshape(-1, columns)


def _tiled(maps: np.ndarray) -> np.ndarray:
    maps = maps[:MOST_MAPS]
    count, height, width = maps.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    picture = np.full((rows * (height + 1) + 1, columns * (width + 1) + 1), GAP, np.uint8)
    for index, each in enumerate(maps):
        top, left = index // columns * (height + 1) + 1, index % columns * (width + 1) + 1
        picture[top : top + height, left : left + width] = each
    return picture


def _png(levels: np.ndarray, shades: Shades) -> str:
    colors = paint(np.linspace(shades.low, shades.high, LEVELS), shades)
    picture = Image.fromarray(levels, "P")
    picture.putpalette([*colors.ravel().tolist(), 0, 0, 0])
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True, transparency=GAP)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()

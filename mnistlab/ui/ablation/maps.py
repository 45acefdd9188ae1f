"""The maps or units of a stage as small pictures, each of which a click silences; and the input, on
which one draws a box.
"""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from mnistlab.analysis.ablation import Box
from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.figures.grids import Shades
from mnistlab.figures.thumbnails import data_url, paint
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _

SIZES = {
    3: (56, 56),
    2: (12, 84),
    1: (26, 26),
}  # axes of a stage -> a tile's pixels
INPUT_SIDE = 280  # pixels
_component = component(__file__)


def map_tiles(
    stage: StageMaps, named: str, silent: Sequence[int], changed: Callable[[list[int]], None]
) -> None:
    """Draw the maps (C, H, W), units over the rows (T, K), or units (K,) of `stage`; `named` is
    what one of them is called, with its number {n}. `changed` is called with all silent ones after
    a click.
    """
    key = f"ablation.tiles.{stage.name}"
    width, height = SIZES[stage.array.ndim]
    data = {
        "tiles": [
            {"picture": data_url(pixels), "name": named.format(n=number)}
            for number, pixels in enumerate(_pictures(stage))
        ],
        "size": [width, height],
        "silent": list(silent),
        "label": _("{stage}: click to silence, and again to switch back on").format(
            stage=stage.name
        ),
        "off": _("{name} (silent)"),
    }
    _component(
        key=key,
        data=data,
        on_silent_change=lambda: changed([int(n) for n in st.session_state[key]["silent"]]),
    )


def input_box(image: np.ndarray, box: Box | None, changed: Callable[[list[int]], None]) -> None:
    """Draw `image`, uint8 (28, 28), with the box of silent pixels. `changed` is called with the new
    box (top, left, bottom, right) once it is drawn, or with an empty list.
    """
    key = "ablation.box"
    data = {
        "image": data_url(image),
        "cells": image.shape[0],
        "side": INPUT_SIDE,
        "box": None if box is None else list(box),
        "label": _("Drag over the picture to silence pixels; arrow keys move the box"),
    }
    _component(
        key=key,
        data=data,
        on_box_change=lambda: changed([int(n) for n in st.session_state[key]["box"]]),
    )


def _pictures(stage: StageMaps) -> list[np.ndarray]:
    """One picture for each channel or unit, all on one colour scale: uint8 (H, W, 3)."""
    painted = paint(stage.array, Shades.of(*stage.range))
    if stage.array.ndim == 3:
        return list(painted)
    if stage.array.ndim == 2:  # (T, K, 3): a column for each unit
        return [painted[:, unit, None] for unit in range(painted.shape[1])]
    return list(painted[:, None, None])

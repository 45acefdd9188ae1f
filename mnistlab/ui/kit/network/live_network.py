"""The live network: a network at any step of its training, computed in the browser from the run's
own weights, so that it follows the pen while it moves and the training slider without the server.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord
from mnistlab.store.people import Role
from mnistlab.ui.kit import state
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.inputs.pictures import hand_over
from mnistlab.ui.kit.network.contents import of_preset, of_run
from mnistlab.ui.kit.network.packing import packed, unpacked
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.server import class_address

PARTS = (
    *("safetensors", "operators", "ink", "poll"),
    *("elements", "colours", "transform", "strokes"),
    *("pen_cursor", "board", "pen", "drawable", "handover"),
    *("raster", "columns", "reading", "path", "lens", "answer"),
    *("weights", "timeline", "learning", "telling"),
)
_component = component(__file__, *PARTS)


def live_network(
    page: Page,
    run: RunRecord,
    *,
    picture: np.ndarray | None = None,
    pen: str | None = "own",
    key: str,
    prepare: Mapping[str, bool] | None = None,
    normalise: bool = True,
    play: bool = False,
) -> np.ndarray | None:
    """Draw the network of `run`, at first at the page's step. Returns what the reader has drawn on
    it since the last rerun, uint8 (28, 28), which is then handed over to the other pages; else
    None.

    `picture`, uint8 (28, 28), is what it sees until somebody draws. `pen`: "own", a canvas of its
    own; "canvas", the drawable canvas of the page; None, only the picture. `prepare` says which
    steps of `analysis.drawing.steps` a drawing goes through (all of them), `normalise` whether its
    pixels are normalised as in training. `play` leads through the training from its first step on,
    when the run is new here.
    """
    data = of_run(page, run, normalise) | _shown(picture, pen, prepare) | {"play": play}
    return _mount(page, data, key)


def live_preset(
    page: Page, preset: str, *, picture: np.ndarray | None = None, pen: str | None = "own", key: str
) -> np.ndarray | None:
    """The same with the untrained network of `preset`, a key of `PRESETS`. Under the same `key`, a
    run's network takes its place and keeps the drawing.
    """
    return _mount(page, of_preset(preset, PRESETS[preset]) | _shown(picture, pen, None), key)


def _shown(
    picture: np.ndarray | None, pen: str | None, prepare: Mapping[str, bool] | None
) -> dict[str, Any]:
    return {
        "picture": None if picture is None else packed(picture),
        "pen": pen,
        "prepare": dict.fromkeys(("crop", "fit", "centre"), True) | dict(prepare or {}),
        "tell": _where_to_tell(),
    }


def _where_to_tell() -> str | None:
    """Where the browser of a student tells what they drew; None for everybody else."""
    return class_address("me") if state.person().role is Role.STUDENT else None


def _mount(page: Page, data: dict[str, Any], key: str) -> np.ndarray | None:
    def told() -> None:
        drawing = unpacked(st.session_state[key].get("drawing"))
        if drawing is not None:
            hand_over(page, drawing)
            st.session_state[f"{key}.new"] = drawing

    result = _component(
        key=key, data={**data, "key": key}, on_drawing_change=told, on_open_change=lambda: None
    )
    drawn: np.ndarray | None = st.session_state.pop(f"{key}.new", None)
    if isinstance(result.open, dict):
        _open(page, data, result.open)
    return drawn


def _open(page: Page, data: dict[str, Any], opened: Mapping[str, Any]) -> None:
    """Go to the arithmetic of the map or unit that was clicked."""
    stage, place, step = (opened.get(name) for name in ("stage", "map", "step"))
    known = any(stage == operator["name"] for operator in data["operators"])
    if data["run"] is None or not (known or stage == "softmax"):
        return
    choices: dict[str, Any] = {"view": "maps", "stage": stage, "run": data["run"]}
    if type(place) is int and 0 <= place < 10**6:
        choices["map"] = place
    if step in data["steps"]:
        choices["step"] = step
    if (drawing := unpacked(opened.get("picture"))) is not None:
        hand_over(page, drawing)
        choices["source"] = "drawing"
    page.go("feature_maps", **choices)

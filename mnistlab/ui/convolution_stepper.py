"""A window that steps over a picture, with its arithmetic written out.

torch computes every number once (`analysis.convolution.Walk`); they are sent together, and stepping asks the server nothing.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from mnistlab.analysis.convolution import Walk
from mnistlab.figures.grids import Shades
from mnistlab.figures.thumbnails import data_url, paint, rgb
from mnistlab.ui.component import component
from mnistlab.ui.i18n import _

_component = component("convolution_stepper")


@dataclass(frozen=True)
class Wording:
    """What the parts are called in this view."""

    patch: str
    weights: str
    products: str
    channels: Sequence[str]


def stepper(
    walk: Walk, mode: str, wording: Wording, place: tuple[int, int], moved: Callable[[int, int], None], key: str,
    edited: Callable[[list[float]], None] | None = None,
) -> None:  # fmt: skip
    """Draw `walk`, at first at the output's `place` (row, column). `mode`: "conv", or one of `analysis.convolution.POOLINGS`.

    `moved` is told where the reader stopped, and `edited`, if given, the numbers of the kernel that the reader changed, row by row.
    """

    def on_place() -> None:
        row, column = st.session_state[key]["place"]
        moved(int(row), int(column))

    def on_kernel() -> None:
        if edited is not None:
            edited([float(value) for value in st.session_state[key]["kernel"]])

    _component(
        key=key, data=contents(walk, mode, wording, place, edited is not None), on_place_change=on_place, on_kernel_change=on_kernel
    )  # fmt: skip


def contents(walk: Walk, mode: str, wording: Wording, place: tuple[int, int], editable: bool = False) -> dict[str, Any]:
    """All that the browser is sent."""
    rows, columns = walk.output.shape
    found = np.argwhere(walk.pixels)
    finite = np.where(np.isfinite(walk.inputs), walk.inputs, 0)
    shades = {
        "inputs": Shades.of(0, 1, gray=True),
        "weights": _shades(walk.weights) if mode == "conv" else Shades.of(0, 1),
        "products": _shades(walk.products),
        "output": _shades(walk.output) if mode == "conv" else Shades.of(0, 1, gray=True),
    }
    return {
        "mode": mode,
        "size": walk.geometry.size,
        "stride": walk.geometry.stride,
        "dilation": walk.geometry.dilation,
        "span": walk.geometry.span,
        "input": list(walk.inputs.shape[1:]),
        "output": [rows, columns],
        "pixels": [int(edge) for edge in (*found.min(0), *(found.max(0) + 1))],  # top, left, bottom, right
        "place": [min(place[0], rows - 1), min(place[1], columns - 1)],
        "strongest": int(walk.output.argmax()),
        "bias": walk.bias,
        "editable": editable,
        "channels": [
            {"name": name, "picture": data_url(paint(values, shades["inputs"]))}
            for name, values in zip(wording.channels, finite, strict=True)
        ],
        "picture": data_url(paint(walk.output, shades["output"])),
        "numbers": {name: packed(getattr(walk, name)) for name in ("inputs", "weights", "products", "sums", "output")},
        "shades": {
            name: {"colors": [rgb(color) for color in each.colors], "low": each.low, "high": each.high} for name, each in shades.items()
        },
        "labels": _labels(walk, wording),
    }


def packed(numbers: np.ndarray) -> str:
    """float32, little-endian, base64."""
    return base64.b64encode(np.ascontiguousarray(numbers, "<f4").tobytes()).decode("ascii")


def _shades(values: np.ndarray) -> Shades:
    return Shades.of(min(0.0, float(values.min())), max(0.0, float(values.max())))


def _labels(walk: Walk, wording: Wording) -> dict[str, str]:
    rows, columns = walk.output.shape
    height, width = walk.inputs.shape[1:]
    size = _("Output: {rows} × {columns}").format(rows=rows, columns=columns)
    pixels = walk.pixels.any(1).sum(), walk.pixels.any(0).sum()
    input_size = _("Input: {rows} × {columns}").format(rows=pixels[0], columns=pixels[1])
    if (height, width) != pixels:
        input_size += _(", padded {rows} × {columns}").format(rows=height, columns=width)
    return {
        "input": input_size,
        "output": size,
        "inputAlt": _("The input. The frame is the window."),
        "outputAlt": _("The output, with values from {low:.3g} to {high:.3g}. What is computed already is shown in full.").format(
            low=float(walk.output.min()), high=float(walk.output.max())
        ),
        "patch": wording.patch,
        "weights": wording.weights,
        "products": wording.products,
        "bias": _("bias"),
        "unchanged": _("Nothing is computed: the number goes on as it is,"),
        "row": _("row"),
        "column": _("column"),
        "where": _("step {step} of {steps}: row {row}, column {column}"),
        "step": _("Step"),
        "back": _("One step back"),
        "next": _("One step on"),
        "play": _("Play all steps"),
        "pause": _("Stop here"),
        "strongest": _("Largest"),
        "strongestHelp": _("Largest: go to the largest number of the output"),
        "wrong": _("A number from −1000 to 1000 belongs here. Until then the kernel stays as it was."),
    }

"""A window that steps over a picture, with its arithmetic written out.

torch computes every number once (`analysis.convolution.Walk`); all are sent together, so stepping
needs no server.
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
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _

_component = component(__file__)


@dataclass(frozen=True)
class Wording:
    """The labels of the tables in this view."""

    patch: str
    weights: str
    products: str
    channels: Sequence[str]


def stepper(
    walk: Walk,
    mode: str,
    wording: Wording,
    place: tuple[int, int],
    moved: Callable[[int, int], None],
    key: str,
    edited: Callable[[list[float]], None] | None = None,
) -> None:
    """Draw `walk`, starting at the output's `place` (row, column). `mode`: "conv", or one of
    `choices.POOLINGS`.

    `moved` is called with the place where the reader stops; `edited`, if given, with the edited
    kernel, row by row.
    """

    def on_place() -> None:
        row, column = st.session_state[key]["place"]
        moved(int(row), int(column))

    def on_kernel() -> None:
        if edited is not None:
            edited([float(value) for value in st.session_state[key]["kernel"]])

    _component(
        key=key,
        data=contents(walk, mode, wording, place, edited is not None),
        on_place_change=on_place,
        on_kernel_change=on_kernel,
    )


def contents(
    walk: Walk, mode: str, wording: Wording, place: tuple[int, int], editable: bool = False
) -> dict[str, Any]:
    """Everything that is sent to the browser."""
    rows, columns = walk.output.shape
    pixels = np.argwhere(walk.pixels)
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
        # top, left, bottom, right
        "pixels": [int(edge) for edge in (*pixels.min(0), *(pixels.max(0) + 1))],
        "place": [min(place[0], rows - 1), min(place[1], columns - 1)],
        "strongest": int(walk.output.argmax()),
        "bias": walk.bias,
        "editable": editable,
        "channels": [
            {"name": name, "picture": data_url(paint(values, shades["inputs"]))}
            for name, values in zip(wording.channels, finite, strict=True)
        ],
        "picture": data_url(paint(walk.output, shades["output"])),
        "numbers": {
            name: packed(getattr(walk, name))
            for name in ("inputs", "weights", "products", "sums", "output")
        },
        "shades": {
            name: {
                "colors": [rgb(color) for color in each.colors],
                "low": each.low,
                "high": each.high,
            }
            for name, each in shades.items()
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
        input_size += _(", padded to {rows} × {columns}").format(rows=height, columns=width)
    return {
        "input": input_size,
        "output": size,
        "inputAlt": _("The input; the frame marks the window."),
        "outputAlt": _(
            "The output, with values from {low:.3g} to {high:.3g}. Values computed so far are "
            "shown at full opacity."
        ).format(low=float(walk.output.min()), high=float(walk.output.max())),
        "patch": wording.patch,
        "weights": wording.weights,
        "products": wording.products,
        "bias": _("bias"),
        "unchanged": _("No pooling: the value is passed on unchanged,"),
        "row": _("row"),
        "column": _("column"),
        "where": _("step {step} of {steps}: row {row}, column {column}"),
        "step": _("Step"),
        "back": _("Previous step"),
        "next": _("Next step"),
        "play": _("Play all steps"),
        "pause": _("Pause"),
        "strongest": _("Largest"),
        "strongestHelp": _("Largest: go to the largest output value"),
        "wrong": _("Enter a number from −1000 to 1000. Until then, the kernel stays as it was."),
    }

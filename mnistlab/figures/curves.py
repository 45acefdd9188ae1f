"""Curves over training: their points, and Vega-Lite specifications that draw them.

Vega-Lite rather than Plotly, because a growing curve has to keep its element and its zoom. So a
specification knows nothing about the data except the names of its series, and its zoom is the
parameter `ZOOM`, which must be listed in `selection_mode`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mnistlab.events import Evaluated, Progress
from mnistlab.i18n import N_, _

ZOOM = "zoom"
POINTS = 600  # per curve, at most
BAND = {  # column of `band` -> its title
    "mean": N_("mean"),
    "low": N_("mean − deviation"),
    "high": N_("mean + deviation"),
}
_STEP_AXIS = {"format": ",d", "tickCount": 6}
SCALES = {
    "linear": {"type": "linear", "zero": False},
    "log": {"type": "log"},
    "share": {"type": "linear", "zero": False},
}


def thin(series: Sequence[Any], points: int = POINTS) -> list[Any]:
    """Every 1st, 2nd, 4th, 8th ... point of `series`, as many as fit into `points`, and always the
    last.

    Powers of two, so that most points stay where they are as the series grows.
    """
    every = 1
    while len(series) > every * (points - 1):
        every *= 2
    thinned = list(series[::every])
    if thinned and thinned[-1] is not series[-1]:
        thinned.append(series[-1])
    return thinned


def table(curves: Mapping[str, Sequence[tuple[float, float]]]) -> pd.DataFrame:
    """name -> (step, value) pairs, as the columns `step`, `value`, `series`, in the order
    given; values that are NaN or infinite are left out.
    """
    names = [name for name, points in curves.items() for _ in points]
    pairs = np.array(
        [pair for points in curves.values() for pair in points], dtype=np.float32
    ).reshape(-1, 2)
    kept = np.isfinite(pairs[:, 1])
    return pd.DataFrame(
        {
            "step": pairs[kept, 0],
            "value": pairs[kept, 1],
            "series": np.array(names, dtype=object)[kept],
        }
    )


def losses(
    progress: Sequence[Progress], evaluated: Sequence[Evaluated]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(loss of the mini-batches, loss on the test images) as thinned (step, nats) pairs."""
    return [(e.step, e.loss) for e in thin(progress)], [
        (e.step, e.test_loss) for e in thin(evaluated)
    ]


def accuracies(
    evaluated: Sequence[Evaluated],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(accuracy on the test images, accuracy on the held-out training images) as thinned (step,
    share) pairs; the second may be empty.
    """
    points = thin(evaluated)
    return [(e.step, e.test_accuracy) for e in points], [
        (e.step, e.validation_accuracy) for e in points if e.validation_accuracy is not None
    ]


def gradient_norms(progress: Sequence[Progress]) -> dict[str, list[tuple[float, float]]]:
    """Layer -> thinned (step, norm) pairs."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for event in thin(progress, POINTS // 2):
        for layer, norm in event.gradient_norms.items():
            curves.setdefault(layer, []).append((event.step, norm))
    return curves


def spec(
    colors: Mapping[str, str],
    x: str,
    y: str,
    scale: str = "linear",
    height: int = 220,
    legend: bool = True,
) -> dict[str, Any]:
    """A Vega-Lite specification for `table(...)`: one line for each series of `colors` (name ->
    colour).

    `x` and `y` are the axes' titles ("" for none), `scale` is a key of `SCALES`.
    """
    names = list(colors)
    encoding = {
        "x": {
            "field": "step",
            "type": "quantitative",
            "title": x or None,
            "axis": _STEP_AXIS,
            "scale": {"nice": False},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": y,
            "scale": SCALES[scale],
            "axis": {"format": ".1~%" if scale == "share" else "~g", "tickCount": 5},
        },
        "color": {
            "field": "series",
            "type": "nominal",
            "title": None,
            "scale": {"domain": names, "range": [colors[name] for name in names]},
            "legend": {"orient": "top-right", "labelLimit": 300}
            if legend and len(names) > 1
            else None,
        },
        "tooltip": _tooltip(x or _("step"), y, ".2%" if scale == "share" else ".4~g"),
    }
    return {
        "height": height,
        "padding": {"left": 0, "right": 12, "top": 8, "bottom": 0},
        "mark": {"type": "line", "clip": True, "strokeWidth": 2.5},
        "params": [{"name": ZOOM, "select": {"type": "interval"}, "bind": "scales"}],
        "encoding": encoding,
    }


def _tooltip(x: str, y: str, number_format: str) -> list[dict[str, str]]:
    return [
        {"field": "series", "type": "nominal", "title": " "},
        {"field": "step", "type": "quantitative", "title": x, "format": ","},
        {"field": "value", "type": "quantitative", "title": y, "format": number_format},
    ]


def band(values: Sequence[Sequence[tuple[float, float]]]) -> pd.DataFrame:
    """Mean and standard deviation of several curves at the steps they share: columns `step`,
    `mean`, `low`, `high`.

    It is the sample standard deviation (n - 1). Raises `ValueError` for fewer than two
    curves.
    """
    if len(values) < 2:
        raise ValueError("A standard deviation needs at least two curves.")
    curves = [dict(points) for points in values]
    steps = sorted(set.intersection(*(set(curve) for curve in curves)))
    numbers = np.array(
        [[curve[step] for step in steps] for curve in curves], dtype=np.float64
    ).reshape(len(curves), -1)
    mean, deviation = numbers.mean(0), numbers.std(0, ddof=1)
    return pd.DataFrame(
        {
            "step": np.array(steps, dtype=np.float32),
            "mean": mean,
            "low": mean - deviation,
            "high": mean + deviation,
        }
    )


def band_spec(
    color: str, x: str, y: str, height: int = 260, scale: str = "share"
) -> dict[str, Any]:
    """A Vega-Lite specification for `band(...)`: the mean as a line, one standard deviation on each
    side as a band. `scale` is a key of `SCALES`.
    """
    is_share = scale == "share"
    step = {
        "field": "step",
        "type": "quantitative",
        "title": x,
        "axis": _STEP_AXIS,
        "scale": {"nice": False},
    }
    value = {
        "type": "quantitative",
        "title": y,
        "scale": SCALES[scale],
        "axis": {"format": ".1~%" if is_share else "~g"},
    }
    tips = [{"field": "step", "type": "quantitative", "title": x, "format": ","}] + [
        {
            "field": name,
            "type": "quantitative",
            "title": _(title),
            "format": ".2%" if is_share else ".4~g",
        }
        for name, title in BAND.items()
    ]
    return {
        "height": height,
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.25, "color": color},
                "encoding": {"x": step, "y": {"field": "low", **value}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "color": color, "strokeWidth": 2.5},
                "encoding": {"x": step, "y": {"field": "mean", **value}, "tooltip": tips},
            },
        ],
    }

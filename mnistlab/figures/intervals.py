"""Accuracies of several runs over training, each with its 95 % interval as a band. Drawn with
Vega-Lite, for the reasons given in `curves`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mnistlab.analysis.intervals import wilson
from mnistlab.events import Evaluated
from mnistlab.figures.colors import STROKES
from mnistlab.figures.curves import thin
from mnistlab.i18n import _

POINTS = 200  # per curve, at most
# the same beside every race: a piece of each line
LEGEND = {
    "orient": "top",
    "columns": 3,
    "labelLimit": 300,
    "symbolType": "stroke",
    "symbolOpacity": 1,
    "symbolSize": 400,
    "symbolStrokeWidth": 2.5,
}


def interval_table(evaluated: Mapping[str, Sequence[Evaluated]]) -> pd.DataFrame:
    """Accuracies, 0 to 1, with their Wilson intervals.

    `evaluated` is name -> evaluations. Columns: `step`, `value`, `low`, `high`, `series`.
    """
    rows = [
        (event.step, event.test_accuracy, *wilson(event.correct, event.count), name)
        for name, events in evaluated.items()
        for event in thin(events, POINTS)
    ]
    numbers = np.array([row[:4] for row in rows], dtype=np.float32).reshape(-1, 4)
    table = pd.DataFrame(numbers, columns=["step", "value", "low", "high"])
    return table.assign(series=np.array([row[4] for row in rows], dtype=object))


def interval_spec(colors: Mapping[str, str], x: str, y: str, height: int = 300) -> dict[str, Any]:
    """A Vega-Lite specification for `interval_table(...)` of the series of `colors` (name ->
    colour).
    """
    names = list(colors)
    steps = {"field": "step", "type": "quantitative", "title": x}
    across = steps | {"axis": {"format": ",d", "tickCount": 6}, "scale": {"nice": False}}
    shares = {
        "type": "quantitative",
        "title": y,
        "scale": {"zero": False},
        "axis": {"format": ".1~%", "tickCount": 5},
    }
    tips = [{"field": "series", "type": "nominal", "title": " "}, steps | {"format": ","}] + [
        {"field": field, "type": "quantitative", "title": title, "format": ".2%"}
        for field, title in (("value", y), ("low", _("95 % interval from")), ("high", _("to")))
    ]
    return {
        "height": height,
        "padding": {"left": 0, "right": 12, "top": 8, "bottom": 0},
        "encoding": {"x": across, "color": series(names, [colors[name] for name in names])},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.18},
                "encoding": {"y": {"field": "low", **shares}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "strokeWidth": 2.5},
                "encoding": {
                    "y": {"field": "value", **shares},
                    "strokeDash": strokes(names),
                    "tooltip": tips,
                },
            },
        ],
    }


def strokes(names: Sequence[str]) -> dict[str, Any]:
    """The dashes of the lines `names`, for readers who see no difference between two colours."""
    return series(names, [STROKES[place % len(STROKES)] for place in range(len(names))])


def series(names: Sequence[str], signs: Sequence[Any]) -> dict[str, Any]:
    """How Vega-Lite tells the series `names` apart: by `signs`, one for each."""
    scale = {"domain": list(names), "range": list(signs)}
    return {"field": "series", "type": "nominal", "title": None, "scale": scale, "legend": LEGEND}

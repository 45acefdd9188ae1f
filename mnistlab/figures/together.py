"""What a class trained together, as Vega-Lite specifications: they are drawn while it trains, so
their elements have to stay (see `curves`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mnistlab.analysis.intervals import wilson
from mnistlab.events import Evaluated
from mnistlab.figures.axes import log_axis
from mnistlab.figures.colors import BAD, SEQUENTIAL, TEST, TRAIN
from mnistlab.i18n import _

COLUMNS = 24  # of the heat map: parts of a training
ROW, LOWEST, HIGHEST = 15, 150, 480  # pixels: a row of the heat map, and the whole of it
DONE = "datum.state != 'so far'"
STATES = {"done": TEST, "so far": TRAIN, "mine": BAD}
PADDING = {"left": 0, "right": 12, "top": 8, "bottom": 0}
SHARES = {"type": "quantitative", "scale": {"zero": False}, "axis": {"format": ".1~%"}}


@dataclass(frozen=True)
class Dot:
    """A network: whose it is, the value that it tries, how many of how many test images it gets
    right, and its state, a key of `STATES`.
    """

    who: str
    value: Any
    correct: int
    count: int
    state: str


def dots_table(dots: Sequence[Dot]) -> pd.DataFrame:
    """Columns `who`, `value`, `rank` (from 1, the least accurate), `share` with its Wilson interval
    `low` to `high`, and `state`.
    """
    shares = [dot.correct / dot.count for dot in dots]
    ends = np.array([wilson(dot.correct, dot.count) for dot in dots]).reshape(-1, 2)
    return pd.DataFrame(
        {
            "who": [dot.who for dot in dots],
            "value": [dot.value for dot in dots],
            "rank": np.argsort(np.argsort(shares, kind="stable"), kind="stable") + 1,
            "share": shares,
            "low": ends[:, 0],
            "high": ends[:, 1],
            "state": [dot.state for dot in dots],
        }
    )


def distribution_spec(x: str, y: str, height: int = 300) -> dict[str, Any]:
    """`dots_table(...)` in the order of the accuracies, with the mean of those done as a line."""
    place = {"field": "rank", "type": "ordinal", "title": x, "axis": {"labels": False}}
    mean = {
        "transform": [
            {"filter": DONE},
            {"aggregate": [{"op": "mean", "field": "share", "as": "mean"}]},
        ],
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": TEST},
        "encoding": {"y": {"field": "mean", **SHARES, "title": y}},
    }
    return _dots(place, y, height, [mean])


def values_spec(
    x: str, y: str, scale: str, values: Sequence[Any], height: int = 300
) -> dict[str, Any]:
    """`dots_table(...)` over all `values` that are tried, also those of which nothing is known yet.
    `scale` is "linear", "log" or "ordinal"; where they are numbers, a line goes through the means
    of equal ones, of networks that are done.
    """
    if scale == "ordinal":
        texts = [str(value) for value in dict.fromkeys(values)]
        place = {"field": "value", "type": "ordinal", "title": x, "scale": {"domain": texts}}
        return _dots(place, y, height, [])
    ends = [min(values), max(values)]
    ticks = {"values": log_axis(values)["tickvals"]} if scale == "log" else {"tickCount": 6}
    place = {
        "field": "value",
        "type": "quantitative",
        "title": x,
        "scale": {"type": scale, "zero": False, "domain": ends, "nice": False, "padding": 12},
        "axis": {"format": "~g", "labelOverlap": True, **ticks},
    }
    line = {
        "transform": [{"filter": DONE}],
        "mark": {"type": "line", "color": TEST, "opacity": 0.5},
        "encoding": {
            "x": place,
            "y": {"aggregate": "mean", "field": "share", **SHARES, "title": y},
        },
    }
    return _dots(place, y, height, [line])


def training_table(parts: Mapping[str, tuple[Sequence[Evaluated], int]]) -> pd.DataFrame:
    """How accurate each network was over its training. `parts`: what it tries -> (its evaluations,
    its steps in all). Columns `value`, `done` (the end of one of `COLUMNS` equal parts of the
    training, 0 to 1) and `share`, of the last evaluation up to there.
    """
    rows = []
    for value, (events, total) in parts.items():
        for column in range(COLUMNS):
            until = (column + 1) / COLUMNS
            known = [event for event in events if event.step <= until * total]
            if known and events[-1].step > column / COLUMNS * total:
                rows.append((value, until, known[-1].test_accuracy))
    return pd.DataFrame(rows, columns=["value", "done", "share"])


def training_spec(values: Sequence[str], x: str, y: str, what: str) -> dict[str, Any]:
    """`training_table(...)` as a heat map: a row for each of `values`, in this order."""
    return {
        "height": min(HIGHEST, max(LOWEST, ROW * len(values))),
        "padding": PADDING,
        "mark": {"type": "rect"},
        "encoding": {
            "x": {
                "field": "done",
                "type": "ordinal",
                "title": x,
                "axis": {
                    "format": ".0%",
                    "labelAngle": 0,
                    "values": [
                        place / COLUMNS for place in range(COLUMNS // 4, COLUMNS + 1, COLUMNS // 4)
                    ],
                },
            },
            "y": {
                "field": "value",
                "type": "ordinal",
                "title": y,
                "sort": list(values),
                "scale": {"domain": list(values)},
                "axis": {"labelOverlap": "greedy", "labelLimit": 120},
            },
            "color": {
                "field": "share",
                "type": "quantitative",
                "title": None,
                "scale": {"range": list(SEQUENTIAL)},
                "legend": {"format": ".0%"},
            },
            "tooltip": [
                {"field": "value", "type": "nominal", "title": y},
                {"field": "done", "type": "quantitative", "title": x, "format": ".0%"},
                {"field": "share", "type": "quantitative", "title": what, "format": ".2%"},
            ],
        },
    }


def _dots(place: dict[str, Any], y: str, height: int, lines: list[dict]) -> dict[str, Any]:
    """Points with their intervals at `place`, above `lines`."""
    color = {
        "field": "state",
        "type": "nominal",
        "scale": {"domain": list(STATES), "range": list(STATES.values())},
        "legend": None,
    }
    tips = [
        {"field": "who", "type": "nominal", "title": " "},
        {"field": "value", "type": "nominal", "title": place["title"]},
    ] + [
        {"field": field, "type": "quantitative", "title": title, "format": ".2%"}
        for field, title in (("share", y), ("low", _("95 % interval from")), ("high", _("to")))
    ]
    return {
        "height": height,
        "padding": PADDING,
        "layer": [
            *lines,
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.35},
                "encoding": {
                    "x": place,
                    "y": {"field": "low", **SHARES, "title": y},
                    "y2": {"field": "high"},
                    "color": color,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {
                    "x": place,
                    "y": {"field": "share", **SHARES, "title": y},
                    "color": color,
                    "tooltip": tips,
                },
            },
        ],
    }

"""Shares with their intervals, as Vega-Lite specifications: of a committee as it grows, and row by
row: of hands and of networks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mnistlab.analysis.evaluation import Accuracy
from mnistlab.figures.colors import BAD, TEST, TRAIN
from mnistlab.figures.together import PADDING, SHARES
from mnistlab.i18n import _

ROW = 24  # pixels


def growth_table(growth: Sequence[Accuracy]) -> pd.DataFrame:
    """Columns `members` (from 1), `share`, `low`, `high`."""
    rows = [(size, each.share, each.low, each.high) for size, each in enumerate(growth, start=1)]
    return pd.DataFrame(rows, columns=["members", "share", "low", "high"])


def growth_spec(x: str, y: str, mean: float, height: int = 240) -> dict[str, Any]:
    """`growth_table(...)` with its interval as a band, and a dashed line at `mean`, that of the
    members alone.
    """
    members = {
        "field": "members",
        "type": "quantitative",
        "title": x,
        "axis": {"format": "d", "tickMinStep": 1},
        "scale": {"nice": False},
    }
    share = {**SHARES, "title": y}
    return {
        "height": height,
        "padding": PADDING,
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.2, "color": TEST},
                "encoding": {"x": members, "y": {"field": "low", **share}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "color": TEST, "strokeWidth": 2.5, "point": True},
                "encoding": {
                    "x": members,
                    "y": {"field": "share", **share},
                    "tooltip": [
                        {**members, "format": "d"},
                        {"field": "share", "type": "quantitative", "title": y, "format": ".2%"},
                    ],
                },
            },
            {
                "mark": {"type": "rule", "strokeDash": [5, 4], "color": TRAIN},
                "encoding": {"y": {"datum": mean}},
            },
        ],
    }


def rows_table(rows: Mapping[str, tuple[float, float, float]]) -> pd.DataFrame:
    """name -> (share, low, high), as the columns `name`, `share`, `low`, `high`."""
    numbers = [(name, *ends) for name, ends in rows.items()]
    return pd.DataFrame(numbers, columns=["name", "share", "low", "high"])


def rows_spec(names: Sequence[str], x: str, mine: str = "") -> dict[str, Any]:
    """`rows_table(...)`: a row for each of `names`, with its point and its interval; that of `mine`
    stands out.
    """
    name = {
        "field": "name",
        "type": "ordinal",
        "title": None,
        "sort": list(names),
        "scale": {"domain": list(names), "paddingOuter": 0.5},
        "axis": {"labelLimit": 140, "labelOverlap": False},
    }
    color = {"condition": {"test": {"field": "name", "equal": mine}, "value": BAD}, "value": TEST}
    share = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    tips = [{"field": "name", "type": "nominal", "title": " "}] + [
        {"field": field, "type": "quantitative", "title": title, "format": ".1%"}
        for field, title in (("share", x), ("low", _("95 % interval from")), ("high", _("to")))
    ]
    return {
        "height": ROW * len(names),
        "padding": PADDING,
        "encoding": {"y": name, "color": color, "tooltip": tips},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.45},
                "encoding": {"x": {"field": "low", **share, "title": x}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
                "encoding": {"x": {"field": "share", **share, "title": x}},
            },
        ],
    }

"""A figure as it is printed: on white, without what only a mouse can use. For the browser, which
draws it once more with Plotly or Vega.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

WIDTH, LEAST_WIDTH, HEIGHT = 900, 480, 450  # pixels, of which a print has 100 per inch
FONT = "Source Sans, system-ui, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
INK, FAINT = "#1c2430", "#d5dbe3"
HEADING = 80  # characters: what is longer is no heading
_TAG = re.compile(r"<[^>]+>")
_SENTENCE = re.compile(r"(?<=\.)\s+|(?<=。)|(?=[:,;]\s|[：，；])")  # not within 0.001 or 1,000


def plotly_paper(figure: Any, colors: Sequence[str]) -> dict[str, Any]:
    """A figure of `mnistlab.figures` as JSON; `colors` of traces without their own."""
    paper = go.Figure(figure)
    layout = paper.layout
    template = go.layout.Template(pio.templates["plotly_white"])
    template.layout.update(colorway=list(colors), font={"family": FONT, "color": INK})
    template.layout.title.update(x=0.01, xanchor="left", font={"size": 17, "weight": 600})
    layout.update(template=template, updatemenus=[], sliders=[], paper_bgcolor="#fff")
    width, height = WIDTH, layout.height or HEIGHT
    if (ratio := (layout.meta or {}).get("ratio")) is not None:
        margin = layout.margin
        across, down = margin.l + margin.r, margin.t + margin.b
        width = round(min(WIDTH, max(LEAST_WIDTH, (height - down) / ratio + across)))
        height = round(min(height, (width - across) * ratio + down))
    layout.update(width=width, height=height)
    drawn = json.loads(paper.to_json())
    return {"kind": "plotly", "figure": {"data": drawn["data"], "layout": drawn["layout"]}}


def vega_paper(
    specification: Mapping[str, Any], data: pd.DataFrame, colors: Sequence[str]
) -> dict[str, Any]:
    """A Vega-Lite specification with its `data`, as JSON."""
    look = {
        "font": FONT,
        "background": "#fff",
        "range": {"category": list(colors)},
        "axis": {"labelColor": INK, "titleColor": INK, "gridColor": FAINT, "domainColor": FAINT},
    }
    size = {"width": WIDTH - 160, "height": specification.get("height", HEIGHT - 150)}
    own = {"config": look | dict(specification.get("config", {})), **size}
    values = json.loads(data.to_json(orient="records"))
    return {"kind": "vega", "figure": {**specification, **own, "data": {"values": values}}}


def heading(figure: Any) -> str:
    """The title that a Plotly figure has; "" if none."""
    return _TAG.sub("", figure.layout.title.text or "").strip()


def short(text: str) -> str:
    """An alternative text as a heading: as much of its beginning as makes sense."""
    return text if len(text) <= HEADING else _SENTENCE.split(text, maxsplit=1)[0].rstrip(".。")

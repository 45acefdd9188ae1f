"""A figure on a page with its alternative text, its table and its files, and what was clicked in
it.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mnistlab.figures import paper
from mnistlab.figures.data_table import table
from mnistlab.figures.grids import alt_text
from mnistlab.ui.kit.presenting import SCALE, presents
from mnistlab.ui.kit.sharing.figure import take_along

PLOTLY_SIZE = 12  # pixels of type, where a figure does not say
BARE = {"displayModeBar": False, "responsive": True}


def chart(figure: Any, key: str) -> None:
    """Draw `figure`, made by `mnistlab.figures`. One with a fixed aspect ratio (`shaped`) becomes
    lower where it is narrower, so that it leaves no gaps.
    """
    _draw(figure, key)


def clickable(figure: Any, key: str) -> list[Any] | None:
    """Draw `figure` as `chart` does. Returns the customdata of the point clicked since the last
    rerun, or None.
    """
    _draw(figure, key, on_select="rerun", selection_mode="points")
    return new_click(key)


def vega_chart(
    data: pd.DataFrame,
    specification: dict[str, Any],
    key: str,
    alt: str,
    place: Any = st,
    zoom: str = "",
) -> None:
    """Draw a Vega-Lite `specification` of `data`. Where it has a selection `zoom`, that outlasts
    new data, as Streamlit's own zoom would not.
    """
    how: dict[str, Any] = {"on_select": "rerun", "selection_mode": [zoom]} if zoom else {}
    with place.container(key=f"chart.{key}", gap=None):
        st.vega_lite_chart(data, specification, key=key, alt=alt, **how)
        offer_data(data, specification, key, alt)


def offer_data(
    data: pd.DataFrame, specification: dict[str, Any], key: str, alt: str, name: str = ""
) -> None:
    """Offer table and files of a Vega-Lite `specification` of `data`, whoever has drawn it; see
    `take_along` for `name`.
    """
    take_along(
        key,
        partial(paper.short, alt),
        alt,
        partial(table, specification, data),
        lambda: paper.vega_paper(specification, data, _colors()),
        name,
    )


def _colors() -> Sequence[str]:
    colors: Sequence[str] = st.get_option("theme.chartCategoricalColors")
    return colors


def new_click(key: str) -> list[Any] | None:
    """The customdata of the point clicked in the chart `key` since the last rerun, or None; can be
    called before the chart is drawn.
    """
    event: Any = st.session_state.get(key)
    points = event["selection"]["points"] if event else []
    clicked = _values(points[0]["customdata"]) if points else None
    if clicked == st.session_state.get(f"{key}.last_click"):
        return None
    st.session_state[f"{key}.last_click"] = clicked  # a selection lasts, a click does not
    return clicked


def _draw(figure: Any, key: str, **how: Any) -> None:
    if presents():
        figure = type(figure)(figure)  # another one: others may show this one
        figure.update_layout(font_size=SCALE * (figure.layout.font.size or PLOTLY_SIZE))
    if (ratio := figure.layout.meta.get("ratio")) is None:
        with st.container(key=f"chart.{key}", gap=None):
            st.plotly_chart(figure, key=key, alt=alt_text(figure), config=BARE, **how)
            _take_along(figure, key)
        return
    container, margin = f"chart.{key}", figure.layout.margin
    # the class that Streamlit gives the container
    place = "st-key-" + re.sub("[^a-zA-Z0-9_-]", "-", container)
    high = f"(100cqw - {margin.l + margin.r}px) * {ratio:.4f} + {margin.t + margin.b}px"
    with st.container(key=container, gap=None):
        st.html(
            # without the <div> it would go to the end of the page
            f"<div></div><style>.{place} {{ container-type: inline-size; }} .{place} "
            f":is([data-testid=stPlotlyChart], [data-testid=stSkeleton]) "
            f"{{ height: min({high}, {figure.layout.height}px); }}</style>"
        )
        st.plotly_chart(figure, key=key, alt=alt_text(figure), config=BARE, height="stretch", **how)
        _take_along(figure, key)


def _take_along(figure: Any, key: str) -> None:
    alt = alt_text(figure)
    take_along(
        key,
        lambda: paper.heading(figure) or paper.short(alt),
        alt,
        partial(table, figure),
        lambda: paper.plotly_paper(figure, _colors()),
    )


def _values(customdata: Any) -> list[Any]:
    """A browser sends a row of a packed array as {"0": ..., "1": ...}."""
    return list(customdata.values()) if isinstance(customdata, dict) else list(customdata)

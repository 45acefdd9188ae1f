"""A Plotly figure on a page, with its alternative text; and what was clicked in it."""

from typing import Any

import streamlit as st

from mnistlab.figures.grids import alt_text

BARE = {"displayModeBar": False, "responsive": True}


def chart(figure: Any, key: str) -> None:
    """Draw `figure`, made by `mnistlab.figures`."""
    st.plotly_chart(figure, key=key, alt=alt_text(figure), config=BARE)


def clickable(figure: Any, key: str) -> list[Any] | None:
    """Draw `figure`, as `chart` does. Returns the customdata of the point that was clicked since the last time, or None."""
    st.plotly_chart(figure, key=key, alt=alt_text(figure), config=BARE, on_select="rerun", selection_mode="points")
    return new_click(key)


def new_click(key: str) -> list[Any] | None:
    """The customdata of the point that was clicked in the chart `key` since the last time, or None; known before it is drawn anew."""
    event: Any = st.session_state.get(key)
    points = event["selection"]["points"] if event else []
    clicked = _values(points[0]["customdata"]) if points else None
    if clicked == st.session_state.get(f"{key}.seen"):
        return None
    st.session_state[f"{key}.seen"] = clicked  # a selection lasts, a click does not
    return clicked


def _values(customdata: Any) -> list[Any]:
    """A browser sends a row of a packed array as {"0": ..., "1": ...}."""
    return list(customdata.values()) if isinstance(customdata, dict) else list(customdata)

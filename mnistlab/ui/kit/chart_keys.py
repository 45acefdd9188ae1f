"""Every chart by keyboard: arrow keys walk its cells, points or bars, and each is said."""

import json
from functools import cache
from pathlib import Path

import streamlit as st

from mnistlab.ui.kit.i18n import _


def chart_keys() -> None:
    """Give the charts of this page their keys, once, and the words in the reader's language."""
    words = {
        "keys": _("Chart by keyboard: arrow keys move through it, Enter chooses."),
    }
    st.html(
        f"<script>{{ {_script()} window.mnistlabChartKeys ??= new ChartKeys(); "
        f"window.mnistlabChartKeys.words = {json.dumps(words)}; "
        "window.mnistlabChartKeys.soon(); }</script>",
        unsafe_allow_javascript=True,
    )


@cache
def _script() -> str:
    return Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

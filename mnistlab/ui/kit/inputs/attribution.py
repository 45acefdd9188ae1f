"""The choice of an attribution method."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from torch import nn

from mnistlab.analysis.attribution import METHODS
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import key_of

PARAMETER = key_of(METHODS)


def choose_method(
    page: Page, model: nn.Sequential, widget: Callable[..., Any] | None = None
) -> str:
    """The choice among the methods that suit `model`; the page's parameter `method`."""
    options: Sequence[str] = [name for name, each in METHODS.items() if each.applies(model)]
    return page.choose(
        "method",
        _("Method"),
        options,
        widget=widget,
        format_func=lambda name: _(METHODS[name].label),
    )


def explain_method(name: str) -> None:
    """One sentence on what the method measures."""
    st.caption(_(METHODS[name].explanation))

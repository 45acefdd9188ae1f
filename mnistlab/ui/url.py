"""What is chosen, in the URL: one table of parameters, read from the URL, then from the session, and written back.

A link therefore shows the same view in a fresh browser, and a choice goes along from page to page.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnistlab.ui.i18n import LANGUAGES, _


@dataclass(frozen=True)
class Parameter:
    """How a value stands in the URL. `parse` raises `ValueError` for a text that cannot be one."""

    parse: Callable[[str], Any] = str
    wanted: str = "a text"  # what it should be, in words, for whoever sent a wrong one


def whole(low: int, high: int) -> Parameter:
    """A whole number from `low` to `high`."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return Parameter(parse, f"a whole number from {low} to {high}")


def one_of(*options: str) -> Parameter:
    """One of `options`."""

    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return Parameter(parse, "one of " + ", ".join(options))


def text() -> Parameter:
    """Any text."""
    return Parameter()


def _run_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{1,12}", text):
        raise ValueError(text)
    return text


EVERYWHERE: dict[str, Parameter] = {  # the parameters that go along from page to page
    "run": Parameter(_run_id, "the id of a run: up to 12 of the digits 0 to 9 and a to f"),
    "step": whole(0, 10**8),
    "digit": whole(0, 9),
    "index": whole(0, 59_999),
    "lang": one_of(*LANGUAGES),
}


class Query:
    """The parameters of one page: those of `EVERYWHERE`, and `own` ones, which belong to this page.

    In a page that was just entered, a parameter missing from the URL is taken from the session; within a page, it is gone (the
    reader pressed Back).
    """

    def __init__(self, page: str, own: Mapping[str, Parameter]) -> None:
        self.page, self.table = page, {**EVERYWHERE, **own}
        self.problems: list[str] = []  # one sentence for each parameter that makes no sense
        self.entered = st.session_state.get("url.page") != page  # whether this is the first run of the page since another one
        st.session_state["url.page"] = page
        for name in self.table:
            self._read(name)

    def _read(self, name: str) -> None:
        key, text = self._key(name), st.query_params.get(name)
        if text is None:
            value = st.session_state.get(key) if self.entered else None
        else:
            try:
                value = self.table[name].parse(text)
            except ValueError:
                value = None
                self.problems.append(
                    _("The link says {name}={text}, but it has to be {wanted}.").format(
                        name=name, text=repr(text[:40]), wanted=self.table[name].wanted
                    )
                )
        self.set(name, value)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of the parameter `name`, or `default`."""
        value = st.session_state.get(self._key(name))
        return default if value is None else value

    def set(self, name: str, value: Any) -> None:
        """Choose `value` for the parameter `name`; None takes it out of the URL."""
        st.session_state[self._key(name)] = value
        if value is None:
            if name in st.query_params:
                del st.query_params[name]
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)

    def along(self, **changes: Any) -> dict[str, str]:
        """The parameters for a link to another page: what is chosen everywhere, and `changes` (None: leave it out)."""
        values = {name: self.get(name) for name in EVERYWHERE} | changes
        return {name: str(value) for name, value in values.items() if value is not None}

    def _key(self, name: str) -> str:
        return f"url.{name}" if name in EVERYWHERE else f"url.{self.page}.{name}"

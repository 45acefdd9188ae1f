"""The reader's choices, in the URL: one table of parameters, read from the URL, then from the
session, and written back.

A link therefore shows the same view in a fresh browser, and choices are kept from page to page.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, TypeVar

import streamlit as st

from mnistlab.i18n import Text, message
from mnistlab.options import number_from
from mnistlab.ui.kit.i18n import LANGUAGES, _

Result = TypeVar("Result")
_THEN: ContextVar[Mapping[str, Any]] = ContextVar("parameters")  # within what `Query.as_now` makes

SOME_TEXT = message("some text")
SHOWN = 40  # characters of a wrong value
MANY, NEAREST = 15, 3  # more options than `MANY` are not listed, but the nearest ones named


@dataclass(frozen=True)
class Parameter:
    """How a value is written in the URL. `parse` raises `ValueError` for a text that is not one.

    Two parameters that want the same are equal.
    """

    parse: Callable[[str], Any] = field(default=str, compare=False)
    wanted: Text = SOME_TEXT  # what it has to be, in words
    options: Collection[str] = field(default=(), compare=False)  # if it is one of them

    def wanted_instead_of(self, text: str) -> Text:
        """What it has to be instead of `text`, in words: of many options the nearest."""
        if len(self.options) <= MANY:
            return self.wanted
        # the beginning, which is all that is shown of it: a link may be long
        nearest = get_close_matches(text[:SHOWN], self.options, NEAREST, cutoff=0)
        return message(
            "one of {count} names; the nearest are {names}",
            count=len(self.options),
            names=tuple(nearest),
        )


def whole(low: int, high: int) -> Parameter:
    """A whole number from `low` to `high`."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return Parameter(parse, number_from(int, low, high))


def one_of(*options: str) -> Parameter:
    """One of `options`."""

    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return Parameter(parse, message("one of {names}", names=tuple(options)), options)


def key_of(table: Mapping[str, Any]) -> Parameter:
    """A key of `table`, also one that was added later."""

    def parse(text: str) -> str:
        if text not in table:
            raise ValueError(text)
        return text

    return Parameter(parse, message("one of {names}", names=tuple(table)), table)


def text() -> Parameter:
    """Any text."""
    return Parameter()


def some_of(options: Collection[str]) -> Parameter:
    """Some of `options`, separated by commas."""

    def parse(text: str) -> str:
        if not text or not set(text.split(",")) <= set(options):
            raise ValueError(text)
        return text

    return Parameter(parse, message("some of {names}", names=tuple(options)))


def _run_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{1,12}", text):
        raise ValueError(text)
    return text


def _lesson_name(text: str) -> str:
    if not re.fullmatch(r"[\w-]{1,60}", text):
        raise ValueError(text)
    return text


EVERYWHERE: dict[str, Parameter] = {  # kept from page to page
    "run": Parameter(_run_id, message("the id of a run, up to 12 hexadecimal digits")),
    "step": whole(0, 10**8),
    "digit": whole(0, 9),
    "index": whole(0, 59_999),
    "lang": one_of(*LANGUAGES),
    "lesson": Parameter(_lesson_name, message("the name of a lesson")),
    "at": whole(1, 100),  # the lesson's step
    "present": one_of("1"),
}
READERS_OWN = frozenset({"lang", "present"})  # where somebody else leads, these stay as they are


def merged(*tables: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """The parameters of all `tables`. Raises `ValueError` where one name stands for two rules."""
    everything: dict[str, Parameter] = {}
    for name, parameter in (item for table in tables for item in table.items()):
        if everything.setdefault(name, parameter) != parameter:
            raise ValueError(
                f"The parameter {name!r} cannot be both {everything[name].wanted} and "
                f"{parameter.wanted}: give one of them another name."
            )
    return everything


@dataclass(frozen=True)
class Lead:
    """What somebody's teacher asks of a page, or the lesson that they read: the parameters of their
    `link`, those of them that are `locked` (`by_lesson`: not by the teacher), and which time that
    the teacher `brought` the class somewhere led to this page.
    """

    link: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    brought: int = 0
    by_lesson: frozenset[str] = frozenset()


class Query:
    """The parameters of one page: those of `EVERYWHERE`, and its `own`. Raises `ValueError` where
    one name stands for two rules.

    When a page is entered, a parameter missing from the URL is taken from the session; within a
    page it is gone, because the reader pressed Back. A parameter that is locked is as in the
    leading link (where that lacks it, as by default), whatever the URL says and the reader
    chooses.
    """

    def __init__(self, page: str, own: Mapping[str, Parameter], lead: Lead | None = None) -> None:
        self.page, self.table, self.lead = page, merged(EVERYWHERE, own), lead or Lead()
        # a sentence for each parameter that makes no sense, said once the language is read, too
        self.problems: list[Text] = []
        self._shown: dict[str, Any] = {}  # of locked parameters, what their controls show
        # whether another page was shown before this one
        self._entered = st.session_state.get("url.page") != page
        if self._entered:
            st.session_state["url.entry"] = st.session_state.get("url.entry", 0) + 1
        # which time that a page was entered in this session; whoever has to do something then keeps
        # it, because the run of the script that enters a page may be broken off by the next one
        self.entry: int = st.session_state["url.entry"]
        for name in self.table:
            self._read(name)
        st.session_state["url.page"] = page

    def _read(self, name: str) -> None:
        text, before = st.query_params.get(name), st.session_state.get(self._key(name))
        kept = before if self._entered else None
        if self.is_locked(name):
            text, kept = self.lead.link.get(name), None
        value = kept if text is None else self._parsed(name, text)
        if value != before:
            st.session_state[self._key(name)] = value
            st.session_state[f"{self._key(name)}.linked"] = True
        self._write(name, value)

    def _parsed(self, name: str, text: str) -> Any:
        """The value of the URL's `text`; None, and a problem, if it makes no sense."""
        try:
            return self.table[name].parse(text)
        except ValueError:
            problem = message(
                "The link says {name}={text}, but it has to be {wanted}.",
                name=name,
                text=repr(text[:SHOWN]),
                wanted=self.table[name].wanted_instead_of(text),
            )
            self.problems.append(problem)
            return None

    def get(self, name: str, default: Any = None) -> Any:
        """The value of the parameter `name`, or `default`."""
        then = _THEN.get(None)
        if then is not None:
            value = then.get(name)
        else:
            value = self._shown[name] if name in self._shown else self.asked(name)
        return default if value is None else value

    def asked(self, name: str, default: Any = None) -> Any:
        """The same, whether or not it is among what the page offers now."""
        value = st.session_state.get(self._key(name))
        return default if value is None else value

    def as_now(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """`work`, which gets the parameters as they are now, wherever it is called: the file of a
        download is made in a thread that belongs to no session.
        """
        values = {name: self.get(name) for name in self.table}

        def later() -> Result:
            token = _THEN.set(values)
            try:
                return work()
            finally:
                _THEN.reset(token)

        return later

    def shown(self) -> dict[str, str]:
        """All parameters of the page's own link."""
        values = {name: self.get(name) for name in self.table}
        return {name: str(value) for name, value in values.items() if value is not None}

    def set(self, name: str, value: Any) -> None:
        """Set the parameter `name`, unless it is locked; None takes it out of the URL."""
        if self.is_locked(name):
            return
        st.session_state[self._key(name)] = value
        st.session_state[f"{self._key(name)}.linked"] = False
        self._write(name, value)

    def settle(self, name: str, value: Any) -> None:
        """Set the parameter `name` to what its control shows. One that is locked stays as it is in
        the URL and for later, when it may fit again; meanwhile `get` gives `value`.
        """
        if self.is_locked(name):
            self._shown[name] = value
        self.set(name, value)

    def reset(self, *names: str) -> None:
        """Take the parameters `names` out of the URL: they go back to their defaults."""
        for name in names:
            self.set(name, None)

    def lock(self, names: Collection[str], link: Mapping[str, str]) -> None:
        """Lock the parameters `names` as the `link` of a lesson's step has them; what the teacher
        has locked stays as it is.
        """
        by_lesson = frozenset(names) - self.lead.locked
        if self.lead.locked:  # the rest of the teacher's link says what theirs are
            kept = {each: text for each, text in self.lead.link.items() if each not in by_lesson}
            link = kept | {each: link[each] for each in by_lesson & link.keys()}
        self.lead = replace(
            self.lead,
            link=link,
            locked=self.lead.locked | by_lesson,
            by_lesson=by_lesson,
        )
        for name in by_lesson & self.table.keys():
            self._read(name)

    def is_locked(self, name: str) -> bool:
        """Whether the parameter `name` is locked."""
        return name in self.lead.locked

    def why_locked(self, name: str) -> str:
        """Who has locked the parameter `name`, in a sentence; "" if it is not."""
        if not self.is_locked(name):
            return ""
        if name in self.lead.by_lesson:
            return _("This step of the lesson has locked this.")
        return _("Your teacher has locked this.")

    def linked(self, name: str) -> bool:
        """Whether the value of `name` came with a link, not from a choice made here."""
        return bool(st.session_state.get(f"{self._key(name)}.linked"))

    def along(self, **changes: Any) -> dict[str, str]:
        """The parameters for a link to another page: those of `EVERYWHERE`, with `changes` (None:
        leave it out).
        """
        values = {name: self.get(name) for name in EVERYWHERE} | changes
        return {name: str(value) for name, value in values.items() if value is not None}

    def _write(self, name: str, value: Any) -> None:
        if value is None:
            if name in st.query_params:
                del st.query_params[name]
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)

    def _key(self, name: str) -> str:
        return _key(self.page, name)


def enter_anew() -> None:
    """Let the next page that is drawn count as entered: it comes with what was chosen before."""
    st.session_state["url.page"] = None


def forget_choices(page: str, names: Iterable[str]) -> None:
    """Forget what was chosen for the parameters `names` of `page`: it does not remember them when
    it is entered next.
    """
    for name in names:
        st.session_state[_key(page, name)] = None


def _key(page: str, name: str) -> str:
    """Where the session keeps the parameter `name` of `page`."""
    return f"url.{name}" if name in EVERYWHERE else f"url.{page}.{name}"

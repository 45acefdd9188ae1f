"""Texts in the reader's language: each session has its own, from gettext catalogues in `locale/`.

The source is in English. To add a language, add a folder `locale/<language>/LC_MESSAGES/` with
`mnistlab.po` and `mnistlab.mo`, a folder in `texts/`, and an entry in `LANGUAGES`. For translators,
this writes all messages to mnistlab.pot:

    pybabel extract -F mnistlab/ui/locale/babel.cfg -k "_ N_" -o mnistlab.pot \\
        app.py pages mnistlab
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

import streamlit as st

from mnistlab.choices.base import N_ as N_

LOCALE = Path(__file__).parents[1] / "locale"
LANGUAGES = {"en": "English"}
DEFAULT = "en"
_spoken: ContextVar[str] = ContextVar("language outside of a session")


@lru_cache(maxsize=len(LANGUAGES))
def _translation(language: str) -> gettext.NullTranslations:
    if language == DEFAULT:
        return gettext.NullTranslations()
    return gettext.translation("mnistlab", LOCALE, languages=[language])


def language() -> str:
    """This session's language."""
    return _spoken.get("") or st.session_state.get("lang", DEFAULT)


def translation() -> gettext.NullTranslations:
    """The catalogue of this session's language."""
    return _translation(language())


def set_language(code: str) -> None:
    """Use `code` (a key of `LANGUAGES`) for this session from here on."""
    st.session_state["lang"] = code


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within, texts are in the language `code`: for what is said outside of a session."""
    token = _spoken.set(code if code in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _spoken.reset(token)


def _(message: str) -> str:
    """`message` in this session's language."""
    return _translation(language()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """`one` or `many`, whichever `count` calls for, in this session's language."""
    return _translation(language()).ngettext(one, many, count)

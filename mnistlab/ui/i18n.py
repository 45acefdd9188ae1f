"""Words in the reader's language: one translator for each session, gettext catalogues in `locale/`.

English is the language of the source. Another one is a folder `locale/<language>/LC_MESSAGES/` with `mnistlab.po` and
`mnistlab.mo`, a folder of lessons, and an entry in `LANGUAGES`. All messages, for translators:

    pybabel extract -F mnistlab/ui/locale/babel.cfg -k "_ N_ _option:2" -o mnistlab.pot app.py pages mnistlab
"""

import gettext
from functools import lru_cache
from pathlib import Path

import streamlit as st

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English"}
DEFAULT = "en"


@lru_cache(maxsize=len(LANGUAGES))
def _translation(language: str) -> gettext.NullTranslations:
    if language == DEFAULT:
        return gettext.NullTranslations()
    return gettext.translation("mnistlab", LOCALE, languages=[language])


def language() -> str:
    """This session's language."""
    return st.session_state.get("lang", DEFAULT)


def set_language(code: str) -> None:
    """Use `code` (a key of `LANGUAGES`) for this session from here on."""
    st.session_state["lang"] = code


def _(message: str) -> str:
    """`message` in this session's language."""
    return _translation(language()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """`one` or `many`, as `count` asks for, in this session's language."""
    return _translation(language()).ngettext(one, many, count)


def N_(message: str) -> str:
    """Marks a message of a table for extraction; whoever shows it translates it with `_`."""
    return message

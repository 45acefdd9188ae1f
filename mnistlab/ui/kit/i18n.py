"""The reader's language: each session has its own. See `mnistlab.i18n`."""

import streamlit as st

from mnistlab.i18n import DEFAULT as DEFAULT
from mnistlab.i18n import LANGUAGES as LANGUAGES
from mnistlab.i18n import N_ as N_
from mnistlab.i18n import TAGS as TAGS
from mnistlab.i18n import _ as _
from mnistlab.i18n import capital as capital
from mnistlab.i18n import clauses as clauses
from mnistlab.i18n import labelled as labelled
from mnistlab.i18n import language as language
from mnistlab.i18n import listed as listed
from mnistlab.i18n import listen_to, speak
from mnistlab.i18n import ngettext as ngettext
from mnistlab.i18n import sentence as sentence
from mnistlab.i18n import sentences as sentences
from mnistlab.i18n import speaking as speaking
from mnistlab.i18n import spoken_by as spoken_by
from mnistlab.i18n import translation as translation


def set_language(code: str) -> None:
    """Use `code` (a key of `LANGUAGES`) for this session from here on."""
    st.session_state["lang"] = code
    speak(code)  # a page asks for its language some hundred times, and each look takes its time


def go_on_speaking() -> None:
    """Speak this session's language in this thread, which draws a part of a page by itself."""
    if "lang" in st.session_state:
        speak(st.session_state["lang"])


listen_to(lambda: st.session_state.get("lang", DEFAULT))

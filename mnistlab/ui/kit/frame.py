"""The frame around every page: the browser tab, the language, the sidebar."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mnistlab.errors import MnistlabError
from mnistlab.ui.kit import chosen_run, server, state
from mnistlab.ui.kit.attendance.attend import attend
from mnistlab.ui.kit.attendance.pace import follow
from mnistlab.ui.kit.chart_keys import chart_keys
from mnistlab.ui.kit.guard import guard, show_error
from mnistlab.ui.kit.i18n import TAGS, _, language, set_language, spoken_by
from mnistlab.ui.kit.lessons.panel import lesson_panel, open_lesson
from mnistlab.ui.kit.navigation import PAGES, Entry
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.presenting import stage
from mnistlab.ui.kit.sidebar import sidebar
from mnistlab.ui.kit.style import style
from mnistlab.ui.kit.url import Parameter, Query, merged
from mnistlab.ui.kit.views import Context, View, parameters_of
from mnistlab.ui.kit.wish import fulfil_what_was_left

ICON = (  # drawn here, because Streamlit fetches its own icons for browser tabs from the internet
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#0b63a5"/>'
    '<path d="M9 9h14l-8 15" fill="none" stroke="#fff" stroke-width="3.5" '
    'stroke-linecap="round" stroke-linejoin="round"/></svg>'
)


SCRIPTS = {  # what is made of each once in a document: its class -> its script
    name: Path(__file__).with_name(f"{name.lower()}.js").read_text(encoding="utf-8")
    for name in ("Scrolling", "Back")
}


def page(
    name: str,
    views: Mapping[str, View[Context]] | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    first: Callable[[Page], object] | None = None,
) -> Page:
    """Start page `name` (the stem of its file; "" is the home page), and draw its frame.

    `views` and `parameters` say what else may be in its URL; `first` is done before anything is
    drawn. A page `of_a_run` also gets the choice of run and training step. See `mnistlab.ui`.
    """
    entry = PAGES[name]
    st.set_page_config(page_title=_title(entry), page_icon=ICON, layout="wide")
    server.answer_at_once()
    server.come_back_whole()
    if (context := get_script_run_ctx()) is not None:
        context.on_script_error = in_words
    table = merged(parameters or {}, parameters_of(views or {}))
    st.html(style(entry))
    try:
        person = state.meet()
        lead = follow(name, state.store(), person)
        query = Query(name, table, lead)
        begun = language()
        set_language(query.get("lang") or spoken_by(st.context.locale or ""))
        if language() != begun:
            st.set_page_config(page_title=_title(entry))
        page = Page(name, query, state.store())
        lesson = open_lesson(page)
        with guard():
            fulfil_what_was_left(name)
            if first is not None:
                first(page)
        if page.run is None and entry.of_a_run:
            page.run = chosen_run.latest(page.query, page.store)
        _tell_document()
        sidebar(page, entry.of_a_run)
        stage(page.query)
        attend(page)
        lesson_panel(page, lesson)
    except MnistlabError as error:  # the store cannot be opened or read, or what is in it
        in_words(error)
        st.stop()
    return page


def _title(entry: Entry) -> str:
    """What the browser calls the page."""
    return f"{_(entry.label)} · mnistlab"


def in_words(error: Exception) -> bool:
    """Show an error that the reader can do something about as a sentence, also where it breaks off
    the page; returns whether it is one.
    """
    if isinstance(error, MnistlabError):
        show_error(error)
    return isinstance(error, MnistlabError)


def _tell_document() -> None:
    """Tell screen readers, translators and fonts which language the page is in, give its charts and
    what scrolls in it their keys and the button Back one entry for each act, and say what a chart
    waits for whose library is on its way.
    """
    drawing = json.dumps(_("Drawing the figure …"), ensure_ascii=False)
    lang = f"document.documentElement.lang = {json.dumps(TAGS[language()])};"
    once = (
        f"{{ {script} window.mnistlab{name} ??= new {name}(); }}"
        for name, script in SCRIPTS.items()
    )
    st.html(
        f"<style>:root {{ --drawing: {drawing} }}</style>"
        f"<script>{lang} {chart_keys()} {' '.join(once)}</script>",
        unsafe_allow_javascript=True,
    )

"""The cards of the glossary: all terms of a theme are one element of the page, a list in Markdown,
because each element of Streamlit's costs a browser more than what is in it.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import indent
from urllib.parse import urlencode

import streamlit as st

from mnistlab.ui.glossary.figures import FIGURES
from mnistlab.ui.glossary.strokes import data_url
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.i18n import _, language
from mnistlab.ui.kit.page import Page

STYLE, SCRIPT = (
    Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("cards.css", "cards.js")
)
MARK = "- "  # begins a card


def prepare() -> None:
    """What cards look like, and how their links are followed; once on a page."""
    setting = json.dumps(_("Setting the formulas …"), ensure_ascii=False)
    st.html(f"<style>:root {{ --setting: {setting} }} {STYLE}</style>")
    st.html(f"<script>{{ {SCRIPT} }}</script>", unsafe_allow_javascript=True)


def cards(page: Page, name: str, terms: Iterable[str]) -> None:
    """Draw the cards of `terms`, a list called `name`."""
    sections, along = texts.sections(language(), page.name), page.query.along()
    with st.container(key=f"cards-{name}"):
        st.markdown("\n".join(_card(term, sections[term], along) for term in terms))


def _card(term: str, text: str, along: Mapping[str, str]) -> str:
    """A term: its figure, if it has one, and its `text`; its links keep the parameters `along`."""
    parts = [f"![]({data_url(FIGURES[term])})"] if term in FIGURES else []
    parts += [
        part.strip() if isinstance(part, str) else _link(along, *part)
        for part in texts.split_links(text)
    ]
    return MARK + indent("\n\n".join(parts), " " * len(MARK)).lstrip()


def _link(along: Mapping[str, str], label: str, to: str, query: Mapping[str, str]) -> str:
    """A link with an address of its own, which a reader can copy, or open in another tab."""
    address = f"./{to}?{urlencode({**along, **query})}"
    return f"[{label}]({address})"

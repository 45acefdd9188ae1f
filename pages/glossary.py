"""The glossary: each term in a sentence, with its formula and a place to try it."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.words import literal

TERMS = texts.sections(ui.language(), "glossary")
page = ui.page("glossary", parameters={"term": ui.one_of(*TERMS), "q": ui.text()})
page.title(_("Glossary"), _("Each term in a sentence, with its formula and a place to try it."))

term = page.query.get("term")
if term is not None:
    with st.container(border=True):
        page.text(term)
    page.link("glossary", _("All terms"), ":material/list:")
else:
    search = page.search(
        "q", _("Search"), placeholder=_("kernel, loss, batch …"), icon=":material/search:"
    )
    matching = [name for name, text in TERMS.items() if search.lower() in text.lower()]
    if not matching:
        message = _("Nothing here mentions “{search}”.").format(search=literal(search))
        st.info(message, icon=":material/search_off:")
    for column, start in zip(st.columns(2, gap="medium"), (0, 1), strict=True):
        with column:
            for name in matching[start::2]:
                with st.container(border=True):
                    page.text(name)

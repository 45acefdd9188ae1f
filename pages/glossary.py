"""The glossary: each term in a sentence, its formula, and where to try it."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, lesson

TERMS = lesson.sections(ui.language(), "glossary")
page = ui.page("glossary", {"term": ui.one_of(*TERMS), "q": ui.text()})
page.title(_("Glossary"), _("Each term in a sentence, with its formula and a place where you can try it."))

term = page.query.get("term")
if term is not None:
    with st.container(border=True):
        page.lesson(term)
    page.link("glossary", _("All terms"), ":material/list:")
else:
    wanted = st.text_input(
        _("Search"), page.query.get("q", ""), placeholder=_("kernel, loss, batch …"), icon=":material/search:", key="glossary.q"
    )
    page.query.set("q", wanted or None)
    found = [name for name, text in TERMS.items() if wanted.lower() in text.lower()]
    if not found:
        st.info(_("No term here speaks of “{wanted}”.").format(wanted=wanted), icon=":material/search_off:")
    for column, start in zip(st.columns(2, gap="medium"), (0, 1), strict=True):
        with column:
            for name in found[start::2]:
                with st.container(border=True):
                    page.lesson(name)

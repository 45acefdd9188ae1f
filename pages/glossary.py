"""The glossary: each term in a sentence, with a small figure, its formula and a place to try it."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.glossary.cards import cards, prepare
from mnistlab.ui.glossary.themes import THEMES
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.i18n import DEFAULT
from mnistlab.ui.kit.words import literal

NAMES = texts.sections(DEFAULT, "glossary").keys()  # the same in every language
page = ui.page("glossary", parameters={"term": ui.one_of(*NAMES), "q": ui.text()})
page.title(_("Glossary"), _("Each term in a sentence, with its formula and a place to try it."))
prepare()

term = page.query.get("term")
if term is not None:
    cards(page, term, [term])
    page.link("glossary", _("All terms"), ":material/list:")
else:
    terms = texts.sections(ui.language(), "glossary")  # known once the page is begun
    search = page.search(
        "q", _("Search"), placeholder=_("kernel, loss, batch …"), icon=":material/search:"
    )
    matching = {name for name, text in terms.items() if search.lower() in text.lower()}
    if not matching:
        message = _("Nothing here mentions “{search}”.").format(search=literal(search))
        st.info(message, icon=":material/search_off:")
    for place, (theme, names) in enumerate(THEMES.items()):
        shown = [name for name in names if name in matching]
        if shown:
            st.header(_(theme), anchor=False)
            cards(page, str(place), shown)

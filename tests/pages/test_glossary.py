"""The glossary: every term has a sentence and a place to try it, can be found, and can be linked
to.
"""

import re

import pytest

from mnistlab.ui import PAGES
from mnistlab.ui.kit.texts import TEXTS, sections, split_links
from pages.runs import link, opened, words

TERMS = sections("en", "glossary")


@pytest.mark.parametrize("term", TERMS)
def test_term_has_a_sentence_and_a_place_to_try_it(term: str) -> None:
    parts = split_links(TERMS[term])
    assert re.match(r"\*\*.+?\*\*", str(parts[0]))
    links = [part for part in parts if not isinstance(part, str)]
    assert len(links) == 1
    assert links[0][1] in PAGES


def test_links_to_terms_name_terms() -> None:
    named = [
        term
        for path in TEXTS.rglob("*.md")
        for term in re.findall(r"\(glossary\?term=([\w-]+)\)", path.read_text(encoding="utf-8"))
    ]
    assert named
    assert set(named) <= set(TERMS)


def test_search_finds_terms_and_is_in_the_link() -> None:
    page = opened("pages/glossary.py", True, q="perplexity")
    assert not page.exception
    assert "**Perplexity**" in words(page)
    assert "**Stride**" not in words(page)
    page.text_input[0].set_value("no such word").run()
    assert link(page) == {"q": "no such word"}
    assert "Nothing here mentions" in words(page)


def test_all_terms_are_shown_and_one_alone_by_its_link() -> None:
    page = opened("pages/glossary.py", True)
    assert not page.exception
    assert all(re.match(r"\*\*.+?\*\*", text)[0] in words(page) for text in TERMS.values())
    page = opened("pages/glossary.py", True, term="cross-entropy")
    assert "**Cross-entropy**" in words(page)
    assert "**Stride**" not in words(page)

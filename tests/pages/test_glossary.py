"""The glossary: every term has a sentence and a place to try it, can be found, and can be linked
to.
"""

import re
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest

from mnistlab.store import Store
from mnistlab.ui import PAGES
from mnistlab.ui.glossary.figures import FIGURES
from mnistlab.ui.glossary.strokes import HEIGHT, WIDTH
from mnistlab.ui.glossary.themes import THEMES
from mnistlab.ui.kit.addresses import own_parameters
from mnistlab.ui.kit.texts import TEXTS, sections, split_links
from pages.runs import link, opened, trained, views_of, words

TERMS = sections("en", "glossary")
LINKS = [part for text in TERMS.values() for part in split_links(text) if isinstance(part, tuple)]


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


def test_a_link_that_searches_does_so_in_its_own_language() -> None:
    page = opened("pages/glossary.py", True, q="困惑度", lang="zh")
    assert not page.info
    assert "**困惑度" in words(page)
    assert "**步幅" not in words(page)


def test_all_terms_are_shown_and_one_alone_by_its_link() -> None:
    page = opened("pages/glossary.py", True)
    assert not page.exception
    assert all(re.match(r"\*\*.+?\*\*", text)[0] in words(page) for text in TERMS.values())
    page = opened("pages/glossary.py", True, term="cross-entropy")
    assert "**Cross-entropy**" in words(page)
    assert "**Stride**" not in words(page)


def test_a_theme_is_one_element_with_a_picture_and_a_link_for_each_term(store: Store) -> None:
    run = trained(store)
    page = opened("pages/glossary.py", True, run=run.id)
    drawn = [*page.main]
    assert len(drawn) < 3 * len(THEMES) + 25, "each element costs a browser milliseconds"
    cards = "\n".join(text.value for text in page.markdown)
    assert cards.count("![](data:image/svg+xml;base64,") == len(FIGURES), (
        "no alternative text: the sentence beside it says the same"
    )
    shown = re.findall(r"\[(.+)\]\(\./(\w*)\?(.*)\)", cards)
    # what was chosen comes along
    assert sorted((label, to, sorted(parse_qsl(query))) for label, to, query in shown) == sorted(
        (label, to, sorted({"run": run.id, **query}.items())) for label, to, query in LINKS
    )


def test_every_term_stands_in_one_theme_and_nearly_all_have_a_figure() -> None:
    assert sorted(term for terms in THEMES.values() for term in terms) == sorted(TERMS)
    assert set(FIGURES) <= set(TERMS)
    assert len(FIGURES) > 0.9 * len(TERMS)
    for term, figure in FIGURES.items():
        drawn = ElementTree.fromstring(figure)
        said = "".join(drawn.itertext())
        assert not re.search(r"[A-Za-z]{3}", said), f"{term}: words would need translating"
        points = " ".join(each.get("points", "") for each in drawn.iter()).split()
        for x, y in (point.split(",") for point in points):
            assert 0 <= float(x) <= WIDTH, f"{term} is drawn outside its box"
            assert -1 <= float(y) <= HEIGHT + 1, f"{term} is drawn outside its box"


@pytest.mark.parametrize(
    ("page", "queries"),
    [
        (page, sorted({tuple(query.items()) for _, at, query in LINKS if at == page}))
        for page in sorted({page for _, page, _ in LINKS})
    ],
)
def test_each_link_lands_on_exactly_what_it_says(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    queries: list[tuple[tuple[str, str], ...]],
) -> None:
    run = trained(store)
    # what takes long is tested elsewhere: here it never begins
    monkeypatch.setattr("mnistlab.ui.embeddings.jobs.MapJobs._start", lambda *_: None)
    for view in ("controls", "maps"):
        monkeypatch.setattr(f"mnistlab.ui.embeddings.{view}.maps_of", lambda _: None)
    monkeypatch.setattr("mnistlab.ui.data.loader._measurement", lambda _: None)
    for query in map(dict, queries):
        assert not views_of(page) or "view" in query, f"{page}: {query} lands on a default view"
        there = opened(f"pages/{page}.py", True, run=run.id, **query)
        assert not there.exception
        assert "The link says" not in words(there), query
        if page != "train":  # whose form takes the preset, and says so in its fields
            assert query.items() <= link(there).items(), query


def test_a_wrong_term_is_answered_with_the_nearest_not_with_all() -> None:
    page = opened("pages/glossary.py", term="softmx")
    (warning,) = page.warning
    assert warning.value.startswith(
        f"The link says term='softmx', but it has to be one of {len(TERMS)} names; the nearest are "
        "softmax, "
    )
    assert len(warning.value) < 150


def test_the_nearest_terms_are_those_of_the_beginning_of_a_long_text() -> None:
    text = "softmax".ljust(40) + "backpropagation"
    said = str(own_parameters("glossary")["term"].wanted_instead_of(text))
    assert "softmax" in said
    assert "backpropagation" not in said

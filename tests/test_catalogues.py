"""The catalogues of all languages: whole, sure, and compiled from what translators wrote."""

import re
import string

import pytest
from babel.messages.catalog import Catalog

from mnistlab.choices import POOLINGS
from mnistlab.i18n import DEFAULT, LANGUAGES
from mnistlab.models.layer_types import LAYERS
from scripts.messages import (
    as_mo,
    as_po,
    catalogue,
    is_finished,
    read,
    source_messages,
    unfinished,
    updated,
)

OTHERS = [language for language in LANGUAGES if language != DEFAULT]
HANZI = "[\u4e00-\u9fff]"
LONGEST = 1.6  # times the English, in letters; Chinese takes about half as many
languages = pytest.mark.parametrize("language", OTHERS)


@pytest.fixture(scope="module")
def source() -> Catalog:
    return source_messages()


def fields(text: str) -> set[str]:
    """The names of the places in a template."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@languages
def test_a_catalogue_has_every_message_of_the_source_and_no_other(
    language: str, source: Catalog
) -> None:
    found = updated(language, source)
    assert unfinished(found) == []
    assert catalogue(language).read_bytes() == as_po(found), "run: python -m scripts.messages"


def test_what_is_said_of_a_layers_numbers_is_marked_for_translation(source: Catalog) -> None:
    said = {each.result for each in (*POOLINGS.values(), *LAYERS.values())} - {""}
    assert "the largest number in its window" in said
    assert {text for text in said if text not in source} == set()


@languages
def test_what_the_program_reads_is_what_translators_wrote(language: str) -> None:
    assert catalogue(language).with_suffix(".mo").read_bytes() == as_mo(read(language))


@languages
def test_a_translation_has_the_places_of_its_message(language: str) -> None:
    for each in read(language):
        if not each.id:
            continue
        forms = each.id if isinstance(each.id, tuple) else (each.id,)
        said = each.string if isinstance(each.string, tuple) else (each.string,)
        assert is_finished(each)
        assert all(fields(text) in [fields(form) for form in forms] for text in said), each.id


@languages
def test_no_translation_is_much_longer_than_its_message(language: str) -> None:
    for each in list(read(language))[1:]:
        forms = each.id if isinstance(each.id, tuple) else (each.id,)
        said = each.string if isinstance(each.string, tuple) else (each.string,)
        longest = max(map(len, forms), default=0)
        assert max(map(len, said)) <= max(LONGEST * longest, longest + 8), each.id


def test_chinese_has_its_own_punctuation() -> None:
    half_width = re.compile(f"{HANZI}[,;:?!]|{HANZI}\\.(?!\\w)|[,;:?!]{HANZI}")
    wrong = [
        text
        for each in read("zh")
        if each.id
        for text in (each.string if isinstance(each.string, tuple) else (each.string,))
        if half_width.search(re.sub(r"`[^`]*`|\{[^}]*\}|:\w+-badge\[|:material/\w+:", "", text))
    ]
    assert wrong == []

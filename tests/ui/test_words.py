"""Labels, texts and numbers: nothing is missing, in any language."""

import re
from pathlib import Path

import pytest
from rich.markdown import Markdown

from mnistlab.config import FIELDS, TrainConfig, option, parse_value
from mnistlab.export import EXPORTS
from mnistlab.presets import ENTRIES, PRESETS
from mnistlab.run_names import run_name
from mnistlab.store import Status
from mnistlab.ui.kit import i18n, labels, texts, words
from mnistlab.ui.kit.navigation import PAGES
from scripts.messages import source_messages


def test_every_setting_and_every_choice_has_a_label() -> None:
    for name in FIELDS:
        known = option(name)
        assert labels.field_label(name), name
        assert all(labels.choice_label(name, value) for value in known.choices), name
        assert all(labels.short_label(name, value) for value in known.choices), name
        assert not known.none or known.none in labels.NONE, name
        assert known.group in labels.MORE, name
    assert set(labels.STATUS) == {status.value for status in Status}


def test_all_messages_are_found_for_translators() -> None:
    found = {message.id for message in source_messages()}
    assert {text for each in ENTRIES.values() for text in (each.name, each.about)} <= found | {""}
    assert {export.label for export in EXPORTS.values()} <= found
    for name in FIELDS:
        known = option(name)
        assert {known.label, known.help, known.hint} <= found | {""}
    assert {entry.label for entry in PAGES.values()} <= found
    assert "Train a network" in found
    assert "Pause" in found
    assert "Its worst mistakes" in found  # of the hand-in's template


def outline(language: str) -> dict[str, list[tuple[str, list[str], list[int]]]]:
    """Page -> of each section in order: its name, the targets of its links, and how many formulas
    stand in lines of their own and within the text.
    """
    return {
        path.stem: [
            (name, re.findall(r"\]\(([^)]*)\)", text), formulas(text))
            for name, text in texts.sections(language, path.stem).items()
        ]
        for path in (texts.TEXTS / language).glob("*.md")
    }


def formulas(markdown: str) -> list[int]:
    dollars = [len(run) for run in re.findall(r"\$+", re.sub(r"`[^`]*`", "", markdown))]
    assert set(dollars) <= {1, 2}
    assert not any(dollars.count(width) % 2 for width in (1, 2)), "a formula does not end"
    return [dollars.count(width) // 2 for width in (2, 1)]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_language_has_every_text_with_its_links_and_formulas(language: str) -> None:
    english = outline("en")
    assert outline(language) == english
    assert {page or "home" for page in PAGES} == english.keys()


@pytest.mark.parametrize(
    "path",
    sorted(texts.TEXTS.glob("*/*.md")),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_no_mark_of_emphasis_is_left_over(path: Path) -> None:
    """As beside Chinese brackets and quotation marks, where `**` may neither open nor close."""
    shown = [
        token.content
        for block in Markdown(re.sub(r"\$+[^$]*\$+", "", path.read_text("utf-8"))).parsed
        for token in block.children or []
        if token.type == "text"
    ]
    assert shown
    assert not [text for text in shown if "*" in text]


@pytest.mark.parametrize(
    "path",
    sorted(texts.TEXTS.glob("*/*.md")),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_links_of_a_text_lead_to_pages_and_set_their_controls(path: Path) -> None:
    for section in texts.sections(path.parent.name, path.stem).values():
        for part in texts.split_links(section):
            if not isinstance(part, str):
                label, page, query = part
                assert label
                assert page in PAGES
                if page == "train":
                    base = PRESETS[query.pop("preset")] if "preset" in query else TrainConfig()
                    base.replace(**{name: parse_value(name, text) for name, text in query.items()})


def test_text_is_split_into_sections_and_links() -> None:
    parts = texts.split_links(
        "Before\n- a point\n- [Try it](train?arch=lstm&lr=0.1)\n\n- [Home]()\nAfter [a "
        "link](runs) within"
    )
    assert parts == [
        "Before\n- a point",
        ("Try it", "train", {"arch": "lstm", "lr": "0.1"}),
        ("Home", "", {}),
        "After [a link](runs) within",
    ]


def test_lines_that_go_on_in_chinese_are_joined_without_a_blank() -> None:
    assert texts.joined("- 网\n  络，\n  看 CNN\n  的\n\n段落。\n- 又一点\nin two\nlines") == (
        "- 网络，看 CNN\n  的\n\n段落。\n- 又一点\nin two\nlines"
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (75, "1 min 15 s"),
        (7_320, "2 h 2 min"),
    ],
)
def test_durations_have_units_and_few_digits(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_runs_have_friendly_names() -> None:
    assert run_name(PRESETS["speedrun"]) == "Speedrun"
    assert run_name(PRESETS["speedrun"].replace(seed=7)) == "Speedrun · seed 7"
    assert run_name(PRESETS["speedrun"].replace(precision="float32")) == "Speedrun · float32"
    assert (
        run_name(PRESETS["speedrun"].replace(precision="float32", seed=7))
        == "Speedrun · float32 · seed 7"
    )
    assert run_name(TrainConfig(epochs=2)) == "CNN 16–32 · Adam 0.001 · 2 epochs · seed 1"
    assert (
        run_name(TrainConfig(arch="lstm", layers=2, bidirectional=True, max_steps=9))
        == "LSTM 64×2 bidirectional · Adam 0.001 · 9 steps · seed 1"
    )


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Check the network: 3 of 4.", "Check the network: 3 of 4."),
        ("![p](http://a/p.png)", r"!\[p\](http~\://a/p.png)"),
        (r"\[Log in](x)", r"\\\[Log in\](x)"),
        ("<https://a> WWW.a.org", r"\<https~\://a> WWW~.a.org"),
        (":material/key: :red[x] $x$ `x`", r"\:material/key: \:red\[x\] \$x\$ \`x\`"),
    ],
)
def test_what_came_from_outside_is_no_markup(text: str, markdown: str) -> None:
    assert words.literal(text) == markdown.replace("~", "\u2060")  # of no width


def test_a_preset_is_called_the_same_as_a_choice_and_as_a_run() -> None:
    for entry in ENTRIES.values():
        assert run_name(entry.config) == entry.name
        assert entry.in_words().split(": ")[0] == entry.name

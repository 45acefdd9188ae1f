"""A small lesson that a class or a reader wrote, and what its panel lets them do."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

OWN = """\
title: My own
language: en
minutes: 5
for: Us
steps:
  - title: One
    words: Look around.
    link: glossary?term=kernel
    locked: [q]
    question: {kind: choices, words: "Which?", choices: [this, that], right: that, explanation: So.}
    seen: {answered: true, visited: ["glossary?term=stride"]}
  - title: Two
    words: Train.
    link: glossary?term=stride
    seen: {trained: {lr: 0.001}}
  - title: Three
    words: Say it.
    link: runs
    question: {kind: text, words: "Why?", right: Because.}
"""


def own_lesson(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the lesson, called `mine`, which the dashboard finds."""
    path = folder / "lessons" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(OWN, encoding="utf-8")
    monkeypatch.setenv("MNISTLAB_LESSONS", str(path.parent))
    return path


def can_go_on(page: AppTest) -> bool:
    """Whether the reader may open the next step."""
    return not onward(page).disabled


def onward(page: AppTest) -> Button:
    """The button that opens the next step, of which there is one."""
    (button,) = ways_on(page)
    return button


def ways_on(page: AppTest) -> list[Button]:
    """All buttons that open a next step."""
    return [each for each in page.button if (each.key or "").startswith("lesson.next.")]

"""A lesson is the same in every language: a reader who changes it goes on where they were."""

import re
from pathlib import Path
from typing import Any

import pytest

from mnistlab.i18n import DEFAULT, LANGUAGES
from mnistlab.lessons import Lesson, Step, read_lesson
from mnistlab.lessons.shelf import SHIPPED, shelf
from mnistlab.questions.kinds import Choices, Question

SAID = {"words", "explanation", "choices", "title", "row_title", "column_title", "unit"}
LESSONS = {path.stem: path for path in sorted((SHIPPED / DEFAULT).glob("*.yaml"))}
TRANSLATED = sorted(
    {*LANGUAGES, *(path.parent.name for path in SHIPPED.glob("*/*.yaml"))} - {DEFAULT}
)
BETWEEN_HANZI = re.compile(r"[\u3000-\u9fff\uff00-\uffef]\n[\u3000-\u9fff\uff00-\uffef]")


def unsaid(value: Any) -> Any:
    """What of a question does not depend on the language."""
    if isinstance(value, dict):
        return {name: unsaid(each) for name, each in value.items() if name not in SAID}
    return value


def asked(question: Question | None) -> Any:
    """A question without its words, and which answer is right."""
    if question is None:
        return None
    right = question.right_answer
    same = unsaid(question.record()) | {"right": bool(right) if question.kind == "text" else right}
    return same | {"choices": len(question.choices)} if isinstance(question, Choices) else same


def linked(step: Step) -> list[str]:
    """Where the links lead that stand in the step's words and its explanation."""
    explanation = step.question.explanation if step.question else ""
    return re.findall(r"\]\(([^)]+)\)", f"{step.words}\n{explanation}")


def told(lesson: Lesson) -> list[dict[str, Any]]:
    """What all languages have to have in common, for each step."""
    return [
        {
            "link": str(step.link),
            "locked": step.locked,
            "seen": step.seen,
            "question": asked(step.question),
            "links": linked(step),
        }
        for step in lesson.steps
    ]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_lesson_that_comes_with_mnistlab_is_there_in_every_language(language: str) -> None:
    there = {path.stem for path in (SHIPPED / language).glob("*.yaml")}
    assert there == set(LESSONS)


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("language", TRANSLATED)
def test_a_lesson_asks_and_wants_the_same_in_every_language(language: str, name: str) -> None:
    original, lesson = (
        read_lesson(SHIPPED / each / f"{name}.yaml") for each in (DEFAULT, language)
    )
    assert lesson.language == language
    assert lesson.minutes == original.minutes
    assert told(lesson) == told(original)


@pytest.mark.parametrize(
    "path", sorted((SHIPPED / "zh").glob("*.yaml")), ids=lambda path: path.stem
)
def test_chinese_has_no_gaps_where_a_line_ends(path: Path) -> None:
    """Markdown makes a blank of a line's end, which Chinese does not have."""
    for step in read_lesson(path).steps:
        explanation = step.question.explanation if step.question else ""
        assert BETWEEN_HANZI.search(f"{step.words}\n\n{explanation}") is None, step.title


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_explanation_that_begins_with_a_number_is_no_list(language: str) -> None:
    explained = {
        f"{name}, {step.title}": step.question.explanation
        for name, shelved in shelf(language).items()
        for step in read_lesson(shelved.path).steps
        if step.question is not None and step.question.explanation
    }
    assert explained
    assert [each for each, text in explained.items() if re.match(r"\d+[.)]\s", text)] == []

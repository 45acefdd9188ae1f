"""A lesson is read from YAML, and a mistake in it is one sentence with its line."""

import json
from pathlib import Path

import pytest

from mnistlab import cli
from mnistlab.errors import LessonError
from mnistlab.lessons import Lesson, read_lesson, shelf
from mnistlab.lessons.reading import parse_lesson
from mnistlab.ui.kit.lessons.opened import KnownPages

ROOT = Path(__file__).parents[2]
GOOD = """\
title: Two steps
language: en
minutes: 10
for: Somebody
steps:
  - title: Look
    words: |
      Look at the picture.

      - [Another one](data?index=3)
    link: data?view=browse&index=0
    question:
      kind: choices
      words: What is it?
      choices: [a four, a five]
      right: a five
      explanation: Its label says so.
    seen:
      answered: true
      visited: ["data?view=pixels"]
  - title: Train
    words: Press Start.
    link: train?preset=tutorial-cnn
    locked: [lr, preset]
    question:
      kind: point
      words: How many are right after 100 steps?
      x: {title: step, low: 0, high: 1200}
      y: {title: percent, low: 0, high: 100}
      at: 100
      right: 88
      within: 3
    seen:
      trained: {arch: cnn, batch_size: 50}
"""
WRONG = {  # what is replaced -> by what, in which line the mistake is, and what is said
    "a name misspelt": ("minutes: 10", "minute: 10", 3, "There is no minute here"),
    "a name missing": ("title: Two steps\n", "", 1, "title is missing."),
    "a number that is none": ("minutes: 10", "minutes: ten", 3, "minutes has to be a whole number"),
    "not YAML": ("title: Two steps", "title: Two: steps", 1, "put text with a colon in quotes"),
    "a tab": ("    words: Press", "\twords: Press", 22, "not with tabs"),
    "a quotation mark": ("title: Train", 'title: "Train', 35, "a quotation mark is not closed"),
    "twice": ("minutes: 10", "minutes: 10\nminutes: 20", 4, "minutes stands here twice."),
    "no such page": ("train?preset", "trian?preset", 23, "There is no page trian: the pages are"),
    "no such view": ("view=browse", "view=brwse", 11, "view=brwse, but it has to be one of"),
    "no such parameter": ("view=browse&index", "view=browse&idx", 11, "The page data has no idx"),
    "no such preset": ("preset=tutorial-cnn", "preset=cnn", 23, "There is no preset cnn"),
    "a link in the words": ("(data?index=3)", "(data?index=x)", 7, "index=x, but it has to be"),
    "no such term": (
        "(data?index=3)",
        "(glossary?term=softmx)",
        7,
        "names; the nearest are softmax",
    ),
    "a link that is none": ("link: data?view", "link: https://data?view", 11, "A link is a page"),
    "no such control": ("[lr, preset]", "[lr, presets]", 24, "has no control 'presets'"),
    "no such kind": ("kind: choices", "kind: choice", 13, "There is no kind of question choice"),
    "right is no choice": ("right: a five", "right: five", 16, "has to be one of the choices"),
    "right is off the axis": ("right: 88", "right: 880", 31, "right has to lie between 0 and 100"),
    "no such setting": ("batch_size: 50", "batch: 50", 34, "batch"),
    "a visit that is locked away": (
        "    link: data?view=browse",
        "    locked: [view]\n    link: data?view=browse",
        21,
        "data?view=pixels cannot be seen: the step has locked view.",
    ),
    "no right answer": ("      right: a five\n", "", 12, "needs its right answer"),
    "a visit that is none": ("data?view=pixels", "data?view=pixel", 20, "view=pixel, but it has"),
    "words that are a number's list": ("words: Press Start.", "words: [a]", 22, "words of step 2"),
    "a language that is none": ("language: en", "language: English", 2, "two letters"),
    "no steps": ("steps:", "steps: []\nunused:", 5, "at least 1"),
    "a step that is text": ("  - title: Train\n    words", "  - nothing\n  - words", 21, "step 2"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_one_sentence_with_its_line(name: str) -> None:
    before, after, line, said = WRONG[name]
    text = GOOD.replace(before, after, 1)
    assert text != GOOD
    with pytest.raises(LessonError) as raised:
        parse_lesson(text, "mine.yaml", KnownPages())
    found = {(mistake.line, mistake.sentence) for mistake in raised.value.mistakes}
    assert any(where == line and said in sentence for where, sentence in found), found
    assert str(raised.value).startswith("mine.yaml, line ")


def test_all_mistakes_are_told_in_the_order_of_their_lines() -> None:
    text = GOOD.replace("view=browse", "view=x").replace("minutes: 10", "minutes: -1")
    with pytest.raises(LessonError, match=r"line 3: minutes has .* There is 1 more\.") as raised:
        parse_lesson(text, "mine.yaml", KnownPages())
    assert [mistake.line for mistake in raised.value.mistakes] == [3, 11]


def test_a_lesson_is_what_its_file_says() -> None:
    lesson = parse_lesson(GOOD, "mine.yaml", KnownPages())
    first, second = lesson.steps
    assert (lesson.audience, lesson.minutes) == ("Somebody", 10)
    assert (first.link.page, dict(first.link.query)) == ("data", {"view": "browse", "index": "0"})
    assert str(first.seen.visited[0]) == "data?view=pixels"
    assert first.question is not None
    assert [first.question.is_right(answer) for answer in (0, 1)] == [False, True]
    assert second.question is not None
    assert second.question.is_right([100, 90.5])
    assert not second.question.accepts([100, 101])
    assert second.seen.trained == {"arch": "cnn", "batch_size": "50"}
    assert lesson.step(99) == second


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"title: \xff\xfe", 1, "not UTF-8"),
        (b"- a\n- b", 1, "A lesson begins with title"),
        (b"", 1, "A lesson begins with title"),
        (b"title: 2026-13-45", 1, "YAML"),
        (b"a: &a [*a]", 1, "no aliases"),
    ],
)
def test_a_file_that_is_no_lesson_is_one_sentence(
    tmp_path: Path, content: bytes, line: int, said: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(LessonError) as raised:
        read_lesson(path)
    assert raised.value.mistakes[0].line == line
    assert said in " ".join(mistake.sentence for mistake in raised.value.mistakes)


def test_the_command_checks_a_lesson(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert cli.main(["lesson", "check", str(path)]) == 0
    assert capsys.readouterr().out == "Two steps: 2 steps, 2 questions, 10 minutes.\n"
    path.write_text(GOOD.replace("view=browse", "view=x"), encoding="utf-8")
    assert cli.main(["lesson", "check", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mnistlab: mine.yaml, line 11: The link says view=x")
    assert said.count("\n") == 1


def test_own_lessons_stand_first_and_replace_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = list(shelf("en"))
    assert [name[:3] for name in shipped] == ["t1-", "t2-", "t3-", "t4-", "t5-"]
    for name in ("zoo.yaml", "t1-first-network.yml", "notes.txt", "not a name.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv("MNISTLAB_LESSONS", str(tmp_path))
    mine = shelf("en")
    assert list(mine) == ["t1-first-network", "zoo", *shipped[1:]]
    assert [name for name, each in mine.items() if each.own] == ["t1-first-network", "zoo"]
    monkeypatch.setenv("MNISTLAB_LESSONS", str(tmp_path / "nowhere"))
    with pytest.raises(LessonError, match="The folder of lessons cannot be read"):
        shelf("en")


@pytest.mark.parametrize("place", ["docs", "docs/zh"])
def test_the_page_on_lessons_has_an_example_that_is_one_and_the_whole_schema(place: str) -> None:
    page = (ROOT / place / "lessons.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert len(parse_lesson(example, "lessons.md", KnownPages()).steps) > 1
    schema = Lesson.model_json_schema(by_alias=True)
    names = {
        name for part in (schema, *schema["$defs"].values()) for name in part.get("properties", {})
    }
    assert {name for name in names if f"`{name}`" not in page} == set()
    assert json.dumps(schema)

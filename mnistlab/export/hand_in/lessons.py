"""How far somebody came in the lessons, and what they answered on the way, in words."""

from typing import Any

from mnistlab.errors import LessonError
from mnistlab.export.hand_in.answers import in_words, picture_of
from mnistlab.export.hand_in.own import Answer, Lesson, Step
from mnistlab.lessons import Question, read_lesson, shelf
from mnistlab.store import Store
from mnistlab.store.lesson_progress import Progress, all_progress


def lessons_of(store: Store, owner: str, language: str = "en") -> list[Lesson]:
    """Those that `owner` began, in the order of their names; one whose file is not here, or has
    mistakes, has no steps. Raises `StoreError`, `LessonError` if the folder of lessons cannot be
    read.
    """
    known = shelf(language)
    lessons = []
    for name, progress in sorted(all_progress(store, owner).items()):
        try:
            lesson = read_lesson(known[name].path) if name in known else None
        except LessonError:  # whoever opens it is told of its mistakes
            lesson = None
        if lesson is None:
            lessons.append(Lesson(name, ()))
            continue
        steps = [
            Step(
                step.title,
                at < progress.reached or progress.finished,
                _answers(step.question, at, progress),
            )
            for at, step in enumerate(lesson.steps, start=1)
        ]
        lessons.append(Lesson(lesson.title, steps))
    return lessons


def _answers(question: Question | None, at: int, progress: Progress) -> tuple[Answer, ...]:
    kept = progress.answers.get(str(at))
    if question is None or kept is None or not question.accepts(kept["latest"]):
        return ()  # none, or one to what the step asked before its file was changed
    first = kept["first"] if question.accepts(kept["first"]) else kept["latest"]
    return (
        Answer(
            question.words,
            in_words(question, kept["latest"]),
            in_words(question, first),
            _right(question),
            picture_of(question, kept["latest"]),
        ),
    )


def _right(question: Any) -> str:
    """What is right, in words: a lesson's file says it in its reader's."""
    right = getattr(question, "right", None)
    if right is None or right == "":
        return ""
    if question.kind == "cell":
        return " → ".join(right)
    if question.kind == "point":
        return in_words(question, [question.at, right])
    return in_words(question, right) if question.kind == "number" else str(right)

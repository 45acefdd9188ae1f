"""How far somebody came in the lessons, and what they answered on the way, in words."""

from mnistlab.errors import LessonError
from mnistlab.export.hand_in.answers import answer_to
from mnistlab.export.hand_in.own import Answer, Lesson, Step
from mnistlab.lessons import read_lesson, shelf
from mnistlab.questions import Question
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
    return (answer_to(question, first, kept["latest"]),)

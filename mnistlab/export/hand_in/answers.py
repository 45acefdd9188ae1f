"""What a student answered to the questions of their class, in words."""

from typing import TYPE_CHECKING, Any

import numpy as np

from mnistlab.export.hand_in.own import Answer
from mnistlab.figures.thumbnails import data_url
from mnistlab.models import INPUT_SHAPE
from mnistlab.store import Store
from mnistlab.store.answers import own_answer
from mnistlab.store.people import Person
from mnistlab.store.question_kinds import Question
from mnistlab.store.questions import questions

if TYPE_CHECKING:
    from mnistlab.lessons import Question as LessonQuestion


def answers_of(store: Store, student: Person) -> list[Answer]:
    """Those of `student`, the oldest question first; what is right only where the class was shown
    it. Raises `StoreError`.
    """
    answers = []
    for asked in reversed(questions(store, student)):
        said = own_answer(store, student, asked.id)
        if said is not None:
            question = asked.question
            answers.append(
                Answer(
                    question.words,
                    in_words(question, said.latest),
                    in_words(question, said.first),
                    "" if question.right is None else in_words(question, question.right),
                    picture_of(question, said.latest),
                )
            )
    return answers


def in_words(question: "Question | LessonQuestion", value: Any) -> str:
    """An answer to `question`; "" for a drawing: see `picture_of`."""
    asked: Any = question  # each kind has what it needs
    if question.kind == "choices":
        return str(asked.choices[value])
    if question.kind == "number":
        return f"{value:g} {asked.unit}".rstrip()
    if question.kind == "cell":
        row, column = value
        return f"{asked.rows[row]} → {asked.columns[column]}"
    if question.kind == "point":
        x, y = value
        return f"{asked.x.title}: {x:g}, {asked.y.title}: {y:.4g}"
    return "" if question.kind == "drawing" else str(value)


def picture_of(question: "Question | LessonQuestion", value: Any) -> str:
    """A drawn answer as the URL of a PNG; "" for any other."""
    if question.kind != "drawing":
        return ""
    pixels = np.frombuffer(bytes.fromhex(value), np.uint8)
    return data_url(pixels.reshape(INPUT_SHAPE[1:]))

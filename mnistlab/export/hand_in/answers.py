"""What a student answered to the questions of their class, in words."""

from typing import Any

import numpy as np

from mnistlab.export.hand_in.own import Answer
from mnistlab.figures.thumbnails import data_url
from mnistlab.models import INPUT_SHAPE
from mnistlab.questions import Question
from mnistlab.store import Store
from mnistlab.store.answers import own_answer
from mnistlab.store.people import Person
from mnistlab.store.questions import questions


def answers_of(store: Store, student: Person) -> list[Answer]:
    """Those of `student`, the oldest question first; what is right only where the class was shown
    it. Raises `StoreError`.
    """
    answers = []
    for asked in reversed(questions(store, student)):
        said = own_answer(store, student, asked.id)
        if said is not None:
            answers.append(answer_to(asked.question, said.first, said.latest))
    return answers


def answer_to(question: Question, first: Any, latest: Any) -> Answer:
    """What was answered to `question` at `first` and at last, in words, and what is right."""
    right = question.right_answer
    return Answer(
        question.words,
        question.in_words(latest),
        question.in_words(first),
        "" if right is None else question.in_words(right),
        picture_of(question, latest),
    )


def picture_of(question: Question, value: Any) -> str:
    """A drawn answer as the URL of a PNG; "" for any other."""
    if question.kind != "drawing":
        return ""
    pixels = np.frombuffer(bytes.fromhex(value), np.uint8)
    return data_url(pixels.reshape(INPUT_SHAPE[1:]))

"""The questions of the mistakes page, asked of a whole class."""

from mnistlab.experiments.mistakes import MISTAKES
from mnistlab.questions import Question, made
from mnistlab.store import Store
from mnistlab.store.people import Person, Role
from mnistlab.store.questions import Asked, current


def question_of(name: str) -> Question:
    """The question of the mistake `name`, a key of `MISTAKES`."""
    mistake = MISTAKES[name]
    right = mistake.answers[mistake.right]
    return made("choices", mistake.question, choices=mistake.answers, right=right, mistake=name)


def asked_of(store: Store, person: Person, name: str) -> Asked | None:
    """The question that the class of this student is being asked, if it is that of the mistake
    `name`. Raises `StoreError`.
    """
    if person.role is not Role.STUDENT:
        return None
    asked = current(store, person)
    return asked if asked is not None and asked.question.mistake == name else None

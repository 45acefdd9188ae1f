"""What students answer to the questions of their class, and what is told of it: nothing before the
teacher has shown it, and never with fewer than `FEWEST` answers, not to the teacher either; and of
no answer whose it is, but to that student.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import ClassError, NotAllowed
from mnistlab.i18n import message
from mnistlab.questions import Question, of_record
from mnistlab.store.nicknames import is_rude
from mnistlab.store.people import Person, Role, check_acting, teaches
from mnistlab.store.queries import Queries
from mnistlab.store.questions import CLOSED, FEWEST, OPEN, count_of, question_row, too_few
from mnistlab.store.tables import ANSWERS, MEMBERS


@dataclass(frozen=True)
class Answer:
    """What one student answered: `first`, before the answers were shown, and `latest`. Times in
    seconds since 1970.
    """

    first: Any
    latest: Any
    created: float
    changed: float


@dataclass(frozen=True)
class Results:
    """What the class answered, in an order that tells nothing of who did. `before`: before the
    answers were shown; `now`: at last; `changed`: how many answered otherwise after it.
    """

    before: tuple[Any, ...]
    now: tuple[Any, ...]
    changed: int


def answer(store: Queries, person: Person, question_id: int, value: Any) -> None:
    """Answer in the name of this student, or change their answer. Raises `NotAllowed` if they are
    not in the class that was asked, `ClassError` if the question is closed or `value` no answer.
    """
    now = time.time()
    check_acting(store.person, person)
    with store._write() as connection:
        row = question_row(connection, question_id, lock=True)
        if not _is_asked(connection, person, row.class_id):
            raise NotAllowed(
                message("Only the students of the class answer its questions."), message("Join it.")
            )
        if row.status == CLOSED:
            raise ClassError(message("This question is closed."), message("Wait for the next one."))
        value = checked_answer(of_record(row.body), value)
        values = {"latest": value, "changed": now}
        if row.status == OPEN:
            values["first"] = value
        own = _own(question_id, person.name)
        if connection.execute(sa.update(ANSWERS).where(own).values(values)).rowcount == 0:
            new = {"question_id": question_id, "member_id": person.name, "created": now}
            connection.execute(sa.insert(ANSWERS).values(new | {"first": value} | values))


def checked_answer(question: Question, value: Any) -> Any:
    """An answer to `question` as it is stored, and as others may read it. Raises `ClassError`."""
    try:
        answer = question.checked(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise ClassError(message("This is no answer to the question."), question.wanted) from error
    if question.kind == "text" and is_rude(answer):
        raise ClassError(
            message("This answer may hurt somebody."), message("Say it in other words.")
        )
    return answer


def own_answer(store: Queries, person: Person, question_id: int) -> Answer | None:
    """What this student answered; None if they did not."""
    check_acting(store.person, person)
    with store._read() as connection:
        own = sa.select(ANSWERS).where(_own(question_id, person.name))
        row = connection.execute(own).first()
    return None if row is None else Answer(row.first, row.latest, row.created, row.changed)


def answered(store: Queries, question_id: int, member_id: str) -> bool:
    """Whether this student has answered: the next page of a lesson can wait for it."""
    own = sa.select(ANSWERS.c.created).where(_own(question_id, member_id))
    with store._read() as connection:
        return connection.execute(own).first() is not None


def count(store: Queries, person: Person, question_id: int) -> int:
    """How many of their class have answered. Raises `NotAllowed` for a class that is not that of
    `person`.
    """
    check_acting(store.person, person)
    with store._read() as connection:
        _check_reader(connection, person, question_row(connection, question_id).class_id)
        return count_of(connection, question_id)


def results(store: Queries, person: Person, question_id: int) -> Results:
    """What the class of `person` answered. Raises `NotAllowed`, whoever asks, before the teacher
    has shown it and with fewer than `FEWEST` answers; and for a class that is not theirs.
    """
    check_acting(store.person, person)
    with store._read() as connection:
        row = question_row(connection, question_id)
        _check_reader(connection, person, row.class_id)
        this = sa.select(ANSWERS).where(ANSWERS.c.question_id == question_id)
        answers = connection.execute(this).all()
    shown = row.body.get("shown")
    if len(answers) < FEWEST:
        raise NotAllowed(too_few(), message("Wait for more of them."))
    if shown is None:
        raise NotAllowed(message("The teacher has not shown the answers."), message("Wait for it."))
    earlier = [each for each in answers if each.created <= shown]
    return Results(
        _without_names(each.first for each in earlier),
        _without_names(each.latest for each in answers),
        sum(each.first != each.latest for each in earlier),
    )


def _without_names(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(values, key=json.dumps))


def _own(question_id: int, member_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(ANSWERS.c.question_id == question_id, ANSWERS.c.member_id == member_id)


def _check_reader(connection: sa.Connection, person: Person, class_id: str) -> None:
    """Raises `NotAllowed` for whoever is not in this class."""
    if person.role is Role.OPERATOR:
        return
    taught = person.class_id == class_id and teaches(connection, person)
    if not taught and not _is_asked(connection, person, class_id):
        raise NotAllowed(message("Only the class sees what it answered."), message("Join it."))


def _is_asked(connection: sa.Connection, person: Person, class_id: str) -> bool:
    """Whether `person` is a student of this class, and still in it."""
    member = sa.select(MEMBERS.c.id).where(
        MEMBERS.c.id == person.name,
        MEMBERS.c.class_id == class_id,
        MEMBERS.c.removed.is_(False),
    )
    return person.role is Role.STUDENT and connection.execute(member).first() is not None

"""Questions before answers: what a class is asked, and when what it answers is shown.

A class is asked one question at a time. `store.answers` has what students say to it.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import ClassError, NotAllowed
from mnistlab.i18n import Message, message
from mnistlab.questions import Question, of_record
from mnistlab.store.classes import require_teacher
from mnistlab.store.concurrency import take_turns
from mnistlab.store.people import Person, Role, check_acting
from mnistlab.store.queries import Queries
from mnistlab.store.tables import ANSWERS, CLASSES, QUESTIONS

FEWEST = 5  # answers, before any of them is shown
MOST_QUESTIONS = 500  # of one class
OPEN, SHOWN, CLOSED = "open", "shown", "closed"


@dataclass(frozen=True)
class Asked:
    """A question that a class was asked. `status`: open, shown or closed; `shown`: when its answers
    were, in seconds since 1970, or None.
    """

    id: int
    class_id: str
    created: float
    question: Question
    status: str
    shown: float | None


# -- the teacher -----------------------------------------------------------------------------------


def ask(store: Queries, teacher: Person, question: Question) -> Asked:
    """Ask the class of `teacher`; a question asked before is closed. Raises `NotAllowed`,
    `ClassError`.
    """
    check_acting(store.person, teacher)
    with store._write() as connection:
        require_teacher(connection, teacher)
        take_turns(connection, f"the questions of {teacher.class_id}")
        mine = QUESTIONS.c.class_id == teacher.class_id
        count = sa.select(sa.func.count()).select_from(QUESTIONS).where(mine)
        if (connection.scalar(count) or 0) >= MOST_QUESTIONS:
            raise ClassError(
                message(
                    "The class was asked {most} questions, as many as there can be.",
                    most=MOST_QUESTIONS,
                ),
                message("Make another class."),
            )
        connection.execute(
            sa.update(QUESTIONS).where(mine, QUESTIONS.c.status != CLOSED).values(status=CLOSED)
        )
        row = {
            "class_id": teacher.class_id,
            "created": time.time(),
            "body": question.record(),
            "status": OPEN,
        }
        question_id = connection.execute(sa.insert(QUESTIONS).values(row)).inserted_primary_key
        assert question_id is not None
        _tell(connection, teacher.class_id)
        return _asked(question_row(connection, question_id[0]))


def show(store: Queries, teacher: Person, question_id: int) -> Asked:
    """Show what was answered. Raises `NotAllowed`, and `ClassError` while there are fewer than
    `FEWEST` answers, or if it is closed.
    """
    check_acting(store.person, teacher)
    with store._write() as connection:
        row = _mine(connection, teacher, question_id)
        if row.status == CLOSED:
            raise ClassError(message("This question is closed."), message("Ask it again."))
        if count_of(connection, question_id) < FEWEST:
            raise ClassError(too_few(), message("Wait for more of them."))
        body = {"shown": time.time()} | row.body  # a second time changes nothing
        return _changed(connection, row, status=SHOWN, body=body)


def close(store: Queries, teacher: Person, question_id: int) -> Asked:
    """Take no more answers. Raises `NotAllowed`, `ClassError`."""
    check_acting(store.person, teacher)
    with store._write() as connection:
        return _changed(connection, _mine(connection, teacher, question_id), status=CLOSED)


def compare(store: Queries, teacher: Person, question_id: int, run_id: str) -> Asked:
    """Compare the answers with this run, which may have been trained after the question was asked.
    Raises `NotAllowed`, `ClassError`.
    """
    check_acting(store.person, teacher)
    with store._write() as connection:
        row = _mine(connection, teacher, question_id)
        return _changed(connection, row, body=row.body | {"run_id": run_id})


def too_few() -> Message:
    """Why answers are not shown yet."""
    return message(
        "Answers are shown from {fewest} on, so that nobody is recognised by theirs.",
        fewest=FEWEST,
    )


# -- the class -------------------------------------------------------------------------------------


def current(store: Queries, person: Person) -> Asked | None:
    """The question that the class of `person` is being asked, open or shown; None if there is none.
    A student does not learn what is right before the answers are shown.
    """
    asked = sa.and_(QUESTIONS.c.class_id == person.class_id, QUESTIONS.c.status != CLOSED)
    check_acting(store.person, person)
    with store._read() as connection:
        row = connection.execute(sa.select(QUESTIONS).where(asked)).first()
    return None if row is None else _for(person, _asked(row))


def questions(store: Queries, person: Person) -> list[Asked]:
    """All that the class of `person` was asked, the latest first. Students: as for `current`."""
    all_asked = sa.select(QUESTIONS).where(QUESTIONS.c.class_id == person.class_id)
    check_acting(store.person, person)
    with store._read() as connection:
        rows = connection.execute(all_asked.order_by(QUESTIONS.c.id.desc())).all()
    return [_for(person, _asked(row)) for row in rows]


def _for(person: Person, asked: Asked) -> Asked:
    if person.role is Role.STUDENT and asked.shown is None:
        return replace(asked, question=asked.question.hidden())
    return asked


# -- rows ------------------------------------------------------------------------------------------


def _mine(connection: sa.Connection, teacher: Person, question_id: int) -> sa.Row:
    """The question of this teacher's class, locked. Raises `NotAllowed`, `ClassError`."""
    require_teacher(connection, teacher)
    row = question_row(connection, question_id, lock=True)
    if row.class_id != teacher.class_id:
        raise NotAllowed(
            message("This is the question of another class."), message("Open its teacher's link.")
        )
    return row


def question_row(connection: sa.Connection, question_id: int, lock: bool = False) -> sa.Row:
    """The question, until the transaction is over if it is to be locked. Raises `ClassError`."""
    query = sa.select(QUESTIONS).where(QUESTIONS.c.id == question_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise ClassError(message("There is no such question."), message("Open the page again."))
    return row


def _changed(connection: sa.Connection, row: sa.Row, **values: Any) -> Asked:
    this = QUESTIONS.c.id == row.id
    connection.execute(sa.update(QUESTIONS).where(this).values(**values))
    _tell(connection, row.class_id)
    return _asked(question_row(connection, row.id))


def _tell(connection: sa.Connection, class_id: str) -> None:
    """Have the pages of the class drawn anew: their bars look for a higher number each second."""
    higher = sa.update(CLASSES).where(CLASSES.c.id == class_id)
    connection.execute(higher.values(pace_number=CLASSES.c.pace_number + 1))


def count_of(connection: sa.Connection, question_id: int) -> int:
    """How many have answered."""
    answers = sa.select(sa.func.count()).select_from(ANSWERS)
    return connection.scalar(answers.where(ANSWERS.c.question_id == question_id)) or 0


def _asked(row: sa.Row) -> Asked:
    return Asked(
        row.id,
        row.class_id,
        row.created,
        of_record(row.body),
        row.status,
        row.body.get("shown"),
    )

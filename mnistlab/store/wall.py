"""What the teacher's wall needs of a class: the runs of its students and their curves, all at once,
and what passes between a student and the teacher: hands, and the wish to see a page.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import ClassError
from mnistlab.events import Evaluated, from_record
from mnistlab.i18n import message
from mnistlab.store.classes import require_teacher
from mnistlab.store.people import Person, Role, check_acting
from mnistlab.store.queries import Queries
from mnistlab.store.rows import is_readable, record_of
from mnistlab.store.runs import RunRecord
from mnistlab.store.tables import EVENTS, MEMBERS, RUNS


@dataclass(frozen=True)
class Signals:
    """The students, by their numbers, who raise a hand, and those whose page the teacher asked to
    see.
    """

    hands: tuple[int, ...]  # the first that was raised comes first
    asked: tuple[int, ...]


def signals(store: Queries, class_id: str) -> Signals:
    """Those of a class. Raises `StoreError`."""
    columns = (MEMBERS.c.number, MEMBERS.c.hand, MEMBERS.c.asked)
    rows = sa.select(*columns).where(
        MEMBERS.c.class_id == class_id,
        MEMBERS.c.removed.is_(False),
        sa.or_(MEMBERS.c.hand.is_not(None), MEMBERS.c.asked.is_not(None)),
    )
    with store._read() as connection:
        found = connection.execute(rows.order_by(MEMBERS.c.hand, MEMBERS.c.number)).all()
    return Signals(
        tuple(row.number for row in found if row.hand is not None),
        tuple(sorted(row.number for row in found if row.asked is not None)),
    )


def ask_to_see(store: Queries, teacher: Person, number: int, asks: bool) -> None:
    """Ask the student with this number to show their page, or ask no more. Raises `NotAllowed`,
    `ClassError`.
    """
    _change(store, teacher, number, asked=time.time() if asks else None)


def lower_hand(store: Queries, teacher: Person, number: int) -> None:
    """Lower the hand of the student with this number. Raises `NotAllowed`, `ClassError`."""
    _change(store, teacher, number, hand=None)


def still_here(store: Queries, student: Person) -> None:
    """Note that a student has a page open, wherever it is. Raises `StoreError`."""
    assert student.role is Role.STUDENT
    check_acting(store.person, student)
    with store._write() as connection:
        connection.execute(
            sa.update(MEMBERS).where(MEMBERS.c.id == student.name).values(seen=time.time())
        )


def runs_on_wall(store: Queries, class_id: str) -> list[RunRecord]:
    """The runs of the students of a class, and those that they look at, the earliest first. Raises
    `StoreError`.
    """
    fellows = sa.and_(MEMBERS.c.class_id == class_id, MEMBERS.c.removed.is_(False))
    theirs = RUNS.c.session.in_(sa.select(MEMBERS.c.id).where(fellows))
    looked_at = RUNS.c.id.in_(sa.select(MEMBERS.c.run_id).where(fellows))
    rows = sa.select(RUNS).where(sa.or_(theirs, looked_at)).order_by(RUNS.c.created)
    with store._read() as connection:
        found = connection.execute(rows).all()
    return [record_of(row) for row in found if is_readable(row)]


def evaluated_since(
    store: Queries, after: Mapping[str, int]
) -> dict[str, list[tuple[int, Evaluated]]]:
    """The (number, event) pairs of the evaluations of each run after the event number given for it.
    Raises `StoreError`.
    """
    if not after:
        return {}
    new = sa.or_(
        *(sa.and_(EVENTS.c.run_id == run_id, EVENTS.c.seq > seq) for run_id, seq in after.items())
    )
    query = sa.select(EVENTS.c.run_id, EVENTS.c.seq, EVENTS.c.body).where(
        new, EVENTS.c.kind == Evaluated.__name__.lower()
    )
    with store._read() as connection:
        rows = connection.execute(query.order_by(EVENTS.c.seq)).all()
    events: dict[str, list[tuple[int, Evaluated]]] = {run_id: [] for run_id in after}
    for row in rows:
        event = from_record(row.body)
        if isinstance(event, Evaluated):
            events[row.run_id].append((row.seq, event))
    return events


def _change(store: Queries, teacher: Person, number: int, **values: Any) -> None:
    check_acting(store.person, teacher)
    student = sa.update(MEMBERS).where(
        MEMBERS.c.class_id == teacher.class_id,
        MEMBERS.c.number == number,
        MEMBERS.c.removed.is_(False),
    )
    check_acting(store.person, teacher)
    with store._write() as connection:
        require_teacher(connection, teacher)
        if connection.execute(student.values(**values)).rowcount == 0:
            raise ClassError(
                message("This student is in the class no more."), message("Open the page again.")
            )

"""What the students of a class hand in: which run, and when. The file is made when somebody opens
it (`export.hand_in`), so it says what the run is now.
"""

import time
from dataclasses import dataclass

import sqlalchemy as sa

from mnistlab.errors import NotAllowed, RunNotFound
from mnistlab.i18n import message
from mnistlab.store.classes import require_teacher
from mnistlab.store.people import Person, Role, check_acting, check_still_here
from mnistlab.store.queries import Queries
from mnistlab.store.tables import HAND_INS, MEMBERS, RUNS

WITHOUT_RUN = ""  # in place of a run's id: answers and drawings alone


@dataclass(frozen=True)
class HandIn:
    """What a student handed in, and when (seconds since 1970)."""

    member_id: str
    run_id: str  # or `WITHOUT_RUN`
    created: float


def hand_in(store: Queries, student: Person, run_id: str = WITHOUT_RUN) -> None:
    """Hand in a run: also one that somebody else asked for first, because equal settings are the
    same run. Once more: at a later time. Raises `NotAllowed`, `RunNotFound`.
    """
    _require_student(student)
    seen = sa.select(RUNS.c.id).where(RUNS.c.id == run_id)
    mine = {"member_id": student.name, "run_id": run_id}
    check_acting(store.person, student)
    with store._write() as connection:
        check_still_here(connection, student)
        if run_id != WITHOUT_RUN and connection.execute(seen).first() is None:
            raise RunNotFound(
                message("There is no run {run_id} here.", run_id=repr(run_id)),
                message("Choose another one."),
            )
        connection.execute(sa.delete(HAND_INS).filter_by(**mine))
        connection.execute(sa.insert(HAND_INS).values(**mine, created=time.time()))


def take_back(store: Queries, student: Person, run_id: str) -> None:
    """Hand the run in no more. Raises `NotAllowed`."""
    _require_student(student)
    check_acting(store.person, student)
    with store._write() as connection:
        mine = sa.delete(HAND_INS).filter_by(member_id=student.name, run_id=run_id)
        connection.execute(mine)


def hand_ins(store: Queries, person: Person) -> list[HandIn]:
    """What a student handed in, or, for the teacher, all students; the oldest first. Raises
    `NotAllowed` for anybody else.
    """
    rows = sa.select(HAND_INS).order_by(HAND_INS.c.created, HAND_INS.c.member_id, HAND_INS.c.run_id)
    check_acting(store.person, person)
    with store._read() as connection:
        if person.role is Role.STUDENT:
            rows = rows.where(HAND_INS.c.member_id == person.name)
        else:
            require_teacher(connection, person)
            students = sa.select(MEMBERS.c.id).where(MEMBERS.c.class_id == person.class_id)
            rows = rows.where(HAND_INS.c.member_id.in_(students))
        found = connection.execute(rows).all()
    return [HandIn(row.member_id, row.run_id, row.created) for row in found]


def _require_student(person: Person) -> None:
    if person.role is not Role.STUDENT:
        raise NotAllowed(
            message("Only a student of a class can hand something in."), message("Join one.")
        )

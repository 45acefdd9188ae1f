"""A class as it is read to be kept: its small tables whole, its runs one after another."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import NotAllowed
from mnistlab.i18n import message
from mnistlab.store.classes import Class, class_of, require_teacher
from mnistlab.store.people import Person, Role, check_acting
from mnistlab.store.queries import Queries
from mnistlab.store.rows import is_readable
from mnistlab.store.tables import (
    ANSWERS,
    CLASS_EXPERIMENTS,
    DRAWINGS,
    HAND_INS,
    LESSON_PROGRESS,
    MEMBERS,
    QUESTIONS,
    RUNS,
)

Rows = list[dict[str, Any]]  # column -> value


@dataclass(frozen=True)
class Contents:
    """What belongs to a class, in a fixed order. `owners`: the names in which its runs, drawings
    and progress are kept: the class's own, which is the teacher's, and those of all who ever were
    in it. `runs`: id, session, status and title; `unreadable`: those of another version.
    """

    of: Class
    owners: Sequence[str]
    members: Rows
    runs: Rows
    unreadable: Sequence[str]
    drawings: Rows  # id, session, created, label; without the pictures
    questions: Rows
    answers: Rows
    experiments: Rows
    progress: Rows
    hand_ins: Rows

    @property
    def fingerprint(self) -> str:
        """What tells this state of the class from another: an archive of it is an archive of all
        there is. Runs that are trained go on without a change until they end.
        """
        of = asdict(self.of) | {"secret": "", "pace": None}
        tables = [self.members, self.runs, self.drawings, self.questions, self.answers]
        tables += [self.experiments, self.progress, self.hand_ins]
        text = json.dumps([of, list(self.unreadable), *tables], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def contents(store: Queries, person: Person, class_id: str = "") -> Contents:
    """All of the class that `person` teaches, or, at the machine, of `class_id`. Raises
    `NotAllowed`, `ClassError`, `StoreError`.
    """
    class_id = class_id or person.class_id
    of = class_of(store, class_id)
    check_acting(store.person, person)
    with store._read() as connection:
        require_head(connection, person, class_id)
        students = sa.select(MEMBERS.c.id).where(MEMBERS.c.class_id == class_id)
        owners = [class_id, *connection.scalars(students.order_by(MEMBERS.c.number))]
        its_questions = sa.select(QUESTIONS.c.id).where(QUESTIONS.c.class_id == class_id)
        of_class = _of(RUNS, RUNS.c.session, owners).order_by(RUNS.c.created, RUNS.c.id)
        runs = connection.execute(of_class).all()
        columns = (DRAWINGS.c.id, DRAWINGS.c.session, DRAWINGS.c.created, DRAWINGS.c.label)
        return Contents(
            of,
            owners,
            _rows(connection, _MEMBERS.where(MEMBERS.c.class_id == class_id)),
            [_run(row) for row in runs if is_readable(row)],
            [row.id for row in runs if not is_readable(row)],
            _rows(connection, sa.select(*columns).where(DRAWINGS.c.session.in_(owners))),
            _rows(connection, sa.select(QUESTIONS).where(QUESTIONS.c.class_id == class_id)),
            _rows(connection, _of(ANSWERS, ANSWERS.c.question_id, its_questions)),
            _rows(connection, _of(CLASS_EXPERIMENTS, CLASS_EXPERIMENTS.c.class_id, [class_id])),
            _rows(connection, _of(LESSON_PROGRESS, LESSON_PROGRESS.c.owner, owners)),
            _rows(connection, _of(HAND_INS, HAND_INS.c.member_id, owners)),
        )


def require_head(connection: sa.Connection, person: Person, class_id: str) -> None:
    """Raises `NotAllowed` unless `person` teaches this class, or sits at the machine."""
    if person.role is Role.OPERATOR:
        return
    require_teacher(connection, person)
    if person.class_id != class_id:
        raise NotAllowed(
            message("This class is somebody else's."), message("Open the link of its teacher.")
        )


_MEMBERS = sa.select(
    *(MEMBERS.c.id, MEMBERS.c.nickname, MEMBERS.c.number, MEMBERS.c.joined, MEMBERS.c.removed)
)


def _of(table: sa.Table, column: sa.Column, values: Any) -> sa.Select:
    return sa.select(table).where(column.in_(values))


def _run(row: sa.Row) -> dict[str, Any]:
    return {"id": row.id, "session": row.session, "status": row.status, "title": row.title}


def _rows(connection: sa.Connection, query: sa.Select) -> Rows:
    """What the query finds, in the order of the first columns, which no two rows share."""
    found = [dict(row) for row in connection.execute(query).mappings()]
    return sorted(found, key=lambda row: [*row.values()][:2])

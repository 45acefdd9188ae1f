"""The end of a class: everything of it goes, in one transaction.

Whoever still trains one of its runs finds the claim lost at the next write, a moment later, and
stops; whoever is about to add something to it is waited for, or comes too late
(`people.check_still_here`).
"""

from dataclasses import dataclass

import sqlalchemy as sa

from mnistlab.errors import ClassError
from mnistlab.i18n import message
from mnistlab.store.archive import require_head
from mnistlab.store.classes import Class, class_of
from mnistlab.store.concurrency import take_turns
from mnistlab.store.database import in_words, shrink
from mnistlab.store.limits import QUEUE
from mnistlab.store.origins import forget_drawings
from mnistlab.store.people import Person, Role, check_acting
from mnistlab.store.queries import Queries
from mnistlab.store.rows import config_of
from mnistlab.store.tables import (
    ANSWERS,
    CHECKPOINTS,
    CLASS_EXPERIMENTS,
    CLASSES,
    DRAWINGS,
    EVENTS,
    HAND_INS,
    LESSON_PROGRESS,
    MEMBERS,
    PREDICTIONS,
    QUESTIONS,
    RUNS,
    SNAPSHOTS,
)

OF_A_RUN = (EVENTS, SNAPSHOTS, CHECKPOINTS, PREDICTIONS)


@dataclass(frozen=True)
class Ended:
    """What went with a class."""

    members: int
    runs: int
    drawings: int


def end_class(store: Queries, person: Person, class_id: str = "") -> Ended:
    """End the class that `person` teaches, or, at the machine, `class_id`: its students, questions,
    answers, experiments, progress, hand-ins, drawings and runs are gone, also those that wait or
    are trained, and its links and cookies mean nothing any more. Raises `NotAllowed`, `ClassError`.
    """
    check_acting(store.person, person)
    of = class_of(store, class_id or person.class_id)
    ended = store._despite_full_disk(lambda: _end(store, person, of))
    with in_words(store.url):
        shrink(store.engine)
    return ended


def classes(store: Queries, person: Person) -> list[tuple[Class, int]]:
    """All classes of the installation, the oldest first, each with how many students it has: for
    whoever sits at the machine. Raises `NotAllowed` for anybody else.
    """
    count = sa.select(sa.func.count()).where(
        MEMBERS.c.class_id == CLASSES.c.id, MEMBERS.c.removed.is_(False)
    )
    rows = sa.select(CLASSES.c.id, count.scalar_subquery()).order_by(CLASSES.c.created)
    check_acting(store.person, person)
    with store._read() as connection:
        if person.role is not Role.OPERATOR:
            require_head(connection, person, "")
        found = connection.execute(rows).all()
    return [(class_of(store, class_id), students) for class_id, students in found]


def _end(store: Queries, person: Person, of: Class) -> Ended:
    """Locks are taken in the order in which everybody takes them: the queue, students, runs."""
    with store._write() as connection:
        take_turns(connection, QUEUE)
        take_turns(connection, f"the class {of.id}")
        require_head(connection, person, of.id)
        gone = sa.delete(CLASSES).where(CLASSES.c.id == of.id)
        if connection.execute(gone).rowcount == 0:
            raise ClassError(
                message("This class has ended already."), message("There is nothing to do.")
            )
        students = sa.delete(MEMBERS).where(MEMBERS.c.class_id == of.id).returning(MEMBERS.c.id)
        members = list(connection.scalars(students))
        owners = [of.id, *members]
        _forget_questions(connection, of.id, members)
        for column in (LESSON_PROGRESS.c.owner, HAND_INS.c.member_id):
            connection.execute(sa.delete(column.table).where(column.in_(owners)))
        drawings = connection.execute(sa.delete(DRAWINGS).where(DRAWINGS.c.session.in_(owners)))
        runs = _forget_runs(connection, owners)
        return Ended(len(members), runs, drawings.rowcount)


def _forget_questions(connection: sa.Connection, class_id: str, members: list[str]) -> None:
    """Questions first: whoever is answering one has locked it, and is waited for."""
    theirs = sa.delete(QUESTIONS).where(QUESTIONS.c.class_id == class_id)
    asked = list(connection.scalars(theirs.returning(QUESTIONS.c.id)))
    of_class = sa.or_(ANSWERS.c.question_id.in_(asked), ANSWERS.c.member_id.in_(members))
    connection.execute(sa.delete(ANSWERS).where(of_class))
    experiments = sa.delete(CLASS_EXPERIMENTS).where(CLASS_EXPERIMENTS.c.class_id == class_id)
    connection.execute(experiments)


def _forget_runs(connection: sa.Connection, owners: list[str]) -> int:
    """How many runs were kept in the names `owners`. A row is locked before what belongs to it
    goes: so its worker writes before that, and it goes, too, or after that, and finds its claim
    lost.
    """
    theirs = sa.select(RUNS.c.id, RUNS.c.config).where(RUNS.c.session.in_(owners))
    rows = connection.execute(theirs.order_by(RUNS.c.id).with_for_update()).all()
    handed_over = _hand_over(connection, [row.id for row in rows])
    ids = sa.select(RUNS.c.id).where(RUNS.c.session.in_(owners))
    for table in OF_A_RUN:
        connection.execute(sa.delete(table).where(table.c.run_id.in_(ids)))
    connection.execute(sa.delete(RUNS).where(RUNS.c.session.in_(owners)))
    configs = (config_of(row.config) for row in rows)
    for set_id in {config.drawings for config in configs if config and config.drawings}:
        forget_drawings(connection, set_id)
    return len(rows) - handed_over


def _hand_over(connection: sa.Connection, ids: list[str]) -> int:
    """Runs that somebody of another class has handed in become theirs, who asked for the same
    settings later: how many.
    """
    theirs = sa.select(HAND_INS).where(HAND_INS.c.run_id.in_(ids)).order_by(HAND_INS.c.created)
    heirs = {row.run_id: row.member_id for row in connection.execute(theirs)}
    for run_id, member_id in heirs.items():
        run = sa.update(RUNS).where(RUNS.c.id == run_id)
        connection.execute(run.values(session=member_id, title=""))
    return len(heirs)

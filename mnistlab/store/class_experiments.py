"""The experiments that a class trains together, and what the store knows of their runs."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import ClassError
from mnistlab.events import Evaluated, from_record
from mnistlab.i18n import message
from mnistlab.store.classes import require_teacher
from mnistlab.store.people import OPERATOR, Person, check_acting
from mnistlab.store.queries import Queries
from mnistlab.store.runs import RunRecord, Status
from mnistlab.store.tables import CLASS_EXPERIMENTS, EVENTS, RUNS


@dataclass(frozen=True)
class ClassExperiment:
    """An experiment of a class. `body`: as `experiments.together.Experiment.to_record` gives it."""

    id: int
    created: float  # seconds since 1970
    body: Mapping[str, Any]


def keep_experiment(store: Queries, teacher: Person, body: Mapping[str, Any]) -> int:
    """Keep an experiment of the class of `teacher`, and return its id. Raises `NotAllowed`."""
    check_acting(store.person, teacher)
    with store._write() as connection:
        require_teacher(connection, teacher)
        row = {"class_id": teacher.class_id, "created": time.time(), "body": dict(body)}
        new = sa.insert(CLASS_EXPERIMENTS).values(row)
        return connection.execute(new.returning(CLASS_EXPERIMENTS.c.id)).scalar_one()


def forget_experiment(store: Queries, teacher: Person, experiment_id: int) -> None:
    """Forget an experiment of the class of `teacher`; its runs stay. Raises `NotAllowed`, and
    `ClassError` if there is none.
    """
    check_acting(store.person, teacher)
    with store._write() as connection:
        require_teacher(connection, teacher)
        mine = sa.delete(CLASS_EXPERIMENTS).where(
            CLASS_EXPERIMENTS.c.id == experiment_id,
            CLASS_EXPERIMENTS.c.class_id == teacher.class_id,
        )
        if connection.execute(mine).rowcount == 0:
            raise ClassError(
                message("This experiment is gone already."), message("Open the page again.")
            )


def class_experiments(store: Queries, class_id: str) -> list[ClassExperiment]:
    """The experiments of a class, the latest first. Raises `StoreError`."""
    rows = sa.select(CLASS_EXPERIMENTS).where(CLASS_EXPERIMENTS.c.class_id == class_id)
    with store._read() as connection:
        found = connection.execute(rows.order_by(CLASS_EXPERIMENTS.c.id.desc())).all()
    return [ClassExperiment(row.id, row.created, row.body) for row in found]


def runs_with_ids(store: Queries, ids: Collection[str]) -> dict[str, RunRecord]:
    """Run id -> run, of those that are here: whoever asked for it first, as equal settings are the
    same run. Raises `StoreError`.
    """
    return {run.id: run for run in store.acting_as(OPERATOR).runs(ids=ids)}


def finished_runs_of(store: Queries, names: Collection[str]) -> list[RunRecord]:
    """The finished runs that are kept in one of these `names`, the latest first. Raises
    `StoreError`.
    """
    query = sa.select(RUNS.c.id).where(RUNS.c.session.in_(names), RUNS.c.status == Status.FINISHED)
    with store._read() as connection:
        ids = list(connection.scalars(query))
    return store.acting_as(OPERATOR).runs(ids=ids)


def evaluations_of(store: Queries, ids: Collection[str]) -> dict[str, list[Evaluated]]:
    """Run id -> its evaluations so far, in the order of their steps. Where a training went back to
    a checkpoint, what it measured again counts. Raises `StoreError`.
    """
    query = sa.select(EVENTS.c.run_id, EVENTS.c.body).where(
        EVENTS.c.run_id.in_(ids), EVENTS.c.kind == Evaluated.__name__.lower()
    )
    with store._read() as connection:
        rows = connection.execute(query.order_by(EVENTS.c.seq)).all()
    by_step: dict[str, dict[int, Evaluated]] = {}
    for row in rows:
        event = from_record(row.body)
        if isinstance(event, Evaluated):
            by_step.setdefault(row.run_id, {})[event.step] = event
    return {run_id: [steps[step] for step in sorted(steps)] for run_id, steps in by_step.items()}

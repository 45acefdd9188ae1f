"""What people ask for: that a run be trained, paused, resumed, stopped, forgotten."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from mnistlab.config import TrainConfig
from mnistlab.errors import QueueFull, RunStateError
from mnistlab.events import Diverged, Event
from mnistlab.store.database import CHECKPOINTS, EVENTS, RUNS, SNAPSHOTS
from mnistlab.store.reading import Reading
from mnistlab.store.rows import rows_of
from mnistlab.store.runs import ACTIVE, CUT_SHORT, RESUMABLE, RunRecord, Status, not_found

RUNS_PER_SESSION = 10  # queued and running at once


class Asking(Reading):
    """The store as a person knows it, at a page or a terminal."""

    def request(self, config: TrainConfig, session: str = "") -> RunRecord:
        """Ask for a run. If it exists in whatever state, that one is returned.

        One that was cut short is queued again, and so is one that failed, unless it diverged: that it would do again.
        Raises `QueueFull` if `session` has `RUNS_PER_SESSION` runs waiting or running.
        """
        self.sweep()
        run_id, now = config.run_id, time.time()
        with self._write() as connection:
            row = connection.execute(sa.select(RUNS.c.status).where(RUNS.c.id == run_id)).first()
            if row is None:
                self._check_limit(connection, session)
                text = json.dumps(config.to_dict())
                connection.execute(
                    sa.insert(RUNS).values(id=run_id, config=text, status=Status.QUEUED, session=session, created=now, queued=now)
                )
            elif row.status in CUT_SHORT or (row.status == Status.FAILED and not self._diverged(connection, run_id)):
                self._check_limit(connection, session)
                self._queue_again(connection, run_id, session)
        return self.get(run_id)

    def add(
        self, config: TrainConfig, events: Iterable[Event], status: Status, final: dict[str, Any] | None, environment: Mapping[str, Any], session: str = ""
    ) -> RunRecord:  # fmt: skip
        """Take in a run that was trained elsewhere, with all that happened in it. Raises `RunStateError` if it is here already."""
        known, run_id, now = list(events), config.run_id, time.time()
        rows = rows_of(run_id, known)
        with self._write() as connection:
            if connection.execute(sa.select(RUNS.c.id).where(RUNS.c.id == run_id)).first() is not None:
                raise RunStateError(f"Run {run_id} is here already.", "Delete it first, if the other one is to take its place.")
            connection.execute(
                sa.insert(RUNS).values(
                    id=run_id, config=json.dumps(config.to_dict()), status=status, session=session, created=now, queued=now, started=now, ended=now,
                    step=known[-1].step, final=final, environment=dict(environment),
                )
            )  # fmt: skip
            for table, new in rows.items():
                if new:
                    connection.execute(sa.insert(table), new)
        return self.get(run_id)

    def resume(self, run_id: str, session: str = "") -> RunRecord:
        """Queue a paused, stopped, interrupted or failed run again; it goes on from its last checkpoint.

        Raises `RunNotFound`, `RunStateError`, `QueueFull`.
        """
        self.sweep()
        with self._write() as connection:
            row = self._row(connection, run_id)
            if row.status not in RESUMABLE:
                raise RunStateError(f"Run {run_id} is {row.status}.", "Only a paused, stopped, interrupted or failed run can be resumed.")
            self._check_limit(connection, session or row.session)
            self._queue_again(connection, run_id, session or row.session)
        return self.get(run_id)

    def pause(self, run_id: str) -> None:
        """Ask that the run be paused at its next step (a queued one at once). Raises `RunNotFound`, `RunStateError`."""
        self._want(run_id, "pause", Status.PAUSED)

    def stop(self, run_id: str) -> None:
        """Ask that the run be stopped at its next step (a queued one at once). Raises `RunNotFound`, `RunStateError`."""
        self._want(run_id, "stop", Status.STOPPED)

    def delete(self, run_id: str) -> None:
        """Forget the run and everything recorded of it. Raises `RunNotFound`, and `RunStateError` while it is running."""
        self.sweep()
        with self._write() as connection:
            if self._row(connection, run_id).status == Status.RUNNING:
                raise RunStateError(f"Run {run_id} is running.", "Stop it first.")
            for table in (EVENTS, SNAPSHOTS, CHECKPOINTS):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            connection.execute(sa.delete(RUNS).where(RUNS.c.id == run_id))

    def _row(self, connection: sa.Connection, run_id: str) -> sa.Row:
        row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run_id)).first()
        if row is None:
            raise not_found(run_id)
        return row

    def _diverged(self, connection: sa.Connection, run_id: str) -> bool:
        found = sa.select(EVENTS.c.seq).where(EVENTS.c.run_id == run_id, EVENTS.c.kind == Diverged.__name__.lower())
        return connection.execute(found.limit(1)).first() is not None

    def _check_limit(self, connection: sa.Connection, session: str) -> None:
        active = connection.scalar(sa.select(sa.func.count()).where(RUNS.c.session == session, RUNS.c.status.in_(ACTIVE))) or 0
        if session and active >= RUNS_PER_SESSION:
            raise QueueFull(
                f"You have {active} runs waiting or running, as many as one person may have.", "Wait for one to finish, or stop one."
            )

    def _queue_again(self, connection: sa.Connection, run_id: str, session: str) -> None:
        connection.execute(
            sa.update(RUNS)
            .where(RUNS.c.id == run_id)
            .values(status=Status.QUEUED, reason="", wanted="", session=session, queued=time.time(), ended=None)
        )

    def _want(self, run_id: str, wanted: str, when_queued: Status) -> None:
        self.sweep()
        with self._write() as connection:
            row = self._row(connection, run_id)
            if row.status == Status.RUNNING:
                values: dict[str, Any] = {"wanted": wanted}
            elif row.status == Status.QUEUED or (row.status == Status.PAUSED and wanted == "stop"):
                values = {"status": when_queued, "ended": time.time()}
            else:
                raise RunStateError(f"Run {run_id} is {row.status}.", f"Only a running or queued run can be asked to {wanted}.")
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(**values))

"""What workers do with the store: claim a run, record what happens in it, and give it back."""

import os
import socket
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import psutil
import sqlalchemy as sa

from mnistlab.config import TrainConfig
from mnistlab.events import Diverged, Event, Finished, Paused
from mnistlab.store.database import in_words
from mnistlab.store.queries import RESERVE_BYTES, Queries, began
from mnistlab.store.queue import turns
from mnistlab.store.rows import config_of, rows_of
from mnistlab.store.runs import Claim, Status, lost
from mnistlab.store.tables import CHECKPOINTS, EVENTS, PREDICTIONS, RUNS, SNAPSHOTS

HEARTBEAT_SECONDS = 2.0  # a worker shows at least this often that it is alive
# the kinds of the last event of a training
ENDS = tuple(kind.__name__.lower() for kind in (Finished, Diverged, Paused))


class Claims(Queries):
    """The store as a worker uses it. Every write of a worker shows its claim."""

    def claim(self, run_id: str) -> Claim | None:
        """Take this queued run, whatever its place. None if it is not queued, or only another
        version of mnistlab can train it.
        """
        with self._write() as connection:
            return self._claim(connection, run_id)

    def claim_next(self) -> Claim | None:
        """Take the run whose turn it is (see `queue`), or None if none is queued."""
        with self._write() as connection:
            return next(
                filter(None, (self._claim(connection, run_id) for run_id in turns(connection))),
                None,
            )

    def record(self, claim: Claim, events: Iterable[Event]) -> str:
        """Write what happened, in one transaction, and return what a person wants meanwhile: "",
        "pause" or "stop".

        Raises `ClaimLost` if the run is not this worker's any more.
        """
        recorded = list(events)
        rows = rows_of(claim.run_id, recorded)
        changes = {"step": recorded[-1].step} if recorded else {}
        with self._write() as connection:
            wanted = self._own(connection, claim, heartbeat=time.time(), **changes)
            if rows[CHECKPOINTS]:
                connection.execute(
                    sa.delete(CHECKPOINTS).where(CHECKPOINTS.c.run_id == claim.run_id)
                )
            for table, new in rows.items():
                if new:
                    connection.execute(sa.insert(table), new)
        return wanted

    def wanted(self, claim: Claim) -> str:
        """What a person wants of the worker: "", "pause" or "stop". Only reads.
        Raises `ClaimLost`.
        """
        with self._read() as connection:
            wanted = connection.scalar(sa.select(RUNS.c.wanted).where(_owned(claim)))
        if wanted is None:
            raise lost(claim)
        return wanted

    def end(
        self, claim: Claim, status: Status, reason: str = "", final: dict[str, Any] | None = None
    ) -> None:
        """Give the run back, with the status that it ends in. Raises `ClaimLost`."""
        with self._write() as connection:
            self._own(
                connection,
                claim,
                status=status,
                reason=reason,
                final=final,
                ended=time.time(),
                claim="",
                wanted="",
            )

    def describe(self, claim: Claim, environment: Mapping[str, Any]) -> None:
        """Note the versions, threads and device of the worker. Raises `ClaimLost`."""
        with self._write() as connection:
            self._own(connection, claim, environment=dict(environment), heartbeat=time.time())

    def rewind(self, claim: Claim, step: int | None) -> None:
        """Delete what was recorded after `step` (None: everything), and the end of the training,
        which goes on from there.

        Raises `ClaimLost`.
        """
        last = -1 if step is None else step
        with self._write() as connection:
            self._own(connection, claim, step=max(last, 0))
            for table in (EVENTS, SNAPSHOTS):
                connection.execute(
                    sa.delete(table).where(table.c.run_id == claim.run_id, table.c.step > last)
                )
            connection.execute(
                sa.delete(EVENTS).where(EVENTS.c.run_id == claim.run_id, EVENTS.c.kind.in_(ENDS))
            )
            connection.execute(sa.delete(PREDICTIONS).where(PREDICTIONS.c.run_id == claim.run_id))

    def reserve_space(self) -> None:
        """Keep some room on the disk, so that a worker can still say that the disk is full. Raises
        `StoreFull` if it is already, and the database has no free pages either.
        """
        with in_words(self.url):
            if self._reserve is not None and not self._reserve.exists():
                try:
                    self._reserve.write_bytes(b"reserve." * (RESERVE_BYTES // 8))
                except OSError:
                    self._reserve.unlink(missing_ok=True)
                    if not self._free_pages():
                        raise

    def _free_pages(self) -> int:
        with self._read() as connection:
            return connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()

    def _claim(self, connection: sa.Connection, run_id: str) -> Claim | None:
        config = self._queued_config(connection, run_id)
        if config is None:
            return None
        token, now, pid = uuid.uuid4().hex, time.time(), os.getpid()
        worker = {
            "claim": token,
            "host": socket.gethostname(),
            "pid": pid,
            "pid_created": began(psutil.Process(pid)),
        }
        taken = sa.update(RUNS).where(RUNS.c.id == run_id)
        times = {"heartbeat": now, "started": now}
        connection.execute(taken.values(status=Status.RUNNING, wanted="", **worker, **times))
        return Claim(run_id, token, config)

    def _queued_config(self, connection: sa.Connection, run_id: str) -> TrainConfig | None:
        queued = sa.and_(RUNS.c.id == run_id, RUNS.c.status == Status.QUEUED)
        text = connection.scalar(sa.select(RUNS.c.config).where(queued))
        return None if text is None else config_of(text)

    def _own(self, connection: sa.Connection, owner: Claim, /, **values: Any) -> str:
        if connection.execute(sa.update(RUNS).where(_owned(owner)).values(**values)).rowcount == 0:
            raise lost(owner)
        return connection.scalar(sa.select(RUNS.c.wanted).where(RUNS.c.id == owner.run_id)) or ""


def _owned(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(RUNS.c.id == claim.run_id, RUNS.c.claim == claim.token)

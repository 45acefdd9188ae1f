"""What workers do with the store: claim a run, record what happens in it, and give it back."""

import os
import socket
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil
import sqlalchemy as sa

from mnistlab.errors import StoreBusy
from mnistlab.events import Diverged, Event, Finished, Paused
from mnistlab.i18n import Text, stored
from mnistlab.store.concurrency import clock, insert_new
from mnistlab.store.liveness import began
from mnistlab.store.people import check_operator
from mnistlab.store.queries import Queries
from mnistlab.store.queue import turns
from mnistlab.store.rows import check_sizes, config_of, rows_of
from mnistlab.store.runs import Claim, Status, left_as, lost, step_of
from mnistlab.store.tables import CHECKPOINTS, EVENTS, PREDICTIONS, RUNS, SNAPSHOTS

HEARTBEAT_SECONDS = 2.0  # a worker shows at least this often that it is alive
# the kinds of the last event of a training
ENDS = tuple(kind.__name__.lower() for kind in (Finished, Diverged, Paused))


class Claims(Queries):
    """The store as a worker uses it. Every write of a worker shows its claim."""

    def __init__(self, url: str | None = None) -> None:
        super().__init__(url)
        self._unconfirmed: set[str] = set()  # tokens of claims that may have been made or not

    def claim(self, run_id: str) -> Claim | None:
        """Take this queued run, whatever its place. None if it is not queued, or only another
        version of mnistlab can train it.
        """
        with self._claiming() as (connection, token):
            return self._claim(connection, run_id, token)

    def claim_next(self, kinds: Collection[str] = ()) -> Claim | None:
        """Take the run whose turn it is (see `queue`), among those for these kinds of device if any
        are given: "cpu", "cuda", "mps". None if none is queued, or others are just taking or
        changing those that are.
        """
        with self._claiming() as (connection, token):
            return self._claim_next(connection, token, kinds)

    def record(self, claim: Claim, events: Iterable[Event]) -> str:
        """Write what happened, in one transaction, and return what is wanted meanwhile, as `wanted`
        does.

        Whoever does not hear that it was written may call it again with the same events: they are
        not written twice. Raises `ClaimLost` if the run is not this worker's any more.
        """
        recorded = list(events)
        rows = rows_of(claim.run_id, recorded)
        check_sizes(rows, self.engine.dialect.name)
        changes = {"step": recorded[-1].step} if recorded else {}
        with self._write() as connection:
            wanted = self._own(connection, claim, heartbeat=clock(connection), **changes)
            if _are_written(connection, rows[EVENTS]):
                del rows[EVENTS]
            if rows[CHECKPOINTS]:
                connection.execute(
                    sa.delete(CHECKPOINTS).where(CHECKPOINTS.c.run_id == claim.run_id)
                )
            for table, new in rows.items():
                if new:
                    connection.execute(insert_new(connection, table), new)
        return wanted

    def wanted(self, claim: Claim) -> str:
        """What is wanted of the worker: "", "pause", "stop", or a pause at a step (see `step_of`).
        Only reads. Raises `ClaimLost`.
        """
        with self._read() as connection:
            wanted = connection.scalar(sa.select(RUNS.c.wanted).where(_owned(claim)))
        if wanted is None:
            raise lost(claim)
        return wanted

    def end(
        self, claim: Claim, status: Status, reason: Text = "", final: dict[str, Any] | None = None
    ) -> None:
        """Give the run back, with the status that it ends in; if it paused or was interrupted, see
        `left_as`. Raises `ClaimLost`.
        """
        with self._write() as connection:
            now = clock(connection)
            wanted = self._own(connection, claim, heartbeat=now)
            status, wanted = left_as(status, wanted, claim.until)
            end = {"reason": stored(reason), "final": final, "ended": now}
            if status == Status.QUEUED:
                end = {"reason": "", "ended": None}
            self._own(connection, claim, status=status, wanted=wanted, claim="", **end)

    def describe(self, claim: Claim, environment: Mapping[str, Any]) -> None:
        """Note the versions, threads and device of the worker. Raises `ClaimLost`."""
        with self._write() as connection:
            self._own(connection, claim, environment=dict(environment), heartbeat=clock(connection))

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

    @contextmanager
    def _claiming(self) -> Iterator[tuple[sa.Connection, str]]:
        """A transaction to claim a run in, and the token for it. A claim of which this process did
        not hear, because the database went away just then, is first given back to the queue.
        """
        check_operator(self.person)
        token, done = uuid.uuid4().hex, False
        given_back = self._unconfirmed.copy()  # other threads may add to them meanwhile
        try:
            with self._write() as connection:
                if given_back:
                    claimed = sa.update(RUNS).where(RUNS.c.claim.in_(given_back))
                    connection.execute(claimed.values(status=Status.QUEUED, claim=""))
                yield connection, token
                done = True
        except StoreBusy:
            if done:
                self._unconfirmed.add(token)
            raise
        self._unconfirmed.difference_update(given_back)

    def _claim_next(
        self, connection: sa.Connection, token: str, kinds: Collection[str]
    ) -> Claim | None:
        trainable = _trainable(connection, kinds)
        claims = (
            self._claim(connection, run_id, token, skip_locked=True)
            for run_id in turns(connection)
            if run_id in trainable
        )
        return next(filter(None, claims), None)

    def _claim(
        self, connection: sa.Connection, run_id: str, token: str, skip_locked: bool = False
    ) -> Claim | None:
        queued = sa.and_(RUNS.c.id == run_id, RUNS.c.status == Status.QUEUED)
        query = sa.select(RUNS.c.config, RUNS.c.wanted).where(queued)
        row = connection.execute(query.with_for_update(skip_locked=skip_locked)).first()
        config = None if row is None else config_of(row.config)
        if row is None or config is None:
            return None
        pid = os.getpid()
        worker = {
            "claim": token,
            "host": socket.gethostname(),
            "pid": pid,
            "pid_created": began(psutil.Process(pid)),
        }
        taken = sa.update(RUNS).where(RUNS.c.id == run_id)
        times = {"heartbeat": clock(connection), "started": time.time()}
        connection.execute(taken.values(status=Status.RUNNING, **worker, **times))
        return Claim(run_id, token, config, step_of(row.wanted))

    def _own(self, connection: sa.Connection, owner: Claim, /, **values: Any) -> str:
        if connection.execute(sa.update(RUNS).where(_owned(owner)).values(**values)).rowcount == 0:
            raise lost(owner)
        return connection.scalar(sa.select(RUNS.c.wanted).where(RUNS.c.id == owner.run_id)) or ""


def _trainable(connection: sa.Connection, kinds: Collection[str]) -> set[str]:
    """Ids of the queued runs that this version can train, on these kinds of device if any are
    given. Without a lock: the configuration of a run never changes.
    """
    queued = connection.execute(
        sa.select(RUNS.c.id, RUNS.c.config).where(RUNS.c.status == Status.QUEUED)
    )
    configs = ((row.id, config_of(row.config)) for row in queued)
    return {
        run_id
        for run_id, config in configs
        if config is not None and (not kinds or config.device_kind in kinds)
    }


def _are_written(connection: sa.Connection, rows: list[dict[str, Any]]) -> bool:
    """Whether these rows of `EVENTS` are in the database: then the last of them, which says what no
    other does, is the last of its run.
    """
    if not rows:
        return False
    run_id, body = rows[-1]["run_id"], rows[-1]["body"]
    same = sa.select(EVENTS.c.body == body).where(EVENTS.c.run_id == run_id)
    return bool(connection.scalar(same.order_by(EVENTS.c.seq.desc()).limit(1)))


def _owned(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(RUNS.c.id == claim.run_id, RUNS.c.claim == claim.token)

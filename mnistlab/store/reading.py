"""What pages and notebooks read of the runs."""

import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import sqlalchemy as sa
from platformdirs import user_data_path

from mnistlab.errors import RunNotFound
from mnistlab.events import Checkpoint, Event, from_record
from mnistlab.store.database import CHECKPOINTS, EVENTS, RUNS, SNAPSHOTS, WRITE, file_of, in_words, open_database, shown
from mnistlab.store.queue import turns
from mnistlab.store.rows import record_of
from mnistlab.store.runs import RunRecord, Status, not_found

if TYPE_CHECKING:
    from torch import Tensor

DEAD_AFTER_SECONDS = 8.0  # without a heartbeat, a worker that cannot be looked at counts as dead
SWEEP_SECONDS = 0.5  # whoever reads looks at most so often whether workers have died
KILLED = (
    "The process that trained it was killed (by a person, or by the system for want of memory) or the machine went down. "
    "Resume goes on from its last snapshot."
)


def store_url() -> str:
    """`MNISTLAB_STORE`, or an SQLite file in the user's data folder."""
    return os.environ.get("MNISTLAB_STORE") or f"sqlite:///{user_data_path('mnistlab') / 'runs.db'}"


class Reading:
    """The store as a reader knows it. Reading also finds out which workers have died: see `sweep`."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url or store_url()
        self.engine = open_database(self.url)
        self.file = file_of(self.engine)  # of an SQLite database
        self._swept = 0.0

    def __repr__(self) -> str:
        return f"Store({shown(self.url)!r})"

    def get(self, run_id: str) -> RunRecord:
        """Raises `RunNotFound`."""
        found = self._records(sa.select(RUNS).where(RUNS.c.id == run_id))
        if not found:
            raise not_found(run_id)
        return found[0]

    def find(self, prefix: str) -> RunRecord:
        """The run whose id begins with `prefix`. Raises `RunNotFound` if there is none, or more than one."""
        found = [run for run in self.runs() if run.id.startswith(prefix)] if prefix else []
        if len(found) > 1:
            raise RunNotFound(f"{len(found)} runs begin with {prefix!r}.", "Give more digits.")
        return found[0] if found else self.get(prefix)

    def runs(self) -> list[RunRecord]:
        """All runs, the latest first."""
        return self._records(sa.select(RUNS).order_by(RUNS.c.created.desc()))

    def events(self, run_id: str, kinds: Iterable[type] = (), after: int = 0) -> list[tuple[int, Event]]:
        """(sequence number, event) of the run, in order, from after sequence number `after` on; only those of `kinds`, if given.

        Snapshots and checkpoints are not among them.
        """
        query = sa.select(EVENTS.c.seq, EVENTS.c.body).where(EVENTS.c.run_id == run_id, EVENTS.c.seq > after).order_by(EVENTS.c.seq)
        names = [kind.__name__.lower() for kind in kinds]
        if names:
            query = query.where(EVENTS.c.kind.in_(names))
        with self._read() as connection:
            return [(row.seq, from_record(row.body)) for row in connection.execute(query)]

    def snapshot_steps(self, run_id: str) -> list[int]:
        """The steps at which weights were kept, in order."""
        with self._read() as connection:
            return list(connection.scalars(sa.select(SNAPSHOTS.c.step).where(SNAPSHOTS.c.run_id == run_id).order_by(SNAPSHOTS.c.step)))

    def weights(self, run_id: str, step: int | None = None) -> "dict[str, Tensor]":
        """The weights kept at `step`, or the last ones. Raises `RunNotFound` if there are none."""
        from safetensors.torch import load

        query = sa.select(SNAPSHOTS.c.weights).where(SNAPSHOTS.c.run_id == run_id).order_by(SNAPSHOTS.c.step.desc()).limit(1)
        if step is not None:
            query = query.where(SNAPSHOTS.c.step == step)
        with self._read() as connection:
            blob = connection.scalar(query)
        if blob is None:
            where = "" if step is None else f" of step {step}"
            raise RunNotFound(f"No weights{where} are kept for run {run_id!r}.", "Choose one of its snapshots, or train it first.")
        return load(blob)

    def checkpoint(self, run_id: str) -> Checkpoint | None:
        """The latest checkpoint, or None if there is none yet."""
        from safetensors.torch import load

        with self._read() as connection:
            row = connection.execute(sa.select(CHECKPOINTS).where(CHECKPOINTS.c.run_id == run_id)).first()
        return None if row is None else Checkpoint(row.step, row.epoch, load(row.tensors), row.state)

    def queue(self) -> list[str]:
        """Ids of the queued runs, in the order in which they will start: sessions take turns."""
        with self._read() as connection:
            return turns(connection)

    def count(self, *statuses: Status) -> int:
        """How many runs are in one of these states."""
        with self._read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(RUNS).where(RUNS.c.status.in_(statuses))) or 0

    def sweep(self) -> list[str]:
        """Mark the running runs whose worker is dead as interrupted, and return their ids. Anybody may call this at any time."""
        columns = (RUNS.c.id, RUNS.c.claim, RUNS.c.host, RUNS.c.pid, RUNS.c.pid_created, RUNS.c.heartbeat)
        with self._read() as connection:
            running = connection.execute(sa.select(*columns).where(RUNS.c.status == Status.RUNNING)).all()
        self._swept = time.monotonic()
        dead = [row for row in running if not alive(row)]
        if dead:
            with self._write() as connection:
                for row in dead:
                    mourned = sa.update(RUNS).where(RUNS.c.id == row.id, RUNS.c.claim == row.claim)
                    connection.execute(mourned.values(status=Status.INTERRUPTED, reason=KILLED, ended=time.time(), claim="", wanted=""))
        return [row.id for row in dead]

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with in_words(self.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with in_words(self.url), self.engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
            yield connection

    def _records(self, query: sa.Select) -> list[RunRecord]:
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self.sweep()
        with self._read() as connection:
            rows = connection.execute(query).all()
            places = (
                {run_id: place for place, run_id in enumerate(turns(connection), start=1)}
                if any(row.status == Status.QUEUED for row in rows)
                else {}
            )
        return [record_of(row, places.get(row.id)) for row in rows]


def alive(row: sa.Row) -> bool:
    """Whether the worker of a running run lives. On this machine its process tells, elsewhere its heartbeat.

    Where this machine's process seems to be another than at first, the heartbeat decides too: either the number was given again,
    or somebody set the clock, from which the times of processes are reckoned.
    """
    if row.host == socket.gethostname():
        try:
            process = psutil.Process(row.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            if abs(process.create_time() - row.pid_created) < 1:
                return True
        except psutil.NoSuchProcess:
            return False
    return time.time() - row.heartbeat < DEAD_AFTER_SECONDS

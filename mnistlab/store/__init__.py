"""The memory of all runs: one database, through SQLAlchemy Core. It is the only state that processes share.

Whoever trains records here, whoever shows something reads here. Torch is imported only where weights are read or written.

A run's status: queued, running, paused, finished, stopped (by a person; resumable), failed (`reason` says why), interrupted
(its worker died; resumable). A worker owns a run through a claim: a token that every write of the worker has to show, so
that a worker that was given up for dead cannot disturb the one that took over.
"""

import json
import os
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import sqlalchemy as sa
from platformdirs import user_data_path

from mnistlab.config import TrainConfig
from mnistlab.errors import ClaimLost, QueueFull, RunNotFound, RunStateError
from mnistlab.events import Checkpoint, Diverged, Event, Finished, Paused, Snapshot, from_record, to_record
from mnistlab.store.database import CHECKPOINTS, EVENTS, RUNS, SNAPSHOTS, WRITE, file_of, in_words, open_database, shown

if TYPE_CHECKING:
    from torch import Tensor

RUNS_PER_SESSION = 10  # queued and running at once
HEARTBEAT_SECONDS = 2.0  # a worker shows at least this often that it is alive
DEAD_AFTER_SECONDS = 8.0  # without a heartbeat, a worker that cannot be looked at counts as dead
SWEEP_SECONDS = 0.5  # whoever reads looks at most so often whether workers have died
RESERVE_BYTES = 2**20  # kept free beside an SQLite file, so that a run can still say that the disk is full


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


ACTIVE = (Status.QUEUED, Status.RUNNING)
CUT_SHORT = (Status.PAUSED, Status.STOPPED, Status.INTERRUPTED)
RESUMABLE = (*CUT_SHORT, Status.FAILED)
KILLED = (
    "The process that trained it was killed (by a person, or by the system for want of memory) or the machine went down. "
    "Resume goes on from its last snapshot."
)
ENDS = tuple(kind.__name__.lower() for kind in (Finished, Diverged, Paused))  # the kinds of the last event of a training


@dataclass(frozen=True)
class RunRecord:
    """What the store knows of one run, its events and weights aside. Times in seconds since 1970."""

    id: str
    config: TrainConfig
    status: Status
    reason: str
    session: str
    wanted: str
    created: float
    started: float | None
    ended: float | None
    step: int
    final: dict[str, Any] | None
    environment: dict[str, Any] | None
    place: int | None  # in the queue: 1 is next; None if not queued

    @property
    def total_steps(self) -> int:
        return self.config.total_steps

    @property
    def resumable(self) -> bool:
        return self.status in RESUMABLE

    @property
    def accuracy(self) -> float | None:
        """On all test images; None until finished."""
        return None if self.final is None else self.final["test_accuracy"]


@dataclass(frozen=True)
class Claim:
    """A worker's right to train `run_id` and record into it."""

    run_id: str
    token: str
    config: TrainConfig


def store_url() -> str:
    """`MNISTLAB_STORE`, or an SQLite file in the user's data folder."""
    return os.environ.get("MNISTLAB_STORE") or f"sqlite:///{user_data_path('mnistlab') / 'runs.db'}"


class Store:
    """The runs in one database. Safe to share between threads; open one for each process.

    Raises `StoreError` if the database cannot be opened, read or written.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or store_url()
        self.engine = open_database(self.url)
        self.file = file_of(self.engine)  # of an SQLite database
        self._swept = 0.0

    def __repr__(self) -> str:
        return f"Store({shown(self.url)!r})"

    # -- what people ask for -------------------------------------------------------------------------------------------

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
        rows = _rows(run_id, known)
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

    # -- what pages and notebooks read ---------------------------------------------------------------------------------

    def get(self, run_id: str) -> RunRecord:
        """Raises `RunNotFound`."""
        found = self._records(sa.select(RUNS).where(RUNS.c.id == run_id))
        if not found:
            raise _not_found(run_id)
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

    # -- what workers do -----------------------------------------------------------------------------------------------

    def claim(self, run_id: str) -> Claim | None:
        """Take this queued run, whatever its place. None if it is not queued."""
        with self._write() as connection:
            return self._claim(connection, run_id)

    def claim_next(self) -> Claim | None:
        """Take the run whose turn it is (see `queue`), or None if none is queued."""
        with self._write() as connection:
            return next(filter(None, (self._claim(connection, run_id) for run_id in _turns(connection))), None)

    def queue(self) -> list[str]:
        """Ids of the queued runs, in the order in which they will start: sessions take turns."""
        with self._read() as connection:
            return _turns(connection)

    def count(self, *statuses: Status) -> int:
        """How many runs are in one of these states."""
        with self._read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(RUNS).where(RUNS.c.status.in_(statuses))) or 0

    def record(self, claim: Claim, events: Iterable[Event]) -> str:
        """Write what happened, in one transaction, and return what a person wants meanwhile: "", "pause" or "stop".

        Raises `ClaimLost` if the run is not this worker's any more.
        """
        known = list(events)
        rows = _rows(claim.run_id, known)
        changes = {"step": known[-1].step} if known else {}
        with self._write() as connection:
            wanted = self._own(connection, claim, heartbeat=time.time(), **changes)
            if rows[CHECKPOINTS]:
                connection.execute(sa.delete(CHECKPOINTS).where(CHECKPOINTS.c.run_id == claim.run_id))
            for table, new in rows.items():
                if new:
                    connection.execute(sa.insert(table), new)
        return wanted

    def wanted(self, claim: Claim) -> str:
        """What a person wants of the worker: "", "pause" or "stop". Only reads. Raises `ClaimLost`."""
        with self._read() as connection:
            wanted = connection.scalar(sa.select(RUNS.c.wanted).where(_owned(claim)))
        if wanted is None:
            raise _lost(claim)
        return wanted

    def end(self, claim: Claim, status: Status, reason: str = "", final: dict[str, Any] | None = None) -> None:
        """Give the run back, with the status that it ends in. Raises `ClaimLost`."""
        with self._write() as connection:
            self._own(connection, claim, status=status, reason=reason, final=final, ended=time.time(), claim="", wanted="")

    def describe(self, claim: Claim, environment: Mapping[str, Any]) -> None:
        """Note the versions, threads and device of the worker. Raises `ClaimLost`."""
        with self._write() as connection:
            self._own(connection, claim, environment=dict(environment), heartbeat=time.time())

    def rewind(self, claim: Claim, step: int | None) -> None:
        """Forget what was recorded after `step` (None: everything), and that training ended there, because it goes on from there.

        Raises `ClaimLost`.
        """
        last = -1 if step is None else step
        with self._write() as connection:
            self._own(connection, claim, step=max(last, 0))
            for table in (EVENTS, SNAPSHOTS):
                connection.execute(sa.delete(table).where(table.c.run_id == claim.run_id, table.c.step > last))
            connection.execute(sa.delete(EVENTS).where(EVENTS.c.run_id == claim.run_id, EVENTS.c.kind.in_(ENDS)))

    def reserve_space(self) -> None:
        """Keep some room on the disk, so that a worker can still say that the disk is full. Raises `StoreError` if it is already."""
        with in_words(self.url):
            if self._reserve is not None and not self._reserve.exists():
                try:
                    self._reserve.write_bytes(b"reserve." * (RESERVE_BYTES // 8))
                except OSError:
                    self._reserve.unlink(missing_ok=True)
                    raise

    def release_space(self) -> None:
        """Give that room to the database."""
        with in_words(self.url):
            if self._reserve is not None:
                self._reserve.unlink(missing_ok=True)

    def sweep(self) -> list[str]:
        """Mark the running runs whose worker is dead as interrupted, and return their ids. Anybody may call this at any time."""
        columns = (RUNS.c.id, RUNS.c.claim, RUNS.c.host, RUNS.c.pid, RUNS.c.pid_created, RUNS.c.heartbeat)
        with self._read() as connection:
            running = connection.execute(sa.select(*columns).where(RUNS.c.status == Status.RUNNING)).all()
        self._swept = time.monotonic()
        dead = [row for row in running if not _alive(row)]
        if dead:
            with self._write() as connection:
                for row in dead:
                    mourned = sa.update(RUNS).where(RUNS.c.id == row.id, RUNS.c.claim == row.claim)
                    connection.execute(mourned.values(status=Status.INTERRUPTED, reason=KILLED, ended=time.time(), claim="", wanted=""))
        return [row.id for row in dead]

    # -- inside --------------------------------------------------------------------------------------------------------

    @property
    def _reserve(self) -> Path | None:
        return None if self.file is None else self.file.with_name(self.file.name + ".reserve")

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
                {run_id: place for place, run_id in enumerate(_turns(connection), start=1)}
                if any(row.status == Status.QUEUED for row in rows)
                else {}
            )
        return [
            RunRecord(
                row.id, _config(row.config), Status(row.status), row.reason, row.session, row.wanted, row.created, row.started, row.ended,
                row.step, row.final, row.environment, places.get(row.id),
            )
            for row in rows
        ]  # fmt: skip

    def _row(self, connection: sa.Connection, run_id: str) -> sa.Row:
        row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run_id)).first()
        if row is None:
            raise _not_found(run_id)
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

    def _claim(self, connection: sa.Connection, run_id: str) -> Claim | None:
        token, now, pid = uuid.uuid4().hex, time.time(), os.getpid()
        taken = connection.execute(
            sa.update(RUNS).where(RUNS.c.id == run_id, RUNS.c.status == Status.QUEUED)
            .values(status=Status.RUNNING, claim=token, host=socket.gethostname(), pid=pid, pid_created=psutil.Process(pid).create_time(), heartbeat=now, started=now, wanted="")
        ).rowcount  # fmt: skip
        return Claim(run_id, token, _config(self._row(connection, run_id).config)) if taken else None

    def _own(self, connection: sa.Connection, owner: Claim, /, **values: Any) -> str:
        if connection.execute(sa.update(RUNS).where(_owned(owner)).values(**values)).rowcount == 0:
            raise _lost(owner)
        return connection.scalar(sa.select(RUNS.c.wanted).where(RUNS.c.id == owner.run_id)) or ""


def _rows(run_id: str, events: Iterable[Event]) -> dict[sa.Table, list[dict[str, Any]]]:
    """What `events` are in the tables; of several checkpoints, only the latest."""
    from safetensors.torch import save

    rows: dict[sa.Table, list[dict[str, Any]]] = {EVENTS: [], SNAPSHOTS: [], CHECKPOINTS: []}
    latest = None
    for event in events:
        key = {"run_id": run_id, "step": event.step}
        if isinstance(event, Snapshot):
            rows[SNAPSHOTS].append({**key, "epoch": event.epoch, "weights": save(event.weights)})
        elif isinstance(event, Checkpoint):
            latest = event
        else:
            body = to_record(event)
            rows[EVENTS].append({**key, "kind": body["kind"], "body": body})
    if latest is not None:
        tensors = save(latest.tensors)
        rows[CHECKPOINTS].append({"run_id": run_id, "step": latest.step, "epoch": latest.epoch, "state": latest.state, "tensors": tensors})
    return rows


def _owned(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(RUNS.c.id == claim.run_id, RUNS.c.claim == claim.token)


def _lost(claim: Claim) -> ClaimLost:
    return ClaimLost(f"Run {claim.run_id} is not this worker's any more.", "Nothing has to be done.")


def _not_found(run_id: str) -> RunNotFound:
    return RunNotFound(f"There is no run {run_id!r}.", "See the runs there are: python -m mnistlab runs.")


@lru_cache(maxsize=4096)
def _config(text: str) -> TrainConfig:
    return TrainConfig.from_dict(json.loads(text))


def _turns(connection: sa.Connection) -> list[str]:
    """Queued runs in the order of their turns.

    First the runs of whoever has fewest running or waiting before them, then of whoever was served longest ago, then the oldest.
    """
    active = sa.select(RUNS.c.id, RUNS.c.session, RUNS.c.status).where(RUNS.c.status.in_(ACTIVE)).order_by(RUNS.c.queued, RUNS.c.id)
    rows = connection.execute(active).all()
    served = sa.select(RUNS.c.session, sa.func.max(RUNS.c.started)).where(RUNS.c.session.in_({row.session for row in rows}))
    latest = {session: started or 0.0 for session, started in connection.execute(served.group_by(RUNS.c.session))}
    before = Counter(row.session for row in rows if row.status == Status.RUNNING)
    waiting = []
    for age, row in enumerate(rows):
        if row.status == Status.QUEUED:
            waiting.append((before[row.session], latest[row.session], age, row.id))
            before[row.session] += 1
    return [run_id for *_, run_id in sorted(waiting)]


def _alive(row: sa.Row) -> bool:
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

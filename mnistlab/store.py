"""The memory of all runs: one database, through SQLAlchemy Core. It is the only state that processes share.

Whoever trains records here, whoever shows something reads here. Torch is imported only where weights are read or written.

A run's status: queued, running, paused, finished, stopped (by a person; resumable), failed (`reason` says why), interrupted
(its worker died; resumable). A worker owns a run through a claim: a token that every write of the worker has to show, so
that a worker that was given up for dead cannot disturb the one that took over.
"""

import os
import socket
import time
import uuid
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
from mnistlab.errors import ClaimLost, QueueFull, RunNotFound, RunStateError, StoreError
from mnistlab.events import Checkpoint, Event, Snapshot, from_record, to_record

if TYPE_CHECKING:
    from torch import Tensor

RUNS_PER_SESSION = 10  # queued and running at once
HEARTBEAT_SECONDS = 2.0  # a worker shows at least this often that it is alive
DEAD_AFTER_SECONDS = 8.0  # without a heartbeat, a worker on another machine counts as dead


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


ACTIVE = (Status.QUEUED, Status.RUNNING)
RESUMABLE = (Status.PAUSED, Status.STOPPED, Status.INTERRUPTED, Status.FAILED)

_metadata = sa.MetaData()
_runs = sa.Table(
    "runs", _metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("status", sa.String(12), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("session", sa.String(64), nullable=False, default=""),
    sa.Column("wanted", sa.String(12), nullable=False, default=""),  # "", "pause" or "stop": what a person asked of the worker
    sa.Column("created", sa.Float, nullable=False),  # seconds since 1970, as all times here
    sa.Column("queued", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("ended", sa.Float),
    sa.Column("step", sa.Integer, nullable=False, default=0),
    sa.Column("final", sa.JSON),  # the record of `Finished`
    sa.Column("environment", sa.JSON),  # versions, threads and device of the last worker
    sa.Column("claim", sa.String(32), nullable=False, default=""),
    sa.Column("host", sa.String(255), nullable=False, default=""),
    sa.Column("pid", sa.Integer),
    sa.Column("pid_created", sa.Float),
    sa.Column("heartbeat", sa.Float),
)  # fmt: skip
_events = sa.Table(
    "events", _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String(12), nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Index("events_of_run", "run_id", "kind", "seq"),
)  # fmt: skip
_snapshots = sa.Table(
    "snapshots", _metadata,
    sa.Column("run_id", sa.String(12), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("weights", sa.LargeBinary, nullable=False),  # safetensors
)  # fmt: skip
_checkpoints = sa.Table(  # the latest of each run
    "checkpoints", _metadata,
    sa.Column("run_id", sa.String(12), primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("tensors", sa.LargeBinary, nullable=False),  # safetensors
)  # fmt: skip


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
        with _in_words(self.url):
            self.engine = _engine(self.url)
            _metadata.create_all(self.engine)

    def __repr__(self) -> str:
        return f"Store({self.engine.url!r})"

    # -- what people ask for -------------------------------------------------------------------------------------------

    def request(self, config: TrainConfig, session: str = "") -> RunRecord:
        """Ask for a run. If it exists in whatever state, that one is returned; one that was cut short is queued again.

        Raises `QueueFull` if `session` has `RUNS_PER_SESSION` runs waiting or running.
        """
        self.sweep()
        now = time.time()
        with self._write() as connection:
            row = connection.execute(sa.select(_runs).where(_runs.c.id == config.run_id)).first()
            if row is None or row.status in (Status.PAUSED, Status.STOPPED, Status.INTERRUPTED):
                self._check_limit(connection, session)
            if row is None:
                connection.execute(sa.insert(_runs).values(id=config.run_id, config=config.to_dict(), status=Status.QUEUED, session=session, created=now, queued=now))
            elif row.status in (Status.PAUSED, Status.STOPPED, Status.INTERRUPTED):
                self._queue_again(connection, config.run_id, session)
        return self.get(config.run_id)

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
            for table in (_events, _snapshots, _checkpoints):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            connection.execute(sa.delete(_runs).where(_runs.c.id == run_id))

    # -- what pages and notebooks read ---------------------------------------------------------------------------------

    def get(self, run_id: str) -> RunRecord:
        """Raises `RunNotFound`."""
        found = [run for run in self._records(sa.select(_runs).where(_runs.c.id == run_id))]
        if not found:
            raise RunNotFound(f"There is no run {run_id!r} in {self.engine.url!r}.", "See the runs there are: python -m mnistlab runs.")
        return found[0]

    def find(self, prefix: str) -> RunRecord:
        """The run whose id begins with `prefix`. Raises `RunNotFound` if there is none, or more than one."""
        found = [run for run in self.runs() if run.id.startswith(prefix)] if prefix else []
        if len(found) > 1:
            raise RunNotFound(f"{len(found)} runs begin with {prefix!r}.", "Give more digits.")
        return found[0] if found else self.get(prefix)

    def runs(self) -> list[RunRecord]:
        """All runs, the latest first."""
        return self._records(sa.select(_runs).order_by(_runs.c.created.desc()))

    def events(self, run_id: str, kinds: Iterable[type] = (), after: int = 0) -> list[tuple[int, Event]]:
        """(sequence number, event) of the run, in order, from after sequence number `after` on; only those of `kinds`, if given.

        Snapshots and checkpoints are not among them.
        """
        query = sa.select(_events.c.seq, _events.c.body).where(_events.c.run_id == run_id, _events.c.seq > after).order_by(_events.c.seq)
        names = [kind.__name__.lower() for kind in kinds]
        if names:
            query = query.where(_events.c.kind.in_(names))
        with self._read() as connection:
            return [(row.seq, from_record(row.body)) for row in connection.execute(query)]

    def snapshot_steps(self, run_id: str) -> list[int]:
        """The steps at which weights were kept, in order."""
        with self._read() as connection:
            return list(connection.scalars(sa.select(_snapshots.c.step).where(_snapshots.c.run_id == run_id).order_by(_snapshots.c.step)))

    def weights(self, run_id: str, step: int | None = None) -> "dict[str, Tensor]":
        """The weights kept at `step`, or the last ones. Raises `RunNotFound` if there are none."""
        from safetensors.torch import load

        query = sa.select(_snapshots.c.weights).where(_snapshots.c.run_id == run_id).order_by(_snapshots.c.step.desc()).limit(1)
        if step is not None:
            query = query.where(_snapshots.c.step == step)
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
            row = connection.execute(sa.select(_checkpoints).where(_checkpoints.c.run_id == run_id)).first()
        return None if row is None else Checkpoint(row.step, row.epoch, load(row.tensors), row.state)

    # -- what workers do -----------------------------------------------------------------------------------------------

    def claim(self, run_id: str) -> Claim | None:
        """Take this queued run, whatever its place. None if it is not queued."""
        with self._write() as connection:
            return self._claim(connection, run_id)

    def claim_next(self) -> Claim | None:
        """Take the run whose turn it is (see `queue`), or None if none is queued."""
        with self._write() as connection:
            for run_id in _turns(connection):
                return self._claim(connection, run_id)
        return None

    def queue(self) -> list[str]:
        """Ids of the queued runs, in the order in which they will start: sessions take turns."""
        with self._read() as connection:
            return _turns(connection)

    def record(self, claim: Claim, events: Iterable[Event]) -> str:
        """Write what happened, in one transaction, and return what a person wants meanwhile: "", "pause" or "stop".

        Raises `ClaimLost` if the run is not this worker's any more.
        """
        from safetensors.torch import save

        with self._write() as connection:
            for event in events:
                if isinstance(event, Snapshot):
                    _replace(connection, _snapshots, {"run_id": claim.run_id, "step": event.step}, epoch=event.epoch, weights=save(event.weights))
                elif isinstance(event, Checkpoint):
                    _replace(connection, _checkpoints, {"run_id": claim.run_id}, step=event.step, epoch=event.epoch, state=event.state, tensors=save(event.tensors))
                else:
                    body = to_record(event)
                    connection.execute(sa.insert(_events).values(run_id=claim.run_id, step=event.step, kind=body["kind"], body=body))
            latest = max((event.step for event in events), default=None)
            changes: dict[str, Any] = {"heartbeat": time.time()} | ({} if latest is None else {"step": latest})
            return self._own(connection, claim, **changes)

    def end(self, claim: Claim, status: Status, reason: str = "", final: dict[str, Any] | None = None) -> None:
        """Give the run back, with the status that it ends in. Raises `ClaimLost`."""
        with self._write() as connection:
            self._own(connection, claim, status=status, reason=reason, final=final, ended=time.time(), claim="", wanted="")

    def describe(self, claim: Claim, environment: Mapping[str, Any]) -> None:
        """Note the versions, threads and device of the worker. Raises `ClaimLost`."""
        with self._write() as connection:
            self._own(connection, claim, environment=dict(environment), heartbeat=time.time())

    def rewind(self, claim: Claim, step: int | None) -> None:
        """Forget what was recorded after `step` (None: everything), because training goes on from there. Raises `ClaimLost`."""
        last = -1 if step is None else step
        with self._write() as connection:
            for table in (_events, _snapshots):
                connection.execute(sa.delete(table).where(table.c.run_id == claim.run_id, table.c.step > last))
            self._own(connection, claim, step=max(last, 0))

    def sweep(self) -> list[str]:
        """Mark the running runs whose worker is dead as interrupted, and return their ids. Anybody may call this at any time."""
        query = sa.select(_runs).where(_runs.c.status == Status.RUNNING)
        with self._read() as connection:
            dead = [row for row in connection.execute(query) if not _alive(row)]
        if not dead:
            return []
        with self._write() as connection:
            for row in dead:
                reason = "The process that trained it was killed (by a person, or by the system for want of memory) or the machine went down. Resume goes on from its last snapshot."
                connection.execute(
                    sa.update(_runs).where(_runs.c.id == row.id, _runs.c.claim == row.claim)
                    .values(status=Status.INTERRUPTED, reason=reason, ended=time.time(), claim="", wanted="")
                )  # fmt: skip
        return [row.id for row in dead]

    # -- inside --------------------------------------------------------------------------------------------------------

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with _in_words(self.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with _in_words(self.url), self.engine.connect().execution_options(mnistlab_write=True) as connection, connection.begin():
            yield connection

    def _records(self, query: sa.Select) -> list[RunRecord]:
        self.sweep()
        with self._read() as connection:
            rows = connection.execute(query).all()
            places = {run_id: place for place, run_id in enumerate(_turns(connection), start=1)} if any(row.status == Status.QUEUED for row in rows) else {}
        return [
            RunRecord(
                row.id, TrainConfig.from_dict(row.config), Status(row.status), row.reason, row.session, row.wanted, row.created, row.started, row.ended,
                row.step, row.final, row.environment, places.get(row.id),
            )
            for row in rows
        ]  # fmt: skip

    def _row(self, connection: sa.Connection, run_id: str) -> sa.Row:
        row = connection.execute(sa.select(_runs).where(_runs.c.id == run_id)).first()
        if row is None:
            raise RunNotFound(f"There is no run {run_id!r}.", "See the runs there are: python -m mnistlab runs.")
        return row

    def _check_limit(self, connection: sa.Connection, session: str) -> None:
        active = connection.scalar(sa.select(sa.func.count()).where(_runs.c.session == session, _runs.c.status.in_(ACTIVE))) or 0
        if session and active >= RUNS_PER_SESSION:
            raise QueueFull(f"You have {active} runs waiting or running, as many as one person may have.", "Wait for one to finish, or stop one.")

    def _queue_again(self, connection: sa.Connection, run_id: str, session: str) -> None:
        connection.execute(sa.update(_runs).where(_runs.c.id == run_id).values(status=Status.QUEUED, reason="", wanted="", session=session, queued=time.time(), ended=None))

    def _want(self, run_id: str, wanted: str, when_queued: Status) -> None:
        self.sweep()
        with self._write() as connection:
            row = self._row(connection, run_id)
            if row.status == Status.RUNNING:
                values = {"wanted": wanted}
            elif row.status == Status.QUEUED or (row.status == Status.PAUSED and wanted == "stop"):
                values = {"status": when_queued, "ended": time.time()}
            else:
                raise RunStateError(f"Run {run_id} is {row.status}.", f"Only a running or queued run can be asked to {wanted}.")
            connection.execute(sa.update(_runs).where(_runs.c.id == run_id).values(**values))

    def _claim(self, connection: sa.Connection, run_id: str) -> Claim | None:
        token, now, pid = uuid.uuid4().hex, time.time(), os.getpid()
        taken = connection.execute(
            sa.update(_runs).where(_runs.c.id == run_id, _runs.c.status == Status.QUEUED)
            .values(status=Status.RUNNING, claim=token, host=socket.gethostname(), pid=pid, pid_created=psutil.Process(pid).create_time(), heartbeat=now, started=now, wanted="")
        ).rowcount  # fmt: skip
        return Claim(run_id, token, TrainConfig.from_dict(self._row(connection, run_id).config)) if taken else None

    def _own(self, connection: sa.Connection, owner: Claim, /, **values: Any) -> str:
        mine = (_runs.c.id == owner.run_id) & (_runs.c.claim == owner.token)
        if connection.execute(sa.update(_runs).where(mine).values(**values)).rowcount == 0:
            raise ClaimLost(f"Run {owner.run_id} is not this worker's any more.", "Nothing has to be done.")
        return connection.scalar(sa.select(_runs.c.wanted).where(_runs.c.id == owner.run_id)) or ""


def _turns(connection: sa.Connection) -> list[str]:
    """Queued runs in the order of their turns: by how many runs the same session has running or queued before, then by age."""
    rows = connection.execute(sa.select(_runs.c.id, _runs.c.session, _runs.c.status).where(_runs.c.status.in_(ACTIVE)).order_by(_runs.c.queued, _runs.c.id)).all()
    turn: dict[str, int] = {}
    for row in rows:
        if row.status == Status.RUNNING:
            turn[row.session] = turn.get(row.session, 0) + 1
    waiting = []
    for age, row in enumerate(rows):
        if row.status == Status.QUEUED:
            waiting.append((turn.get(row.session, 0), age, row.id))
            turn[row.session] = turn.get(row.session, 0) + 1
    return [run_id for _, _, run_id in sorted(waiting)]


def _replace(connection: sa.Connection, table: sa.Table, key: Mapping[str, Any], **values: Any) -> None:
    connection.execute(sa.delete(table).where(*(table.c[name] == value for name, value in key.items())))
    connection.execute(sa.insert(table).values(**key, **values))


def _alive(row: sa.Row) -> bool:
    """Whether the worker of a running run lives. On this machine its process tells, elsewhere its heartbeat."""
    if row.host != socket.gethostname():
        return time.time() - row.heartbeat < DEAD_AFTER_SECONDS
    try:
        process = psutil.Process(row.pid)
        return process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - row.pid_created) < 1
    except psutil.NoSuchProcess:
        return False


@lru_cache(maxsize=32)
def _engine(url: str) -> sa.Engine:
    """One engine for each database and process. SQLite: write-ahead log, waiting for a lock up to 30 seconds."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("mnistlab_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _in_words(url: str) -> Iterator[None]:
    """Whatever the database says, as a `StoreError` in plain words."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        if "disk is full" in cause or "No space left" in cause:
            raise StoreError("The disk of the store is full.", "Make room, then resume the run.") from error
        raise StoreError(f"The store {url} cannot be used: {cause}.", "Check MNISTLAB_STORE, and that its folder exists and can be written.") from error

"""What can be read from the store."""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from mnistlab.errors import RunNotFound, StoreError, StoreFull
from mnistlab.events import Checkpoint, Evaluated, Event, from_record
from mnistlab.i18n import Message, Text, message
from mnistlab.store.connected import Connected
from mnistlab.store.liveness import find_dead, interrupt
from mnistlab.store.people import Role, visible
from mnistlab.store.queue import turns
from mnistlab.store.rows import config_of, is_readable, record_of
from mnistlab.store.runs import ACTIVE, RunRecord, Status, not_found
from mnistlab.store.tables import CHECKPOINTS, EVENTS, PREDICTIONS, RUNS, SNAPSHOTS

if TYPE_CHECKING:
    from torch import Tensor

Kind = TypeVar("Kind")  # of event
SWEEP_SECONDS = 0.5  # whoever reads looks at most so often whether workers have died


class Queries(Connected):
    """The store as a reader uses it. Reading also notices which workers died: see `sweep`."""

    def __init__(self, url: str | None = None) -> None:
        super().__init__(url)
        self._swept = [0.0]  # when this process last looked for dead workers, whoever acts

    def get(self, run_id: str) -> RunRecord:
        """Any run, as a link opens it (see `runs`). Raises `RunNotFound`, `RunOfAnotherVersion`."""
        for row, place in self._rows(self._by_link(RUNS.c.id == run_id)):
            return record_of(row, place)
        raise not_found(run_id)

    def find(self, prefix: str) -> RunRecord:
        """The run whose id begins with `prefix`. Raises `RunNotFound` if there is none, or more
        than one, and `RunOfAnotherVersion`.
        """
        matches = [run for run in self.runs() if run.id.startswith(prefix)] if prefix else []
        if len(matches) > 1:
            raise RunNotFound(
                message(
                    "{count} runs begin with {prefix}.", count=len(matches), prefix=repr(prefix)
                ),
                message("Give more digits."),
            )
        return matches[0] if matches else self.get(prefix)

    def runs(
        self, *statuses: Status, limit: int | None = None, ids: Collection[str] | None = None
    ) -> list[RunRecord]:
        """All runs that this version can open (see `unreadable`) and that whoever acts finds in
        lists (see `people.visible`), the latest first; only those in one of these states, if any
        are given, and only the `limit` latest.

        With `ids`, only those, and as a link opens them, which opens any: whose they are, and what
        they are called, stays with those who find them in lists.
        """
        if ids is None:
            query = sa.select(RUNS).where(visible(self.person))
        else:
            query = self._by_link(RUNS.c.id.in_(ids))
        query = query.order_by(RUNS.c.created.desc()).limit(limit)
        if statuses:
            query = query.where(RUNS.c.status.in_(statuses))
        rows = self._rows(query)
        return [record_of(row, place) for row, place in rows if is_readable(row)]

    def unreadable(self) -> list[str]:
        """Ids of the runs of another version, which `get` refuses to open and `runs` leaves out,
        the latest first.
        """
        columns = (RUNS.c.id, RUNS.c.config, RUNS.c.status)
        query = sa.select(*columns).where(visible(self.person)).order_by(RUNS.c.created.desc())
        with self._read() as connection:
            rows = connection.execute(query).all()
        return [row.id for row in rows if not is_readable(row)]

    def events(
        self, run_id: str, kinds: Iterable[type] = (), after: int = 0
    ) -> list[tuple[int, Event]]:
        """(sequence number, event) of the run, in order, from after sequence number `after` on;
        only those of `kinds`, if given.

        Left out are snapshots, checkpoints, predictions, and what a newer version recorded and this
        one does not know.
        """
        query = (
            sa.select(EVENTS.c.seq, EVENTS.c.body)
            .where(EVENTS.c.run_id == run_id, EVENTS.c.seq > after)
            .order_by(EVENTS.c.seq)
        )
        names = [kind.__name__.lower() for kind in kinds]
        if names:
            query = query.where(EVENTS.c.kind.in_(names))
        with self._read() as connection:
            rows = connection.execute(query).all()
        events = [(row.seq, from_record(row.body)) for row in rows]
        return [(seq, event) for seq, event in events if event is not None]

    def latest(self, run_id: str, kind: type[Kind]) -> Kind | None:
        """The last event of this kind in the run, if there is one."""
        query = (
            sa.select(EVENTS.c.body)
            .where(EVENTS.c.run_id == run_id, EVENTS.c.kind == kind.__name__.lower())
            .order_by(EVENTS.c.seq.desc())
            .limit(1)
        )
        with self._read() as connection:
            body = connection.scalar(query)
        event = None if body is None else from_record(body)
        return event if isinstance(event, kind) else None

    def evaluations(self, at: Mapping[str, Collection[int]]) -> dict[tuple[str, int], Evaluated]:
        """(run id, step) -> what was measured there, of these steps of each run; those that were
        measured.
        """
        every_step = {step for steps in at.values() for step in steps}
        query = sa.select(EVENTS.c.run_id, EVENTS.c.step, EVENTS.c.body).where(
            EVENTS.c.run_id.in_(at),
            EVENTS.c.step.in_(every_step),
            EVENTS.c.kind == Evaluated.__name__.lower(),
        )
        with self._read() as connection:
            rows = connection.execute(query).all()
        events = {(row.run_id, row.step): from_record(row.body) for row in rows}
        return {
            (run_id, step): event
            for (run_id, step), event in events.items()
            if step in at[run_id] and isinstance(event, Evaluated)
        }

    def snapshot_steps(self, run_id: str) -> list[int]:
        """The steps at which weights were kept, in order."""
        with self._read() as connection:
            return list(
                connection.scalars(
                    sa.select(SNAPSHOTS.c.step)
                    .where(SNAPSHOTS.c.run_id == run_id)
                    .order_by(SNAPSHOTS.c.step)
                )
            )

    def weights(self, run_id: str, step: int | None = None) -> "dict[str, Tensor]":
        """The weights kept at `step`, or the last ones. Raises `RunNotFound` if there are none, and
        `StoreError` if they are damaged.
        """
        return tensors(
            self.weights_file(run_id, step),
            message("The weights of run {run_id} are damaged in the store.", run_id=repr(run_id)),
        )

    def weights_file(self, run_id: str, step: int | None = None) -> bytes:
        """The same as they are kept: a safetensors file. Raises `RunNotFound`."""
        query = (
            sa.select(SNAPSHOTS.c.weights)
            .where(SNAPSHOTS.c.run_id == run_id)
            .order_by(SNAPSHOTS.c.step.desc())
            .limit(1)
        )
        if step is not None:
            query = query.where(SNAPSHOTS.c.step == step)
        with self._read() as connection:
            blob: bytes | None = connection.scalar(query)
        if blob is None:
            raise RunNotFound(
                message("Run {run_id} has no weights.", run_id=repr(run_id))
                if step is None
                else message(
                    "Run {run_id} has no weights of step {step}.", run_id=repr(run_id), step=step
                ),
                message("Choose one of its snapshots, or train it first."),
            )
        return blob

    def logits(self, run_id: str, step: int) -> "Tensor | None":
        """What the network predicted for all test images when the run finished, (N, 10).

        None if that was not at `step`, or if an earlier version trained it. Raises `StoreError` if
        they are damaged.
        """
        kept = sa.and_(PREDICTIONS.c.run_id == run_id, PREDICTIONS.c.step == step)
        with self._read() as connection:
            blob = connection.scalar(sa.select(PREDICTIONS.c.logits).where(kept))
        if blob is None:
            return None
        damaged = message(
            "The predictions of run {run_id} are damaged in the store.", run_id=repr(run_id)
        )
        return tensors(blob, damaged)["logits"]

    def checkpoint(self, run_id: str) -> Checkpoint | None:
        """The latest checkpoint, or None if there is none yet. Raises `StoreError` if it is
        damaged.
        """
        with self._read() as connection:
            row = connection.execute(
                sa.select(CHECKPOINTS).where(CHECKPOINTS.c.run_id == run_id)
            ).first()
        if row is None:
            return None
        damaged = message(
            "The checkpoint of run {run_id} is damaged in the store.", run_id=repr(run_id)
        )
        read = tensors(row.tensors, damaged)
        return Checkpoint(row.step, row.epoch, read, row.state)

    def queue(self) -> list[str]:
        """Ids of the queued runs, in the order in which they will start (see `queue.in_turn`), of
        those that `runs` finds.
        """
        seen = sa.select(RUNS.c.id).where(RUNS.c.status == Status.QUEUED, visible(self.person))
        with self._read() as connection:
            ids = set(connection.scalars(seen))
            return [run_id for run_id in turns(connection) if run_id in ids]

    def count(self, *statuses: Status) -> int:
        """How many runs are in one of these states, of those that `runs` finds."""
        runs = sa.select(sa.func.count()).select_from(RUNS).where(visible(self.person))
        with self._read() as connection:
            return connection.scalar(runs.where(RUNS.c.status.in_(statuses))) or 0

    def elsewhere(self) -> list[int | None]:
        """Of the runs that wait or are trained and that `runs` leaves out: their places in the
        queue; None for each that is trained.
        """
        active = RUNS.c.status.in_(ACTIVE)
        hidden = sa.select(RUNS.c.id, RUNS.c.status).where(active, ~visible(self.person))
        with self._read() as connection:
            rows = connection.execute(hidden).all()
            places = {run_id: place for place, run_id in enumerate(turns(connection), start=1)}
        return [places.get(row.id) for row in rows]

    def waiting_kinds(self) -> Counter[str]:
        """How many queued runs there are for each kind of device ("cpu", "cuda", "mps"), of those
        that this version can open.
        """
        queued = sa.select(RUNS.c.config).where(RUNS.c.status == Status.QUEUED)
        with self._read() as connection:
            configs = map(config_of, connection.scalars(queued))
            return Counter(config.device_kind for config in configs if config is not None)

    def sweep(self) -> list[str]:
        """Mark the running runs whose worker is dead as interrupted, and return their ids. Anybody
        may call this at any time.
        """
        with self._read() as connection:
            dead = find_dead(connection)
        self._swept[0] = time.monotonic()
        if not dead:
            return []
        try:
            return self._despite_full_disk(lambda: self._interrupt(dead))
        except StoreFull:  # to be marked once there is room: until then all can be read
            return []

    def _by_link(self, which: sa.ColumnElement[bool]) -> sa.Select:
        """Rows of `RUNS`, without owner and title of those that whoever acts finds in no list."""
        if self.person.role is Role.OPERATOR:
            return sa.select(RUNS).where(which)
        is_seen = visible(self.person)
        public = [column for column in RUNS.c if column.name not in ("session", "title")]
        private = (
            sa.case((is_seen, column), else_="").label(column.name)
            for column in (RUNS.c.session, RUNS.c.title)
        )
        return sa.select(*public, *private).where(which)

    def _interrupt(self, dead: Iterable[tuple[sa.Row, Text]]) -> list[str]:
        with self._write() as connection:
            return [row.id for row, reason in dead if interrupt(connection, row, reason)]

    def _rows(self, query: sa.Select) -> list[tuple[sa.Row, int | None]]:
        """Rows of `RUNS`, each with its place in the queue."""
        if time.monotonic() - self._swept[0] > SWEEP_SECONDS:
            self.sweep()
        with self._read() as connection:
            rows = connection.execute(query).all()
            places = (
                {run_id: place for place, run_id in enumerate(turns(connection), start=1)}
                if any(row.status == Status.QUEUED for row in rows)
                else {}
            )
        return [(row, places.get(row.id)) for row in rows]


def tensors(blob: bytes, damaged: Message) -> "dict[str, Tensor]":
    """The tensors in safetensors bytes of the store. Raises `StoreError`: they are `damaged`."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(blob)
    except (SafetensorError, ValueError, KeyError) as error:
        raise StoreError(
            damaged,
            message("Delete the run, then train it again."),
        ) from error

"""What people ask of the store: train a run, pause it, resume it, stop it, delete it."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from mnistlab.config import TrainConfig
from mnistlab.errors import ConfigError, RunStateError
from mnistlab.events import Diverged, Event
from mnistlab.i18n import Message, message
from mnistlab.store.concurrency import insert_new, take_turns
from mnistlab.store.database import in_words, shrink
from mnistlab.store.limits import QUEUE, check_limit
from mnistlab.store.nicknames import is_rude, tidied
from mnistlab.store.origins import check_origin, forget_drawings, parents_needed
from mnistlab.store.people import WORDS as ACTIONS
from mnistlab.store.people import Action, Role, check_still_here
from mnistlab.store.permission import Permission
from mnistlab.store.rows import check_sizes, config_of, record_of, rows_of
from mnistlab.store.rules import check_rule
from mnistlab.store.runs import (
    ACTIVE,
    AT,
    CUT_SHORT,
    RESUMABLE,
    WORDS,
    RunRecord,
    Status,
    not_found,
    pause_at,
    step_of,
)
from mnistlab.store.tables import CHECKPOINTS, EVENTS, PREDICTIONS, RUNS, SNAPSHOTS

TITLE_LENGTH = 80


class Requests(Permission):
    """The store as a person uses it, on a page or in a terminal. What may be done to whose run:
    `people.check_run`; each method raises `NotAllowed` where it may not be done.
    """

    def request(
        self,
        config: TrainConfig,
        session: str = "",
        until: int | None = None,
        experiment: str = "",
    ) -> RunRecord:
        """Ask for a run; with `until`, it pauses at that step, until `promote` lets it go on. If it
        exists in whatever state, that one is returned; without `until`, it does not pause by itself
        any more. `session`: in whose name; who is bound to this store asks in their own, and a
        teacher also in that of a student. `experiment`: what a new run is a part of; whoever may
        resume it takes it out again by asking for it by itself.

        One that was cut short is queued again, and so is one that failed, unless it diverged: that
        it would do again. What somebody else paused or stopped stays so for `LEFT_SECONDS`.

        Raises `QueueFull` if `session` has `RUNS_PER_SESSION` runs waiting or running, or all of
        them together have `QUEUED_RUNS` waiting; and `ConfigError` if what a new one begins with is
        not here.
        """
        self.sweep()
        run_id, now = config.run_id, time.time()
        with self._write() as connection:
            take_turns(connection, QUEUE)
            check_still_here(connection, self.person)
            session = self._name_of(connection, session)
            if until is None:
                self._forget_limit(connection, run_id)  # else it has ended, as `status` then says
            if not experiment:
                self._leave_experiment(connection, run_id)
            row = connection.execute(_asked_for(run_id)).first()
            status = None if row is None else row.status
            if row is None:
                check_rule(connection, self.person, "train")
                check_limit(connection, session)
                check_origin(connection, config)
                connection.execute(
                    insert_new(connection, RUNS).values(
                        id=run_id,
                        config=config.canonical,
                        status=Status.QUEUED,
                        session=session,
                        wanted=pause_at(until),
                        created=now,
                        queued=now,
                        experiment=experiment,
                    )
                )
            elif status in CUT_SHORT or (
                status == Status.FAILED and not self._diverged(connection, run_id)
            ):
                check_rule(connection, self.person, "train")
                check_limit(connection, session)
                owner = self._new_owner(connection, row, session)
                if owner != session and not self._may(connection, Action.RESUME, row):
                    until = step_of(row.wanted)  # it is for its owner to say
                self._queue_again(connection, run_id, owner, until)
        return self.get(run_id)

    def promote(self, run_id: str, session: str = "", until: int | None = None) -> RunRecord:
        """Let a run that paused at the step asked for go on to a later one, or to its end (None).

        Any other run is left as it is: several may say so at once, and a person's word counts more.
        Raises `RunNotFound`, `QueueFull`, `RunOfAnotherVersion`.
        """
        with self._going_on(run_id) as (connection, row):
            session = self._owner(row, self._name(session))
            limit = step_of(row.wanted)
            if row.status == Status.PAUSED and limit is not None and limit < (until or math.inf):
                check_limit(connection, session)
                self._queue_again(connection, run_id, session, until)
        return self.get(run_id)

    def add(
        self,
        config: TrainConfig,
        events: Iterable[Event],
        status: Status,
        final: dict[str, Any] | None,
        environment: Mapping[str, Any],
        session: str = "",
    ) -> RunRecord:
        """Add a run that was trained elsewhere, with all its events, as `request` does in the name
        of whoever acts. Raises `RunStateError` if it is here already.
        """
        recorded, run_id, now = list(events), config.run_id, time.time()
        rows = rows_of(run_id, recorded)
        check_sizes(rows, self.engine.dialect.name)
        session = self._name(session)
        with self._write() as connection:
            check_still_here(connection, self.person)
            check_rule(connection, self.person, "train")
            run = insert_new(connection, RUNS).values(
                id=run_id,
                config=config.canonical,
                status=status,
                session=session,
                created=now,
                queued=now,
                started=now,
                ended=now,
                step=recorded[-1].step,
                final=final,
                environment=dict(environment),
            )
            if connection.scalar(run.returning(RUNS.c.id)) is None:
                raise RunStateError(
                    message("Run {run_id} is here already.", run_id=run_id),
                    message("To replace it, delete it first."),
                )
            for table, new in rows.items():
                if new:
                    connection.execute(sa.insert(table), new)
        return self.get(run_id)

    def resume(self, run_id: str, session: str = "") -> RunRecord:
        """Queue a paused, stopped, interrupted or failed run again; it goes on from its last
        checkpoint.

        Raises `RunNotFound`, `RunStateError`, `QueueFull`, `RunOfAnotherVersion`.
        """
        self.sweep()
        with self._going_on(run_id) as (connection, row):
            if not record_of(row).resumable:
                raise RunStateError(
                    _state_of(row),
                    message("Only a paused, stopped, interrupted or failed run can be resumed."),
                )
            session = self._owner(row, self._name(session) or row.session)
            check_limit(connection, session)
            self._queue_again(connection, run_id, session)
        return self.get(run_id)

    def pause(self, run_id: str) -> None:
        """Ask for the run to be paused at its next step (a queued one at once; one that has paused
        by itself, to stay so). Raises `RunNotFound`, `RunStateError`.
        """
        self._want(run_id, Action.PAUSE, Status.PAUSED)

    def stop(self, run_id: str) -> None:
        """Ask for the run to be stopped at its next step (a queued one at once). Raises
        `RunNotFound`, `RunStateError`.
        """
        self._want(run_id, Action.STOP, Status.STOPPED)

    def delete(self, run_id: str) -> None:
        """Delete the run and everything recorded of it. Raises `RunNotFound`, and `RunStateError`
        while it is running, or, but for whoever runs the server, while one that begins with it is.
        """
        self.sweep()
        self._despite_full_disk(lambda: self._delete(run_id))
        with in_words(self.url):
            shrink(self.engine)

    def pin(self, run_id: str, pinned: bool = True) -> None:
        """Keep the run also where the store is too full, or no longer. Raises `RunNotFound`."""
        self._change(run_id, Action.PIN, pinned=pinned)

    def rename(self, run_id: str, title: str) -> None:
        """Give the run a title of at most `TITLE_LENGTH` letters; "": its settings name it again.
        Raises `RunNotFound`, and `ConfigError` for a title that may hurt somebody.
        """
        words = tidied(title)[:TITLE_LENGTH].strip()
        if self.person.role is not Role.OPERATOR and is_rude(words):
            raise ConfigError(
                message("This title may hurt somebody."), message("Choose another one.")
            )
        self._change(run_id, Action.RENAME, title=words)

    def move_ahead(self, run_id: str, ahead: bool = True) -> None:
        """Let the queued run start before all others that nobody moved, or in its turn again.
        Raises `RunNotFound`.
        """
        self._change(run_id, Action.REORDER, ahead=int(ahead))

    @contextmanager
    def _going_on(self, run_id: str) -> Iterator[tuple[sa.Connection, sa.Row]]:
        """A turn at the queue for a run that whoever acts may have go on, and its row."""
        with self._write() as connection:
            take_turns(connection, QUEUE)
            check_still_here(connection, self.person)
            row = self._row(connection, run_id)
            self._check(connection, Action.RESUME, row)
            yield connection, row

    def _change(self, run_id: str, action: Action, **values: Any) -> None:
        with self._write() as connection:
            self._check(connection, action, self._row(connection, run_id))
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(**values))

    def _delete(self, run_id: str) -> None:
        with self._write() as connection:
            row = self._row(connection, run_id)
            self._check(connection, Action.DELETE, row)
            if row.status == Status.RUNNING:
                raise RunStateError(
                    message("Run {run_id} is running.", run_id=run_id), message("Stop it first.")
                )
            is_operator = self.person.role is Role.OPERATOR
            if not is_operator and run_id in parents_needed(connection):
                raise RunStateError(
                    message("A run that waits or trains begins with run {run_id}.", run_id=run_id),
                    message("Let it end first."),
                )
            forget(connection, run_id)

    def _row(self, connection: sa.Connection, run_id: str) -> sa.Row:
        """The row of the run, which nobody else changes until this transaction is over."""
        row = connection.execute(
            sa.select(RUNS).where(RUNS.c.id == run_id).with_for_update()
        ).first()
        if row is None:
            raise not_found(run_id)
        return row

    def _diverged(self, connection: sa.Connection, run_id: str) -> bool:
        diverged = sa.select(EVENTS.c.seq).where(
            EVENTS.c.run_id == run_id, EVENTS.c.kind == Diverged.__name__.lower()
        )
        return connection.execute(diverged.limit(1)).first() is not None

    def _queue_again(
        self, connection: sa.Connection, run_id: str, session: str, until: int | None = None
    ) -> None:
        connection.execute(
            sa.update(RUNS)
            .where(RUNS.c.id == run_id, RUNS.c.status.in_(RESUMABLE))
            .values(
                status=Status.QUEUED,
                reason="",
                wanted=pause_at(until),
                session=session,
                queued=time.time(),
                ended=None,
                ahead=0,  # once moved ahead is not ahead for ever
            )
        )

    def _forget_limit(self, connection: sa.Connection, run_id: str) -> None:
        """Let this run go on to its end, if it waits or runs and was to pause at a step, and may be
        resumed by whoever acts.
        """
        row = connection.execute(_asked_for(run_id)).first()
        if row is None or not self._may(connection, Action.RESUME, row):
            return
        limited = RUNS.c.wanted.startswith(AT)
        active = sa.update(RUNS).where(RUNS.c.id == run_id, RUNS.c.status.in_(ACTIVE), limited)
        connection.execute(active.values(wanted=""))

    def _leave_experiment(self, connection: sa.Connection, run_id: str) -> None:
        """Note that this run, if it is here, is wanted by itself, not only in an experiment."""
        row = connection.execute(_asked_for(run_id)).first()
        if row is not None and row.experiment and self._may(connection, Action.RESUME, row):
            alone = sa.update(RUNS).where(RUNS.c.id == run_id).values(experiment="")
            connection.execute(alone)

    def _want(self, run_id: str, wanted: Action, when_queued: Status) -> None:
        self.sweep()
        self._despite_full_disk(lambda: self._note_wish(run_id, wanted, when_queued))

    def _note_wish(self, run_id: str, wanted: Action, when_queued: Status) -> None:
        with self._write() as connection:
            row = self._row(connection, run_id)
            self._check(connection, wanted, row)
            may_change = wanted is Action.STOP or step_of(row.wanted) is not None
            if row.status == Status.RUNNING:
                values: dict[str, Any] = {"wanted": wanted.value}
            elif row.status == Status.QUEUED or (row.status == Status.PAUSED and may_change):
                values = {"status": when_queued, "wanted": "", "ended": time.time()}
            else:
                raise RunStateError(
                    _state_of(row),
                    message(
                        "Only a running or queued run can be asked to {wanted}.",
                        wanted=message(ACTIONS[wanted]),
                    ),
                )
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(**values))


def forget(connection: sa.Connection, run_id: str) -> None:
    """Delete the run, whose row is locked, and everything that only belongs to it."""
    text = connection.scalar(sa.select(RUNS.c.config).where(RUNS.c.id == run_id))
    config = config_of(text or "{}")
    for table in (EVENTS, SNAPSHOTS, CHECKPOINTS, PREDICTIONS):
        connection.execute(sa.delete(table).where(table.c.run_id == run_id))
    connection.execute(sa.delete(RUNS).where(RUNS.c.id == run_id))
    if config is not None and config.drawings is not None:
        forget_drawings(connection, config.drawings)


def _state_of(row: sa.Row) -> Message:
    return message("Run {run_id} is {status}.", run_id=row.id, status=message(WORDS[row.status]))


def _asked_for(run_id: str) -> sa.Select:
    runs = RUNS.c
    return sa.select(
        runs.id, runs.status, runs.session, runs.ended, runs.wanted, runs.experiment
    ).where(RUNS.c.id == run_id)

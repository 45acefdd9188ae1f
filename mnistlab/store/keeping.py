"""How much is kept. Where that is exceeded, the oldest runs lose their snapshots, all but the first
and the last, and then go altogether; never those that are pinned or not over, nor their parents,
and never the latest.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

import sqlalchemy as sa

from mnistlab.errors import ConfigError
from mnistlab.i18n import message, ngettext
from mnistlab.store.concurrency import take_turns
from mnistlab.store.database import in_words, shrink
from mnistlab.store.origins import parents_needed
from mnistlab.store.people import check_operator
from mnistlab.store.requests import Requests, forget
from mnistlab.store.runs import ACTIVE
from mnistlab.store.tables import CHECKPOINTS, EVENTS, PREDICTIONS, RUNS, SNAPSHOTS

UNITS = {"mb": 10**6, "gb": 10**9, "tb": 10**12}
CONTENT = (EVENTS.c.body, SNAPSHOTS.c.weights, CHECKPOINTS.c.tensors, PREDICTIONS.c.logits)


@dataclass(frozen=True)
class Budget:
    """What may be kept: `most` runs, or bytes if `in_bytes`."""

    most: int
    in_bytes: bool

    def text(self, amount: int) -> str:
        """`amount` in words: "12 runs", "340 MB", "1.2 GB"."""
        if not self.in_bytes:
            return ngettext("{n:,} run", "{n:,} runs", amount).format(n=amount)
        return f"{amount / 1e6:,.0f} MB" if amount < 1e9 else f"{amount / 1e9:,.1f} GB"


@dataclass(frozen=True)
class Holding:
    """What one run takes, in bytes; `between`: of which its snapshots but the first and last."""

    run_id: str
    size: int
    between: int


@dataclass(frozen=True)
class Tidying:
    """What goes, run id -> bytes: whole runs, or only their snapshots in between."""

    runs: dict[str, int] = field(default_factory=dict)
    snapshots: dict[str, int] = field(default_factory=dict)


def budget(text: str | None = None) -> Budget | None:
    """What `text` says, or else `MNISTLAB_KEEP`: "500 runs", "2 GB". None: keep everything. Raises
    `ConfigError`.
    """
    said = (os.environ.get("MNISTLAB_KEEP", "") if text is None else text).strip()
    if not said:
        return None
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(runs?|MB|GB|TB)", said, re.IGNORECASE)
    unit = UNITS.get(match[2].lower()) if match else None
    most = round(float(match[1]) * (unit or 1)) if match else 0
    if most < 1:
        raise ConfigError(
            message("The store cannot be kept to {said}.", said=repr(said)),
            message(
                "Let MNISTLAB_KEEP or --keep say how much is kept, for example 2 GB or 500 runs."
            ),
        )
    return Budget(most, unit is not None)


def plan(oldest_first: Iterable[Holding], over: int, in_bytes: bool) -> Tidying:
    """What of these runs has to go, so that what is kept is less by `over` bytes or runs."""
    holdings, tidying = list(oldest_first), Tidying()
    for run in holdings if in_bytes else []:
        if over > 0 and run.between:
            tidying.snapshots[run.run_id] = run.between
            over -= run.between
    for run in holdings:
        if over > 0:
            thinned = tidying.snapshots.pop(run.run_id, 0)
            tidying.runs[run.run_id] = run.size
            over -= run.size - thinned if in_bytes else 1
    return tidying


class Keeping(Requests):
    """The store as something that is full at some time."""

    def used(self, budget: Budget) -> int:
        """How much of `budget` is kept now."""
        with self._read() as connection:
            return _used(connection, budget)

    def to_tidy(self, budget: Budget) -> Tidying:
        """What `tidy` would do."""
        with self._read() as connection:
            return _planned(connection, budget)

    def tidy(self, budget: Budget) -> Tidying:
        """Delete as much as `budget` demands, and return what that was. Raises `NotAllowed` for all
        but whoever runs the server.
        """
        check_operator(self.person)
        tidying = self._despite_full_disk(lambda: self._tidy(budget))
        with in_words(self.url):
            shrink(self.engine)
        return tidying

    def _tidy(self, budget: Budget) -> Tidying:
        with self._write() as connection:
            take_turns(connection, "tidying")
            planned = _planned(connection, budget)
            still = _may_still_go(connection, [*planned.runs, *planned.snapshots])
            tidying = Tidying(
                {run_id: size for run_id, size in planned.runs.items() if run_id in still},
                {run_id: size for run_id, size in planned.snapshots.items() if run_id in still},
            )
            for run_id in tidying.runs:
                forget(connection, run_id)
            for run_id in tidying.snapshots:
                _thin(connection, run_id)
        return tidying


def _planned(connection: sa.Connection, budget: Budget) -> Tidying:
    over = _used(connection, budget) - budget.most
    if over <= 0:
        return Tidying()
    oldest_first = sa.select(RUNS.c.id, RUNS.c.pinned, RUNS.c.status).order_by(
        RUNS.c.created, RUNS.c.id
    )
    older = connection.execute(oldest_first).all()[:-1]
    stay = parents_needed(connection)
    idle = [row for row in older if not row.pinned and row.status not in ACTIVE]
    may_go = [row.id for row in idle if row.id not in stay]
    sizes, between = _sizes(connection), _between(connection)
    holdings = [Holding(run_id, sizes[run_id], between[run_id]) for run_id in may_go]
    return plan(holdings, over, budget.in_bytes)


def _may_still_go(connection: sa.Connection, run_ids: Iterable[str]) -> set[str]:
    """Those of the runs that nobody has pinned or resumed since, and nobody can from now on."""
    idle = sa.and_(RUNS.c.pinned.is_(False), RUNS.c.status.not_in(ACTIVE))
    runs = sa.select(RUNS.c.id).where(RUNS.c.id.in_(run_ids), idle).order_by(RUNS.c.id)
    return set(connection.scalars(runs.with_for_update()))


def _used(connection: sa.Connection, budget: Budget) -> int:
    if budget.in_bytes:
        return _sizes(connection).total()
    return connection.scalar(sa.select(sa.func.count()).select_from(RUNS)) or 0


def _sizes(connection: sa.Connection) -> Counter[str]:
    """Run id -> the bytes of its events, weights, checkpoint and predictions."""
    sizes: Counter[str] = Counter()
    for column in CONTENT:
        run_id = column.table.c.run_id
        each = sa.select(run_id, sa.func.sum(sa.func.length(column))).group_by(run_id)
        sizes.update({key: int(size) for key, size in connection.execute(each)})
    return sizes


def _between(connection: sa.Connection) -> Counter[str]:
    """Run id -> the bytes of its snapshots but the first and the last."""
    sizes = sa.select(SNAPSHOTS.c.run_id, sa.func.length(SNAPSHOTS.c.weights))
    rows = connection.execute(sizes.order_by(SNAPSHOTS.c.run_id, SNAPSHOTS.c.step)).all()
    groups = groupby(rows, key=lambda row: row[0])
    return Counter({run_id: sum(size for _, size in [*own][1:-1]) for run_id, own in groups})


def _thin(connection: sa.Connection, run_id: str) -> None:
    steps = list(
        connection.scalars(sa.select(SNAPSHOTS.c.step).where(SNAPSHOTS.c.run_id == run_id))
    )
    between = sa.and_(SNAPSHOTS.c.step > min(steps), SNAPSHOTS.c.step < max(steps))
    connection.execute(sa.delete(SNAPSHOTS).where(SNAPSHOTS.c.run_id == run_id, between))

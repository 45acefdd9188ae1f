"""Whose turn it is: first comes whoever trains least, so that nobody waits for another's ten runs,
and a short run not for a long one.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from mnistlab.errors import ConfigError
from mnistlab.store.rows import config_of
from mnistlab.store.runs import Status
from mnistlab.store.tables import RUNS

LATELY_SECONDS = 3600.0  # a run that has ended and began longer ago is forgotten
# Waiting makes up for training, and more training than `MOST_WORK` counts as this much: so, after
# 41 minutes at most, a run precedes every one that comes later.
PATIENCE_SECONDS = 60.0  # of waiting that make up for nothing
CREDIT = 0.25  # seconds of work that each further second makes up for
MOST_WORK = 600.0


@dataclass(frozen=True)
class Waiting:
    """A queued run. `work`: what is left to train, in seconds of a small machine; `queued`: when,
    in seconds since 1970; `ahead`: how far a teacher moved it.
    """

    run_id: str
    session: str
    work: float
    queued: float
    ahead: int = 0


def turns(connection: sa.Connection) -> list[str]:
    """Queued runs in the order of their turns."""
    columns = (RUNS.c.id, RUNS.c.config, RUNS.c.status, RUNS.c.session, RUNS.c.step)
    rows = sa.select(*columns, RUNS.c.queued, RUNS.c.started, RUNS.c.ahead)
    waiting_rows = rows.where(RUNS.c.status == Status.QUEUED)
    oldest_first = waiting_rows.order_by(RUNS.c.ahead.desc(), RUNS.c.queued, RUNS.c.id)
    queued = connection.execute(oldest_first).all()
    sessions = {row.session for row in queued}
    if len(sessions) <= 1:  # and nobody has to import torch
        return [row.id for row in queued]
    now = time.time()
    waiting = [
        Waiting(row.id, row.session, _work(row.config)[1] - _done(row), row.queued, row.ahead)
        for row in queued
    ]
    begun = sa.or_(RUNS.c.status == Status.RUNNING, RUNS.c.started > now - LATELY_SECONDS)
    used: dict[str, float] = defaultdict(float)
    latest: dict[str, float] = {}
    for row in connection.execute(rows.where(begun, RUNS.c.session.in_(sessions))):
        used[row.session] += _done(row)
        latest[row.session] = max(latest.get(row.session, 0.0), row.started or 0.0)
    return in_turn(waiting, used, latest, now)


def in_turn(
    waiting: Iterable[Waiting], used: Mapping[str, float], latest: Mapping[str, float], now: float
) -> list[str]:
    """The ids of `waiting`, which are in the order in which they were queued, in that of their
    turns. `used`: session -> work done lately or under way; `latest`: session -> last start.

    First comes what a teacher moved ahead; then whoever will have used least once the run has
    ended, less what it waited for; then whoever was served longest ago, then the oldest.
    """
    line = defaultdict(float, used)
    places = []
    for age, run in enumerate(waiting):
        line[run.session] += run.work
        credit = CREDIT * max(0.0, now - run.queued - PATIENCE_SECONDS)
        cost = min(line[run.session], MOST_WORK) - credit
        places.append((-run.ahead, cost, latest.get(run.session, 0.0), age, run.run_id))
    return [run_id for *_, run_id in sorted(places)]


def _done(row: sa.Row) -> float:
    """The work that has been done of a run; all of it while it runs."""
    total_steps, work = _work(row.config)
    return work if row.status == Status.RUNNING else work * row.step / total_steps


@lru_cache(maxsize=4096)
def _work(config: str) -> tuple[int, float]:
    """The steps and the work of a run; none of one that this version cannot train."""
    from mnistlab.cost import work  # with torch, which takes a second to import

    known = config_of(config)
    try:
        return (1, 0.0) if known is None else (known.total_steps, work(known))
    except ConfigError:
        return 1, 0.0

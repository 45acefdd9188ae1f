"""Whose turn it is: sessions take turns, so that nobody waits for another's ten runs."""

from collections import Counter

import sqlalchemy as sa

from mnistlab.store.database import RUNS
from mnistlab.store.runs import ACTIVE, Status


def turns(connection: sa.Connection) -> list[str]:
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

"""How many runs may wait or run at once, of one person and altogether."""

import sqlalchemy as sa

from mnistlab.errors import QueueFull
from mnistlab.i18n import message
from mnistlab.store.runs import ACTIVE, Status
from mnistlab.store.tables import RUNS

RUNS_PER_SESSION = 10  # queued and running at once
QUEUED_RUNS = 500  # of all sessions together
QUEUE = "the queue"  # whoever adds to it takes turns, because the limits count its runs


def check_limit(connection: sa.Connection, session: str) -> None:
    """Raises `QueueFull`. The command line, which trains by itself, has no session and no
    limit. Whoever calls this takes turns at the `QUEUE`.
    """
    if not session:
        return
    if is_at_limit(connection, session):
        raise QueueFull(
            message(
                "You have {most} runs waiting or running, the most that one person can have.",
                most=RUNS_PER_SESSION,
            ),
            message("Wait for one to finish, or stop one."),
        )
    if _count(connection, RUNS.c.status == Status.QUEUED) >= QUEUED_RUNS:
        raise QueueFull(
            message("{most} runs are waiting here, the most that can.", most=QUEUED_RUNS),
            message("Try again when some of them have been trained."),
        )


def is_at_limit(connection: sa.Connection, session: str) -> bool:
    """Whether `session` has as many runs waiting or running as one person can have."""
    own = _count(connection, RUNS.c.session == session, RUNS.c.status.in_(ACTIVE))
    return bool(session) and own >= RUNS_PER_SESSION


def _count(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(RUNS).where(*which)) or 0

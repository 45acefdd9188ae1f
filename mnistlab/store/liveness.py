"""Which workers are dead, and what becomes of their runs."""

import socket

import psutil
import sqlalchemy as sa

from mnistlab.i18n import Message, Text, message, stored
from mnistlab.store.concurrency import clock, silent_seconds
from mnistlab.store.runs import Status, left_as
from mnistlab.store.tables import RUNS

# without a heartbeat, a worker that is suspended, or cannot be looked at, counts as dead
DEAD_AFTER_SECONDS = 8.0
KILLED = message(
    "The process that trained it was killed (by a person, or by the system when memory ran out), "
    "or the machine went down. Resume continues from the last snapshot."
)
SUSPENDED = message(
    "The process that trained it was suspended (Ctrl-Z does that), so the run was given up. Resume "
    "continues from the last snapshot."
)


def find_dead(connection: sa.Connection) -> list[tuple[sa.Row, Message]]:
    """The running runs whose worker is dead, each with the reason: see `why_dead`."""
    columns = (
        RUNS.c.id,
        RUNS.c.claim,
        RUNS.c.host,
        RUNS.c.pid,
        RUNS.c.pid_created,
        RUNS.c.heartbeat,
    )
    silent = silent_seconds(connection).label("silent_seconds")
    running = sa.select(*columns, silent).where(RUNS.c.status == Status.RUNNING)
    rows = connection.execute(running).all()
    return [(row, reason) for row in rows if (reason := why_dead(row))]


def interrupt(connection: sa.Connection, row: sa.Row, reason: Text) -> bool:
    """Interrupt this run, unless its worker has been heard meanwhile, or is just writing; returns
    whether. What that makes of it, `left_as` says.
    """
    unheard = sa.and_(
        RUNS.c.id == row.id, RUNS.c.claim == row.claim, RUNS.c.heartbeat == row.heartbeat
    )
    silent = sa.select(RUNS.c.wanted).where(unheard).with_for_update(skip_locked=True)
    wanted = connection.scalar(silent)
    if wanted is None:
        return False
    status, wanted = left_as(Status.INTERRUPTED, wanted)
    end = {"status": status, "reason": stored(reason), "ended": clock(connection), "claim": ""}
    connection.execute(sa.update(RUNS).where(RUNS.c.id == row.id).values(**end, wanted=wanted))
    return True


def why_dead(row: sa.Row) -> Message | None:
    """Why the worker of a running run counts as dead; None while it lives. On this machine its
    process tells, elsewhere for how many seconds it was silent.

    For how long a process has been suspended, its heartbeat tells: one in the future is an old one,
    as somebody set the clock. The heartbeat also decides where this process seems to be another
    than at first: the number was given again, or another version noted it.
    """
    if row.host == socket.gethostname():
        try:
            process = psutil.Process(row.pid)
            status = process.status()
            if status == psutil.STATUS_ZOMBIE:
                return KILLED
            if abs(began(process) - row.pid_created) < 1:
                is_suspended = status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
                is_silent = abs(row.silent_seconds) >= DEAD_AFTER_SECONDS
                return SUSPENDED if is_suspended and is_silent else None
        except psutil.NoSuchProcess:
            return KILLED
    return KILLED if row.silent_seconds >= DEAD_AFTER_SECONDS else None


def began(process: psutil.Process) -> float:
    """How many seconds after the machine `process` began: the same also after somebody set the
    clock, from which the times of day of both are reckoned.
    """
    machine = psutil.boot_time()
    return process.create_time() - machine

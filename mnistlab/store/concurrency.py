"""Who waits for whom, and by whose clock.

SQLite lets one transaction write at a time. PostgreSQL lets all of them write, and locks only the
rows that they change; so there, what a transaction decides has to hold until it is over:

- of one row: an UPDATE says in its WHERE what has to be true of it, or `with_for_update` locks the
  row before it is looked at (SQLite does without)
- of a row that somebody else may be adding: `insert_new`
- of many rows, such as how many runs wait: `take_turns`

A worker locks the row of its run before its events get their numbers. So the events of one run
appear in the order of their numbers, and whoever asks for those after a number misses none.
"""

import time

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mnistlab.store.tables import RUNS


def take_turns(connection: sa.Connection, what: str, seconds: float | None = None) -> None:
    """Wait until no other transaction is at `what`, such as "the queue", and keep others waiting
    until this one is over. From now on it waits for locks for so many `seconds`, if given.

    Rows are locked afterwards, never before: so nobody waits for somebody who waits for them.
    """
    if _is_postgresql(connection):
        if seconds is not None:
            patience = sa.func.set_config("lock_timeout", f"{seconds:.0f}s", True)
            connection.execute(sa.select(patience))
        key = sa.func.hashtextextended(f"mnistlab: {what}", 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def insert_new(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that leaves out the rows whose key is there already."""
    dialect = postgresql if _is_postgresql(connection) else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def clock(connection: sa.Connection) -> sa.ColumnElement[float]:
    """Now, in seconds since 1970: by the clock of PostgreSQL's server, because those of the
    machines that write into it may differ.
    """
    if _is_postgresql(connection):
        return _since_1970(sa.func.clock_timestamp())
    return sa.literal(time.time())


def silent_seconds(connection: sa.Connection) -> sa.ColumnElement[float]:
    """For how many seconds the worker of a running run has not been heard. Nobody could be heard
    before PostgreSQL's server began: one that was away gives workers time to say that they live.
    """
    silent = clock(connection) - RUNS.c.heartbeat
    if _is_postgresql(connection):
        began = _since_1970(sa.func.pg_postmaster_start_time())
        return sa.func.least(silent, clock(connection) - began)
    return silent


def _since_1970(moment: sa.ColumnElement) -> sa.ColumnElement[float]:
    return sa.cast(sa.extract("epoch", moment), sa.Float)


def _is_postgresql(connection: sa.Connection) -> bool:
    return connection.dialect.name == "postgresql"

"""The connection to the database: SQLite or PostgreSQL."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import StoreBusy, StoreError, StoreFull
from mnistlab.i18n import message
from mnistlab.store import postgresql
from mnistlab.store.concurrency import take_turns
from mnistlab.store.upgrade import bring_up_to_date, is_current

LOCKED_SECONDS = 30.0  # how long what others have locked is waited for, ...
UPGRADE_SECONDS = 3600.0  # ... and by who finds an older version: the upgrade copies a file first
WAL_BYTES = 4 * 2**20  # to which the write-ahead log is cut once it has been written back
DAMAGE = ("malformed", "not a database")  # in SQLite's words
VACUUM_PAGES = 2000  # that are given back in one transaction
VACUUM_PATIENCE = 1.0  # seconds that readers are waited for, before that is left to the next time
WRITE = "mnistlab_write"  # the execution option of a transaction that writes
CHECK_FILE = message("Check MNISTLAB_STORE, and that its folder exists and can be written.")
CHECK_SERVER = message(
    "Check MNISTLAB_STORE, and that the database server runs. Trainings wait two minutes for it."
)


def open_database(url: str) -> sa.Engine:
    """The engine of this database: one for each process. Makes the tables of a new database, and
    upgrades those of an older version. Raises `StoreError`.
    """
    with in_words(url):
        engine = _engine(url)
        path = file_of(engine.url)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        engine.connect().close()
    return engine


def file_of(url: str | sa.URL) -> Path | None:
    """The file of an SQLite database; None if the database is elsewhere."""
    parts = sa.make_url(url)
    name = parts.database if parts.get_backend_name() == "sqlite" else None
    return Path(name) if name and name != ":memory:" else None


def shrink(engine: sa.Engine) -> None:
    """Give the room of what was deleted back to the disk: the pages of an SQLite file that are
    free, and the write-ahead log. Where others are in the way, some of it is left for the next
    time.

    A file without auto_vacuum keeps its free pages, for later runs.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection, _waiting(connection, VACUUM_PATIENCE) as sqlite:
        left, busy = None, False
        with suppress(sqlite3.OperationalError):  # locked, or the disk is still full
            while left != (left := sqlite.execute("PRAGMA freelist_count").fetchone()) and not busy:
                # a script, because `execute` would stop after the first page
                sqlite.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
                busy, *_ = sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def shown(url: str) -> str:
    """The URL as it may be shown: without the password."""
    with suppress(sa.exc.ArgumentError):
        return sa.make_url(url).render_as_string(hide_password=True)
    return url


@contextmanager
def in_words(url: str) -> Iterator[None]:
    """Whatever the database says, as a `StoreError` in plain words."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        if "disk is full" in cause or "No space left" in cause:
            raise StoreFull(
                message("The disk that holds the store is full."),
                message("Free some space, then resume the run."),
            ) from error
        kind = StoreBusy if _passes(error, cause) else StoreError
        advice = CHECK_SERVER if url.startswith("postgresql") else CHECK_FILE
        if any(damage in cause for damage in DAMAGE):
            advice = message("Save what can still be read of it: mnistlab rescue NEW_FILE.")
        raise kind(
            message("The store {url} cannot be used: {cause}.", url=shown(url), cause=cause),
            advice,
        ) from error


def _passes(error: Exception, cause: str) -> bool:
    """Whether the trouble may be over soon."""
    if isinstance(getattr(error, "orig", error), sqlite3.Error):
        return "locked" in cause or "busy" in cause
    return postgresql.passes(error)


@lru_cache(maxsize=32)
def _engine(url: str) -> sa.Engine:
    is_sqlite = sa.make_url(url).get_backend_name() == "sqlite"
    engine = _sqlite(url) if is_sqlite else postgresql.open_engine(url, LOCKED_SECONDS)

    @sa.event.listens_for(engine, "engine_connect")
    def _connected(connection: sa.Connection) -> None:
        if "checked" not in connection.info:  # once for each connection to the database
            _check_revision(connection)
            connection.info["checked"] = True

    return engine


def _check_revision(connection: sa.Connection) -> None:
    """Raises `StoreError` if the database is of a newer version."""
    with connection.begin():
        current = is_current(connection)
    if not current:
        connection.execution_options(**{WRITE: True})
        # one process at a time: the others wait, and find it done
        with _waiting(connection, UPGRADE_SECONDS), connection.begin():
            take_turns(connection, "the upgrade", UPGRADE_SECONDS)
            bring_up_to_date(connection, file_of(connection.engine.url))
        connection.execution_options(**{WRITE: False})


@contextmanager
def _waiting(connection: sa.Connection, seconds: float) -> Iterator[Any]:
    """Within, a locked SQLite file is waited for as long as this, and not `LOCKED_SECONDS`. Gives
    the driver's own cursor: SQLAlchemy would begin a transaction. (For PostgreSQL, `take_turns`
    does that.)
    """
    if connection.dialect.name != "sqlite":
        yield None
        return
    sqlite = connection.connection.cursor()
    sqlite.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
    try:
        yield sqlite
    finally:
        sqlite.execute(f"PRAGMA busy_timeout = {LOCKED_SECONDS * 1000:.0f}")
        sqlite.close()


def _sqlite(url: str) -> sa.Engine:
    """Write-ahead log, so that readers and the one writer do not wait for each other; waiting for a
    lock up to 30 seconds.
    """
    engine = sa.create_engine(
        url, connect_args={"timeout": LOCKED_SECONDS, "check_same_thread": False}
    )
    path = file_of(url)

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        # else what is deleted is overwritten, which takes as much room again: on a full disk, none
        connection.execute("PRAGMA secure_delete = OFF")
        record.info["file"] = _inode(path)

    @sa.event.listens_for(engine, "checkout")
    def _lent(connection: Any, record: Any, _: Any) -> None:
        # somebody deleted the file: begin a new one, instead of writing to nowhere
        if record.info["file"] != _inode(path):
            raise sa.exc.DisconnectionError

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITE) else "BEGIN"
        )

    return engine


def _write_ahead(connection: Any) -> None:
    """Switch to the write-ahead log. While another process does so for a new file, SQLite refuses
    at once, whatever the timeout: so it is asked again.
    """
    give_up = time.monotonic() + LOCKED_SECONDS
    while True:
        try:
            # first, as it holds only for a file that is still empty (see `shrink`); where it holds,
            # saying it again would be a write
            if not connection.execute("PRAGMA auto_vacuum").fetchone()[0]:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _inode(path: Path | None) -> tuple[int, int] | None:
    """What tells this file from another of the same name; None if there is none."""
    if path is None:
        return None
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino

"""The tables, and the connection to the database that holds them: SQLite or PostgreSQL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from mnistlab.errors import StoreError

WRITE = "mnistlab_write"  # the execution option of a transaction that writes
_POSTGRESQL_LOCK = 0x6D6E6973746C6162  # "mnistlab": writers to a PostgreSQL database take turns, as SQLite's do by themselves


class Json(sa.TypeDecorator):
    """JSON as text: PostgreSQL's own type refuses the infinities and NaNs that a diverging network has to tell."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


metadata = sa.MetaData()
RUNS = sa.Table(
    "runs", metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("config", sa.Text, nullable=False),  # JSON
    sa.Column("status", sa.String(12), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("session", sa.String(64), nullable=False, default=""),
    sa.Column("wanted", sa.String(12), nullable=False, default=""),  # "", "pause" or "stop": what a person asked of the worker
    sa.Column("created", sa.Float, nullable=False),  # seconds since 1970, as all times here
    sa.Column("queued", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("ended", sa.Float),
    sa.Column("step", sa.Integer, nullable=False, default=0),
    sa.Column("final", Json),  # the record of `Finished`
    sa.Column("environment", Json),  # versions, threads and device of the last worker
    sa.Column("claim", sa.String(32), nullable=False, default=""),
    sa.Column("host", sa.String(255), nullable=False, default=""),
    sa.Column("pid", sa.Integer),
    sa.Column("pid_created", sa.Float),
    sa.Column("heartbeat", sa.Float),
)  # fmt: skip
EVENTS = sa.Table(
    "events", metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String(12), nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Index("events_of_run", "run_id", "seq"),
    sqlite_autoincrement=True,  # no number is given twice: whoever asks for what came after one misses nothing
)  # fmt: skip
SNAPSHOTS = sa.Table(
    "snapshots", metadata,
    sa.Column("run_id", sa.String(12), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("weights", sa.LargeBinary, nullable=False),  # safetensors
)  # fmt: skip
CHECKPOINTS = sa.Table(  # the latest of each run
    "checkpoints", metadata,
    sa.Column("run_id", sa.String(12), primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("state", Json, nullable=False),
    sa.Column("tensors", sa.LargeBinary, nullable=False),  # safetensors
)  # fmt: skip
DRAWINGS = sa.Table(
    "drawings", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("session", sa.String(64), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("label", sa.Integer, nullable=False),  # the true class, 0 to 9, as its author says
    sa.Column("image", sa.LargeBinary, nullable=False),  # 28×28 bytes, row by row
    sqlite_autoincrement=True,
)  # fmt: skip


def open_database(url: str) -> sa.Engine:
    """The engine of this database: one for each process. Makes the tables that are missing. Raises `StoreError`."""
    with in_words(url):
        engine = _engine(url)
        if engine.dialect.name != "sqlite":
            with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
                metadata.create_all(connection)
        else:
            path = file_of(engine)
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            engine.connect().close()
    return engine


def file_of(engine: sa.Engine) -> Path | None:
    """The file of an SQLite database; None if the database is elsewhere."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


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
    except (sa.exc.SQLAlchemyError, OSError, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        if "disk is full" in cause or "No space left" in cause:
            raise StoreError("The disk of the store is full.", "Make room, then resume the run.") from error
        raise StoreError(
            f"The store {shown(url)} cannot be used: {cause}.", "Check MNISTLAB_STORE, and that its folder exists and can be written."
        ) from error


@lru_cache(maxsize=32)
def _engine(url: str) -> sa.Engine:
    if sa.make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    engine = sa.create_engine(url, pool_pre_ping=True)

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        if connection.get_execution_options().get(WRITE):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})")

    return engine


def _sqlite(url: str) -> sa.Engine:
    """Write-ahead log, so that readers and the one writer do not wait for each other; waiting for a lock up to 30 seconds."""
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    path = file_of(engine)
    creations: list[sa.schema.DDLElement] = [CreateTable(table, if_not_exists=True) for table in metadata.sorted_tables]
    creations += [CreateIndex(index, if_not_exists=True) for table in metadata.sorted_tables for index in table.indexes]
    schema = [str(creation.compile(dialect=sqlite.dialect())) for creation in creations]

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        for statement in schema:
            connection.execute(statement)
        record.info["file"] = _inode(path)

    @sa.event.listens_for(engine, "checkout")
    def _lent(connection: Any, record: Any, _: Any) -> None:
        if record.info["file"] != _inode(path):  # somebody deleted the file: begin a new one, instead of writing to nowhere
            raise sa.exc.DisconnectionError

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITE) else "BEGIN")

    return engine


def _inode(path: Path | None) -> tuple[int, int] | None:
    """What tells this file from another of the same name; None if there is none."""
    if path is None:
        return None
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino

"""What can still be read of a damaged SQLite store, copied row by row into a new one.

By hand, because neither Python's SQLite nor every `sqlite3` program has the recovery extension. A
table is a tree of pages; a row is found from its number alone, so the rows on whole pages can be
read beside those that are gone. SQLite keeps no checksums: what is copied is also looked at, but a
number in an event that was changed into another one cannot be told from a good one.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import ExportError, StoreError
from mnistlab.i18n import message, stored
from mnistlab.store import Store
from mnistlab.store.database import in_words
from mnistlab.store.queries import tensors
from mnistlab.store.runs import Status
from mnistlab.store.tables import (
    CHECKPOINTS,
    DRAWINGS,
    EVENTS,
    PREDICTIONS,
    RUNS,
    SNAPSHOTS,
    Json,
    metadata,
)

PATIENCE = 20_000  # row numbers that are tried one by one, before more and more are left out
LAST_NUMBER = 2**62
RESCUED = message(
    "It was under way in the damaged store. Resume continues from the last checkpoint that was "
    "rescued."
)


OF_A_RUN = (EVENTS, SNAPSHOTS, CHECKPOINTS, PREDICTIONS)  # whose rows belong to their `run_id`
TENSORS = (SNAPSHOTS, CHECKPOINTS, PREDICTIONS)  # whose bytes are safetensors


@dataclass
class Rescue:
    """What came of it: ids of runs. `incomplete`: rescued, but rows of theirs are lost, or may be.
    `cut_off`: so is the end of some tables, where nobody knows what was there.
    """

    runs: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)
    drawings: int = 0
    cut_off: bool = False


def rescue(damaged: Path, target: Path) -> Rescue:
    """Copy what can be read of the SQLite file `damaged`, which stays as it is, into the new file
    `target`. Raises `ExportError` if that exists, and `StoreError` if nothing can be read.
    """
    if target.exists():
        raise ExportError(
            message("{target} exists already.", target=target),
            message("Give the rescued store another name."),
        )
    with closing(_opened(damaged)) as source:
        try:
            return _rescued(source, target)
        except StoreError:  # such as a full disk: the next try begins anew
            for suffix in ("", "-wal", "-shm"):
                target.with_name(target.name + suffix).unlink(missing_ok=True)
            raise


def _rescued(source: sqlite3.Connection, target: Path) -> Rescue:
    outcome, store = Rescue(), Store(f"sqlite:///{target}")
    try:
        with in_words(store.url), store.engine.begin() as connection:
            tables = [Reading(source, table) for table in metadata.sorted_tables]
            for reading in tables:
                for row in reading.rows():
                    _copy(connection, reading.table, row, outcome)
            _forget_the_lost(connection, outcome)
            for reading in tables:
                outcome.incomplete |= reading.beside_gaps() | _unended(connection, reading)
                outcome.cut_off |= reading.cut_off
            outcome.incomplete &= outcome.runs
    finally:
        store.engine.dispose()
    return outcome


def _opened(damaged: Path) -> sqlite3.Connection:
    """The damaged file, only to read. Raises `StoreError`."""
    try:
        source = sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
        source.row_factory = sqlite3.Row
        source.execute("PRAGMA writable_schema = ON")  # also where the end of the file is missing
        source.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise StoreError(
            message("Nothing can be read of {damaged}: {error}.", damaged=damaged, error=error),
            message("Go back to a backup, if there is one."),
        ) from error
    return source


class Reading:
    """The rows of one table that can be read."""

    def __init__(self, source: sqlite3.Connection, table: sa.Table) -> None:
        self.table, self.cut_off = table, False
        self.gaps: list[tuple[int, int]] = []  # row numbers before and after each
        self._source = source
        self._spans: dict[str, tuple[int, int]] = {}  # run -> its first and last row number

    def rows(self) -> Iterator[dict[str, Any]]:
        """In order. After a row that cannot be read, the next number that can be is looked for."""
        is_there = "SELECT 1 FROM sqlite_master WHERE name = ?"
        if self._source.execute(is_there, (self.table.name,)).fetchone() is None:
            return  # in a store of an older version
        after = number = 0
        query = f"SELECT rowid AS number, * FROM {self.table} WHERE rowid > ? ORDER BY rowid"
        while number < LAST_NUMBER:
            try:
                for row in self._source.execute(query, (number,)):
                    self._note(dict(row), after, gap=number > after)
                    after = number = row["number"]
                    yield dict(row)
            except sqlite3.DatabaseError:
                number += max(1, number - after - PATIENCE)
            else:
                break
        if number > after:
            self.gaps.append((after, number))
        self.cut_off = number >= LAST_NUMBER

    def beside_gaps(self) -> set[str]:
        """The runs with rows next to a gap, or on both sides of one."""
        return {
            run_id
            for run_id, (first, last) in self._spans.items()
            if any(first <= end and last >= begin for begin, end in self.gaps)
        }

    def _note(self, row: dict[str, Any], after: int, gap: bool) -> None:
        number, run_id = row["number"], row.get("run_id")
        if gap:
            self.gaps.append((after, number))
        if run_id is not None and self.table in OF_A_RUN:
            first, _ = self._spans.get(run_id, (number, number))
            self._spans[run_id] = first, number


def _unended(connection: sa.Connection, reading: Reading) -> set[str]:
    """The runs whose rows in a table with gaps do not reach to the step that they had come to."""
    columns = reading.table.c
    if not reading.gaps or reading.table not in OF_A_RUN:
        return set()
    reached = sa.select(columns.run_id).where(columns.step >= RUNS.c.step)
    return set(connection.scalars(sa.select(RUNS.c.id).where(RUNS.c.id.not_in(reached))))


def _copy(connection: sa.Connection, table: sa.Table, row: dict[str, Any], outcome: Rescue) -> None:
    if table is RUNS and row["status"] == Status.RUNNING:
        row |= {"status": Status.INTERRUPTED, "reason": stored(RESCUED), "claim": ""}
    names = [column.name for column in table.c if column.name in row]
    insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    try:
        for name in names:
            _check(table.c[name], row[name])
        with connection.begin_nested():
            connection.exec_driver_sql(insert, tuple(row[name] for name in names))
    except (StoreError, TypeError, ValueError, sa.exc.IntegrityError):
        if table in OF_A_RUN:
            outcome.incomplete.add(row.get("run_id", ""))
        outcome.lost |= {str(row["id"])} if table is RUNS else set()
    else:
        outcome.runs |= {row["id"]} if table is RUNS else set()
        outcome.drawings += table is DRAWINGS


def _check(column: sa.Column, value: Any) -> None:
    """Raises `StoreError`, `TypeError` or `ValueError` if `value` cannot be one of `column`."""
    if value is None:
        return
    if isinstance(column.type, Json):
        json.loads(value)
    elif isinstance(column.type, sa.LargeBinary):
        if column.table not in TENSORS:
            return
        read = tensors(value, message("The column {column} is damaged.", column=column))
        if column.table is SNAPSHOTS and not all(each.isfinite().all() for each in read.values()):
            raise ValueError("no network is kept with weights that are NaN or infinite")
    elif not isinstance(value, str if isinstance(column.type, sa.String) else int | float):
        raise ValueError(f"{column} is no {column.type}")


def _forget_the_lost(connection: sa.Connection, outcome: Rescue) -> None:
    """Rows whose run is gone are of no use."""
    for table in OF_A_RUN:
        rescued = table.c.run_id.in_(sa.select(RUNS.c.id))
        outcome.lost |= set(connection.scalars(sa.select(table.c.run_id).where(~rescued)))
        connection.execute(sa.delete(table).where(~rescued))

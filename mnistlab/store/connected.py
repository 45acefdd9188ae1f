"""The store as it is opened, read and written: in transactions, in somebody's name, and on a full
disk.
"""

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

import sqlalchemy as sa
from platformdirs import user_data_path

from mnistlab.errors import StoreFull
from mnistlab.store.database import WRITE, file_of, in_words, open_database, shown, shrink
from mnistlab.store.people import OPERATOR, Person

Result = TypeVar("Result")
# kept free beside an SQLite file, so that a run can still say that the disk is full
RESERVE_BYTES = 2**20


def store_url() -> str:
    """`MNISTLAB_STORE`, or an SQLite file in the user's data folder."""
    return os.environ.get("MNISTLAB_STORE") or f"sqlite:///{user_data_path('mnistlab') / 'runs.db'}"


class Connected:
    """A store that is open. Raises `StoreError` if it cannot be opened."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url or store_url()
        self.engine = open_database(self.url)
        self.file = file_of(self.url)  # of an SQLite database
        self.person = OPERATOR  # who acts

    def acting_as(self, person: Person) -> Self:
        """The same store as `person` may use it."""
        same = copy.copy(self)
        same.person = person
        return same

    def __repr__(self) -> str:
        return f"Store({shown(self.url)!r})"

    def reserve_space(self) -> None:
        """Keep some room on the disk, so that a worker can still say that the disk is full. Raises
        `StoreFull` if it is already, and the database has no free pages either.
        """
        with in_words(self.url):
            if self._reserve is not None and not self._reserve.exists():
                try:
                    self._reserve.write_bytes(b"reserve." * (RESERVE_BYTES // 8))
                except OSError:
                    self._reserve.unlink(missing_ok=True)
                    if not self._free_pages():
                        raise

    def release_space(self) -> None:
        """Give the room that was kept for a full disk to the database."""
        with in_words(self.url):
            if self._reserve is not None:
                self._reserve.unlink(missing_ok=True)

    @property
    def _reserve(self) -> Path | None:
        return None if self.file is None else self.file.with_name(self.file.name + ".reserve")

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with in_words(self.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with (
            in_words(self.url),
            self.engine.connect().execution_options(**{WRITE: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def _despite_full_disk(self, work: Callable[[], Result]) -> Result:
        """`work()`, which needs little room or gives some back: on a full disk the reserve is given
        up for it. Raises `StoreFull` if that is not enough.
        """
        try:
            return work()
        except StoreFull:
            self.release_space()
            with in_words(self.url):
                shrink(self.engine)
            return work()

    def _free_pages(self) -> int:
        with self._read() as connection:
            return connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()

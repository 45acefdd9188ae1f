"""The revision of a database's tables: what is older is upgraded, what is newer is refused.

Each change of the tables is an Alembic migration in `migrations/versions`; its revision is a number
of four digits. Alembic is imported only where an upgrade is due.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from mnistlab.errors import StoreError
from mnistlab.i18n import message
from mnistlab.store.tables import RUNS, metadata

REVISION = "0006"  # of the tables in `tables`
UNSTAMPED = "0001"  # of a database that was made before revisions were noted
MIGRATIONS = Path(__file__).with_name("migrations")
VERSION = sa.Table(  # as Alembic makes it: one row
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def revision(connection: sa.Connection) -> str | None:
    """The revision that the database says it has; None if it says none."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return None
    return connection.scalar(sa.select(VERSION.c.version_num))


def is_current(connection: sa.Connection) -> bool:
    """Whether the tables are those of this version."""
    return revision(connection) == REVISION


def bring_up_to_date(connection: sa.Connection, file: Path | None) -> None:
    """Make the tables of a new database, or upgrade those of an older one, in this transaction.

    An SQLite `file` is first copied to one beside it. Raises `StoreError` if the database is of a
    newer version.
    """
    current = revision(connection) or _stamp(connection)
    if current > REVISION:
        raise StoreError(
            message(
                "The store was made by a newer version of mnistlab (its revision is "
                "{current}, this version knows {known}).",
                current=current,
                known=REVISION,
            ),
            message("Update mnistlab, or set MNISTLAB_STORE to another store."),
        )
    if current < REVISION:
        if file is not None:
            back_up(file)
        migrate(connection, REVISION)


def migrate(connection: sa.Connection, target: str) -> None:
    """Run Alembic's migrations up to `target` in this transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, target)


def back_up(file: Path) -> Path:
    """Copy an SQLite database, as it was before this transaction, to `FILE.before-REVISION`."""
    backup = file.with_name(f"{file.name}.before-{REVISION}")
    unfinished = backup.with_name(f"{backup.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(unfinished)) as copy:
        source.backup(copy)
    os.replace(unfinished, backup)
    return backup


def _stamp(connection: sa.Connection) -> str:
    """Note the revision of a database that says none, and return it. A new one gets its tables."""
    is_new = not sa.inspect(connection).has_table(RUNS.name)
    if is_new:
        metadata.create_all(connection)
    stamped = REVISION if is_new else UNSTAMPED
    VERSION.create(connection)
    connection.execute(sa.insert(VERSION).values(version_num=stamped))
    return stamped

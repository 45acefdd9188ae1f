"""A PostgreSQL server of the tests' own, where this machine has the program: for as long as they
run, in a folder that goes with them. Run as a program: see that there is one, and get one if that
can be done without asking.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import programs
import sqlalchemy as sa

ADVICE = "Install your system's package postgresql, which has the programs initdb and pg_ctl."
USER = "tests"
ACCOUNT = "postgres"  # under which the server runs if we are root, for which it refuses to run
# nobody else is served, and nothing has to survive
QUICK = "-c listen_addresses='' -c fsync=off -c max_connections=300"


def find() -> Path | None:
    """The folder of initdb and pg_ctl; None if there is no PostgreSQL that we could start."""
    found = shutil.which("initdb")
    folders = (
        [Path(found).resolve().parent]
        if found
        else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    )
    if os.name != "posix" or (os.getuid() == 0 and not _has_account()):
        return None
    return next((folder for folder in reversed(folders) if (folder / "pg_ctl").exists()), None)


def get() -> Path | None:
    """`find`, and if there is none, try to install the system's package if we are root. The server
    that the package itself starts is stopped: the tests start their own.
    """
    stop = ["service", "postgresql", "stop"]
    return programs.get("PostgreSQL", find, *programs.debian("postgresql", stop))


@contextmanager
def server(folder_of_programs: Path) -> Iterator[Callable[[], str]]:
    """Within, the function given makes an empty database and returns its URL."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, account = Path(name), ACCOUNT if os.getuid() == 0 else None
        if account:
            shutil.chown(folder, account)

        def run(program: str, *arguments: str) -> None:
            done = subprocess.run(
                [folder_of_programs / program, "-D", folder / "data", *arguments],
                user=account,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            assert done.returncode == 0, done.stderr.decode()

        run("initdb", "--username", USER, "--auth", "trust", "--no-sync")
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {QUICK}", "start")
        try:
            numbers, control = (
                count(1),
                sa.create_engine(_url(folder, "postgres"), isolation_level="AUTOCOMMIT"),
            )

            def fresh() -> str:
                database = f"fresh{next(numbers)}"
                with control.connect() as connection:
                    connection.execute(sa.text(f"CREATE DATABASE {database}"))
                return _url(folder, database)

            yield fresh
            control.dispose()
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")


def _url(folder: Path, database: str) -> str:
    return f"postgresql+psycopg://{USER}@/{database}?host={folder}"


def _has_account() -> bool:
    import pwd

    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


if __name__ == "__main__":
    if get() is None:
        print(
            f"THERE IS NO POSTGRESQL: the tests that need it will be left out. {ADVICE}",
            file=sys.stderr,
        )

"""A PostgreSQL server of the tests' own, where this machine has the program: for as long as they
run, in a folder that goes with them. Run as a program: see that there is one, and get one if that
can be done without asking.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
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


class Server:
    """A server with its data in `folder`, which is begun by `start`."""

    def __init__(self, folder_of_programs: Path, folder: Path, options: str = QUICK) -> None:
        self._programs, self._folder = folder_of_programs, folder
        self._options = f"-k {folder} {options}"
        self._account = ACCOUNT if os.getuid() == 0 else None
        self._numbers = count(1)
        if self._account:
            shutil.chown(folder, self._account)
        self._run("initdb", "--username", USER, "--auth", "trust", "--no-sync")

    def start(self) -> None:
        log = str(self._folder / "log")
        self._run("pg_ctl", "-w", "-l", log, "-o", self._options, "start")

    def stop(self) -> None:
        """At once, as if it had been killed: the next start has to recover."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def fresh(self) -> str:
        """The URL of an empty place: a schema of its own, which is made sooner than a database."""
        schema = f"fresh{next(self._numbers)}"
        url = f"postgresql+psycopg://{USER}@/postgres?host={self._folder}"
        control = sa.create_engine(url)
        with control.begin() as connection:
            connection.execute(sa.schema.CreateSchema(schema))
        control.dispose()
        return f"{url}&options=-csearch_path%3D{schema}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, "-D", self._folder / "data", *arguments],
            user=self._account,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert done.returncode == 0, done.stderr.decode()


@contextmanager
def server(folder_of_programs: Path, options: str = QUICK) -> Iterator[Server]:
    """A server for as long as this lasts."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Server(folder_of_programs, Path(folder), options)
        made.start()
        try:
            yield made
        finally:
            made.stop()


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

"""The folder that a store's server and its processes share on this machine.

It is all that they share besides the store. Its locks are their holders' until these die, however
they die, so nothing has to be tidied up after a process that was killed:

    spare, link  held by the one process in that role: see `local` and `ray`
    slot-0, ...  held by the processes that train, `workers()` of them at most
    spare.pid, slot-0.pid, ...  not locks: the process that holds, or last held, the lock of that
      name; one that is suspended keeps its locks, and has to be ended
    spare.wanted, ...  not locks: touched whenever somebody looks at the queue, so that a process
      that nobody needs can go
    spare.log, ...  what the processes write to stderr
"""

import hashlib
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from platformdirs import user_cache_path

import mnistlab
from mnistlab.errors import ExecutorError
from mnistlab.i18n import message
from mnistlab.machine import workers
from mnistlab.store import ACTIVE, Status, Store

IDLE_SECONDS = 60.0  # how long a process waits when nobody looks at the queue
LAST_THREAD_SECONDS = 2.0  # a process that was killed is seen to have ended before its threads have
SOURCES_SECONDS = 2.0  # whether the program on the disk is a newer one is looked up so often
# the environment variables that those who train read
SETTINGS = (
    "MNISTLAB_DATA",
    "MNISTLAB_EXECUTOR",
    "MNISTLAB_KEEP",
    "MNISTLAB_MAX_SECONDS",
    "MNISTLAB_NICE",
    "MNISTLAB_WORKERS",
    "RAY_ADDRESS",
)
PACKAGE = Path(mnistlab.__file__).parent


@dataclass(frozen=True)
class Role:
    """What a process is for. On each machine, a store has one process in each role that is wanted.

    `lock` names it, `module` is what it runs, and `title` what people call it.
    """

    lock: str
    module: str
    title: str


class WorkerFolder:
    """The folder that a store's server and its processes of one role share on this machine."""

    def __init__(self, store: Store, role: Role) -> None:
        self.role = role
        if store.file is not None:
            self.path = store.file.absolute().with_name(store.file.name + ".workers")
        elif store.engine.dialect.name == "sqlite":
            raise ExecutorError(
                message(
                    "The store exists only in this process's memory, which no other "
                    "process can read."
                ),
                message("Let MNISTLAB_STORE name a file."),
            )
        else:
            self.path = (
                user_cache_path("mnistlab")
                / f"workers-{hashlib.sha256(store.url.encode()).hexdigest()[:12]}"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        self.wanted, self.log = (self.path / f"{role.lock}.{name}" for name in ("wanted", "log"))

    def take(self, name: str, patience: float = 0.0) -> FileLock | None:
        """The lock `name`, or None if another process has it (for `patience` seconds)."""
        lock = FileLock(self.path / f"{name}.lock", thread_local=False)
        return lock if self.hold(lock, patience) else None

    def hold(self, lock: FileLock, patience: float = 0.0) -> bool:
        """Whether this process could get `lock`; it then notes beside it who has it."""
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            return False
        with suppress(OSError):  # on a full disk the note is empty, and names nobody
            Path(lock.lock_file).with_suffix(".pid").write_text(str(os.getpid()))
        return True

    def suspended(self) -> list[psutil.Process]:
        """The processes of this folder that are suspended, and keep a lock."""
        found = []
        for note in self.path.glob("*.pid"):
            with suppress(OSError, ValueError, psutil.Error):
                process = psutil.Process(int(note.read_text()))
                if is_suspended(process) and not self.is_free(note.stem):
                    found.append(process)
        return found

    def is_free(self, name: str) -> bool:
        """Whether no process has the lock `name`. One that was killed still has it for a moment,
        until the last of its threads is gone: that is waited for.
        """
        lock = self.take(name, LAST_THREAD_SECONDS if self._has_ended(name) else 0.0)
        if lock is not None:
            lock.release()
        return lock is not None

    def _has_ended(self, name: str) -> bool:
        """Whether the process has ended that held the lock `name` last."""
        try:
            note = (self.path / f"{name}.pid").read_text()
            return psutil.Process(int(note)).status() == psutil.STATUS_ZOMBIE
        except (OSError, ValueError):  # nobody had it yet
            return False
        except psutil.NoSuchProcess:
            return True

    def take_slot(self) -> FileLock | None:
        """The lock of a free slot, or None if as many trainings run as may."""
        return next(
            filter(None, (self.take(f"slot-{number}") for number in range(workers()))), None
        )

    def want(self) -> None:
        """Say that somebody looks at the queue, and with which program and settings it should be
        worked on.
        """
        if self.wanted_settings() == settings():
            os.utime(self.wanted)
        else:
            self.path.mkdir(parents=True, exist_ok=True)
            self.wanted.write_text(settings())

    def asked(self) -> int:
        """When somebody last looked at the queue, in nanoseconds; 0 if nobody does."""
        with suppress(OSError):
            return self.wanted.stat().st_mtime_ns
        return 0

    def wanted_settings(self) -> str:
        """With which program and settings the queue should be worked on; "" if nobody wants it to
        be.
        """
        return self.wanted.read_text() if self.wanted.exists() else ""

    def is_needed(self, store: Store, mine: str) -> bool:
        """Whether a process with the settings `mine` is: somebody looks at the queue, or there is
        something in it. With other settings than ours another process takes our place.
        """
        if self.wanted_settings() != mine:
            return store.count(Status.QUEUED) > 0
        age = time.time() - self.wanted.stat().st_mtime
        # below zero after somebody set the clock back
        return abs(age) < IDLE_SECONDS or store.count(*ACTIVE) > 0


def settings() -> str:
    """What tells one process from another: its Python, the program as it is on the disk now, and
    the environment that counts.
    """
    environment = [os.environ.get(name, "") for name in SETTINGS]
    program = _sources(int(time.monotonic() / SOURCES_SECONDS))
    return hashlib.sha256(repr((sys.executable, program, environment)).encode()).hexdigest()


@lru_cache(maxsize=1)
def _sources(now: int) -> list[tuple[str, int]]:
    """The files of the program and when they were changed, looked up once for each `now`."""
    return sorted((str(path), path.stat().st_mtime_ns) for path in PACKAGE.rglob("*.py"))


def is_suspended(process: psutil.Process) -> bool:
    """Whether this is one of ours, suspended by a signal: not by a debugger, which may go on."""
    try:
        return process.status() == psutil.STATUS_STOPPED and any(
            part.startswith(f"{__package__}.") for part in process.cmdline()
        )
    except psutil.Error:
        return False

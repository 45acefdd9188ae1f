"""Training in processes of their own on this machine: they outlive the server that asked for them.

All that the server and its workers share, besides the store, is a folder of lock files. A lock is its holder's until the holder
dies, however it dies, so nothing has to be tidied up after a process that was killed:

    spare        held by the one process that waits, warmed up, for a run to train; it also looks out for workers that died
    slot-0, ...  held by the processes that train, `workers()` of them at most
    wanted       not a lock: touched whenever somebody looks at the queue, so that a spare that nobody needs can go
    log          what the processes write to stderr
"""

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

import mnistlab
from mnistlab.config import TrainConfig
from mnistlab.errors import ExecutorError
from mnistlab.executors.base import check, workers
from mnistlab.store import RunRecord, Store

RETRY_SECONDS = 10.0  # a spare that could not start is tried again after so long
LOG_BYTES = 2**20  # the log begins anew when it has grown beyond this
PACKAGE = Path(mnistlab.__file__).parent


class Room:
    """The folder that a store's server and workers share on this machine."""

    def __init__(self, store: Store) -> None:
        if store.file is not None:
            self.folder = store.file.absolute().with_name(store.file.name + ".workers")
        elif store.engine.dialect.name == "sqlite":
            raise ExecutorError(
                "The store is only in this process's memory, where training processes cannot reach it.", "Give MNISTLAB_STORE a file."
            )
        else:
            self.folder = user_cache_path("mnistlab") / f"workers-{hashlib.sha256(store.url.encode()).hexdigest()[:12]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.wanted, self.log = self.folder / "wanted", self.folder / "log"

    def take(self, name: str, patience: float = 0.0) -> FileLock | None:
        """The lock `name`, or None if another process has it (for `patience` seconds)."""
        lock = FileLock(self.folder / f"{name}.lock", thread_local=False)
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            return None
        return lock

    def take_slot(self) -> FileLock | None:
        """The lock of a free slot, or None if as many trainings run as may."""
        return next(filter(None, (self.take(f"slot-{number}") for number in range(workers()))), None)

    def want(self) -> None:
        """Say that somebody looks at the queue, and with which program and settings it should be worked on."""
        if self.wanted_settings() == settings():
            os.utime(self.wanted)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.wanted.write_text(settings())

    def wanted_settings(self) -> str:
        """With which program and settings the queue should be worked on; "" if nobody wants it to be."""
        return self.wanted.read_text() if self.wanted.exists() else ""


def settings() -> str:
    """What tells one spare from another: its Python, the program as it is on the disk now, and the environment that counts."""
    sources = sorted((str(path), path.stat().st_mtime_ns) for path in PACKAGE.rglob("*.py"))
    environment = [os.environ.get(name, "") for name in ("MNISTLAB_DATA", "MNISTLAB_WORKERS")]
    return hashlib.sha256(repr((sys.executable, sources, environment)).encode()).hexdigest()


def launch(store: Store, room: Room, detached: bool = True) -> subprocess.Popen[bytes]:
    """Start a process that becomes the spare, unless there is one by then.

    `detached`: in a session of its own, out of reach of the signals that end the server.
    """
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]))
    options: dict[str, Any] = {"start_new_session": detached}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    with room.log.open("wb" if room.log.exists() and room.log.stat().st_size > LOG_BYTES else "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "mnistlab.executors.worker"],
            env={**os.environ, "MNISTLAB_STORE": store.url, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **options,
        )


class LocalExecutor:
    """Trains in processes of their own on this machine, as many at once as `workers()`. All calls return at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.room = Room(store)

    def start(self, config: TrainConfig, session: str = "") -> RunRecord:
        check(config)
        run = self.store.request(config, session)
        self.ensure()
        return run

    def resume(self, run_id: str, session: str = "") -> RunRecord:
        run = self.store.resume(run_id, session)
        self.ensure()
        return run

    def ensure(self) -> None:
        """Raises `ExecutorError` if the training process cannot be started."""
        self.store.sweep()
        self.room.want()
        spare = self.room.take("spare")
        if spare is not None:
            spare.release()
            _launch_once(self.store, self.room)

    def close(self) -> None:
        """Nobody looks at the queue any more: the spare goes. Trainings go on to their ends."""
        self.room.wanted.unlink(missing_ok=True)


_launched: dict[Path, tuple[subprocess.Popen[bytes], float]] = {}  # by folder: the latest process, and when it was started
_launching = threading.Lock()


def _launch_once(store: Store, room: Room) -> None:
    """Start a spare, unless one was started a moment ago and is still on its way. Raises `ExecutorError` if that one failed."""
    with _launching:
        process, since = _launched.get(room.folder, (None, 0.0))
        if process is not None and time.monotonic() - since < RETRY_SECONDS:
            if process.poll() is None:
                return
            if process.returncode != 0:
                last = room.log.read_text(errors="replace").strip().rpartition("\n")[2]
                raise ExecutorError(
                    f"The process that should train ended at once with exit status {process.returncode}: {last or 'it said nothing'}.",
                    f"Its log is {room.log}. It is tried again in a few seconds.",
                )
        _launched[room.folder] = launch(store, room), time.monotonic()

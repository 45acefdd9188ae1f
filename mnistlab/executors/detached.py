"""Processes of this machine that see to a store's queue, and outlive the server that asks for them:
how they are started, and ended where they hang. What they share is a `folder`.
"""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from mnistlab.errors import ExecutorError
from mnistlab.executors.base import Executor
from mnistlab.executors.folder import PACKAGE, Role, WorkerFolder, is_suspended
from mnistlab.executors.openmp import waiting
from mnistlab.i18n import message
from mnistlab.store import DEAD_AFTER_SECONDS, RunRecord, Store

RETRY_SECONDS = 10.0  # a process that could not start is tried again after so long
KILLED_SECONDS = 2.0  # one that was killed, which says nothing against the next, after so long
REFUSED = 2  # the exit status of a process that cannot work here, and has said why in one line
LOG_BYTES = 2**20  # the log begins anew when it has grown beyond this


def launch(store: Store, folder: WorkerFolder, detached: bool = True) -> subprocess.Popen[bytes]:
    """Start a process that takes the role, unless there is one by then.

    `detached`: in a session of its own, out of reach of the signals that end the server.
    """
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]))
    options: dict[str, Any] = {"start_new_session": detached}
    if sys.platform == "win32":
        options = {
            "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
        }
    with folder.log.open(
        "wb" if folder.log.exists() and folder.log.stat().st_size > LOG_BYTES else "ab"
    ) as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", folder.role.module],
            env={
                **os.environ,
                **waiting(os.environ),
                "MNISTLAB_STORE": store.url,
                "PYTHONPATH": path,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **options,
        )


_suspended: dict[psutil.Process, float] = {}  # and since when they are seen to be so


def sweep(store: Store, folder: WorkerFolder) -> None:
    """Mark the runs of dead workers as interrupted, and end the processes of this `folder` that
    have been suspended for so long that their runs are given up: they would keep their locks for
    ever.

    A training that a person suspended in a terminal is none of them: it has no lock here.
    """
    try:
        store.sweep()
    finally:  # also where the database is locked: by one of them, maybe
        now = time.monotonic()
        for process in list(_suspended):
            if not is_suspended(process):
                _suspended.pop(process, None)
        for process in folder.suspended():
            if now - _suspended.setdefault(process, now) >= DEAD_AFTER_SECONDS:
                with suppress(psutil.Error):  # it has just ended, or is somebody else's
                    process.kill()


class DetachedExecutor(Executor):
    """Has a process of this machine, in the role `role`, see to the queue. All calls return at
    once.
    """

    role: Role

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.folder = WorkerFolder(store, self.role)

    def see_to(self, run: RunRecord) -> RunRecord:
        self.ensure()
        return run

    def ensure(self) -> None:
        """Raises `ExecutorError` if the process cannot be started."""
        sweep(self.store, self.folder)
        self.folder.want()
        if self.folder.is_free(self.role.lock):
            _launch_once(self.store, self.folder)

    def close(self) -> None:
        """The process goes. Trainings go on to their ends."""
        self.folder.wanted.unlink(missing_ok=True)


# by role in a folder: the latest process, and when it was started, or was seen to have failed
_launched: dict[Path, tuple[subprocess.Popen[bytes], float]] = {}
_launching = threading.Lock()


def _launch_once(store: Store, folder: WorkerFolder) -> None:
    """Start a process, unless one was started a moment ago and is still on its way. Raises
    `ExecutorError` if that one has just failed.
    """
    with _launching:
        process, since = _launched.get(folder.wanted, (None, 0.0))
        if process is not None:
            is_news = process.returncode is None
            status, now = process.poll(), time.monotonic()
            if is_news and status is not None and status > 0:  # not killed: it would fail again
                since = now
                _launched[folder.wanted] = process, since
            if status is None and now - since < RETRY_SECONDS:
                return
            if status is not None and status > 0 and now - since < RETRY_SECONDS:
                raise _failure(folder, status)
            if status is not None and status < 0 and now - since < KILLED_SECONDS:
                return  # what kills each one at its start kills no more than one in so long
        _launched[folder.wanted] = launch(store, folder), time.monotonic()


def _failure(folder: WorkerFolder, status: int) -> ExecutorError:
    """Why the process in this role ended: in its own last words, if it gave up by itself."""
    last = folder.log.read_text(errors="replace").strip().rpartition("\n")[2]
    if status == REFUSED:
        return ExecutorError(last)
    return ExecutorError(
        message(
            "{title} ended with exit status {status}: {last}.",
            title=message(folder.role.title),
            status=status,
            last=last or message("it printed nothing"),
        ),
        message("Its log is {log}. Another attempt follows in a few seconds.", log=folder.log),
    )

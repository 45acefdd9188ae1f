"""Long arithmetic in a process of its own, beside the server that answers the pages."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psutil
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from mnistlab.errors import AnalysisError
from mnistlab.i18n import message

Result = TypeVar("Result")
IDLE_SECONDS = 30  # after which the process goes
WATCHED_EVERY = 1.0  # seconds: how soon it goes once its server has ended
NICENESS = 5  # pages and trainings come first


def apart(function: Callable[..., Result], *given: Any, **settings: Any) -> Result:
    """`function(*given, **settings)`, computed in another process while this thread waits. The
    first call starts it, and it ends with the server. With MNISTLAB_EXECUTOR=inline (tests) it is
    called here.

    Raises what the function raises, and `AnalysisError` if the process is killed.
    """
    if os.environ.get("MNISTLAB_EXECUTOR") == "inline":
        return function(*given, **settings)
    try:
        pool = get_reusable_executor(
            1, timeout=IDLE_SECONDS, initializer=_begin, initargs=(os.getpid(),)
        )
        result: Result = pool.submit(function, *given, **settings).result()
    except TerminatedWorkerError as error:
        raise AnalysisError(
            message(
                "The process that computed this was killed, by a person, or because memory ran out."
            ),
            message("Try again, with fewer images."),
        ) from error
    return result


def _begin(server: int) -> None:
    """What the process does first. `server`: the number of the process that started it."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=_end_with, args=(server,), daemon=True).start()


def _end_with(server: int) -> None:
    """End this process as soon as `server` is not its parent any more, also if that came about
    before this was called. It holds both ends of the pipes between the two: amid what a server that
    ended was writing or had yet to read, it would wait for ever.
    """
    own = psutil.Process()
    while (parent := own.parent()) is not None and parent.pid == server:
        time.sleep(WATCHED_EVERY)
    os._exit(1)

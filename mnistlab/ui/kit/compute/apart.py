"""Long arithmetic in a process of its own, beside the server that answers the pages."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from mnistlab.errors import AnalysisError

Result = TypeVar("Result")
IDLE_SECONDS = 30  # after which the process goes, also where its server was killed
NICENESS = 5  # pages and trainings come first


def apart(function: Callable[..., Result], *given: Any, **settings: Any) -> Result:
    """`function(*given, **settings)`, computed in another process while this thread waits. The
    first call starts it. With MNISTLAB_EXECUTOR=inline (tests) it is called here.

    Raises what the function raises, and `AnalysisError` if the process is killed.
    """
    if os.environ.get("MNISTLAB_EXECUTOR") == "inline":
        return function(*given, **settings)
    try:
        pool = get_reusable_executor(1, timeout=IDLE_SECONDS, initializer=_give_way)
        result: Result = pool.submit(function, *given, **settings).result()
    except TerminatedWorkerError as error:
        raise AnalysisError(
            "The process that computed this was killed, by a person, or because memory ran out.",
            "Try again, with fewer images.",
        ) from error
    return result


def _give_way() -> None:
    if hasattr(os, "nice"):
        os.nice(NICENESS)

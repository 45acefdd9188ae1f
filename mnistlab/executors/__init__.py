"""Executors decide where training runs. They are the only code that knows about processes.

executor = get_executor(store)
run = executor.start(config, session)   # at once: the run is queued, running, or finished long ago
executor.ensure()                       # at each poll of a page
"""

import os
from collections.abc import Callable

from mnistlab.errors import ExecutorError
from mnistlab.executors.base import Executor, check
from mnistlab.executors.inline import InlineExecutor
from mnistlab.executors.local import LocalExecutor
from mnistlab.executors.ray import RayExecutor
from mnistlab.i18n import message
from mnistlab.store import Store

__all__ = [
    "EXECUTORS",
    "Executor",
    "InlineExecutor",
    "LocalExecutor",
    "RayExecutor",
    "check",
    "get_executor",
]

EXECUTORS: dict[str, Callable[[Store], Executor]] = {
    "inline": InlineExecutor,
    "local": LocalExecutor,
    "ray": RayExecutor,
}


def get_executor(store: Store, name: str | None = None) -> Executor:
    """The executor called `name`, or the one that `MNISTLAB_EXECUTOR` names, or `local`. Raises
    `ExecutorError`.
    """
    name = name or os.environ.get("MNISTLAB_EXECUTOR") or "local"
    if name not in EXECUTORS:
        raise ExecutorError(
            message("There is no executor called {name} here.", name=repr(name)),
            message("Set MNISTLAB_EXECUTOR to one of: {names}.", names=tuple(EXECUTORS)),
        )
    return EXECUTORS[name](store)

"""The memory of all runs: one database, through SQLAlchemy Core. It is the only state that
processes share.

Whoever trains records here, whoever shows something reads here. Torch is imported only where
weights are read or written. A worker owns a run through a claim: a token that every write of the
worker has to show, so that a worker that was given up for dead cannot disturb the one that took
over.
"""

from mnistlab.store.attempts import AGAIN, BEGAN, Attempts
from mnistlab.store.claims import HEARTBEAT_SECONDS
from mnistlab.store.connected import store_url
from mnistlab.store.keeping import Budget, Keeping, Tidying, budget
from mnistlab.store.limits import QUEUED_RUNS, RUNS_PER_SESSION
from mnistlab.store.liveness import DEAD_AFTER_SECONDS
from mnistlab.store.runs import ACTIVE, Claim, RunRecord, Status

__all__ = [
    "ACTIVE",
    "AGAIN",
    "BEGAN",
    "DEAD_AFTER_SECONDS",
    "HEARTBEAT_SECONDS",
    "QUEUED_RUNS",
    "RUNS_PER_SESSION",
    "Budget",
    "Claim",
    "RunRecord",
    "Status",
    "Store",
    "Tidying",
    "budget",
    "store_url",
]


class Store(Keeping, Attempts):
    """The runs in one database, for readers, people and workers. Safe to share between threads;
    open one for each process.

    Raises `StoreError` if the database cannot be opened, read or written.
    """

"""The memory of all runs: one database, through SQLAlchemy Core. It is the only state that processes share.

Whoever trains records here, whoever shows something reads here. Torch is imported only where weights are read or written.
A worker owns a run through a claim: a token that every write of the worker has to show, so that a worker that was given up for dead
cannot disturb the one that took over.
"""

from mnistlab.store.asking import RUNS_PER_SESSION, Asking
from mnistlab.store.reading import store_url
from mnistlab.store.runs import ACTIVE, Claim, RunRecord, Status
from mnistlab.store.working import HEARTBEAT_SECONDS, Working

__all__ = ["ACTIVE", "HEARTBEAT_SECONDS", "RUNS_PER_SESSION", "Claim", "RunRecord", "Status", "Store", "store_url"]


class Store(Asking, Working):
    """The runs in one database, for those who read, ask and work. Safe to share between threads; open one for each process.

    Raises `StoreError` if the database cannot be opened, read or written.
    """

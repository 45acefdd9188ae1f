"""Training in the calling process: for the command line, notebooks and tests."""

import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing

from mnistlab.events import Event
from mnistlab.executors.base import Executor
from mnistlab.i18n import message
from mnistlab.store import ACTIVE, Claim, RunRecord, Status, Store
from mnistlab.store.people import OPERATOR

POLL_SECONDS = 0.1  # how often the runs of other processes are looked at
_training = threading.Lock()  # two trainings in one process would draw from one random state


class InlineExecutor(Executor):
    """Trains at once, in this process; `start` and `resume` return when the run has ended.

    `on_event` is called with each event of a run, also of one that another process does meanwhile.
    Ctrl-C leaves the run interrupted, with a checkpoint, and comes back as `KeyboardInterrupt`; a
    second Ctrl-C does not wait for the checkpoint.
    """

    def __init__(self, store: Store, on_event: Callable[[Event], None] | None = None) -> None:
        super().__init__(store)
        self._on_event = on_event or (lambda event: None)

    def ensure(self) -> None:
        self.store.sweep()

    def close(self) -> None:
        """There is nobody to tell."""

    def see_to(self, run: RunRecord) -> RunRecord:
        """Train `run`, or follow whoever trains it, until it has ended."""
        seen, worker = 0, self.store.acting_as(OPERATOR)
        while run.status in ACTIVE:
            if run.status == Status.QUEUED:
                with _training:
                    claim = worker.claim(run.id)
                    if claim is not None:
                        self._train(worker, claim)
                        run = self.store.get(run.id)
                        if run.status == Status.QUEUED:  # it is to go on after all
                            continue
                        return run
            time.sleep(POLL_SECONDS)
            run = self.store.get(run.id)
            for number, event in self.store.events(run.id, after=seen):
                seen = number
                self._on_event(event)
        return run

    def _train(self, store: Store, claim: Claim) -> None:
        import torch  # here, as whoever uses the local executor never trains in this process

        from mnistlab.executors.process import interruption_by
        from mnistlab.executors.recording import run_claim

        threads_before = torch.get_num_threads()
        try:
            with (
                interruption_by({signal.SIGINT: message("You pressed Ctrl-C.")}) as interruption,
                closing(run_claim(store, claim, interruption)) as events,
            ):
                for event in events:
                    self._on_event(event)
        finally:
            torch.set_num_threads(threads_before)
        if interruption():
            raise KeyboardInterrupt

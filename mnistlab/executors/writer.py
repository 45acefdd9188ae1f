"""How what happens in a training gets into the store, while the training goes on."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from mnistlab.errors import StoreBusy
from mnistlab.events import Event, Progress
from mnistlab.store import HEARTBEAT_SECONDS, Claim, Store
from mnistlab.store.runs import ENDING, pause_at, step_of

Result = TypeVar("Result")
# at most so long until an event is in the store, and until a person's wish is known here
WRITE_SECONDS = 0.25
BUSY_SECONDS = 120.0  # how long a worker tries to write into a store that is locked or away


def patiently(work: Callable[[], Result]) -> Result:
    """`work()`, tried again for `BUSY_SECONDS` while the store is busy. Raises what it raises."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return work()
        except StoreBusy:
            if time.monotonic() > give_up:
                raise
            time.sleep(WRITE_SECONDS)


class Writer:
    """Writes events into the store from a thread of its own, so that training does not wait for the
    disk.

    Several events at a time; the very first loss at once. It also keeps the run's heart beating,
    and fetches what a person wants.
    """

    def __init__(self, store: Store, claim: Claim) -> None:
        self.wanted = pause_at(claim.until)
        self.step = 0  # of the latest event
        self.at_limit = False  # whether it has come to the step where it is to pause
        self._store, self._claim = store, claim
        self._events: list[Event] = []
        self._lock = threading.Lock()  # of `_events`
        self._wake = threading.Event()
        self._closed = False
        self._told_loss = False
        self._last_write = 0.0
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="mnistlab-writer", daemon=True)
        self._thread.start()

    def add(self, event: Event) -> None:
        """Have `event` written soon."""
        self.step = event.step
        with self._lock:
            self._events.append(event)
        if not self._told_loss and isinstance(event, Progress):
            self._told_loss = True
            self._wake.set()

    def stop_wanted(self) -> bool:
        """Whether the training is to stop: a person wants that, or it is `at_limit`. Raises what
        went wrong with writing: `ClaimLost`, `StoreError`.
        """
        if self._error is not None:
            raise self._error
        wanted = self.wanted  # which changes at any time
        until = step_of(wanted)
        self.at_limit = until is not None and self.step >= until
        return self.at_limit or wanted in ENDING

    def close(self) -> Exception | None:
        """Write what is left, and return what went wrong with writing, if anything."""
        self._closed = True
        self._wake.set()
        self._thread.join()
        return self._error

    def _work(self) -> None:
        try:
            while not self._closed:
                self._wake.wait(WRITE_SECONDS)
                self._wake.clear()
                self._write()
            self._write()
        except Exception as error:  # told to the training thread by `stop_wanted` and `close`
            self._error = error

    def _write(self) -> None:
        with self._lock:
            events, self._events = self._events, []
        now = time.monotonic()
        if events or now - self._last_write >= HEARTBEAT_SECONDS:
            self.wanted = patiently(lambda: self._store.record(self._claim, events))
            self._last_write = now
        else:
            self.wanted = patiently(lambda: self._store.wanted(self._claim))

"""Work of a few seconds, done in the background: once for all sessions, and its result kept.

    job = worker.job(("mistake", name), lambda report: run_pair(name, report))  # asks, or joins
    pair = wait_for(job, _("Training both networks"))  # kit/compute/waiting.py: shows its progress

The work is given `report_progress`, and calls `report_progress(share)` as it goes. It never touches
Streamlit. One thread does all of it, because two jobs at once would take longer than one after the
other. With MNISTLAB_EXECUTOR=inline (tests) a job is done before `worker.job` returns.
"""

import math
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

KEPT = 64  # finished jobs, with their results
STEADY = 0.8  # the share up to which a bar goes by the clock; from there on ever more slowly
LAST = 0.99  # what is not done is never shown as done
WANTED = 2  # unfinished jobs that one session may want: the latest ones
ReportProgress = Callable[[float], None]  # called with the share done so far, 0 to 1


class _Cancelled(BaseException):
    """Ends work that nobody wants any more. Not an `Exception`, which the work itself might
    catch.
    """


@dataclass(eq=False)
class Job:
    """One piece of work, and how far along it is."""

    work: Callable[[ReportProgress], Any]
    seconds: float | None = None  # about how long it takes, where that is known beforehand
    # whether nothing like it was ever measured here: then it moves the bar, and no more is said
    is_guess: bool = False
    lasting: bool = False  # done whether or not anybody still waits for it
    started: float | None = None  # time.monotonic()
    error_raised: bool = False  # whether `result` has raised its error
    _share: float = 0.0
    _shown: float = 0.0
    _future: "Future[Any]" = field(default_factory=Future)

    def finished(self, within: float = 0.0) -> bool:
        """Whether it is done or has failed, waiting up to `within` seconds for it."""
        return self._future.done() or bool(wait([self._future], within).done)

    @property
    def failed(self) -> bool:
        """Whether it ended with an error instead of a result."""
        return self._future.done() and self._future.exception() is not None

    def result(self) -> Any:
        """The result of the work; waits for it. Raises what the work raised; whoever asks for the
        job after that starts it anew.
        """
        self.error_raised = self.failed
        return self._future.result()

    @property
    def share(self) -> float:
        """How much of it is done, as it reports, or by the clock until it does: from 0 to 1, which
        it is only at the end. It never falls, and by the clock it never stands still.
        """
        if self._future.done():
            return 1.0
        share = self._share or _by_the_clock(self._seconds_gone, self.seconds)
        self._shown = max(self._shown, min(LAST, share))
        return self._shown

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the share that is done; None while there is nothing to go by, and once
        it takes longer than was estimated.
        """
        if self._share >= 0.05:
            return self._seconds_gone * (1 - self._share) / self._share
        if self.seconds is None or self.is_guess:
            return None
        left = self.seconds - self._seconds_gone
        return left if left > 0 else None

    @property
    def is_late(self) -> bool:
        """Whether it takes longer than was estimated, and does not say how far it is."""
        return (
            self.seconds is not None
            and not self.is_guess
            and self._share < 0.05
            and self._seconds_gone > max(self.seconds, 1.0)
        )

    @property
    def _seconds_gone(self) -> float:
        return 0.0 if self.started is None else time.monotonic() - self.started

    def run(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Do the work. Once it is `cancelled` it ends at its next report, and never finishes."""

        def report_progress(share: float) -> None:
            self._share = min(1.0, max(0.0, share))
            if share < 1 and cancelled():
                raise _Cancelled

        self.started = time.monotonic()
        try:
            self._future.set_result(self.work(report_progress))
        except _Cancelled:
            pass
        except Exception as error:  # raised again by `result`, where somebody reads it
            self._future.set_exception(error)


def _by_the_clock(gone: float, expected: float | None) -> float:
    """The share that is done after `gone` of about `expected` seconds."""
    if expected is None:
        return 0.0
    share = gone / expected
    return share if share < STEADY else 1 - (1 - STEADY) * math.exp(1 - share / STEADY)


class Worker:
    """One thread, however many sessions ask, and a queue for it."""

    def __init__(self) -> None:
        self.seconds = 0.0  # of the processor that all work took
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()  # least recently asked for first
        self._queue: deque[Hashable] = deque()
        self._wanted: dict[str, list[Hashable]] = {}  # session -> keys, the latest last
        self._busy = False

    def job(
        self,
        key: Hashable,
        work: Callable[[ReportProgress], Any],
        session: str | None = None,
        seconds: float | None = None,
        is_guess: bool = False,
    ) -> Job:
        """The job called `key`: the same as before if somebody has asked for it, else a new one in
        the queue. `key` has to name everything that decides the result.

        With `session` it is cancelled once no session wants it any more, because each has asked for
        other things since. A job that failed starts anew once its error has been raised: what was
        missing may be there by now.
        """
        with self._lock:
            job = self._current(key)
            if job is None:
                job = self._add(key, Job(work, seconds, is_guess))
            self._jobs.move_to_end(key)
            if session is None:
                job.lasting = True
            elif not job.finished():
                self._want(session, key)
            self._start_thread()
            return job

    def find(self, key: Hashable) -> Job | None:
        """The job called `key`, if somebody asked for it and its error, if any, is still to be
        raised.
        """
        with self._lock:
            return self._current(key)

    def jobs_ahead(self, job: Job) -> int:
        """How many other jobs come before this one."""
        with self._lock:
            waiting = [self._jobs[key] for key in self._queue]
            return waiting.index(job) + 1 if job in waiting else 0

    def _current(self, key: Hashable) -> Job | None:
        job = self._jobs.get(key)
        return None if job is None or job.error_raised else job

    def _add(self, key: Hashable, job: Job) -> Job:
        self._evict()
        self._jobs[key] = job
        if os.environ.get("MNISTLAB_EXECUTOR") == "inline":
            job.run()
        else:
            self._queue.append(key)
        return job

    def _evict(self) -> None:
        """Make room: the finished jobs least recently asked for go."""
        finished = [key for key, job in self._jobs.items() if job.finished()]
        for key in finished[: max(0, len(finished) - KEPT)]:
            self._drop(key)

    def _want(self, session: str, key: Hashable) -> None:
        others = [
            other
            for other in self._wanted.get(session, [])
            if other != key and not self._jobs[other].finished()
        ]
        self._wanted[session] = [*others, key][-WANTED:]

    def _start_thread(self) -> None:
        if self._queue and not self._busy:
            self._busy = True
            threading.Thread(target=self._work, name="background", daemon=True).start()

    def _work(self) -> None:
        while (following := self._next()) is not None:
            key, job = following
            before = time.thread_time()
            job.run(lambda key=key: self._cancelled(key))  # type: ignore[misc]
            self.seconds += time.thread_time() - before

    def _next(self) -> tuple[Hashable, Job] | None:
        with self._lock:
            while self._queue:
                key = self._queue.popleft()
                if self._is_wanted(key):
                    return key, self._jobs[key]
                self._drop(key)
            self._wanted.clear()
            self._busy = False
            return None

    def _cancelled(self, key: Hashable) -> bool:
        with self._lock:
            if self._is_wanted(key):
                return False
            self._drop(key)
            return True

    def _is_wanted(self, key: Hashable) -> bool:
        return self._jobs[key].lasting or any(key in wants for wants in self._wanted.values())

    def _drop(self, key: Hashable) -> None:
        del self._jobs[key]
        for wants in self._wanted.values():
            if key in wants:
                wants.remove(key)


# One for the whole server. Not in Streamlit's cache, which every visitor can clear: then there
# would be two threads.
worker = Worker()

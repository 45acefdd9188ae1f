"""Work of some seconds, done in the background: once for all sessions, with its progress to be seen, and its result kept.

    job = worker.job(("mistake", name), lambda tell: run_pair(name, tell))      # queues it, or finds it queued, begun or done
    pair = wait_for(job, _("Both trainings run"))                               # of `ui.waiting`: draws how far it is

The work is given `tell`, and says with `tell(share)` how much of it is done. It never touches Streamlit. There is one thread for all,
since two such works at once would take longer than one after the other. With MNISTLAB_EXECUTOR=inline (tests) a job is done before
`worker.job` returns.
"""

import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

KEPT = 64  # jobs that are finished, with their results
WANTED = 2  # unfinished jobs that one session may want: the latest ones
Tell = Callable[[float], None]  # is told how much is done, 0 to 1


class _Unwanted(BaseException):
    """Ends work that nobody wants any more; not an `Exception`, which the work itself might catch."""


@dataclass(eq=False)
class Job:
    """One piece of work, and how far it is."""

    work: Callable[[Tell], Any]
    seconds: float | None = None  # about how long it takes, where that is known beforehand
    lasting: bool = False  # done whether or not anybody still waits for it
    begun: float | None = None  # time.monotonic()
    told: bool = False  # whether somebody has been told that it failed
    _share: float = 0.0
    _future: "Future[Any]" = field(default_factory=Future)

    def finished(self, within: float = 0.0) -> bool:
        """Whether it is done or has failed, perhaps `within` so many seconds from now."""
        return self._future.done() or bool(wait([self._future], within).done)

    @property
    def failed(self) -> bool:
        """Whether it is finished and there is an error instead of a result."""
        return self._future.done() and self._future.exception() is not None

    def result(self) -> Any:
        """What came of it; waits for it. Raises what the work raised; who asks for the job after that has it begun anew."""
        self.told = self.failed
        return self._future.result()

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1: as it tells, or by the clock until it does."""
        if self._share or self.begun is None or self.seconds is None:
            return self._share
        return min(0.95, (time.monotonic() - self.begun) / self.seconds)

    @property
    def seconds_left(self) -> float | None:
        """As far as that can be told from what is done."""
        if self.begun is None or self._share < 0.05:
            return None if self.seconds is None else self.seconds * (1 - self.share)
        return (time.monotonic() - self.begun) * (1 - self._share) / self._share

    def run(self, unwanted: Callable[[], bool] = lambda: False) -> None:
        """Do the work. It ends early, and never finishes, once it is `unwanted` as it tells its progress."""

        def tell(share: float) -> None:
            self._share = min(1.0, max(0.0, share))
            if share < 1 and unwanted():
                raise _Unwanted

        self.begun = time.monotonic()
        try:
            self._future.set_result(self.work(tell))
        except _Unwanted:
            pass
        except Exception as error:  # raised again by `result`, where somebody reads it
            self._future.set_exception(error)


class Worker:
    """One thread, however many sessions ask, and a queue before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()  # the least recently asked for first
        self._queue: deque[Hashable] = deque()
        self._wanted: dict[str, list[Hashable]] = {}  # session -> its latest last
        self._busy = False

    def job(self, key: Hashable, work: Callable[[Tell], Any], session: str | None = None, seconds: float | None = None) -> Job:
        """The job called `key`: as it is if somebody asked for it before, else queued. `key` has to name all that decides the result.

        With `session` it is dropped once no session wants it any more, because each has asked for other things since. One that
        failed is begun anew once its error was told: what was missing may be there by now.
        """
        with self._lock:
            job = self._known(key)
            if job is None:
                self._forget()
                job = self._jobs[key] = Job(work, seconds)
                if os.environ.get("MNISTLAB_EXECUTOR") == "inline":
                    job.run()
                else:
                    self._queue.append(key)
            self._jobs.move_to_end(key)
            if session is None:
                job.lasting = True
            elif not job.finished():
                others = [other for other in self._wanted.get(session, []) if other != key and not self._jobs[other].finished()]
                self._wanted[session] = [*others, key][-WANTED:]
            if self._queue and not self._busy:
                self._busy = True
                threading.Thread(target=self._work, name="background", daemon=True).start()
            return job

    def find(self, key: Hashable) -> Job | None:
        """The job called `key`, if somebody asked for it and its failure was not told yet."""
        with self._lock:
            return self._known(key)

    def before(self, job: Job) -> int:
        """How many other jobs come before this one."""
        with self._lock:
            waiting = [self._jobs[key] for key in self._queue]
            return waiting.index(job) + 1 if job in waiting else 0

    def _known(self, key: Hashable) -> Job | None:
        job = self._jobs.get(key)
        return None if job is None or job.told else job

    def _forget(self) -> None:
        """What is finished makes room, the least recently asked for first."""
        finished = [key for key, job in self._jobs.items() if job.finished()]
        for key in finished[: max(0, len(finished) - KEPT)]:
            self._drop(key)

    def _work(self) -> None:
        while (found := self._next()) is not None:
            key, job = found
            job.run(lambda key=key: self._dropped(key))  # type: ignore[misc]

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

    def _dropped(self, key: Hashable) -> bool:
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


worker = Worker()  # the one of this server. Not in Streamlit's cache, which every visitor can clear: there would be two threads then

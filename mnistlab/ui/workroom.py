"""A room with one worker: what takes seconds is computed there, one thing after another, while the pages go on.

A page asks for a piece of work by its key, draws what is done of it, and asks again a little later:

    work = workroom().ask(key, session_id(), make, total, seconds)
    if work.finished(within=0.5): show(work.result())

What is finished is kept for everybody. What nobody wants any more, because whoever asked for it has asked for other things since, is
dropped.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import cache
from typing import Any

KEPT = 64  # pieces of work that are finished
WANTED = 2  # pieces of unfinished work that one session may want: the latest ones


@dataclass(eq=False)
class Work:
    """One piece of work: `make` yields its parts, `total` of them, each after about `seconds`."""

    make: Callable[[], Iterator[Any]]
    total: int
    seconds: float
    parts: list[Any] = field(default_factory=list)  # those that are done
    begun: float | None = None  # time.monotonic()
    told: bool = False  # whether somebody has been told that it failed
    future: "Future[None]" = field(default_factory=Future)

    def finished(self, within: float = 0.0) -> bool:
        """Whether it is finished or has failed, perhaps `within` so many seconds from now."""
        return self.future.done() or bool(wait([self.future], within).done)

    def result(self) -> list[Any]:
        """All parts, once finished. Raises what `make` raised; who asks after that asks anew."""
        self.told = self.future.exception() is not None
        self.future.result()
        return self.parts

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1; of a single part, by the clock."""
        if self.begun is None:
            return 0.0
        return len(self.parts) / self.total if self.total > 1 else min(0.95, (time.monotonic() - self.begun) / self.seconds)


class Workroom:
    """One thread, however many sessions ask: two t-SNEs at once would take longer than one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: OrderedDict[Hashable, Work] = OrderedDict()  # the least recently asked for first
        self._queue: deque[Hashable] = deque()
        self._wanted: dict[str, list[Hashable]] = {}  # session -> the latest last
        self._busy = False

    def ask(self, key: Hashable, session: str, make: Callable[[], Iterator[Any]], total: int = 1, seconds: float = 1.0) -> Work:
        """The work `key`: as it is if somebody asked for it before, else queued."""
        with self._lock:
            work = self._works.get(key)
            if work is None or work.told:
                work = self._works[key] = Work(make, total, seconds)
                self._queue.append(key)
            self._works.move_to_end(key)
            if not work.finished():
                others = [other for other in self._wanted.get(session, []) if other != key and not self._works[other].finished()]
                self._wanted[session] = [*others, key][-WANTED:]
            if self._queue and not self._busy:
                self._busy = True
                threading.Thread(target=self._work, name="workroom", daemon=True).start()
            return work

    def before(self, work: Work) -> int:
        """How many other pieces of work come before this one."""
        with self._lock:
            waiting = [self._works[key] for key in self._queue]
            return waiting.index(work) + 1 if work in waiting else 0

    def _work(self) -> None:
        while (found := self._next()) is not None:
            key, work = found
            try:
                for part in work.make():
                    work.parts.append(part)
                    if len(work.parts) < work.total and self._dropped(key):
                        break
                else:
                    work.future.set_result(None)
            except Exception as error:  # raised again by `result`, where somebody reads it
                work.future.set_exception(error)

    def _next(self) -> tuple[Hashable, Work] | None:
        with self._lock:
            finished = [key for key, work in self._works.items() if work.finished()]
            for key in finished[: max(0, len(finished) - KEPT)]:
                self._drop(key)
            while self._queue:
                key = self._queue.popleft()
                if self._is_wanted(key):
                    self._works[key].begun = time.monotonic()
                    return key, self._works[key]
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
        return any(key in wants for wants in self._wanted.values())

    def _drop(self, key: Hashable) -> None:
        del self._works[key]
        for wants in self._wanted.values():
            if key in wants:
                wants.remove(key)


@cache
def workroom() -> Workroom:
    """The one of this server. Not in Streamlit's cache, which every visitor can clear: there would be two workers then."""
    return Workroom()

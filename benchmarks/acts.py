"""What a rehearsal measures: how long each act took, and what it cost the page server."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.student import Server


@dataclass
class Measured:
    """`times`: seconds, one for each student who did it. `promise`: what 95 % of them should be
    within, None where nothing was promised. `share`: of a core, that the page server took.
    """

    name: str
    times: list[float]
    promise: float | None
    share: float | None


@dataclass
class Step:
    """Seconds from the teacher's click until each student saw a step, and had all of its page."""

    number: int
    seen: list[float]
    complete: list[float]


@dataclass
class Acts:
    """All that was measured on a server."""

    server: Server
    measured: list[Measured] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def add(self, name: str, times: Sequence[float], promise: float | None = None) -> None:
        """Note a figure that belongs to another act, and cost nothing more."""
        self.measured.append(Measured(name, sorted(times), promise, None))

    @contextmanager
    def act(self, name: str, promise: float | None = None) -> Iterator[list[float]]:
        """Within, measure; gives the list of the seconds that it took each."""
        assert self.server.process is not None
        process, times = psutil.Process(self.server.process.pid), list[float]()
        before, begin = process.cpu_times(), time.monotonic()
        yield times
        after, seconds = process.cpu_times(), time.monotonic() - begin
        used = after.user + after.system - before.user - before.system
        self.measured.append(Measured(name, sorted(times), promise, used / seconds))
        print(f"{name}: {seconds:.1f} s", flush=True)


def print_acts(acts: Acts, title: str) -> None:
    """A row for each act."""
    columns = ("act", "times", "median", "95 % within", "most", "promised", "page server")
    table = Table(*columns, title=title)
    for each in acts.measured:
        table.add_row(
            each.name,
            *_figures(each.times),
            "" if each.promise is None else _promised(each),
            "" if each.share is None else f"{100 * each.share:.0f} % of a core",
        )
    Console(width=140).print(table)


def print_steps(acts: Acts, students: int) -> None:
    """A row for each step that the class was led to."""
    columns = ("step", "followed", "seen (median)", "by all within", "complete for all within")
    table = Table(*columns, title="Led step by step")
    for each in acts.steps:
        table.add_row(
            str(each.number),
            f"{len(each.complete)} of {students}",
            _seconds(statistics.median(each.seen)),
            _seconds(max(each.seen)),
            _seconds(max(each.complete)),
        )
    Console(width=140).print(table)


def most_of(times: Sequence[float]) -> float:
    """What 95 % of the sorted `times` are within."""
    return times[min(len(times) - 1, int(0.95 * len(times)))]


def _figures(times: list[float]) -> tuple[str, str, str, str]:
    if not times:
        return "0", "", "", ""
    middle = _seconds(statistics.median(times))
    return f"{len(times)}", middle, _seconds(most_of(times)), _seconds(times[-1])


def _promised(each: Measured) -> str:
    assert each.promise is not None
    is_kept = bool(each.times) and most_of(each.times) <= each.promise
    return f"{each.promise:g} s: {'kept' if is_kept else 'NOT KEPT'}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s"

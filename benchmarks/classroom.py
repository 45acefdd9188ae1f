"""How a class fares on one server: students open the train page at the same moment, press Start,
watch, and look inside.

    python -m benchmarks.classroom [--students 30] [--plain]

Each student is a browser of their own: a connection that speaks Streamlit's protocol as one does
(messages, timers of the page's live parts, questions of its components), with a network of their
own: the first one that the home page trains, with their own seed. Students, server (`mnistlab
serve`, or `--plain`: `streamlit run`) and trainings share this machine.

    python -m benchmarks.classroom --joins 120     so many come within a minute
    python -m benchmarks.classroom --tabs 1000     so many tabs are opened, and closed again
    python -m benchmarks.classroom --draw          all draw on the live network, in a real Chromium
    python -m benchmarks.classroom --lead          all follow their teacher from page to page
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.drawing import draw_together
from benchmarks.leading import lead_class
from benchmarks.student import student_of
from mnistlab.store import ACTIVE, Status, Store
from mnistlab.ui.kit.chosen_run import first_config

# imported after benchmarks.student, which knows where the browser tests are
from browser.site import SERVE, STREAMLIT, Server  # isort: skip


# where each student goes once the network is trained
LOOKS = ("feature_maps", "embeddings", "evaluation", "draw")
# seconds in which all of them press Start: nobody's clicks fall together to the millisecond
WITHIN = 60.0
LAST_LETTERS = 5_000  # of what the server said, where the class broke off
LEFT_SECONDS = 150.0  # after which Streamlit lets go of a session that was left (120), and a bit


async def lesson(server: Server, seed: int, took: dict[str, list[float]]) -> None:
    """What one student does, from opening the train page to the last look into
    the trained network.
    """
    config = first_config().replace(seed=seed)
    async with student_of(server, took) as student:
        await student.open("train", **config.to_query())
        await asyncio.sleep(random.Random(seed).uniform(0, WITHIN))
        await student.press("Start")
        while server.store.get(config.run_id).status in ACTIVE:
            await student.watch(1.0)
        for page in LOOKS:
            await student.open(page, run=config.run_id)
            await student.watch(2.0)


async def school_hour(server: Server, students: int, took: dict[str, list[float]]) -> None:
    await asyncio.gather(*(lesson(server, seed, took) for seed in range(1, students + 1)))


async def joining(server: Server, students: int, took: dict[str, list[float]]) -> None:
    """They come within a minute, each at a moment of their own, and stay until all are there."""
    together = asyncio.Barrier(students)

    async def join(number: int) -> None:
        await asyncio.sleep(random.Random(number).uniform(0, WITHIN))
        async with student_of(server, took) as student:
            await student.open("")
            await together.wait()

    await asyncio.gather(*(join(number) for number in range(students)))


async def come_and_go(server: Server, tabs: int, took: dict[str, list[float]]) -> None:
    """Ten at a time, tabs are opened and closed."""
    room = asyncio.Semaphore(10)

    async def tab() -> None:
        async with room, student_of(server, took) as student:
            await student.open("train")

    await asyncio.gather(*(tab() for _ in range(tabs)))


@contextmanager
def running(folder: Path, command: Sequence[str]) -> Iterator[tuple[Server, psutil.Process]]:
    server = Server(folder, command)
    server.start()
    assert server.process is not None
    try:
        yield server, psutil.Process(server.process.pid)
    except BaseException:
        print(server.said()[-LAST_LETTERS:], file=sys.stderr)
        raise
    finally:
        server.stop()


def answers(title: str, took: dict[str, list[float]]) -> None:
    """Print how long each kind of act took."""
    table = Table("", "times", "answered within (median)", "95 % within", title=title)
    for act, times in took.items():
        times.sort()
        middle, most = statistics.median(times), times[int(0.95 * len(times))]
        table.add_row(act, f"{len(times)}", f"{1000 * middle:.0f} ms", f"{1000 * most:.0f} ms")
    Console(width=120).print(table)


def rehearse(server: Server, process: psutil.Process, students: int) -> None:
    """A class: they train, watch and look inside."""
    took: dict[str, list[float]] = {}
    before, begin = process.cpu_times(), time.monotonic()
    asyncio.run(school_hour(server, students, took))
    after, hour = process.cpu_times(), time.monotonic() - begin
    used = after.user + after.system - before.user - before.system
    answers(f"{students} students on one server", took)
    print(f"The page server took {100 * used / hour:.0f} % of one core for {hour:.0f} s.")
    if server.command == SERVE:
        measured = server.metrics()
        pages = used - measured["mnistlab_background_seconds_total"]
        print(f"Without the maps that students asked for, it took {100 * pages / hour:.0f} %.")
        for part in ("page", "fragment"):
            count = measured.get(f'mnistlab_rerun_seconds_count{{part="{part}"}}', 0)
            seconds = measured.get(f'mnistlab_rerun_seconds_sum{{part="{part}"}}', 0)
            print(f"It ran a {part} {count:.0f} times, which took {seconds:.0f} s.")
    runs = Store(server.store.url).runs(Status.FINISHED)
    spans = [(run.started or 0.0, run.ended or 0.0) for run in runs]
    first, last = min(begin for begin, _ in spans), max(end for _, end in spans)
    training = sum(end - begin for begin, end in spans)
    print(
        f"{len(spans)} of {students} networks trained in {last - first:.0f} s; one after another "
        f"they took {training:.0f} s."
    )


def let_in(server: Server, students: int) -> None:
    """Many come at once."""
    took: dict[str, list[float]] = {}
    asyncio.run(joining(server, students, took))
    answers(f"{students} come within {WITHIN:.0f} s", took)


def open_and_close(server: Server, process: psutil.Process, tabs: int) -> None:
    """What tabs leave behind."""
    took: dict[str, list[float]] = {}
    asyncio.run(come_and_go(server, 100, {}))  # what the first ones load stays
    time.sleep(LEFT_SECONDS)
    before, open_before = process.memory_info().rss, process.num_fds()
    asyncio.run(come_and_go(server, tabs, took))
    most, open_most = process.memory_info().rss, process.num_fds()
    time.sleep(LEFT_SECONDS)
    after, open_after = process.memory_info().rss, process.num_fds()
    answers(f"{tabs} tabs opened and closed", took)
    print(
        f"Memory {before >> 20} MiB, then {most >> 20} MiB, {LEFT_SECONDS:.0f} s later "
        f"{after >> 20} MiB; descriptors {open_before}, {open_most}, {open_after}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=30, help="in the class")
    parser.add_argument("--plain", action="store_true", help="served by `streamlit run`")
    parser.add_argument("--joins", type=int, default=0, help="how many come within a minute")
    parser.add_argument("--tabs", type=int, default=0, help="how many are opened and closed")
    parser.add_argument("--draw", action="store_true", help="all of them draw at once")
    parser.add_argument("--lead", action="store_true", help="all of them follow their teacher")
    chosen = parser.parse_args()
    command = STREAMLIT if chosen.plain else SERVE
    with tempfile.TemporaryDirectory() as name, running(Path(name), command) as (server, process):
        if chosen.joins:
            let_in(server, chosen.joins)
        elif chosen.tabs:
            open_and_close(server, process, chosen.tabs)
        elif chosen.draw:
            draw_together(server, process, chosen.students)
        elif chosen.lead:
            lead_class(server, process, chosen.students)
        else:
            rehearse(server, process, chosen.students)


if __name__ == "__main__":
    main()

"""How soon the wall shows what a student does, and what it costs the page server.

    python -m benchmarks.wall [--students 30] [--seconds 60] [--training]

Each student is a connection that speaks Streamlit's protocol, with the cookie of the class: it asks
once a second where the class is led, as a browser does, and every few seconds raises or lowers its
hand, draws, or opens another page. The teacher's browser asks for the wall once a second. An act is
on the wall once an answer says so. `--training`: two networks are trained meanwhile, and everybody
looks at one of them.
"""

import argparse
import asyncio
import http.client
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from benchmarks.classroom import SERVE, Server, running
from benchmarks.student import Student, student_of
from mnistlab.store.classes import make_class, teacher
from mnistlab.store.members import join, student
from mnistlab.ui.classroom.wall import POLL_SECONDS
from mnistlab.ui.kit.chosen_run import first_config
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.visitor import COOKIE, cookie_of

BETWEEN = 6.0  # seconds from one act of a student to the next, on average
ROUND = ("data", "convolution", "glossary", "optimisers", "runs")  # the pages they open
PIXELS = 28 * 28
Tile = dict[str, Any]


@dataclass
class Act:
    """What a student did, and how one sees on their tile that it has arrived."""

    kind: str
    number: int
    begun: float
    arrived: Callable[[Tile], bool]


@dataclass
class Watch:
    """What is not on the wall yet, and how long everything else took, by kind."""

    pending: list[Act] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)  # seconds until the wall's own answer

    def saw(self, tiles: list[Tile]) -> None:
        """Take note of all that these tiles show."""
        by_number = {tile["number"]: tile for tile in tiles}
        now, waiting = time.monotonic(), []
        for act in self.pending:
            if act.number in by_number and act.arrived(by_number[act.number]):
                self.took.setdefault(act.kind, []).append(now - act.begun)
            else:
                waiting.append(act)
        self.pending = waiting


class Routes:
    """The routes of a class, as one person's browser asks them."""

    def __init__(self, server: Server, cookie: str) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self._headers = {"Cookie": f"{COOKIE}={cookie}"}

    async def ask(self, path: str, says: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask for `path`, or tell it what it `says`."""
        return await asyncio.to_thread(self._ask, path, says)

    def _ask(self, path: str, says: dict[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._answer(path, says)
        except ConnectionError:  # kept open for too long: a browser asks again, too
            self._http.close()
            answer = self._answer(path, says)
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)  # type: ignore[no-any-return]

    def _answer(self, path: str, says: dict[str, Any] | None) -> http.client.HTTPResponse:
        body = None if says is None else json.dumps(says)
        self._http.request("GET" if says is None else "POST", path, body, self._headers)
        return self._http.getresponse()


async def act_on(
    number: int, connection: Student, routes: Routes, run: str, watch: Watch, end: float
) -> None:
    """One student, who looks at this run, if any, until `end`."""
    chance, raised = random.Random(number), False
    due = time.monotonic() + chance.uniform(0, BETWEEN)
    while time.monotonic() < end:
        await asyncio.sleep(1.0)
        await routes.ask("/api/class/pace")
        if time.monotonic() < due or time.monotonic() > end - 3:
            continue
        due = time.monotonic() + chance.uniform(0.5, 1.5) * BETWEEN
        kind = chance.choice(("hand", "drawing", "page"))
        begun = time.monotonic()
        if kind == "hand":
            raised = not raised
            watch.pending.append(Act(kind, number, begun, has_hand(raised)))
            await routes.ask("/api/class/me", {"hand": raised})
        elif kind == "drawing":
            drawing = chance.randbytes(PIXELS).hex()
            watch.pending.append(Act(kind, number, begun, has_drawing(drawing)))
            await routes.ask("/api/class/me", {"drawing": drawing})
        else:
            page = chance.choice([name for name in ROUND if name != connection.page])
            watch.pending.append(Act(kind, number, begun, has_page(page)))
            await connection.open(page, **({"run": run} if run else {}))


def has_hand(raised: bool) -> Callable[[Tile], bool]:
    return lambda tile: (tile["hand"] is not None) == raised


def has_drawing(drawing: str) -> Callable[[Tile], bool]:
    return lambda tile: tile["drawing"] == drawing


def has_page(page: str) -> Callable[[Tile], bool]:
    return lambda tile: tile["page"] == PAGES[page].label


async def look(routes: Routes, watch: Watch, end: float) -> None:
    """The teacher's browser, until `end`."""
    while time.monotonic() < end:
        begun = time.monotonic()
        wall = await routes.ask("/api/class/wall?sort=name&projector=0")
        watch.answers.append(time.monotonic() - begun)
        watch.saw(wall["tiles"])
        await asyncio.sleep(POLL_SECONDS)


async def lesson(
    server: Server, students: int, seconds: float, runs: list[str], with_wall: bool
) -> Watch:
    """A class of so many, who act for so long; without the wall, nobody looks."""
    of, _ = make_class(server.store, "Benchmark", "en")
    people = [student(join(server.store, of, f"S{number}")) for number in range(1, students + 1)]
    watch = Watch()
    async with AsyncExitStack() as stack:
        acting = []
        for number, person in enumerate(people, start=1):
            cookie = cookie_of(server.store, person)
            cookies = f"{XSRF_COOKIE_NAME}={generate_xsrf_token_string()}; {COOKIE}={cookie}"
            connection = await stack.enter_async_context(student_of(server, {}, cookies))
            await connection.open("glossary")
            run = runs[number % len(runs)] if runs else ""
            acting.append((number, connection, Routes(server, cookie), run))
        end = time.monotonic() + seconds
        looking = (
            [look(Routes(server, cookie_of(server.store, teacher(of))), watch, end)]
            if with_wall
            else []
        )
        await asyncio.gather(
            *(act_on(*each, watch, end) for each in acting),
            *looking,
        )
    return watch


def cpu_share(server: Server, process: psutil.Process, run: Callable[[], Any]) -> tuple[Any, float]:
    """What `run()` returns, and the page server's share of a core meanwhile."""
    before, begin = process.cpu_times(), time.monotonic()
    result = run()
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return result, used / (time.monotonic() - begin)


def report(watch: Watch, students: int) -> None:
    """Print how long each kind of act took to be on the wall."""
    title = f"{students} students: from an act to the wall"
    table = Table("", "times", "median", "95 % within", "most", title=title)
    every = [seconds for times in watch.took.values() for seconds in times]
    kinds = {**watch.took, "all": every, "(the wall's answer alone)": watch.answers}
    for kind, times in kinds.items():
        ordered = sorted(times)
        figures = statistics.median(ordered), ordered[int(0.95 * len(ordered))], ordered[-1]
        table.add_row(kind, f"{len(ordered)}", *(f"{1000 * each:.0f} ms" for each in figures))
    Console(width=100).print(table)
    print(f"Not on the wall at the end: {len(watch.pending)} acts.")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=30, help="in the class")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they act")
    parser.add_argument("--training", action="store_true", help="while two networks are trained")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running(Path(name), SERVE) as (server, process):
        long = first_config().replace(epochs=1000, max_steps=None)
        runs = [
            server.store.request(long.replace(seed=seed)).id
            for seed in (1, 2)[: 2 * chosen.training]
        ]
        shares = {}
        for with_wall in (False, True):
            watch, shares[with_wall] = cpu_share(
                server,
                process,
                lambda with_wall=with_wall: asyncio.run(  # type: ignore[misc]
                    lesson(server, chosen.students, chosen.seconds, runs, with_wall)
                ),
            )
        report(watch, chosen.students)
        print(
            f"The page server took {100 * shares[True]:.0f} % of one core with the wall open, "
            f"{100 * shares[False]:.0f} % without."
        )


if __name__ == "__main__":
    main()

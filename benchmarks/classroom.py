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
"""

import argparse
import asyncio
import http.client
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from rich.console import Console
from rich.table import Table
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.drawing import draw_together
from mnistlab.store import ACTIVE, Status, Store
from mnistlab.ui.kit.chosen_run import first_config

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the server of the browser tests

from browser.site import SERVE, STREAMLIT, Server, Site  # noqa: E402

# where each student goes once the network is trained
LOOKS = ("feature_maps", "embeddings", "evaluation", "draw")
# seconds in which all of them press Start: nobody's clicks fall together to the millisecond
WITHIN = 60.0
COMPONENTS = ("run_charts", "queue")  # whose scripts ask the server what is new
LEFT_SECONDS = 150.0  # after which Streamlit lets go of a session that was left (120), and a bit


class Student:
    """One browser tab, as the server sees it. `took`: seconds from asking to the last message of
    the answer, by kind of act.
    """

    def __init__(
        self, connection: ClientConnection, server: Server | Site, took: dict[str, list[float]]
    ) -> None:
        self._connection, self._took = connection, took
        self._http = http.client.HTTPConnection("127.0.0.1", server.port)
        self._page = self._query = ""
        self._buttons: dict[str, str] = {}  # label -> widget id
        self._timers: dict[str, tuple[float, float]] = {}  # fragment -> (seconds, when next)
        self._live: dict[str, dict[str, Any]] = {}  # component -> what it was told
        self._due: dict[str, float] = {}  # component -> when it asks

    async def open(self, page: str, **query: object) -> None:
        self._page, self._query = page, urlencode(query)
        self._timers.clear()
        self._live.clear()
        self._due.clear()
        await self._ask(f"open {page}")

    async def press(self, label: str) -> None:
        await self._ask(f"press {label}", button=self._buttons[label])

    async def watch(self, seconds: float) -> None:
        """Let the page's timers run for so long, and its components ask, as a browser does."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            timers = (at for _, at in self._timers.values())
            await asyncio.sleep(max(0.0, min([*timers, *self._due.values(), end]) - now))
            for fragment, (interval, at) in list(self._timers.items()):
                if fragment not in self._timers:
                    break  # the whole page was drawn anew
                if (now := time.monotonic()) >= at:
                    self._timers[fragment] = interval, now + interval
                    await self._ask("a live part's rerun", fragment=fragment)
            for name, at in list(self._due.items()):
                if time.monotonic() >= at:
                    await self._look(name)

    async def stay(self) -> None:
        """Leave the page alone until its server is gone."""
        with suppress(ConnectionClosed):
            while True:
                await self._connection.recv()

    async def _look(self, name: str) -> None:
        """Ask what is new; where the run's state is, have the page drawn anew."""
        data = self._live[name]
        after = f"&after={data['live']['seq']}" if name == "run_charts" else ""
        begin = time.monotonic()
        live = await asyncio.to_thread(self._fetch, data["url"] + after)
        self._took.setdefault(f"what is new ({name})", []).append(time.monotonic() - begin)
        before, data["live"] = data["live"], live
        self._due[name] = time.monotonic() + wait(name, live)
        if before.get("status") != live.get("status"):
            await self._ask("drawn anew at a new state")

    def _fetch(self, address: str) -> dict[str, Any]:
        self._http.request("GET", address)
        answer = self._http.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body)  # type: ignore[no-any-return]

    async def _ask(self, act: str, button: str = "", fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self._query, self._page
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        if button:
            state.widget_states.widgets.add(id=button, trigger_value=True)
        begin = time.monotonic()
        await self._connection.send(message.SerializeToString())
        while not self._hear(await self._connection.recv(), act):
            pass
        self._took.setdefault(act, []).append(time.monotonic() - begin)

    def _hear(self, data: str | bytes, act: str) -> bool:
        """Take in one message of the server; whether it is the last one of an answer."""
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            interval = message.auto_rerun.interval
            self._timers[message.auto_rerun.fragment_id] = interval, time.monotonic() + interval
        elif (
            kind == "script_finished"
            and message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
        ):
            self._timers.clear()  # the whole page is drawn anew, with its timers
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self._buttons[element.button.label] = element.button.id
            elif element.WhichOneof("type") == "bidi_component":
                name = element.bidi_component.component_name.rpartition(".")[2]
                data = json.loads(element.bidi_component.json) if name in COMPONENTS else {}
                self._live.pop(name, None)
                self._due.pop(name, None)
                if data.get("url"):
                    self._live[name] = data
                    self._due[name] = time.monotonic() + wait(name, data["live"])
            elif element.WhichOneof("type") == "exception":
                raise SystemExit(f"{act}: {element.exception.type}: {element.exception.message}")
        return kind == "script_finished" and message.script_finished in (
            ForwardMsg.FINISHED_SUCCESSFULLY,
            ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
        )


def wait(name: str, live: dict[str, Any]) -> float:
    """How many seconds the script of a component waits (`run_charts.js`, `queue.js`)."""
    if name == "queue":
        return 2.0 if live["runs"] else 10.0
    return 3.0 if (live["place"] or 0) > 1 else 1.0


@asynccontextmanager
async def student_of(
    server: Server | Site, took: dict[str, list[float]], cookies: str = ""
) -> AsyncIterator[Student]:
    """A student with these `cookies`, or one who was never here."""
    address = server.url.replace("http", "ws") + "_stcore/stream"
    cookies = cookies or f"{XSRF_COOKIE_NAME}={generate_xsrf_token_string()}"
    async with connect(
        address,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": cookies},
        max_size=None,
    ) as connection:
        yield Student(connection, server, took)


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
    chosen = parser.parse_args()
    command = STREAMLIT if chosen.plain else SERVE
    with tempfile.TemporaryDirectory() as name, running(Path(name), command) as (server, process):
        if chosen.joins:
            let_in(server, chosen.joins)
        elif chosen.tabs:
            open_and_close(server, process, chosen.tabs)
        elif chosen.draw:
            draw_together(server, process, chosen.students)
        else:
            rehearse(server, process, chosen.students)


if __name__ == "__main__":
    main()

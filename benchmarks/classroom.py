"""How a class fares on one server: students open the train page at the same moment, press Start, watch, and look inside.

    python -m benchmarks.classroom [--students 30]

Each student is a connection that speaks Streamlit's protocol as a browser does (messages, timers of the page's live parts), with a
network of their own: `speedrun` with their own seed. Students, server and trainings share this machine.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
from rich.console import Console
from rich.table import Table
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from mnistlab.presets import PRESETS
from mnistlab.store import ACTIVE, Status, Store

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the server of the browser tests

from browser.site import Server  # noqa: E402

LOOKS = ("feature_maps", "embeddings", "evaluation", "draw")  # where each student goes once the network is trained
WITHIN = 60.0  # seconds in which all of them press Start: nobody's clicks fall together to the millisecond


class Student:
    """One browser tab, as the server sees it. `took`: seconds from asking to the last message of the answer, by kind of act."""

    def __init__(self, connection: ClientConnection, took: dict[str, list[float]]) -> None:
        self._connection, self._took = connection, took
        self._page = self._query = ""
        self._buttons: dict[str, str] = {}  # label -> widget id
        self._timers: dict[str, float] = {}  # fragment -> seconds

    async def open(self, page: str, **query: object) -> None:
        self._page, self._query = page, urlencode(query)
        self._timers.clear()
        await self._ask(f"open {page}")

    async def press(self, label: str) -> None:
        await self._ask(f"press {label}", button=self._buttons[label])

    async def watch(self, seconds: float) -> None:
        """Let the page's timers run for so long, as a browser does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(min(self._timers.values(), default=seconds))
            for fragment in list(self._timers):
                if fragment not in self._timers:
                    break  # the whole page was drawn anew
                await self._ask("a live part's rerun", fragment=fragment)

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
            self._timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._timers.clear()  # the whole page is drawn anew, with its timers
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self._buttons[element.button.label] = element.button.id
            elif element.WhichOneof("type") == "exception":
                raise SystemExit(f"{act}: {element.exception.type}: {element.exception.message}")
        return kind == "script_finished" and message.script_finished in (
            ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
        )  # fmt: skip


async def lesson(server: Server, seed: int, took: dict[str, list[float]]) -> None:
    """What one student does, from opening the train page to the last look into the trained network."""
    config = PRESETS["speedrun"].replace(seed=seed)
    address = server.url.replace("http", "ws") + "_stcore/stream"
    async with connect(address, subprotocols=["streamlit"], max_size=None) as connection:  # type: ignore[list-item]
        student = Student(connection, took)
        await student.open("train", preset="speedrun", seed=seed)
        await asyncio.sleep(random.Random(seed).uniform(0, WITHIN))
        await student.press("Start")
        while server.store.get(config.run_id).status in ACTIVE:
            await student.watch(1.0)
        for page in LOOKS:
            await student.open(page, run=config.run_id)
            await student.watch(2.0)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def school_hour(server: Server, students: int, took: dict[str, list[float]]) -> None:
    await asyncio.gather(*(lesson(server, seed, took) for seed in range(1, students + 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30, help="in the class")
    students, took = parser.parse_args().students, dict[str, list[float]]()
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as server:
        page_server, begin = psutil.Process(server.process.pid if server.process else None), time.monotonic()
        asyncio.run(school_hour(server, students, took))
        used, hour = page_server.cpu_times(), time.monotonic() - begin
        runs = Store(server.store.url).runs()
    table = Table("what a student does", "times", "answered within (median)", "95 % within", title=f"{students} students on one server")
    for act, times in took.items():
        times.sort()
        table.add_row(act, f"{len(times)}", f"{1000 * statistics.median(times):.0f} ms", f"{1000 * times[int(0.95 * len(times))]:.0f} ms")
    Console(width=120).print(table)
    trained = [(run.started or 0.0, run.ended or 0.0) for run in runs if run.status is Status.FINISHED]
    first, last = min(begin for begin, _ in trained), max(end for _, end in trained)
    busy = sum(end - begin for begin, end in trained)
    print(f"The page server took {100 * (used.user + used.system) / hour:.0f} % of one core for {hour:.0f} s.")
    print(f"{len(trained)} of {students} networks trained in {last - first:.0f} s, of which {busy:.0f} s were training.")


if __name__ == "__main__":
    main()

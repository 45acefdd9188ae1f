"""How soon a class follows its teacher: see `classroom --lead`."""

import asyncio
import http.client
import json
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.student import Student, connected
from mnistlab.store.classes import make_class, teacher
from mnistlab.store.members import join, student
from mnistlab.store.people import Person
from mnistlab.ui.kit.attendance.bar import POLL_SECONDS
from mnistlab.ui.kit.visitor import COOKIE, cookie_of

# imported after benchmarks.student, which knows where the tests are
from browser.site import Server  # isort: skip
from pages.runs import trained  # isort: skip

SOON = 2.0  # seconds
PATIENCE = 120.0  # seconds in which everybody has to have followed
BEGIN, AWAY = "glossary", "data"  # where nobody is led
COVER = "cover"
TO = ("convolution", "train", "feature_maps", "evaluation")


class Led(Student):
    """A browser tab of somebody in a class, which asks each second what is new in it, as bar.js
    does. `where` is the page that it shows; `seen` and `complete`: since when.
    """

    def __init__(self, connection: Any, server: Server, cookie: str) -> None:
        super().__init__(connection, server, {}, cookie)
        self.where, self.known = "", ""
        self.seen: dict[str, float] = {}
        self.complete: dict[str, float] = {}
        self._bar = ""

    async def open(self, page: str, **query: object) -> None:
        await super().open(page, **query)
        self.complete[self.where] = time.monotonic()

    async def live(self, over: asyncio.Event) -> None:
        """Ask what is new, each second, and follow, until this is `over`."""
        await asyncio.sleep(random.uniform(0, POLL_SECONDS))
        while not over.is_set():
            news = await asyncio.to_thread(self._news)
            if news["look_up"]:
                self.seen.setdefault(COVER, time.monotonic())
            elif news["number"] != self.known:
                self.known = news["number"]
                await self._ask("follow")
                self.complete[self.where] = time.monotonic()
            await asyncio.sleep(POLL_SECONDS)

    def _news(self) -> dict[str, Any]:
        try:
            answer = self._answer()
        except ConnectionError:  # it was kept open for too long: a browser asks again, too
            self._http.close()
            answer = self._answer()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body)  # type: ignore[no-any-return]

    def _answer(self) -> http.client.HTTPResponse:
        self._http.request("GET", self._bar, headers={"Cookie": self._cookies})
        return self._http.getresponse()

    def _hear(self, data: str | bytes, act: str) -> bool:
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "navigation":
            pages = {page.page_script_hash: page for page in message.navigation.app_pages}
            now = pages[message.navigation.page_script_hash]
            self.where = self._page = "" if now.is_default else now.url_pathname
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "heading" and element.heading.tag == "h1":
                self.seen.setdefault(self.where, time.monotonic())
            elif element.bidi_component.component_name.endswith("attendance.bar"):
                told = json.loads(element.bidi_component.json)
                self.known, self._bar = told["known"], told["url"]
        return super()._hear(data, act)


def lead_class(server: Server, process: psutil.Process, students: int) -> None:
    """A teacher brings everybody to page after page, locks one, which all try to leave, and has
    them look up; print how soon they followed.
    """
    of, __ = make_class(server.store, "Year 10", "en")
    run = trained(server.store)
    people = [teacher(of), *(student(join(server.store, of, f"S {n}")) for n in range(students))]
    rows, escaped = asyncio.run(_lesson(server, process, people, run.id))
    table = Table(
        "the teacher's act",
        "seen within (median)",
        "by all within",
        f"within {SOON:g} s by",
        "complete for all within",
        "page server computed",
        title=f"{students} students follow their teacher",
    )
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)
    print(f"{escaped} of {students} escaped from the page that was locked.")


async def _lesson(
    server: Server, process: psutil.Process, people: list[Person], run: str
) -> tuple[list[tuple[str, ...]], int]:
    """(a row for each act of the teacher, who is the first of `people`; how many students escaped
    from a locked page).
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(len(people)))
    rows = []
    async with AsyncExitStack() as stack:
        everybody = []
        for person in people:
            cookie = f"{COOKIE}={cookie_of(server.store, person)}"
            connection = await stack.enter_async_context(connected(server, cookie))
            everybody.append(Led(connection, server, cookie))
        leader, students = everybody[0], everybody[1:]
        await asyncio.gather(*(each.open(BEGIN) for each in students))
        async with _living(students):
            for page in TO:
                await leader.open(page, run=run)
                rows.append(await _act(process, leader, "Bring everybody here", students, page))
            await leader.press("Lock the page")
            await until(lambda: all(each.known == leader.known for each in students))
        await asyncio.gather(*(each.open(AWAY) for each in students))
        escaped = sum(each.where != TO[-1] for each in students)
        async with _living(students):
            rows.append(await _act(process, leader, "Look up!", students, COVER))
    return rows, escaped


@asynccontextmanager
async def _living(students: list[Led]) -> AsyncIterator[None]:
    """Within, the tabs of all ask what is new."""
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tabs:
        for each in students:
            tabs.create_task(each.live(over))
        yield
        over.set()


async def _act(
    process: psutil.Process, leader: Led, button: str, students: list[Led], what: str
) -> tuple[str, ...]:
    """The teacher presses a button; how soon all see what follows, as a row."""
    for each in students:
        each.seen.clear()
        each.complete.clear()
    begin, before = time.monotonic(), process.cpu_times()
    pressing = asyncio.create_task(leader.press(button))
    await until(lambda: all(what in each.seen for each in students))
    seen = sorted(each.seen[what] - begin for each in students)
    complete = "at once"
    if what != COVER:
        await until(lambda: all(what in each.complete for each in students))
        complete = f"{max(each.complete[what] for each in students) - begin:.1f} s"
    await pressing
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    soon = sum(seconds <= SOON for seconds in seen)
    return (
        f"{button} ({what})",
        f"{statistics.median(seen):.1f} s",
        f"{seen[-1]:.1f} s",
        f"{soon} of {len(students)}",
        complete,
        f"{used:.1f} s",
    )


async def until(true: Callable[[], bool]) -> None:
    """Wait until `true()`. Raises `TimeoutError` where it is not, with all patience."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.02)

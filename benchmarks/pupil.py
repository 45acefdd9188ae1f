"""Somebody in a class, as the server sees their browser: it joins with the code, asks each second
what is new, follows the teacher, and comes back where the server was gone for a while.
"""

import asyncio
import http.client
import random
import re
import time
from contextlib import AsyncExitStack
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException

from benchmarks.leading import Led, until
from benchmarks.student import connected, key_of
from mnistlab.store.members import Member, member
from mnistlab.ui.kit.attendance.bar import POLL_SECONDS
from mnistlab.ui.kit.visitor import COOKIE, in_class

# imported after benchmarks.student, which knows where the tests are
from browser.site import Server  # isort: skip

AGAIN_SECONDS = 0.5  # until a browser tries once more to reach its server
GONE = (OSError, http.client.HTTPException, WebSocketException)
TICKET = re.compile(r'location\.replace\("([^"]+)"\)')
STEP = re.compile(r"· step (\d+) of \d+")


class Pupil(Led):
    """`cookie`: of the class, once one is in it. `came_back`: when the page was there again.
    `saw`, `arrived`: step of a lesson -> since when its words are seen, and the page is complete.
    `asked`: since when the class's question is seen.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(None, server, "")
        self.server, self.cookie, self.name = server, "", ""
        self.step, self.asked, self.came_back = 0, 0.0, 0.0
        self.saw: dict[int, float] = {}
        self.arrived: dict[int, float] = {}
        self.links: list[str] = []  # where the page's links out of it lead
        self._ticket = ""
        self._radio: tuple[str, list[str], str] | None = None  # id, options, part of the page
        self._connected = AsyncExitStack()

    # -- coming and going --------------------------------------------------------------------------

    async def connect(self) -> None:
        """Open a tab, with the cookie of the class if there is one."""
        await self.close()
        tab = connected(self.server, self._cookies)
        self._connection = await self._connected.enter_async_context(tab)

    async def close(self) -> None:
        await self._connected.aclose()

    async def enter(self) -> None:
        """Take the ticket that the page has given to the route that makes a cookie of it, and open
        the class.
        """
        answer, __ = await asyncio.to_thread(self.get, self._ticket)
        assert answer.status == 303, answer.status
        self.cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE].value
        self._cookies = f"{COOKIE}={self.cookie}"
        await self.connect()
        await self.open("class")

    async def join(self, code: str, nickname: str) -> None:
        """Open the link of the class, and join it."""
        self.name = nickname
        await self.connect()
        await self.open("class", join=code)
        self.write("Code", code)
        self.write("Nickname", nickname)
        await self.press("Join")
        await self.enter()

    async def come_back(self) -> None:
        """Try until the server answers again, and have the same page drawn."""
        while True:
            try:
                self._http.close()
                self._timers.clear()
                self._script = ""
                await self.connect()
                await self._ask("come back")
            except GONE:
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self.came_back = time.monotonic()
                return

    def get(self, address: str) -> tuple[http.client.HTTPResponse, bytes]:
        """What the server answers to this tab's browser, and the body of it."""
        where = urlsplit(address)
        self._http.close()
        headers = {"Cookie": self._cookies}
        self._http.request("GET", f"{where.path}?{where.query}", headers=headers)
        answer = self._http.getresponse()
        return answer, answer.read()

    def me(self) -> Member:
        """This student, as the store has them by their cookie."""
        person = in_class(self.server.store, self.cookie)
        assert person is not None
        return member(self.server.store, person.name)

    # -- in the class ------------------------------------------------------------------------------

    async def live(self, over: asyncio.Event) -> None:
        """Ask each second what is new, follow the teacher and have the page's timers run."""
        await asyncio.sleep(random.uniform(0, POLL_SECONDS))
        while not over.is_set():
            try:
                news = await asyncio.to_thread(self._news)
                if news["number"] != self.known:
                    self.known = news["number"]
                    await self._ask("follow")
                await self.do_what_is_due()
            except GONE:
                await self.come_back()
            await asyncio.sleep(POLL_SECONDS)

    async def answer(self, place: int) -> None:
        """Answer the question of the class with the choice at this place."""
        await until(lambda: self._radio is not None)
        assert self._radio is not None
        widget, options, part = self._radio
        self._written[widget] = options[place % len(options)]
        await self._ask("choose", part=part)
        button = self._buttons["Answer"]
        await self._ask("answer", button=button, part=self._fragments[button])
        self._written.clear()

    async def _ask(self, act: str, button: str = "", fragment: str = "", part: str = "") -> None:
        await super()._ask(act, button, fragment, part)
        self.arrived.setdefault(self.step, time.monotonic())

    def _hear(self, data: str | bytes, act: str) -> bool:
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "delta":
            element, kind = message.delta.new_element, message.delta.new_element.WhichOneof("type")
            if kind == "html" and (ticket := TICKET.search(element.html.body)):
                self._ticket = ticket[1]
            elif kind == "link_button":
                self.links.append(element.link_button.url)
            elif kind == "markdown" and (step := STEP.search(element.markdown.body)):
                self.step = int(step[1])
                self.saw.setdefault(self.step, time.monotonic())
            elif kind == "radio" and key_of(element.radio.id).startswith("class_question."):
                self._radio = element.radio.id, [*element.radio.options], message.delta.fragment_id
                self.asked = self.asked or time.monotonic()
        return super()._hear(data, act)

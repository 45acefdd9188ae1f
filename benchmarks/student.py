"""A student for whom no browser is needed: a connection that speaks Streamlit's protocol."""

import asyncio
import http.client
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the server of the browser tests

from browser.site import Server, Site  # noqa: E402

COMPONENTS = ("run_charts", "queue")  # whose scripts ask the server what is new


class Student:
    """One browser tab, as the server sees it. `took`: seconds from asking to the last message of
    the answer, by kind of act. `cookies`: those that its scripts ask with.
    """

    def __init__(
        self,
        connection: ClientConnection,
        server: Server | Site,
        took: dict[str, list[float]],
        cookies: str = "",
    ) -> None:
        self._connection, self._took, self._cookies = connection, took, cookies
        self._http = http.client.HTTPConnection("127.0.0.1", server.port)
        self._page = self._query = ""
        self._script = ""  # of the page, as the server calls it; "" until it has said so
        self._asking = asyncio.Lock()  # one question to the server at a time
        self._buttons: dict[str, str] = {}  # label, or key -> widget id
        self._fields: dict[str, str] = {}  # label of a text field -> widget id
        self._fragments: dict[str, str] = {}  # widget id -> the part of the page it belongs to
        self._written: dict[str, str] = {}  # widget id -> what was chosen or typed
        self._timers: dict[str, tuple[float, float]] = {}  # fragment -> (seconds, when next)
        self._live: dict[str, dict[str, Any]] = {}  # component -> what it was told
        self._due: dict[str, float] = {}  # component -> when it asks

    @property
    def page(self) -> str:
        """The page that is open."""
        return self._page

    @property
    def buttons(self) -> set[str]:
        """The labels and keys of the buttons that were seen."""
        return {*self._buttons}

    async def open(self, page: str, **query: object) -> None:
        self._page, self._query, self._script = page, urlencode(query), ""
        self._timers.clear()
        self._live.clear()
        self._due.clear()
        self._written.clear()
        await self._ask(f"open {page}")

    async def press(self, label: str) -> None:
        """Press the button with this label, or this key."""
        await self._ask(f"press {label}", button=self._buttons[label])

    def write(self, label: str, text: str) -> None:
        """Type into a text field of a form, which is sent when a button is pressed."""
        self._written[self._fields[label]] = text

    async def watch(self, seconds: float) -> None:
        """Let the page's timers run for so long, and its components ask, as a browser does."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            timers = (at for _, at in self._timers.values())
            await asyncio.sleep(max(0.0, min([*timers, *self._due.values(), end]) - now))
            await self.do_what_is_due()

    async def do_what_is_due(self) -> None:
        """What the page's timers and components want by now."""
        for fragment, (interval, at) in list(self._timers.items()):
            if fragment not in self._timers:
                break  # the whole page was drawn anew
            if (now := time.monotonic()) >= at:
                self._timers[fragment] = interval, now + interval
                await self._ask("a live part's rerun", fragment=fragment)
        for name, at in list(self._due.items()):
            if time.monotonic() >= at and name in self._live:
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
        if name not in self._live:
            return  # another page was opened meanwhile
        self._due[name] = time.monotonic() + wait(name, live)
        if before.get("status") != live.get("status"):
            await self._ask("drawn anew at a new state")

    def _fetch(self, address: str) -> dict[str, Any]:
        self._http.request("GET", address, headers={"Cookie": self._cookies})
        answer = self._http.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body)  # type: ignore[no-any-return]

    async def _ask(self, act: str, button: str = "", fragment: str = "", part: str = "") -> None:
        """Have the page run, or the `fragment` whose time it is, or the `part` of it that somebody
        has touched.
        """
        async with self._asking:
            message = BackMsg()
            state = message.rerun_script
            state.query_string, state.page_name = self._query, self._page
            state.page_script_hash = self._script
            state.fragment_id, state.is_auto_rerun = fragment or part, bool(fragment)
            for widget, text in self._written.items():
                state.widget_states.widgets.add(id=widget, string_value=text)
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
        elif kind == "navigation":
            self._script = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                for name in (element.button.label, key_of(element.button.id)):
                    self._buttons[name] = element.button.id
                self._fragments[element.button.id] = message.delta.fragment_id
            elif element.WhichOneof("type") == "text_input":
                self._fields[element.text_input.label] = element.text_input.id
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


def key_of(widget: str) -> str:
    """The key that the page gave a widget, in its id; "" if it gave none."""
    key = widget.split("-", 2)[-1]
    return "" if key == "None" else key


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
    async with connected(server, cookies) as connection:
        yield Student(connection, server, took, cookies)


@asynccontextmanager
async def connected(server: Server | Site, cookies: str = "") -> AsyncIterator[ClientConnection]:
    """A connection of a browser with these `cookies`."""
    address = server.url.replace("http", "ws") + "_stcore/stream"
    cookies = cookies or f"{XSRF_COOKIE_NAME}={generate_xsrf_token_string()}"
    async with connect(
        address,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": cookies},
        max_size=None,
    ) as connection:
        yield connection

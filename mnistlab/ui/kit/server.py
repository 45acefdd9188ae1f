"""What the page server needs beyond what `streamlit run` sets up."""

import os
import socket
from contextlib import suppress
from datetime import timedelta
from importlib.metadata import version
from urllib.parse import urljoin

import psutil
import streamlit as st

from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord
from mnistlab.ui.kit.i18n import language

# the libraries that a browser fetches when it needs them -> their versions
FETCHED = {"plotly": version("plotly"), "vega": "6.4.0", "vega-lite": "6.4.3"}
_live_routes: list[str] = []  # where they begin, on a server that has any


@st.cache_resource(show_spinner=False)
def answer_at_once() -> None:
    """Send every message to the browsers at once. One call for each server is enough, because new
    connections inherit the option from the listening socket.

    Streamlit leaves Nagle's algorithm on. With it, the second small message of a response waits
    until the browser has acknowledged the first, which browsers put off for 40 ms: most of the time
    that a click takes. Where a process cannot list its sockets (Windows), nothing changes.
    """
    connections = psutil.Process().net_connections(kind="tcp")
    ours = {
        connection.laddr.port
        for connection in connections
        if connection.status == psutil.CONN_LISTEN
    }
    for connection in connections:
        if connection.fd >= 0 and connection.laddr and connection.laddr.port in ours:
            with suppress(OSError):  # closed in the meantime
                without_delay(connection.fd)


@st.fragment(run_every=timedelta(days=1))
def come_back_whole() -> None:
    """Let a browser that has lost its server ask the next one for the whole page at once, with what
    is chosen in it.

    It does so only where a part of the page has a timer; this part shows nothing. Without it the
    page seems to be there, but the new server does not know its parts, and ignores their buttons.
    """


def without_delay(descriptor: int) -> None:
    """Switch Nagle's algorithm off for the socket `descriptor`. Raises `OSError` if it is none."""
    with socket.socket(fileno=os.dup(descriptor)) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def announce_live_routes(path: str) -> None:
    """Say that this server answers below `path` ("/api") what is new while one watches."""
    _live_routes[:] = [path]


def live_address(*names: str) -> str | None:
    """Where a browser asks what is new in `names` ("runs", run id); None on a server without live
    routes, where a page has to poll.
    """
    address = _address(*names, "live")
    return None if address is None else f"{address}?lang={language()}"


def class_address(*names: str) -> str | None:
    """Where a browser enters a class ("enter"), leaves it, or tells of itself ("me"); None on a
    server without routes.
    """
    return _address("class", *names)


def join_link(code: str) -> str:
    """The whole address where students join the class with this code, as this page was opened."""
    base = _live_routes[0].rpartition("/")[0] if _live_routes else ""
    return urljoin(st.context.url or "", f"{base}/class?join={code}")


def teacher_link(secret: str) -> str:
    """The whole address of a teacher's own link, as this page was opened."""
    path = f"{_live_routes[0].rpartition('/')[0] if _live_routes else ''}/teach/{secret}"
    return urljoin(st.context.url or "", path)


def weights_address(run: RunRecord) -> str | None:
    """Where a browser gets the weights of a run, with `{step}` in place of the step; None where
    there are no routes.
    """
    address = _address("runs", run.id, "weights", "{step}")
    # a browser keeps them for long: a run that is deleted and trained again has another address
    return None if address is None else f"{address}?started={run.started or 0:.3f}"


def untrained_address(preset: str) -> str | None:
    """Where a browser gets the weights that a preset's training begins with; None where there are
    no routes.
    """
    address = _address("untrained", preset, "weights")
    # a browser keeps them for long: another version's preset is another address
    return None if address is None else f"{address}?run={PRESETS[preset].run_id}"


def library_address(name: str) -> str | None:
    """Where a browser gets the library `name` of `FETCHED`; None where there are no routes."""
    address = _address("libraries", name)
    return None if address is None else f"{address}?version={FETCHED[name]}"


def _address(*names: str) -> str | None:
    return "/".join([_live_routes[0], *names]) if _live_routes else None

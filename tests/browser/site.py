"""A real server and what a person does with it in a real browser."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit

from executors.bench import one_at_a_time
from waiting import SECONDS, eventually

from mnistlab.store import RunRecord, Status, Store

ROOT = Path(__file__).parents[2]
STREAMLIT = (
    "streamlit",
    "run",
    "app.py",
    "--server.port={port}",
    "--server.address=127.0.0.1",
    "--server.headless=true",
)
SERVE = ("mnistlab", "serve", "--port={port}", "--address=127.0.0.1")
SETTLED = """() => { const app = document.querySelector('[data-testid="stApp"]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]'); }"""
CHART = "[data-chart]"
# Streamlit itself asks for these below a deep link's path too, and is told 404
PROBES = re.compile(r"/_stcore/(health|host-config)$")


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serves(address: str, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the server of this address answers; fails if its process has ended."""
    assert process.poll() is None, f"the server ended with {process.returncode}"
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except (URLError, ConnectionError, TimeoutError):
        return False


@dataclass(frozen=True)
class Site:
    """What a tab opens: an address, and the store behind it."""

    url: str
    store: Store

    @property
    def port(self) -> int | None:
        return urlsplit(self.url).port


class Server:
    """`streamlit run app.py` (or another `command`) on a free port, over the store that
    `environment` names, or one of its own.
    """

    def __init__(
        self, folder: Path, command: Sequence[str] = STREAMLIT, **environment: str
    ) -> None:
        self.command = command
        self.store = Store(environment.get("MNISTLAB_STORE", f"sqlite:///{folder / 'runs.db'}"))
        self.environment = {**os.environ, "MNISTLAB_STORE": self.store.url, **environment}
        self.port = free_port()
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            *(part.format(port=self.port) for part in self.command),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        eventually("the server answers", self._answers)

    def kill(self) -> None:
        """End the server as a power cut does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End the server, and every training that it began."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(SECONDS)
        for run in self.store.runs():
            if run.status in (Status.QUEUED, Status.RUNNING):
                self.store.stop(run.id)
        eventually(
            "no training is left",
            lambda: not any(run.status == Status.RUNNING for run in self.store.runs()),
        )

    def said(self) -> str:
        """What the server wrote."""
        return self.log.read_text(errors="replace")

    def metrics(self) -> dict[str, float]:
        """What `mnistlab serve` measures of itself, by name."""
        with urllib.request.urlopen(f"{self.url}metrics", timeout=60) as answer:
            assert answer.headers["content-type"].startswith("text/plain")
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        return serves(self.url.rstrip("/"), self.process)


@contextmanager
def serving(
    folder: Path, command: Sequence[str] = STREAMLIT, **environment: str
) -> Iterator[Server]:
    """A `Server` for as long as this lasts, which trains one run at a time: so no other process
    gets ready for the next run meanwhile.
    """
    running = Server(folder, command, **environment)
    with one_at_a_time(running.store):
        running.start()
        yield running
        running.stop()


class Tab:
    """One browser tab, which remembers every error of the page."""

    def __init__(self, context: Any, server: Server | Site) -> None:
        self.page, self.server, self.errors = context.new_page(), server, []
        self.page.set_default_timeout(SECONDS * 1000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str) -> "Tab":
        """Follow a link, and wait until the page is settled."""
        self.page.goto(self.server.url + path, wait_until="domcontentloaded")
        self.settled()
        return self

    def settled(self) -> None:
        """Wait until the page has stopped changing."""
        self.page.wait_for_function(SETTLED)

    def says(self, text: str) -> None:
        """Wait until the page shows `text`."""
        self.page.get_by_text(text).first.wait_for()

    def press(self, label: str) -> None:
        """Press the button with this label."""
        self.page.get_by_role("button", name=label, exact=True).click()

    def chosen_run(self) -> RunRecord:
        """The run that the address names."""
        found = eventually(
            "the address names a run",
            lambda: re.search(r"[?&]run=([0-9a-f]{12})", self.page.evaluate("location.href")),
        )
        return self.server.store.get(found[1])

    def is_sound(self) -> None:
        """No exception box, and no error on the console."""
        assert self.page.locator('[data-testid="stException"]').count() == 0
        assert not self.errors, self.errors

    def _heard(self, message: Any) -> None:
        if message.type == "error" and not PROBES.search(message.location.get("url", "")):
            self.errors.append(message.text)


PLACE = """([chart, x, y]) => { const plot = document.querySelectorAll('.js-plotly-plot')[chart];
    if (!plot || !plot._fullLayout) return null;
    plot.scrollIntoView({block: 'center'});
    const { left, top } = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
    return [left + xaxis._offset + xaxis.l2p(x), top + yaxis._offset + yaxis.l2p(y)]; }"""


def search(tab: Tab) -> str:
    """The parameters of the tab's URL; asked of the page itself, since Playwright learns of changes
    only while it is asked something.
    """
    return tab.page.evaluate("location.search").removeprefix("?")


def chosen(tab: Tab) -> dict[str, str]:
    """What the tab's URL says."""
    return {name: values[0] for name, values in parse_qs(search(tab)).items()}


def click_at(tab: Tab, chart: int, x: float, y: float) -> None:
    """Click where a chart has the coordinates (x, y)."""
    tab.settled()
    tab.page.mouse.click(
        *eventually("the chart is drawn", lambda: tab.page.evaluate(PLACE, [chart, x, y]))
    )

"""Two page servers on one database behind the proxy of `deploy/`, of which one is killed in the
middle of a lesson.
"""

import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import haproxy
import postgresql as postgres
import pytest
from executors.bench import one_at_a_time
from left_out import leave_out
from strokes import Drawn, Stroke
from waiting import eventually

from browser.pen import canvas_box, pen_down, pictured
from browser.site import SERVE, Server, Site, Tab, free_port, serves
from browser.watching import further, start
from mnistlab.executors import InlineExecutor
from mnistlab.store import Status
from pages.runs import TINY

FOUR, SLIP = Drawn(4, 200, 60, 40, 20), [(10.0, 270.0), (270.0, 10.0)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("two")


@pytest.fixture(scope="module")
def servers(postgresql: postgres.Server, folder: Path) -> Iterator[dict[str, Server]]:
    """By the names that the proxy gives them, two servers with secrets of their own."""
    settings = {
        "MNISTLAB_STORE": postgresql.fresh(),
        "MNISTLAB_DATA": str(folder / "no-data"),
        "XDG_CACHE_HOME": str(folder / "cache"),  # for the workers' locks
    }
    running = {}
    for name in ("a", "b"):
        (folder / name).mkdir()
        running[name] = Server(folder / name, SERVE, **settings)
    with ExitStack() as alone:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_CACHE_HOME", settings["XDG_CACHE_HOME"])
            alone.enter_context(one_at_a_time(running["a"].store))
        for server in running.values():
            server.start()
        yield running
        for server in running.values():
            server.stop()


@pytest.fixture(scope="module")
def haproxy_path() -> str:
    path = haproxy.find()
    if path is None:
        leave_out(f"there is no HAProxy. {haproxy.ADVICE}")
    return path


@pytest.fixture(scope="module")
def site(haproxy_path: str, servers: dict[str, Server], folder: Path) -> Iterator[Site]:
    """Where the class goes: the proxy."""
    port = free_port()
    behind = (f"127.0.0.1:{server.port}" for server in servers.values())
    with haproxy.proxy(haproxy_path, port, *behind, folder / "proxy.log") as process:
        url = f"http://127.0.0.1:{port}"
        eventually("the proxy answers", lambda: serves(url, process))
        yield Site(f"{url}/", servers["a"].store)


def server_of(context: Any) -> str:
    """The name of the server that a browser's cookie names."""
    return next(each["value"] for each in context.cookies() if each["name"] == "PAGES")


def pages_run(server: Server) -> float:
    """How often it has run a page."""
    return server.metrics().get('mnistlab_rerun_seconds_count{part="page"}', 0)


def draw_strokes(tab: Tab, strokes: Iterable[Stroke]) -> str:
    """Draw them one by one on the canvas. Returns the picture that the page then shows."""
    box = canvas_box(tab)
    for stroke in strokes:
        before = pictured(tab)
        pen_down(tab, stroke, box)
        eventually("the stroke is there", lambda before=before: pictured(tab) not in ("", before))
    return pictured(tab)


def test_the_proxy_keeps_metrics_to_those_who_can_reach_the_servers(site: Site) -> None:
    with pytest.raises(HTTPError, match="403"):
        urllib.request.urlopen(f"{site.url}metrics", timeout=60)


def test_when_a_server_is_killed_its_tabs_go_on_at_the_other_one_with_run_and_drawings(
    browser: Any, servers: dict[str, Server], site: Site
) -> None:
    small = InlineExecutor(site.store).start(TINY).id
    context = browser.new_context()
    train, draw = Tab(context, site), Tab(context, site)
    run_id = start(train, 1)
    draw.open(f"draw?run={small}")
    draw_strokes(draw, FOUR.strokes)
    draw.press("4")
    draw.says("of 1 correct")
    eventually("the canvas is clear", lambda: not pictured(draw))
    draw.settled()
    before = draw_strokes(draw, FOUR.strokes)
    draw_strokes(draw, [SLIP])
    draw.press("Undo")
    eventually("it is undone", lambda: pictured(draw) == before)

    home = server_of(context)
    (other,) = (server for name, server in servers.items() if name != home)
    servers[home].kill()
    # on a quiet machine within the 10 s that docs/reliability.md promises: `benchmarks.failover`
    # measures that
    eventually("both are back", lambda: other.metrics()["mnistlab_sessions"] == 2)
    assert server_of(context) != home
    eventually("the other one has run both pages", lambda: pages_run(other) >= 2)
    train.settled()

    further(site, run_id)  # it is trained by a process of its own
    train.press("Pause")
    eventually("it is paused", lambda: site.store.get(run_id).status is Status.PAUSED)
    train.says("Paused after")
    draw.settled()
    assert pictured(draw) == before
    draw.says("of 1 correct")
    draw.page.reload(wait_until="domcontentloaded")
    draw.says("of 1 correct")
    for tab in (train, draw):
        assert tab.page.locator('[data-testid="stException"]').count() == 0
    context.close()

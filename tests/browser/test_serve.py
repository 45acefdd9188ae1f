"""`mnistlab serve`: the pages, the routes beside them, and a clean stop."""

import gzip
import json
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from http.client import HTTPMessage
from typing import Any
from urllib.error import HTTPError

import pytest
from executors.bench import occupied
from waiting import eventually
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from browser.site import CHART, SERVE, Server, Tab
from browser.watching import further, gives_way, shown_steps, start, zoom
from mnistlab.events import Evaluated
from mnistlab.executors import LocalExecutor
from mnistlab.store import RunRecord, Status
from pages.runs import TINY

WORKERS = 2


@pytest.fixture(scope="module")
def turns() -> Iterator[ExitStack]:
    """Until it is closed, one run is trained at a time, and nobody gets ready for the next one."""
    with ExitStack() as others:
        yield others


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, turns: ExitStack) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    settings = {"MNISTLAB_DATA": str(folder / "no-data"), "MNISTLAB_WORKERS": str(WORKERS)}
    running = Server(folder, SERVE, **settings)
    turns.enter_context(occupied(running.store, WORKERS - 1))
    running.start()
    yield running
    running.stop()


def answer(server: Server, path: str, **headers: str) -> tuple[int, str, HTTPMessage]:
    """(status, body, headers) of one request."""
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode(), response.headers
    except HTTPError as error:
        return error.code, error.read().decode(), error.headers


def spare_waits(server: Server) -> bool:
    lock = LocalExecutor(server.store).folder.take("spare")
    if lock is not None:
        lock.release()
    return lock is None


def trained(server: Server, seed: int, **changes: Any) -> RunRecord:
    """A run that the server's own processes have trained."""
    run_id = server.store.request(TINY.replace(seed=seed, **changes)).id
    eventually("it is trained", lambda: server.store.get(run_id).status is Status.FINISHED)
    return server.store.get(run_id)


def test_a_deep_link_is_the_first_request_and_the_spare_is_already_there(
    server: Server, person: Callable[[], Tab]
) -> None:
    eventually("a process waits for a run, or warms up", lambda: spare_waits(server))
    tab = person().open("train?preset=quick-digits&seed=7")
    tab.press("Start")
    run_id = tab.chosen_run().id
    eventually("it is trained", lambda: server.store.get(run_id).status is Status.FINISHED)
    environment = server.store.get(run_id).environment or {}
    assert environment["threads"] == 1
    tab.says("Accuracy on all")
    tab.is_sound()


def test_healthz_says_whether_the_store_can_be_read(server: Server) -> None:
    status, body, _ = answer(server, "healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})


def test_metrics_count_runs_and_open_pages(server: Server, person: Callable[[], Tab]) -> None:
    trained(server, 8)
    person().open("glossary")
    values = server.metrics()
    count = server.store.count(Status.FINISHED)
    assert values['mnistlab_runs{status="finished"}'] == count > 0
    assert values["mnistlab_sessions"] >= 1
    assert values['mnistlab_rerun_seconds_count{part="page"}'] >= 1
    assert values["mnistlab_training_images_per_second"] >= 0
    assert values["mnistlab_background_seconds_total"] >= 0
    assert values["process_resident_memory_bytes"] > 1e7


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),  # no browser
        ("http://127.0.0.1:{port}", True),
        ("http://127.0.0.1:1", False),
        ("http://localhost:{port}", False),
        ("https://elsewhere.example", False),
    ],
)
def test_only_pages_of_this_server_may_open_a_websocket(
    server: Server, origin: str | None, welcome: bool
) -> None:
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    claimed = None if origin is None else Origin(origin.format(port=server.port))
    refusal = nullcontext() if welcome else pytest.raises(InvalidStatus, match="403")
    with refusal, connect(address, origin=claimed) as socket:
        assert socket.response is not None
        assert socket.response.status_code == 101


def test_streamlits_own_metrics_are_closed(server: Server) -> None:
    assert answer(server, "_stcore/metrics")[0] == 404


def test_live_data_are_what_is_new_and_304_where_nothing_is(server: Server) -> None:
    run = trained(server, 9)
    status, body, headers = answer(server, f"api/runs/{run.id}/live")
    everything = json.loads(body)
    assert status == 200
    assert (everything["status"], everything["after"]) == ("finished", 0)
    evaluated = [event for _, event in server.store.events(run.id, [Evaluated])]
    assert everything["curves"]["test_loss"] == [[each.step, each.test_loss] for each in evaluated]
    status, body, headers = answer(server, f"api/runs/{run.id}/live?after={everything['seq']}")
    assert not any(json.loads(body)["curves"].values())
    assert json.loads(body)["seq"] == everything["seq"]
    same = answer(
        server,
        f"api/runs/{run.id}/live?after={everything['seq']}",
        **{"If-None-Match": headers["etag"]},
    )
    assert same[:2] == (304, "")


def test_answer_that_is_compressed_for_one_is_whole_for_the_next(server: Server) -> None:
    run = trained(server, 12, epochs=3, max_steps=60)  # enough to be compressed
    path = f"api/runs/{run.id}/live"
    request = urllib.request.Request(server.url + path, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.headers["content-encoding"] == "gzip"
        compressed = gzip.decompress(response.read()).decode()
    assert answer(server, path)[:2] == (200, compressed)


def test_curves_grow_without_a_rerun_of_the_page_and_a_zoom_is_kept(
    server: Server, person: Callable[[], Tab]
) -> None:
    tab = person()
    asked: list[object] = []  # what the browser sends to the page's script
    tab.page.on(
        "websocket",
        lambda socket: socket.on("framesent", lambda frame: asked.append(frame)),
    )
    run_id = start(tab, 11)
    further(server, run_id)
    tab.page.locator("[data-testid=stMain]").get_by_text("running", exact=True).wait_for()
    tab.says("images/s")
    tab.settled()
    zoom(tab)
    chart, before = tab.page.locator(CHART).first, shown_steps(tab)
    assert before[0] > 0
    chart.evaluate("(chart) => { window.first = chart; }")
    words, so_far = chart.get_attribute("aria-label"), len(asked)
    further(server, run_id)
    eventually("the new points are drawn", lambda: chart.get_attribute("aria-label") != words)
    assert so_far > 0
    assert asked[so_far:] == []
    assert shown_steps(tab) == before
    tab.press("Stop")
    tab.says("What it learned is kept.")
    assert tab.page.evaluate("() => window.first.isConnected")
    assert shown_steps(tab) == before
    tab.is_sound()


def test_queue_shows_those_who_are_next_and_a_click_shows_a_run(
    server: Server, person: Callable[[], Tab], turns: ExitStack
) -> None:
    turns.close()
    tab = person().open("train")
    tab.says("Nothing is running or waiting.")
    many = [TINY.replace(epochs=1_000, max_steps=None, seed=seed) for seed in range(100, 111)]
    runs = [server.store.request(config, f"student {config.seed}") for config in many]
    tab.says("place 5")
    rows = tab.page.locator(".queue button")
    eventually("two train", lambda: rows.filter(has_text="running").count() == WORKERS)
    for run in server.store.runs(Status.RUNNING):
        gives_way(server.store, run.id)
    tab.says(f"… and {len(runs) - WORKERS - 5} more")
    rows.filter(has_text="place 3").click()
    assert server.store.get(tab.chosen_run().id).status is Status.QUEUED
    tab.says("In the queue: number 3 of")
    for run in runs:
        server.store.stop(run.id)
    tab.says("Nothing is running or waiting.")
    tab.is_sound()


def test_killed_and_restarted_server_shows_the_training_that_went_on(
    server: Server, person: Callable[[], Tab]
) -> None:
    tab = person()
    run_id = start(tab, 12)
    server.kill()
    further(server, run_id)
    server.start()
    tab.open(f"train?run={run_id}")
    tab.page.locator(CHART).nth(1).wait_for()
    tab.says("Step ")
    further(server, run_id)
    tab.press("Stop")
    tab.says("What it learned is kept.")
    assert tab.page.locator('[data-testid="stException"]').count() == 0


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("api/runs/0123456789ab/live", 404, "There is no run"),
        ("api/runs/0123456789ab/live?after=-1", 400, "is not the number of an event"),
    ],
)
def test_a_wrong_request_is_one_clear_sentence(
    server: Server, path: str, status: int, said: str
) -> None:
    code, body, _ = answer(server, path)
    assert code == status
    assert said in json.loads(body)["error"]


def test_sigterm_ends_the_server_and_its_spare(server: Server) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) in (0, -signal.SIGTERM)
    eventually("the spare is gone", lambda: not spare_waits(server))

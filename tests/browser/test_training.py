"""What a student does: start, watch, zoom, pause, stop, reload, close the tab, come back, send the link."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browser.site import Server, Tab, eventually
from mnistlab.events import Evaluated
from mnistlab.presets import PRESETS
from mnistlab.store import Status

LONG = "train?dataset=digits&channels=4,4&kernel=3&epochs=1000&eval_every=20&eval_size=100&seed="  # minutes, if nobody stops it
CHART = '[data-testid="stVegaLiteChart"]'
AXIS = re.compile(r"from ([\d,.]+) to ([\d,.]+)")


def start(tab: Tab, seed: int) -> str:
    """Start a long run from the form, wait for its curves, and return its id."""
    tab.open(f"{LONG}{seed}")
    tab.press("Start")
    run = tab.chosen_run()
    tab.page.locator(CHART).nth(1).wait_for()
    return run.id


def further(server: Server, run_id: str) -> None:
    """Wait until the run has been evaluated twice more."""

    def count() -> int:
        return len(server.store.events(run_id, [Evaluated]))

    before = count()
    eventually("the run goes on", lambda: count() >= before + 2)


def shown_steps(tab: Tab) -> tuple[float, float]:
    """From which step to which the first chart is drawn."""
    label = tab.page.locator(f'{CHART} [aria-roledescription="axis"]').first.get_attribute("aria-label")
    low, high = AXIS.search(label or "").groups()  # type: ignore[union-attr]
    return float(low.replace(",", "")), float(high.replace(",", ""))


def zoomed(tab: Tab) -> tuple[float, float]:
    """Zoom into the middle of the first chart, wait until it stays, and return what is shown."""
    box = tab.page.locator(f"{CHART} svg").first.bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(4):
        tab.page.mouse.wheel(0, -300)

    def stays() -> tuple[float, float] | None:
        first = shown_steps(tab)
        tab.page.wait_for_timeout(500)
        return first if first[0] > 0 and shown_steps(tab) == first else None

    return eventually("the zoom is drawn", stays)


def test_curves_grow_in_the_same_element_and_a_zoom_is_kept(server: Server, person: Callable[[], Tab]) -> None:
    tab = person()
    run_id = start(tab, 1)
    further(server, run_id)
    tab.page.evaluate("(selector) => { window.first = document.querySelector(selector); }", CHART)
    eventually("the curve is drawn", lambda: shown_steps(tab)[1] >= 20)
    range_shown = zoomed(tab)
    words = tab.page.locator(CHART).first.get_attribute("aria-label")
    further(server, run_id)
    eventually("the page has drawn the new points", lambda: tab.page.locator(CHART).first.get_attribute("aria-label") != words)
    assert shown_steps(tab) == range_shown
    tab.page.get_by_role("button", name="Stop", exact=True).click()
    tab.says("What it learned is kept.")
    assert tab.page.evaluate("() => window.first.isConnected")
    assert shown_steps(tab) == range_shown
    assert server.store.get(run_id).status == Status.STOPPED
    tab.is_sound()


def test_pause_and_resume(server: Server, person: Callable[[], Tab]) -> None:
    tab = person()
    run_id = start(tab, 2)
    tab.press("Pause")
    tab.says("Paused after")
    paused_at = server.store.get(run_id).step
    assert server.store.get(run_id).status == Status.PAUSED
    tab.press("Resume")
    eventually("it goes on from there", lambda: server.store.get(run_id).step > paused_at)
    tab.says("images/s")
    tab.press("Stop")
    tab.says("What it learned is kept.")
    tab.is_sound()


def test_reload_closed_tab_and_sent_link_all_find_the_training(server: Server, person: Callable[[], Tab]) -> None:
    tab = person()
    run_id = start(tab, 3)
    tab.page.reload(wait_until="domcontentloaded")
    tab.page.locator(CHART).nth(1).wait_for()
    assert tab.chosen_run().id == run_id
    link = tab.page.evaluate("location.href").removeprefix(server.url)
    tab.is_sound()
    tab.page.close()
    further(server, run_id)  # with nobody looking
    friend = person().open(link)
    friend.page.locator(CHART).nth(1).wait_for()
    friend.says("Step ")
    further(server, run_id)
    friend.is_sound()
    server.store.stop(run_id)
    friend.says("What it learned is kept.")


def test_killed_and_restarted_server_shows_the_training_that_went_on(browser: Any, tmp_path: Path) -> None:
    server = Server(tmp_path, MNISTLAB_DATA=str(tmp_path / "no-data"))
    server.start()
    context = browser.new_context()
    try:
        run_id = start(Tab(context, server), 4)
        server.kill()
        context.close()
        further(server, run_id)
        server.start()
        context = browser.new_context()
        tab = Tab(context, server).open(f"train?run={run_id}")
        tab.page.locator(CHART).nth(1).wait_for()
        tab.says("Step ")
        further(server, run_id)
        tab.press("Stop")
        tab.says("What it learned is kept.")
        tab.is_sound()
    finally:
        context.close()
        server.stop()


def test_speedrun_from_the_home_page(browser: Any, mnist_root: Path, tmp_path: Path) -> None:
    server = Server(tmp_path, MNISTLAB_DATA=str(mnist_root))
    server.start()
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    try:
        tab = Tab(context, server).open("")
        tab.press("Train your first network")
        tab.page.locator(CHART).nth(1).wait_for()
        run_id = tab.chosen_run().id
        eventually("the speedrun is finished", lambda: server.store.get(run_id).status == Status.FINISHED, seconds=240)
        tab.says("Accuracy on all 10,000 test images")
        run = server.store.get(run_id)
        assert run.config == PRESETS["speedrun"]
        assert run.accuracy is not None
        assert run.accuracy > 0.98
        tab.says(f"{run.accuracy * 100:.2f} %")
        tab.page.get_by_role("link", name="See all runs").click()
        tab.page.wait_for_url(lambda url: "/runs" in url)
        assert tab.chosen_run().id == run.id
        tab.is_sound()
    finally:
        context.close()
        server.stop()

"""What it costs the page server that a class draws on the live network: see `classroom --draw`."""

import os
import time
from collections.abc import Callable

import psutil

from benchmarks.live import READY, VIEW
from mnistlab.executors import InlineExecutor
from mnistlab.ui.kit.chosen_run import first_config

# imported after benchmarks.live, which knows where the browser tests are
import chromium  # isort: skip
from browser.site import Server, Tab  # isort: skip

SECONDS = 20.0
# The pen of each page goes round and round, sixty times a second, and is lifted after each round.
DRAW = f"""(seconds) => {{
    const live = {VIEW}, canvas = live.root.querySelector(".board canvas");
    canvas.setPointerCapture = () => null; // these events are of no real pointer
    let drawn = 0, step = 0;
    live.root.addEventListener("drawn", () => {{ drawn += 1; }});
    const event = (type) => {{
        const box = canvas.getBoundingClientRect(), turn = (step / 60) * 2 * Math.PI;
        canvas.dispatchEvent(new PointerEvent(type, {{ pointerId: 1, button: 0, bubbles: true,
            clientX: box.left + box.width * (0.5 + 0.3 * Math.cos(turn)),
            clientY: box.top + box.height * (0.5 + 0.3 * Math.sin(turn)) }})); }};
    const timer = setInterval(() => {{
        event(step % 60 === 0 ? "pointerdown" : step % 60 === 59 ? "pointerup" : "pointermove");
        step += 1; }}, 1000 / 60);
    return new Promise((done) => setTimeout(() => {{ clearInterval(timer); done(drawn); }},
        1000 * seconds)); }}"""
START = f"(seconds) => {{ window.drawing = ({DRAW})(seconds); }}"


def draw_together(server: Server, process: psutil.Process, students: int) -> None:
    """All of them draw at once, each in a tab of a real Chromium; print what the server took."""
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if path is None:
        raise SystemExit(f"There is no Chromium. {chromium.ADVICE}")
    os.environ["MNISTLAB_STORE"] = server.store.url
    run = InlineExecutor(server.store).start(first_config().replace(max_steps=20))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        tabs = [Tab(browser.new_context(), server) for _ in range(students)]
        for tab in tabs:
            tab.open(f"feature_maps?view=live&run={run.id}")
            tab.page.wait_for_function(READY)
        idle = _share_of_a_core(process, lambda: time.sleep(SECONDS))
        for tab in tabs:
            tab.page.evaluate(START, SECONDS + 5.0)
        drawing = _share_of_a_core(process, lambda: time.sleep(SECONDS))
        drawn = [tab.page.evaluate("window.drawing") for tab in tabs]
        browser.close()
    print(
        f"{students} live networks were drawn {min(drawn)} to {max(drawn)} times each in "
        f"{SECONDS + 5.0:.0f} s. Meanwhile the page server took {100 * drawing:.1f} % of one core; "
        f"{100 * idle:.1f} % while nobody drew."
    )


def _share_of_a_core(process: psutil.Process, meanwhile: Callable[[], None]) -> float:
    before, begin = process.cpu_times(), time.monotonic()
    meanwhile()
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / (time.monotonic() - begin)

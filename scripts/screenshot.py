"""Take the picture in the README: a trained speedrun under a digit that was just drawn.

    python -m scripts.screenshot

Needs MNIST, the packages of requirements-dev.txt and a Chromium (CHROMIUM, or one on the PATH).
"""

import tempfile

from playwright.sync_api import sync_playwright

from mnistlab.executors import InlineExecutor
from mnistlab.presets import PRESETS
from mnistlab.store import Store
from scripts.own_site import ROOT, SETTLED, browser_of, served

FILE = ROOT / "docs" / "screenshot.png"
FOUR = (((0.4, 0.2), (0.28, 0.55), (0.75, 0.55)), ((0.62, 0.3), (0.62, 0.85)))  # its strokes


def draw(page, canvas):
    """Draw the digit 4 with the mouse, in small steps, as a hand does."""
    box = canvas.bounding_box()
    for stroke in FOUR:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y, steps=20)
        page.mouse.up()


def main():
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/runs.db"
        run = InlineExecutor(Store(url)).start(PRESETS["speedrun"])
        with served(MNISTLAB_STORE=url) as server, sync_playwright() as playwright:
            browser = browser_of(playwright)
            page = browser.new_page(viewport={"width": 1280, "height": 960})
            page.goto(f"{server.url}?run={run.id}")
            page.wait_for_function(SETTLED, timeout=60_000)
            draw(page, page.locator(".live .board canvas"))
            page.get_by_text("The network says").first.wait_for()
            # its chart of all steps is computed while the browser has nothing else to do
            page.wait_for_timeout(4_000)
            page.screenshot(path=FILE)
            browser.close()
    print(f"Wrote {FILE}")


if __name__ == "__main__":
    main()

"""Take the pictures of docs/students.md: each is of the view that it links to.

    python -m scripts.student_pictures

Needs MNIST, a minute, the packages of requirements-dev.txt and a Chromium (CHROMIUM, or one on the
PATH).
"""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from mnistlab.executors import InlineExecutor
from mnistlab.presets import PRESETS
from mnistlab.store import Store
from scripts.own_site import ROOT, browser_of, served
from scripts.screenshot import draw
from scripts.teacher_pictures import Camera

PAGE = ROOT / "docs" / "students.md"
PART = (301, 60, 979, 900)  # without the sidebar
PICTURE = re.compile(
    r"\[!\[[^\]]+\]\(pictures/(?P<name>\w+)\.png\)\]\(http://[^/]+/(?P<view>[^)]+)\)"
)


def pictures() -> dict[str, str]:
    """The name of each picture of the page, and the link to its view below the dashboard's
    address.
    """
    return {found["name"]: found["view"] for found in PICTURE.finditer(PAGE.read_text("utf-8"))}


def draw_digit(page) -> None:
    """Somebody draws a 4 on the page's canvas, and waits for what the network says."""
    draw(page, page.locator("canvas.upper-canvas"))
    page.get_by_text("Nearest training images").wait_for()
    page.wait_for_timeout(3_000)


ACTS = {"draw": draw_digit}


def main() -> None:
    """See the module's docstring."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'runs.db'}"
        InlineExecutor(Store(url)).start(PRESETS["speedrun"])
        with served(MNISTLAB_STORE=url) as server, sync_playwright() as playwright:
            browser = browser_of(playwright)
            camera = Camera(browser, server)
            for name, view in pictures().items():
                camera.take(name, view, act=ACTS.get(name), part=PART)
            browser.close()


if __name__ == "__main__":
    main()

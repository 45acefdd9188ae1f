"""Take the picture in the README: a trained speedrun under a digit that was just drawn.

    python -m scripts.screenshot

Needs MNIST, the packages of requirements-dev.txt and a Chromium (CHROMIUM, or one on the PATH).
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from mnistlab.presets import PRESETS

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "screenshot.png"
FOUR = (((0.4, 0.2), (0.28, 0.55), (0.75, 0.55)), ((0.62, 0.3), (0.62, 0.85)))  # its strokes
STREAMLIT = ("streamlit", "run", "app.py", "--server.headless=true", "--server.port={port}")
SETTLED = """() => document.querySelector('[data-testid="stApp"]')
    ?.getAttribute('data-test-script-state') === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stAppSkeleton"]')"""


@contextmanager
def served(environment, command=STREAMLIT):
    """The dashboard on a free port of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *(part.format(port=port) for part in command)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health").close()
                break
            except OSError:
                if server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def chromium(playwright):
    """The browser: CHROMIUM, one on the PATH, or Playwright's own."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium")
    path = named or playwright.chromium.executable_path
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])


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
        environment = {**os.environ, "MNISTLAB_STORE": f"sqlite:///{folder}/runs.db"}
        subprocess.run(
            [sys.executable, "-m", "mnistlab", "train", "--preset", "speedrun"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        with served(environment) as address, sync_playwright() as playwright:
            browser = chromium(playwright)
            page = browser.new_page(viewport={"width": 1280, "height": 960})
            page.goto(f"{address}/?run={PRESETS['speedrun'].run_id}")
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

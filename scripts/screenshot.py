"""Take the picture in the README: the train page with a finished speedrun.

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
SETTLED = """() => document.querySelector('[data-testid="stApp"]')
    ?.getAttribute('data-test-script-state') === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stAppSkeleton"]')"""


@contextmanager
def served(environment):
    """The dashboard on a free port of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.headless",
        "true",
        "--server.port",
        str(port),
    ]
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
            path = (
                os.environ.get("CHROMIUM")
                or shutil.which("chromium")
                or playwright.chromium.executable_path
            )
            browser = playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(f"{address}/train?run={PRESETS['speedrun'].run_id}")
            page.wait_for_function(SETTLED, timeout=60_000)
            # the charts draw themselves after the page says it is done
            page.wait_for_timeout(2_000)
            page.screenshot(path=FILE)
            browser.close()
    print(f"Wrote {FILE}")


if __name__ == "__main__":
    main()

"""The browser of the browser tests. Run as a program: see that there is one, and get one if that
can be done without asking.
"""

import importlib.util
import os
import shutil
import subprocess
import sys

import programs

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# the first has no windows to draw, and takes a quarter less time
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
ADVICE = (
    "Install one (playwright install chromium, or your system's package chromium), or name one "
    "in CHROMIUM."
)


def find() -> str | None:
    """The path of a browser that starts: CHROMIUM, one on the PATH, or the one that Playwright
    installed.
    """
    for path in (os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)):
        if path and _starts(path):
            return path
    path = _playwrights_own()  # takes a second to ask
    return path if path and _starts(path) else None


def get() -> str | None:
    """`find`, and if there is none, try to install one: by Playwright, or by the system's packages
    if we are root.
    """
    playwrights = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    debians = [way for name in NAMES[:2] for way in programs.debian(name)]
    return programs.get("Chromium", find, playwrights, *debians)


def _playwrights_own() -> str | None:
    if importlib.util.find_spec("playwright") is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    try:
        return (
            subprocess.run(
                [path, "--version"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=60,
                check=False,
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    if get() is None:
        print(
            f"THERE IS NO CHROMIUM: the browser tests will be left out. {ADVICE}", file=sys.stderr
        )

"""Take the lessons in Chromium, each from an empty store to its last finding, in both languages,
and print how many steps were taken and how long each took.

    python -m scripts.journeys [--language zh] [--patience 60] [LESSON ...]

Needs MNIST and a Chromium (CHROMIUM names another). Exit status 1 if a lesson could not be taken.
"""

import argparse
import time

from playwright.sync_api import Error, sync_playwright

from mnistlab.data import data_root
from mnistlab.i18n import LANGUAGES
from mnistlab.lessons import shelf
from scripts.own_site import browser_of, served


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON")
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--patience", type=float, default=60, help="seconds for each wait")
    chosen = parser.parse_args()
    languages = [chosen.language] if chosen.language else list(LANGUAGES)
    wanted = [(name, code) for name in chosen.lessons or shelf("en") for code in languages]
    return sum(not _taken(name, code, chosen.patience) for name, code in wanted) and 1


def _taken(name: str, language: str, patience: float) -> bool:
    """Take one lesson over a server and a store of its own, and print a line of the table."""
    from browser.lesson_walk import walk
    from browser.site import Tab

    with served(MNISTLAB_DATA=str(data_root())) as server, sync_playwright() as playwright:
        browser = browser_of(playwright)
        began = time.monotonic()
        tab = Tab(browser.new_context(viewport={"width": 1280, "height": 1000}), server)
        tab.page.set_default_timeout(1000 * patience)
        try:
            result = f"{len(walk(tab, language, name).steps)} steps"
            tab.is_sound()
        except (AssertionError, Error) as error:
            result = f"FAILED at {tab.page.url}: {error} {tab.errors}"
        finally:
            browser.close()
    print(f"{name:20} {language}  {time.monotonic() - began:5.0f} s  {result}", flush=True)
    return not result.startswith("FAILED")


if __name__ == "__main__":
    raise SystemExit(main())

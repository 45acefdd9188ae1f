"""Ask axe-core about every page and view in every language, light and dark, look for what is lost
at 200 %, and print what was found.

    python -m scripts.access [WORD ...]     # only paths with one of these words

Takes some minutes. Needs the packages of requirements-dev.txt and a Chromium (CHROMIUM, or one on
the PATH). Exit status 1 if something serious or critical of ours was found, or something is lost.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from playwright.sync_api import sync_playwright

from mnistlab.i18n import LANGUAGES

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # what opens the pages


def main() -> int:
    import chromium
    from access import WIDE, grave, places, walk
    from browser.site import Server, Tab

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("words", nargs="*", metavar="WORD")
    words = parser.parse_args().words
    counts, wrong, opened = Counter(), 0, 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder), MNISTLAB_DATA=f"{folder}/no-data")
        paths = [f"{path}&lang={each}" for each in LANGUAGES for path in places(server.store)]
        server.start()
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        tab = Tab(browser.new_context(viewport=WIDE), server)
        for path in paths:
            if words and not any(word in path for word in words):
                continue
            found, lost = walk(tab, path)
            opened += 1
            counts.update(f"{each.impact} {each.rule}" for each in found)
            wrong += len(grave(found)) + len(lost)
            for each in [*found, *lost]:
                print(f"{path}: {each}")
        browser.close()
        server.stop()
    print(f"{opened} pages and views × light and dark, and at 200 %: {wrong} grave or lost")
    for name, count in counts.most_common():
        print(f"{count:6} {name}")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())

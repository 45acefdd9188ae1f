"""Take pictures of all pages, and show what has changed since the last time.

    python -m scripts.pictures

Light and dark, on a projector and on a phone, in every language, with one small network that is
trained for it. They are kept in build/pictures, and changes.html there shows what changed: before,
after, and where. Needs the packages of requirements-dev.txt and a Chromium (CHROMIUM, or one on the
PATH).
"""

import argparse
import html
import shutil
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from mnistlab.i18n import LANGUAGES
from mnistlab.presets import PRESETS
from mnistlab.ui.kit.navigation import PAGES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "pictures"
PRESET = "quick-digits"  # comes with scikit-learn, and takes a second
THEMES, WIDTHS = ("light", "dark"), (1280, 390)
HIGHEST = 6_000  # pixels of a page
CALM_MS = 1_000  # after the last element has come: charts are drawn
READY = """() => document.querySelector('[data-testid="stApp"]')
    ?.getAttribute('data-test-script-state') === 'notRunning' && !document.querySelector(
    '[data-testid="stSkeleton"], [data-testid="stAppSkeleton"], [role="progressbar"]')"""
BLUR = 2  # pixels: what moved by less, or is smoothed in another way, is the same
VISIBLE = 24  # of 255: a smaller difference in a channel is not seen
CHANGED = 0.0005  # the share of visible differences from which a picture counts as changed
HEIGHT = """() => Math.max(600, document.querySelector('[data-testid="stMain"]').scrollHeight)"""


@dataclass(frozen=True)
class Difference:
    """How far two pictures of a page are apart: the `share` of their area that looks different, and
    a picture `where`, in red on the faded new one.
    """

    share: float
    where: Image.Image

    @property
    def is_change(self) -> bool:
        """Whether a reader would see it."""
        return self.share > CHANGED


def difference(before: Image.Image, after: Image.Image) -> Difference:
    """Compare two pictures of any size, blurred first; what only one of them covers differs."""
    size = tuple(map(max, zip(before.size, after.size, strict=True)))
    blurred = [_on(size, each).filter(ImageFilter.GaussianBlur(BLUR)) for each in (before, after)]
    apart = np.asarray(ImageChops.difference(*blurred)).max(2) > VISIBLE  # (H, W)
    for each in (before, after):
        apart[each.height :] = apart[:, each.width :] = True
    faded = ImageOps.grayscale(_on(size, after)).point(lambda value: 160 + value * 95 // 255)
    shown = np.asarray(faded.convert("RGB")).copy()  # (H, W, 3)
    shown[apart] = (214, 40, 57)
    return Difference(float(apart.mean()), Image.fromarray(shown))


def _on(size: tuple[int, int], picture: Image.Image) -> Image.Image:
    """`picture` in the upper left corner of a white ground of `size`."""
    ground = Image.new("RGB", size, "white")
    ground.paste(picture.convert("RGB"))
    return ground


def compare(folder: Path) -> dict[str, Difference | None]:
    """Name of each picture in `folder`/new -> how it differs from the one in `folder`/old; None
    for one that is new. The pictures of where go into `folder`/where.
    """
    (folder / "where").mkdir(parents=True, exist_ok=True)
    found: dict[str, Difference | None] = {}
    for path in sorted((folder / "new").glob("*.png")):
        before = folder / "old" / path.name
        found[path.stem] = None
        if before.exists():
            with Image.open(before) as one, Image.open(path) as other:
                found[path.stem] = apart = difference(one, other)
            apart.where.save(folder / "where" / path.name)
    return found


def report(folder: Path, found: dict[str, Difference | None]) -> Path:
    """An HTML file in `folder` that shows the changes side by side, the largest first."""
    changed = {name: each for name, each in found.items() if each is None or each.is_change}
    order = sorted(changed, key=lambda name: -(1.0 if (d := changed[name]) is None else d.share))
    rows = "".join(_row(name, changed[name]) for name in order)
    page = (
        "<!doctype html><meta charset=utf-8><title>Pictures</title><style>"
        "body { font: 15px sans-serif; margin: 2rem } img { width: 100%; border: 1px solid #ccc }"
        "section { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1rem }</style>"
        f"<h1>{len(changed)} of {len(found)} pictures changed</h1>{rows}"
    )
    path = folder / "changes.html"
    path.write_text(page, encoding="utf-8")
    return path


def _row(name: str, apart: Difference | None) -> str:
    shown = ("new",) if apart is None else ("old", "new", "where")
    pictures = "".join(
        f'<figure><figcaption>{kind}</figcaption><img loading="lazy" src="{kind}/{name}.png" '
        f'alt="{kind}: {html.escape(name)}"></figure>'
        for kind in shown
    )
    much = "not there before" if apart is None else f"{apart.share:.2%} of its area"
    return f"<h2>{html.escape(name)}: {much}</h2><section>{pictures}</section>"


# -- taking them -----------------------------------------------------------------------------------


def take(folder: Path, pages: list[str]) -> None:
    """Pictures of `pages` in every language and theme, at every width, into `folder`."""
    from playwright.sync_api import sync_playwright

    from mnistlab.executors import InlineExecutor
    from mnistlab.store import Store
    from scripts.own_site import browser_of, served

    with tempfile.TemporaryDirectory() as data:
        url = f"sqlite:///{data}/runs.db"
        run = InlineExecutor(Store(url)).start(PRESETS[PRESET])
        with served(MNISTLAB_STORE=url) as server, sync_playwright() as playwright:
            browser = browser_of(playwright)
            for language, theme in product(LANGUAGES, THEMES):
                context = browser.new_context(color_scheme=theme, reduced_motion="reduce")
                tab = context.new_page()
                for name in pages:
                    tab.set_viewport_size({"width": WIDTHS[0], "height": 900})
                    tab.goto(f"{server.url}{name}?run={run.id}&lang={language}")
                    _photograph(tab, folder, f"{name or 'home'}-{language}-{theme}")
                context.close()
            browser.close()


def _photograph(tab, folder: Path, name: str) -> None:
    """The page in `tab`, whole, at every width."""
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.wait_for_function(READY, timeout=60_000)
        tab.wait_for_timeout(CALM_MS)
        # Streamlit scrolls an inner element: the window has to be as high as the page
        height = min(HIGHEST, tab.evaluate(HEIGHT))
        tab.set_viewport_size({"width": width, "height": height})
        tab.wait_for_timeout(CALM_MS // 3)
        tab.screenshot(path=folder / f"{name}-{width}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="only these pages (home, train, ...)")
    named = parser.parse_args().pages
    pages = [name for name in PAGES if not named or (name or "home") in named]
    if (FOLDER / "new").exists():
        shutil.rmtree(FOLDER / "old", ignore_errors=True)
        (FOLDER / "new").rename(FOLDER / "old")
    (FOLDER / "new").mkdir(parents=True)
    take(FOLDER / "new", pages)
    found = compare(FOLDER)
    print(f"Look at {report(FOLDER, found)}")
    for name, apart in found.items():
        if apart is not None and apart.is_change:
            print(f"{name}: {apart.share:.2%} of its area")


if __name__ == "__main__":
    main()

"""How fast looking into a network is, and whether memory stays level; one table.

    python -m benchmarks.looking [--images 1000]

Feature maps, a map by t-SNE and memory are measured in this process, the scrubber and the pen in a
real Chromium over a real server.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table
from sklearn.manifold import TSNE

from benchmarks.timing import rerun_seconds
from mnistlab.analysis.embedding import features
from mnistlab.analysis.feature_maps import feature_maps
from mnistlab.data import load_dataset
from mnistlab.executors import InlineExecutor
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from
from mnistlab.ui.embeddings.jobs import MapJobs, MapSettings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the server, the tab and the pen of the browser tests

import chromium  # noqa: E402
from browser.site import Server, Tab  # noqa: E402
from strokes import Drawn  # noqa: E402

BARS = """() =>
    document.querySelector('[aria-label^="Probabilities"]')?.getAttribute('aria-label') ?? ''"""
ALT = """() => { const main = document.querySelector('[data-testid="stMain"]');
    return main.querySelector('img')?.src + main.innerText; }"""
TIMES = 20


def median(act: Callable[[], Any], times: int = TIMES) -> float:
    """Seconds that `act` takes, once everything is warm."""
    act()
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        act()
        took.append(time.perf_counter() - begin)
    return statistics.median(took)


def in_process(run: RunRecord, store: Store) -> Iterator[tuple[str, str, str]]:
    """(what, measured, wanted) of what needs no browser."""
    data, model = load_dataset(run.config.dataset), model_from(run.config, store.weights(run.id))
    seconds = median(lambda: feature_maps(model, data.test_images[0], run.config))
    yield "feature maps of one image at one snapshot", f"{1000 * seconds:.1f} ms", "50 ms"
    settings = MapSettings(list(dict(model.named_children()))[-2])
    found = features(model, data.test_images[: settings.count], run.config, settings.layer)
    bare = median(
        lambda: TSNE(max_iter=settings.iterations, random_state=0).fit_transform(found), 3
    )
    ours = median(lambda: list(MapJobs(store, run, settings).map(run.step)), 3)
    yield (
        f"t-SNE of {settings.count} images, with everything beside it",
        f"{ours:.2f} s: {ours / bare:.2f} × scikit-learn's",
        "1.3 ×",
    )


def memory(run: RunRecord, images: int) -> tuple[str, str, str]:
    """Memory of a server's process while so many images are looked at on the feature maps page,
    after a first tenth.
    """
    process, used = psutil.Process(), []
    for start in range(0, images, 20):
        for index in range(start, min(start + 20, images)):
            rerun_seconds(
                "pages/feature_maps.py", {"run": run.id, "index": str(index)}, times=1, warm_up=0
            )
        used.append(process.memory_info().rss / 2**20)
    first, half, last = (used[int(share * (len(used) - 1))] for share in (0.1, 0.5, 1.0))
    return (
        f"memory after {images // 10}, {images // 2} and {images} images",
        f"{first:.0f}, {half:.0f}, {last:.0f} MiB",
        "level",
    )


@contextmanager
def site(folder: Path) -> Iterator[tuple[Server, Tab]]:
    """A server over the store in `folder`, and a tab."""
    server, path = Server(folder), chromium.find()
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
            yield server, Tab(browser.new_context(viewport={"width": 1280, "height": 1000}), server)
            browser.close()
    finally:
        server.stop()


def scrubber(tab: Tab, run: RunRecord) -> float:
    """Median seconds from a key on the scrubber to new maps on the screen; every step was seen
    before.
    """
    tab.open(f"feature_maps?run={run.id}")
    tab.page.get_by_text("Pause").or_(tab.page.get_by_text("Play")).first.wait_for()
    slider, took = tab.page.get_by_role("slider").first, []
    slider.focus()
    for turn, key in enumerate(["ArrowLeft"] * 6 + ["ArrowRight"] * 6 + ["ArrowLeft"] * 6):
        tab.settled()
        before = tab.page.evaluate(ALT)
        begin = time.perf_counter()
        slider.press(key)
        tab.page.wait_for_function(f"before => ({ALT})() !== before", arg=before, polling=10)
        if turn >= 6:
            took.append(time.perf_counter() - begin)
        tab.page.wait_for_timeout(300)
    return statistics.median(took)


def pen(tab: Tab, run: RunRecord) -> float:
    """Median seconds from pen-up to new probabilities on the screen."""
    tab.open(f"draw?run={run.id}")
    tab.page.locator("canvas.upper-canvas").wait_for()
    box, took = tab.page.locator("canvas.upper-canvas").bounding_box(), []
    for digit in (4, 5, 4, 7, 1, 4):
        for stroke in Drawn(digit, 200, 60, 40, 20).strokes:
            before = tab.page.evaluate(BARS)
            for place, (x, y) in enumerate(stroke):
                tab.page.mouse.move(box["x"] + x, box["y"] + y)
                if not place:
                    tab.page.mouse.down()
            tab.page.mouse.up()
            begin = time.perf_counter()
            tab.page.wait_for_function(
                f"before => {{ const bars = ({BARS})(); return bars && bars !== before; }}",
                arg=before,
                polling=10,
            )
            took.append(time.perf_counter() - begin)
            tab.settled()
        tab.press("Clear")
        tab.page.wait_for_function(f"() => !({BARS})()")
        tab.settled()
    return statistics.median(took[1:])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--images", type=int, default=1_000, help="looked at while memory is measured"
    )
    images = parser.parse_args().images
    table = Table("what", "measured", "wanted", title="Looking into a network")
    with tempfile.TemporaryDirectory() as name:
        os.environ["MNISTLAB_STORE"] = f"sqlite:///{Path(name) / 'runs.db'}"
        store = Store()
        run = InlineExecutor(store).start(PRESETS["quick-digits"])
        for row in in_process(run, store):
            table.add_row(*row)
        with site(Path(name)) as (_, tab):
            table.add_row(
                "a step of the scrubber, seen before", f"{scrubber(tab, run):.2f} s", "0.3 s"
            )
            table.add_row(
                "pen-up to new probabilities (0.2 s of it the canvas waits)",
                f"{pen(tab, run):.2f} s",
                "0.4 s",
            )
        table.add_row(*memory(run, images))
        store.engine.dispose()
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

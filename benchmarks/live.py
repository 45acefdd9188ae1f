"""How soon the live network follows the pen, in a real Chromium over a real server; one table.

    python -m benchmarks.live [PRESET ...] [--digits 6]

Each preset is trained for a few steps, and opened in the view "Live network". Measured is the time
from an event of the pen to the end of the frame in which the whole network is drawn for it, and the
forward pass alone, beside one as one would write it first.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.looking import site
from mnistlab.executors import InlineExecutor
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Store

# imported after benchmarks.looking, which knows where the browser tests are
from browser.site import Tab  # isort: skip
from strokes import Drawn  # isort: skip

WANTED = {  # ms, for 95 % of the events
    "tutorial-cnn": 33,
    "speedrun": 33,
    "lenet-sgd": 33,
    "pytorch-example": 100,
    "tutorial-lstm": 100,
}
STEPS = 20
VIEW = """[...document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')]
    .map((host) => host.shadowRoot?.liveNetwork).find(Boolean)"""
READY = f"""() => {{ const live = {VIEW};
    if (!live?.kept) return false;
    const {{ weights, learning }} = live;
    return (weights.large || weights.kept.size === weights.steps.length)
        && learning.shares.size >= weights.kept.size; }}"""
LISTEN = f"""() => {{ const live = {VIEW}; window.penTimes = [];
    live.root.addEventListener("drawn", ({{ detail }}) => {{
        if (detail.since === null) return;
        const after = new MessageChannel(); // its message comes when the frame is over
        after.port1.onmessage = () => window.penTimes.push(performance.now() - detail.since);
        after.port2.postMessage(null);
    }}); }}"""
ALONE = f"""([source, times]) => {{
    const live = {VIEW}, naive = eval(source), {{ network, tensors }} = live.kept;
    const picture = live.image.slice();
    const median = (act) => {{
        const took = Array.from({{ length: times }}, () => {{
            const begin = performance.now(); act(); return performance.now() - begin; }});
        return took.sort((a, b) => a - b)[times >> 1]; }};
    const stages = network.run(picture), logits = stages.at(-2).data;
    const other = naive(live.data.operators, tensors, stages);
    const gap = Math.max(...other.map((value, i) => Math.abs(value - logits[i])));
    return [median(() => network.run(picture)),
        median(() => naive(live.data.operators, tensors, stages)), gap]; }}"""
NAIVE = Path(__file__).with_name("naive_forward.js")
TIMES = 40  # forward passes


def draw(tab: Tab, digit: int) -> None:
    """Draw a digit on the live network's own canvas, in small steps, as a hand does."""
    box = tab.page.locator(".board canvas").bounding_box()
    for stroke in Drawn(digit, 200, 60, 40, 20).strokes:
        for place, (x, y) in enumerate(stroke):
            tab.page.mouse.move(
                box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280
            )
            if not place:
                tab.page.mouse.down()
        tab.page.mouse.up()


def measured(tab: Tab, run: RunRecord, digits: int) -> tuple[list[float], Any]:
    """Milliseconds from each event of the pen to its picture; and of the forward pass alone, ours
    and a naive one, and how far their logits are apart.
    """
    tab.open(f"feature_maps?view=live&run={run.id}")
    tab.page.wait_for_function(READY)
    draw(tab, 8)  # warm
    tab.page.get_by_role("button", name="Clear", exact=True).click()
    tab.page.evaluate(LISTEN)
    for digit in range(digits):
        draw(tab, digit)
        tab.page.wait_for_timeout(300)
        if digit < digits - 1:
            tab.page.get_by_role("button", name="Clear", exact=True).click()
    times = sorted(tab.page.evaluate("window.penTimes"))
    return times, tab.page.evaluate(ALONE, [NAIVE.read_text(encoding="utf-8"), TIMES])


def row(name: str, times: Sequence[float], alone: Sequence[float]) -> list[str]:
    """A line of the table."""
    ours, naive, gap = alone
    if gap > 1e-3:
        raise RuntimeError(f"{name}: the two forward passes differ by {gap}.")
    return [
        name,
        f"{len(times)}",
        f"{statistics.median(times):.1f} ms",
        f"{times[int(0.95 * len(times))]:.1f} ms",
        f"{WANTED[name]} ms" if name in WANTED else "",
        f"{ours:.2f} ms",
        f"{naive:.1f} ms: {naive / ours:.1f} ×",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("presets", nargs="*", metavar="PRESET", help=f"of {', '.join(PRESETS)}")
    parser.add_argument("--digits", type=int, default=6, help="drawn on each network")
    args = parser.parse_args()
    columns = ("preset", "events", "median", "95 % within", "wanted", "forward pass", "a naive one")
    table = Table(*columns, title="From an event of the pen to its picture")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MNISTLAB_STORE"] = f"sqlite:///{Path(folder) / 'runs.db'}"
        store = Store()
        with site(Path(folder)) as (_, tab):
            for name in args.presets or WANTED:
                run = InlineExecutor(store).start(PRESETS[name].replace(max_steps=STEPS))
                table.add_row(*row(name, *measured(tab, run, args.digits)))
        store.engine.dispose()
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

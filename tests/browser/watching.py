"""What a student does who watches a training: start a long one, and zoom into its curves."""

import os

import sqlalchemy as sa
from waiting import eventually

from browser.site import CHART, Server, Site, Tab
from mnistlab.events import Evaluated
from mnistlab.store import Store

# minutes, if nobody stops it
LONG = "train?dataset=digits&channels=4,4&kernel=3&epochs=1000&eval_every=20&eval_size=100&seed="


def start(tab: Tab, seed: int) -> str:
    """Start a long run from the form, wait for its curves, and return its id."""
    tab.open(f"{LONG}{seed}")
    tab.press("Start")
    run = tab.chosen_run()
    tab.page.locator(CHART).nth(1).wait_for()
    gives_way(tab.server.store, run.id)
    return run.id


def gives_way(store: Store, run_id: str) -> None:
    """Let the process that trains this run leave the processor to the tests: what it would compute
    until a test stops it, nobody needs.
    """
    with store.engine.connect() as connection:
        pid = connection.scalar(sa.text("SELECT pid FROM runs WHERE id = :id"), {"id": run_id})
    os.setpriority(os.PRIO_PROCESS, pid, 10)


def further(server: Server | Site, run_id: str) -> None:
    """Wait until the run has been evaluated twice more."""

    def count() -> int:
        return len(server.store.events(run_id, [Evaluated]))

    before = count()
    eventually("the run goes on", lambda: count() >= before + 2)


def shown_steps(tab: Tab) -> tuple[float, float]:
    """From which step to which the first chart is drawn."""
    chart = tab.page.locator(CHART).first
    low, high = chart.evaluate("({ dataset: { from, to } }) => [Number(from), Number(to)]")
    return low, high


def zoom(tab: Tab) -> None:
    """Drag across the middle of the first chart."""
    plot = tab.page.locator(f"{CHART} .u-over").first
    plot.scroll_into_view_if_needed()
    box = eventually("the chart has its place", plot.bounding_box)
    mouse, middle = tab.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] * 0.3, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    mouse.up()

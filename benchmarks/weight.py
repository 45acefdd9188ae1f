"""What a full load of a page costs the browser; for benchmarks."""

import statistics
from dataclasses import dataclass

from benchmarks.looking import Tab

ELEMENTS = "document.querySelectorAll('[data-testid=\"stElementContainer\"]').length"
NODES = "document.querySelectorAll('*').length"


@dataclass(frozen=True)
class Weight:
    """Messages from the server, elements of Streamlit's, and seconds of the processor that the
    page's main thread takes until nothing changes any more.
    """

    messages: int
    elements: int
    seconds: float


def weight_of(tab: Tab, path: str, times: int = 3) -> Weight:
    """The medians of so many loads of `path`, after one that fills the browser's cache."""
    loads = [_load(tab, path) for _ in range(1 + times)][1:]
    return Weight(
        round(statistics.median(load.messages for load in loads)),
        round(statistics.median(load.elements for load in loads)),
        statistics.median(load.seconds for load in loads),
    )


def _load(tab: Tab, path: str) -> Weight:
    one = Tab(tab.page.context, tab.server)
    page = one.page
    messages: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda data: messages.append(len(data))),
    )
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    one.open(path)
    drawn = 0
    while drawn < (drawn := page.evaluate(NODES) + len(messages)):
        page.wait_for_timeout(1000)
        one.settled()
    measured = {
        each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]
    }
    weight = Weight(len(messages), page.evaluate(ELEMENTS), measured["TaskDuration"])
    page.close()
    return weight

"""Every page opens: as the very first request to a cold server, and by deep link. By click: in
`test_links`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import eventually

from browser.site import ROOT, Server, Tab
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import trained

WIDTHS = (390, 820, 1280, 1920)  # of a phone, a tablet, a laptop, a projector
TOO_WIDE = """() => Math.max(...[document.documentElement,
    document.querySelector('[data-testid="stMain"]')]
        .map((each) => each.scrollWidth - each.clientWidth))"""

# how each placeholder moves that is seen while a page loads
WATCH = """window.moves = new Set();
const look = () => {
    document.querySelectorAll('[data-testid="stSkeleton"]').forEach(
        (each) => moves.add(getComputedStyle(each).animationName));
    requestAnimationFrame(look);
};
look();"""


def test_pages_are_those_of_the_navigation() -> None:
    assert {"", *(path.stem for path in (ROOT / "pages").glob("*.py"))} == PAGES.keys()


def test_deep_link_is_the_first_request_to_a_cold_server(browser: Any, tmp_path: Path) -> None:
    # inline: it trains nothing, and needs no process that gets ready to
    settings = {"MNISTLAB_DATA": str(tmp_path / "no-data"), "MNISTLAB_EXECUTOR": "inline"}
    cold = Server(tmp_path, **settings)
    run = trained(cold.store)
    cold.start()
    context = browser.new_context()
    context.add_init_script(WATCH)
    try:
        tab = Tab(context, cold).open(f"train?run={run.id}")
        tab.says("Accuracy on all 500 test images")
        assert tab.page.evaluate("[...moves]") == ["none"]
        assert tab.page.locator('[data-testid="stSidebar"]').get_by_role("link").count() >= len(
            PAGES
        )
        tab.is_sound()
    finally:
        context.close()
        cold.stop()


@pytest.fixture(scope="module")
def phone(browser: Any, server: Server) -> Iterator[Tab]:
    """One for all pages: Streamlit's scripts, which are most of a page, are compiled once."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield Tab(context, server)
    context.close()


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "home")
def test_page_opens_by_deep_link_and_fits_every_width(name: str, phone: Tab) -> None:
    phone.errors.clear()
    phone.page.set_viewport_size({"width": WIDTHS[0], "height": 844})
    phone.open(f"{name}?run={trained(phone.server.store).id}")
    phone.page.get_by_role("heading", level=1).wait_for()
    for width in WIDTHS:
        phone.page.set_viewport_size({"width": width, "height": 844})
        phone.settled()
        # the sidebar slides, and charts follow
        eventually(f"it fits {width} pixels", lambda: phone.page.evaluate(TOO_WIDE) <= 2)
    phone.is_sound()

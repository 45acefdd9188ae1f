"""Every page opens: as the very first request to a cold server, by deep link, and by click."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.site import ROOT, Server, Tab
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import trained


def test_pages_are_those_of_the_navigation() -> None:
    assert {"", *(path.stem for path in (ROOT / "pages").glob("*.py"))} == PAGES.keys()


def test_deep_link_is_the_first_request_to_a_cold_server(browser: Any, tmp_path: Path) -> None:
    cold = Server(tmp_path, MNISTLAB_DATA=str(tmp_path / "no-data"))
    run = trained(cold.store)
    cold.start()
    context = browser.new_context()
    try:
        tab = Tab(context, cold).open(f"train?run={run.id}")
        tab.says("Accuracy on all 500 test images")
        assert tab.page.locator('[data-testid="stSidebar"]').get_by_role("link").count() >= len(
            PAGES
        )
        tab.is_sound()
    finally:
        context.close()
        cold.stop()


def test_every_page_opens_by_click_and_takes_the_run_along(
    server: Server, person: Callable[[], Tab]
) -> None:
    run = trained(server.store)
    tab = person().open(f"?run={run.id}")
    for name in [*list(PAGES)[1:], ""]:
        tab.page.locator('[data-testid="stSidebar"]').get_by_role(
            "link", name=PAGES[name].label, exact=True
        ).click()
        tab.page.wait_for_url(lambda url, name=name: url.split("?")[0] == server.url + name)
        tab.settled()
        tab.page.get_by_role("heading", level=1).wait_for()
        assert tab.chosen_run().id == run.id
    tab.is_sound()


@pytest.fixture(scope="module")
def phone(browser: Any) -> Iterator[Any]:
    """One for all pages: Streamlit's scripts, which are most of a page, are compiled once."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context
    context.close()


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "home")
def test_page_opens_by_deep_link_and_fits_a_phone(name: str, server: Server, phone: Any) -> None:
    tab = Tab(phone, server).open(name)
    tab.page.get_by_role("heading", level=1).wait_for()
    assert tab.page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 2"
    )
    tab.is_sound()
    tab.page.close()

"""Every page fits every width, from a phone to a projector."""

import pytest

from browser.site import Tab
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import TINY, trained

WIDTHS = (390, 820, 1280, 1920)
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth
    + Math.max(...[...document.querySelectorAll('[data-testid="stMain"]')]
        .map((main) => main.scrollWidth - main.clientWidth))"""


@pytest.fixture(scope="module")
def tab(browser, server):
    """One for all pages."""
    context = browser.new_context()
    yield Tab(context, server)
    context.close()


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "home")
def test_a_page_with_a_run_fits_every_width(name, tab):
    run = trained(tab.server.store, TINY)
    tab.open(f"{name}?run={run.id}")
    tab.page.get_by_role("heading", level=1).wait_for()
    for width in WIDTHS:
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.settled()
        assert tab.page.evaluate(TOO_WIDE) <= 2, f"at {width} pixels"

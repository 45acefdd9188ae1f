"""A server, a browser, and people who open pages in it, for all modules that one process tests."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import chromium
import pytest

from browser.site import SECONDS, Server, Tab, serving

DESKTOP = {"viewport": {"width": 1280, "height": 1000}}
# all tabs of a browser context share a process, which has compiled Streamlit's scripts, most of the
# work of a page, once; and so as long as one of them is open
SHARED = ["--process-per-site"]


def text_of(page: Any) -> str:
    """What `page` shows, or why that cannot be said."""
    from playwright.sync_api import Error

    try:
        return str(page.inner_text("body", timeout=5_000))
    except Error as error:
        return str(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """Say with a failed test what its pages showed."""
    report = yield
    opened = getattr(item, "funcargs", {}).get("browser")
    if report.failed and opened is not None:
        for page in [page for context in opened.contexts for page in context.pages]:
            report.sections.append((f"page {page.url}", text_of(page)))
    return report


# no longer than these tests last: while it is open, Playwright keeps an event loop in this thread
@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Any]:
    """A Playwright browser. A test that asks for it is marked `browser`."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium_path,
            args=[*chromium.FLAGS, *SHARED],
            timeout=SECONDS * 1000,
        )
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server. No MNIST: what is trained are the small digits."""
    folder = tmp_path_factory.mktemp("site")
    with serving(folder, MNISTLAB_DATA=str(folder / "no-data")) as running:
        yield running


class Seat:
    """A browser context in which person after person sits down, each as if nobody had been there.

    Its first tab stays open, for the process that the others share.
    """

    def __init__(self, browser: Any, server: Server) -> None:
        self.context = browser.new_context(**DESKTOP)
        self.first = self.context.new_page()
        self.first.goto(f"{server.url}_stcore/health")

    def leave(self, server: Server) -> None:
        """Close the tabs, and forget who was here."""
        remembered = {"origin": server.url.rstrip("/"), "storageTypes": "local_storage"}
        for page in self.context.pages:
            if page != self.first:
                page.close()
        session = self.context.new_cdp_session(self.first)
        session.send("Storage.clearDataForOrigin", remembered)
        session.detach()
        self.context.clear_cookies()
        self.context.clear_permissions()


@pytest.fixture(scope="package")
def _seats(browser: Any) -> Iterator[list[Seat]]:
    """For the first, second, ... person of each test."""
    seats: list[Seat] = []
    yield seats
    for seat in seats:
        seat.context.close()


@pytest.fixture
def person(browser: Any, _seats: list[Seat], server: Server) -> Iterator[Callable[[], Tab]]:
    """Calling it gives a tab of a person who was never here, with no cookie of anybody else's."""
    people = count()

    def another() -> Tab:
        number = next(people)
        if number == len(_seats):
            _seats.append(Seat(browser, server))
        return Tab(_seats[number].context, server)

    yield another
    for seat in _seats[: next(people)]:
        seat.leave(server)

"""A server, a browser, and people who open pages in it, for all modules that one process tests."""

from collections.abc import Callable, Iterator
from typing import Any

import chromium
import pytest

from browser.site import SECONDS, Server, Tab

DESKTOP = {"viewport": {"width": 1280, "height": 1000}}


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
            executable_path=chromium_path, args=chromium.FLAGS, timeout=SECONDS * 1000
        )
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server. No MNIST: what is trained are the small digits."""
    folder = tmp_path_factory.mktemp("site")
    running = Server(folder, MNISTLAB_DATA=str(folder / "no-data"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="package")
def _first_context(browser: Any) -> Iterator[Any]:
    """The browser context of the first person of each test: it compiles Streamlit's scripts, which
    are most of the work of a page, once for all tests.
    """
    context = browser.new_context(**DESKTOP)
    yield context
    context.close()


@pytest.fixture
def person(browser: Any, _first_context: Any, server: Server) -> Iterator[Callable[[], Tab]]:
    """Calling it gives a tab of a person who was never here, with no cookie of anybody else's."""
    contexts: list[Any] = []

    def another() -> Tab:
        contexts.append(browser.new_context(**DESKTOP) if contexts else _first_context)
        return Tab(contexts[-1], server)

    yield another
    remembered = {"origin": server.url.rstrip("/"), "storageTypes": "local_storage"}
    for page in _first_context.pages:
        _first_context.new_cdp_session(page).send("Storage.clearDataForOrigin", remembered)
        page.close()
    _first_context.clear_cookies()
    for context in contexts[1:]:
        context.close()

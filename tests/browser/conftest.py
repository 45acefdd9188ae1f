"""A server for each test module, and a fresh browser context, as of another person, for each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browser.site import Server, Tab


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server. No MNIST: what is trained are the small digits."""
    folder = tmp_path_factory.mktemp("site")
    running = Server(folder, MNISTLAB_DATA=str(folder / "no-data"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def person(browser: Any, server: Server) -> Iterator[Callable[[], Tab]]:
    """Calling it gives a tab in a fresh browser, of a person who was never here."""
    contexts: list[Any] = []

    def another() -> Tab:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 1000}))
        return Tab(contexts[-1], server)

    yield another
    for context in contexts:
        context.close()

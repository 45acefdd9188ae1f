"""What `streamlit run app.py` serves besides the pages."""

import asyncio
import importlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route
from streamlit.web.server.app_discovery import discover_asgi_app

from mnistlab.errors import ExecutorError
from mnistlab.executors import get_executor
from mnistlab.server import personal
from mnistlab.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    log = logging.getLogger("uvicorn.error")
    before = log.level
    yield
    log.setLevel(before)


def paths(routes: list[Route]) -> set[str]:
    return {route.path for route in routes}


def test_streamlit_finds_the_server_with_its_routes_in_app_py(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert discover_asgi_app(ROOT / "app.py").import_string == "app:app"
    monkeypatch.syspath_prepend(str(ROOT))
    app = importlib.import_module("app").app
    del sys.modules["app"]
    assert {"/healthz", "/metrics", "/api/queue/live"} <= paths(app._user_routes)


def test_what_is_wrong_with_the_settings_is_no_traceback_when_the_server_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def warm_up() -> None:
        raise ExecutorError("MNISTLAB_WORKERS cannot be 'abc'.", "Choose a whole number.")

    async def serve() -> None:
        async with site.for_one(executor):
            pass

    site, executor = sys.modules["mnistlab.server.site"], get_executor(Store())
    monkeypatch.setattr(site, "warm_up", warm_up)
    monkeypatch.setattr(site, "show", lambda: None)
    asyncio.run(serve())


def test_without_a_store_there_are_the_pages_which_say_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert personal()["routes"]
    monkeypatch.setenv("MNISTLAB_STORE", f"sqlite:///{tmp_path / 'no folder' / 'runs.db'}")
    (tmp_path / "no folder").write_text("a file where a folder should be")
    assert "routes" not in personal()

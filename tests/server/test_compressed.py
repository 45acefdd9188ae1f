"""Scripts and styles are compressed once, and stay what they are."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from mnistlab.server.compressed import CompressedFiles

SCRIPT = b"export const words = [1, 2, 3];\n" * 1_000
KEPT = "public, immutable, max-age=31536000"


@pytest.fixture
def asked() -> list[str]:
    """The paths that the server behind was asked for."""
    return []


@pytest.fixture
def browser(asked: list[str]) -> TestClient:
    async def file(request: Request) -> Response:
        asked.append(request.url.path)
        if "gone" in request.url.path:
            return Response(SCRIPT, 404)
        body = b"let a;" if "small" in request.url.path else SCRIPT
        return Response(body, headers={"cache-control": KEPT, "etag": '"1"'})

    middleware = [Middleware(CompressedFiles, base="/lab")]
    return TestClient(Starlette(routes=[Route("/{path:path}", file)], middleware=middleware))


def test_a_script_is_compressed_once_for_all_browsers(
    browser: TestClient, asked: list[str]
) -> None:
    for _ in range(3):
        answer = browser.get("/lab/static/js/a.js")
        assert answer.content == SCRIPT  # which the browser unpacks
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT, 6, mtime=0))
        assert (answer.headers["cache-control"], answer.headers["vary"]) == (
            KEPT,
            "Accept-Encoding",
        )
        assert "etag" not in answer.headers
    assert asked == ["/lab/static/js/a.js"]
    assert browser.get("/lab/static/css/b.css").headers["content-encoding"] == "gzip"


def test_a_class_that_asks_at_once_has_it_compressed_once(
    browser: TestClient, asked: list[str]
) -> None:
    headers = [(b"accept-encoding", b"gzip")]
    scope = {"type": "http", "method": "GET", "path": "/lab/static/js/a.js", "headers": headers}
    got: list[Any] = [[] for _ in range(5)]

    async def ask(answer: list[Any]) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            answer.append(message)

        await browser.app({**scope, "query_string": b""}, receive, send)

    async def all_at_once() -> None:
        await asyncio.gather(*map(ask, got))

    asyncio.run(all_at_once())
    assert asked == ["/lab/static/js/a.js"]
    assert [gzip.decompress(answer[-1]["body"]) for answer in got] == [SCRIPT] * 5


def test_a_browser_that_leaves_meanwhile_leaves_the_whole_script_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileResponse, "chunk_size", 1_000)
    (tmp_path / "a.js").write_bytes(SCRIPT * 50)
    app = CompressedFiles(Starlette(routes=[Mount("/static", StaticFiles(directory=tmp_path))]))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},  # as uvicorn says
        "method": "GET",
        "path": "/static/a.js",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip")],
    }

    async def leaves() -> dict[str, Any]:
        await asyncio.sleep(0.05)  # some of the 1,550 pieces have been read by then
        return {"type": "http.disconnect"}

    async def lost(_message: Any) -> None:
        pass

    asyncio.run(app(scope, leaves, lost))
    assert TestClient(app).get("/static/a.js").content == SCRIPT * 50


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/lab/static/js/a.js", {"accept-encoding": "identity"}),
        ("/lab/static/js/a.js", {"range": "bytes=0-9"}),
        ("/lab/static/js/a.js", {"if-none-match": '"1"'}),
        ("/lab/static/js/small.js", {}),
        ("/lab/static/js/gone.js", {}),
        ("/lab/static/media/font.woff2", {}),
        ("/lab/media/run.js", {}),
        ("/static/js/a.js", {}),
    ],
)
def test_whatever_else_is_asked_for_stays_as_it_is(
    browser: TestClient, asked: list[str], path: str, headers: dict[str, str]
) -> None:
    for _ in range(2):
        answer = browser.get(path, headers=headers)
        assert "content-encoding" not in answer.headers
        assert answer.headers.get("etag") == (None if "gone" in path else '"1"')
    assert asked == [path, path]

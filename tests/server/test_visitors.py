"""Files that visitors send are bounded, each visitor's and all together."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mnistlab.server import visitors
from mnistlab.server.visitors import ALL_BYTES, MEGABYTE, SESSION_BYTES, UPLOADS, UploadLimit


async def take(scope: Scope, receive: Receive, send: Send) -> None:
    """A server that takes every file."""
    body = await Request(scope, receive).body()
    await Response(f"{len(body)} bytes taken")(scope, receive, send)


def held(monkeypatch: pytest.MonkeyPatch, **sessions: int) -> None:
    monkeypatch.setattr(visitors, "held_bytes", lambda: Counter(sessions))


def answer(session: str, body: bytes, method: str = "PUT", tells: bool = True) -> tuple[int, str]:
    """(status, text) for a file that `session` sends; it `tells` how long the file is."""
    scope = {
        "type": "http",
        "method": method,
        "path": f"{UPLOADS}{session}/1",
        "headers": [
            (b"content-length", str(len(body)).encode()),
            *([] if tells else [(b"transfer-encoding", b"chunked")]),
        ],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(UploadLimit(take)(scope, receive, send))
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent).decode()


def test_a_file_that_fits_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, anna=SESSION_BYTES - MEGABYTE)
    for session in ("anna", "ben"):
        assert answer(session, b"x" * MEGABYTE) == (200, f"{MEGABYTE} bytes taken")


@pytest.mark.parametrize(
    ("sessions", "sentence"),
    [
        ({"anna": SESSION_BYTES}, "This page has sent too many files."),
        ({"ben": ALL_BYTES}, "The server's room for files is taken."),
    ],
)
def test_one_too_many_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, sessions: dict[str, int], sentence: str
) -> None:
    held(monkeypatch, **sessions)
    status, said = answer("anna", b"x")
    assert status == 413
    assert said.startswith(sentence)
    assert answer("anna", b"", "DELETE") == (200, "0 bytes taken")


def test_files_on_their_way_count_until_they_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch)
    sent: list[int] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        """While one file is on its way, another one comes."""
        if not sent:
            sent.append(0)
            second = {**scope, "headers": [(b"content-length", b"1")]}
            await limit(second, receive, remember)

    async def remember(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    async def nothing() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    limit = UploadLimit(slow)
    whole = [(b"content-length", str(SESSION_BYTES).encode())]
    scope = {"type": "http", "method": "PUT", "path": f"{UPLOADS}anna/1", "headers": whole}
    asyncio.run(limit(scope, nothing, remember))
    assert sent == [0, 413]
    sent.append(1)
    asyncio.run(limit(scope, nothing, remember))  # there is room again: nobody refuses it
    assert sent == [0, 413, 1]


def test_a_file_of_unknown_length_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch)
    status, said = answer("anna", b"x", tells=False)
    assert status == 411
    assert "Content-Length" in said

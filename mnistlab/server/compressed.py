"""Streamlit's scripts and styles, compressed: 3 MB for the first page of a browser, and 4.7 MB more
for its first chart, become 1.2 and 1.4 MB on their way, in a class thirty times at once.

Streamlit leaves them as they are, because it would compress them anew for each browser; here each
is compressed once, when it is first asked for.
"""

import asyncio
import gzip
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TEXTS = (".js", ".css")
LEVEL = 6  # of 9, which takes a third longer for 0.2 % less of the largest script
LEAST = 1_000  # bytes; what is smaller fits into one packet anyway


class CompressedFiles:
    """Compresses what `app` has below `base`/static."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app, self.folder = app, f"{base}/static/"
        self.kept: dict[str, list[Message]] = {}  # path -> the messages of its response
        self.turn = asyncio.Lock()  # a class that comes at once asks for the same file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._wants(scope):
            await self.app(scope, receive, send)
            return
        for message in self.kept.get(scope["path"]) or await self._made(scope):
            await send(message)

    async def _made(self, scope: Scope) -> list[Message]:
        """The response, kept for whoever asks next if it could be compressed."""
        path = scope["path"]
        async with self.turn:
            if path in self.kept:  # by whoever came before
                return self.kept[path]
            whole = _Whole()
            await self.app(scope, _nothing_more, whole)
            made = await asyncio.to_thread(whole.compressed)
            if made is None:
                return whole.messages
            self.kept[path] = made
            return made

    def _wants(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        path: str = scope["path"]
        if not (path.startswith(self.folder) and path.endswith(TEXTS)):
            return False
        headers = Headers(scope=scope)
        asks_for_more = {"range", "if-none-match", "if-modified-since"} & set(headers)
        return "gzip" in headers.get("accept-encoding", "") and not asks_for_more


async def _nothing_more() -> Message:
    """Never tells that the browser has gone: the file would be read no further then, and what had
    been read of it kept for everybody.
    """
    return await asyncio.Event().wait()  # type: ignore[return-value]


@dataclass
class _Whole:
    """A response as it was sent."""

    messages: list[Message] = field(default_factory=list)

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    def compressed(self) -> list[Message] | None:
        """The same response compressed; None if it has to stay as it is."""
        start, *parts = self.messages
        body = b"".join(part.get("body", b"") for part in parts)
        headers = MutableHeaders(raw=list(start["headers"]))
        if start["status"] != 200 or len(body) < LEAST or "content-encoding" in headers:
            return None
        body = gzip.compress(body, LEVEL, mtime=0)
        headers["content-encoding"], headers["content-length"] = "gzip", str(len(body))
        headers.add_vary_header("Accept-Encoding")
        for name in ("accept-ranges", "etag"):  # of the file as it is
            if name in headers:
                del headers[name]
        return [
            {**start, "headers": headers.raw},
            {"type": "http.response.body", "body": body, "more_body": False},
        ]

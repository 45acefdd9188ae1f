"""Asks the server's routes, without a server."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette

from mnistlab.store import Store
from mnistlab.ui.kit.visitor import COOKIE

STRANGER = "203.0.113.7"  # not at the machine


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookie(self) -> str:
        """The value of the cookie of a class that this answer sets."""
        name, _, value = self.headers.get("set-cookie", "").partition("=")
        return value.partition(";")[0] if name == COOKIE else ""


class Routes:
    """The routes over `store`, asked from `address`."""

    def __init__(self, store: Store, base: str = "", address: str = STRANGER) -> None:
        from mnistlab.server.routes import routes

        self.app, self.base = Starlette(routes=routes(store, base)), base
        self.address = address

    def ask(
        self,
        path: str,
        cookie: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET the path ("/api/queue/live?lang=en"), or POST the `body`."""
        place, _, query = path.partition("?")
        all_headers = {"host": "lab.example", **(headers or {})}
        if cookie:
            all_headers["cookie"] = f"{COOKIE}={cookie}"
        scope = {
            "type": "http",
            "method": "GET" if body is None else "POST",
            "path": self.base + place,
            "raw_path": quote(self.base + place).encode(),
            "query_string": query.encode("ascii", "replace"),
            "headers": [
                (name.encode(), value.encode("latin-1", "replace"))
                for name, value in all_headers.items()
            ],
            "client": (self.address, 1),
            "scheme": "http",
            "server": ("lab.example", 80),
        }
        return asyncio.run(self._ask(scope, body or b""))

    async def _ask(self, scope: dict[str, Any], body: bytes) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in sent)
        return Answer(sent[0]["status"], headers, content)

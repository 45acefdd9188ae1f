"""Classes with students, and what one of them, or their teacher, opens and asks."""

import asyncio
import json
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from starlette.types import ASGIApp

from mnistlab.store import Store
from mnistlab.store.classes import Class, make_class, teacher
from mnistlab.store.members import Member, join, student
from mnistlab.store.people import Person
from mnistlab.ui.kit.visitor import COOKIE, cookie_of


@dataclass(frozen=True)
class ClassOf:
    """A class, its teacher, and its students in the order in which they joined."""

    of: Class
    secret: str
    teacher: Person
    members: list[Member]

    def student(self, number: int) -> Person:
        """The student with this number, from 1."""
        return student(self.members[number - 1])


def class_of_students(store: Store, nicknames: Sequence[str], name: str = "Year 10") -> ClassOf:
    """A new class that these students have joined."""
    of, secret = make_class(store, name, "en")
    return ClassOf(of, secret, teacher(of), [join(store, of, nickname) for nickname in nicknames])


def cookies_of(store: Store, person: Person | None) -> dict[str, str]:
    """The cookies of this person's browser; none for a visitor."""
    return {} if person is None else {COOKIE: cookie_of(store, person)}


def visit_as(monkeypatch: Any, store: Store, person: Person | None) -> None:
    """From here on, pages that `AppTest` opens are opened by this person."""
    from streamlit.runtime.context import ContextProxy

    cookies = cookies_of(store, person)
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda self: cookies))


@dataclass(frozen=True)
class Answer:
    """What a route answered."""

    status_code: int
    text: str
    headers: dict[str, str]

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


class Browser:
    """Asks the routes of `app` in this process, with the cookies of one person."""

    def __init__(self, app: ASGIApp, cookies: Mapping[str, str]) -> None:
        self.app, self.cookies = app, cookies

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for `path`."""
        return self._ask("GET", path, b"", headers or {})

    def post(self, path: str, json: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Tell `path` this."""
        return self._ask("POST", path, dumps(json).encode(), headers or {})

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        every = {"host": "lab.example", "cookie": cookie, **headers}
        route, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": route,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in every.items()],
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))  # type: ignore[arg-type]
        text = b"".join(message.get("body", b"") for message in sent).decode()
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], text, answered)

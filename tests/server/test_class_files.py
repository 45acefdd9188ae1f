"""The files of a class over its routes: who gets what."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rooms import Room, room
from starlette.applications import Starlette

from mnistlab.server.routes import routes
from mnistlab.store import Store
from mnistlab.store.hand_ins import hand_in
from mnistlab.store.people import Person
from mnistlab.ui.classroom import files
from mnistlab.ui.kit.visitor import COOKIE, cookie_of
from pages.runs import trained

STATE = "0123456789abcdef"


@dataclass(frozen=True)
class Answer:
    """What a route answers."""

    status_code: int
    content: bytes
    headers: dict[str, str]


Getting = Callable[[Person | None, str], Answer]


@pytest.fixture
def get(store: Store) -> Getting:
    """Ask for an address of the routes as this person."""
    site = Starlette(routes=routes(store))

    def ask(person: Person | None, address: str) -> Answer:
        path, _, query = f"/api/class/{address}".partition("?")
        cookie = "" if person is None else f"{COOKIE}={cookie_of(store, person)}"
        scope = {
            "type": "http",
            "asgi": {"spec_version": "2.4"},  # whose files need nobody who listens
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"cookie", cookie.encode())],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(site(scope, receive, send))
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in sent)
        return Answer(sent[0]["status"], content, headers)

    return ask


@pytest.fixture
def here(store: Store) -> Room:
    return room(store)


def test_a_student_sees_the_own_page_and_nobody_elses(
    store: Store, here: Room, get: Getting
) -> None:
    run = trained(store)
    answer = get(here.student(0), f"page/{run.id}")
    assert answer.status_code == 200
    assert b"Ada" in answer.content
    assert answer.headers["content-security-policy"] == "sandbox allow-scripts"
    assert "content-disposition" not in answer.headers
    kept = get(here.student(0), "page/answers?download=1").headers["content-disposition"]
    assert re.fullmatch(r"attachment; filename\*=utf-8''Ada%20answers\.html", kept)
    other = here.members[1].id
    assert get(here.student(0), f"page/{run.id}?member={other}").status_code == 403
    assert get(None, f"page/{run.id}").status_code == 403
    assert get(here.student(0), "page/nonesuch").status_code == 404


def test_the_teacher_sees_what_was_handed_in_and_no_more(
    store: Store, here: Room, get: Getting
) -> None:
    run = trained(store)
    ada, max_ = (member.id for member in here.members)
    hand_in(store, here.student(0), run.id)
    assert get(here.teacher, f"page/{run.id}?member={ada}").status_code == 200
    for address in (f"page/{run.id}?member={max_}", f"page/answers?member={ada}", f"page/{run.id}"):
        assert get(here.teacher, address).status_code == 403
    there = room(store, "Year 11", ("Eva",))
    assert get(there.teacher, f"page/{run.id}?member={ada}").status_code == 403


def test_the_archive_is_its_teachers_and_a_download_is_noted(
    store: Store, here: Room, get: Getting
) -> None:
    path = files.path_of(files.ARCHIVE, here.of.id, STATE)
    path.write_bytes(b"PK")
    address = f"files/archive?state={STATE}"
    there = room(store, "Year 11", ("Eva",))
    for person, status in ((None, 403), (here.student(0), 403), (there.teacher, 404)):
        assert get(person, address).status_code == status
    wrong = ["files/archive?state=../../etc", "files/archive", f"files/other?state={STATE}"]
    assert {get(here.teacher, each).status_code for each in wrong} == {404}
    assert not files.is_kept(here.of.id, STATE)
    answer = get(here.teacher, address)
    assert answer.content == b"PK"
    assert "Year 10 archive.zip" in answer.headers["content-disposition"].replace("%20", " ")
    assert files.is_kept(here.of.id, STATE)
    files.forget(here.of.id)
    assert not Path(path).exists()
    assert not files.is_kept(here.of.id, STATE)

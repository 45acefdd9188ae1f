"""Whom routes and pages believe: cookies, tickets, links, headers, and what they are told."""

import json
from collections.abc import Callable
from itertools import product

import pytest
from asking import Routes
from itsdangerous import URLSafeTimedSerializer
from rights import Stage, stage

from mnistlab.store import Store
from mnistlab.store.classes import make_class, renew_secret, signing_key, teacher
from mnistlab.store.ending import end_class
from mnistlab.store.members import remove, with_id
from mnistlab.store.people import Person, Role
from mnistlab.ui.kit.visitor import (
    cookie_of,
    entering,
    host_of,
    in_class,
    is_at_the_machine,
    ticket_of,
)

HOUR = 3600.0


@pytest.fixture
def on_stage(store: Store) -> Stage:
    return stage(store)


@pytest.fixture
def routes(on_stage: Stage) -> Routes:
    return Routes(on_stage.store, "/lab")


def cookies(on_stage: Stage) -> dict[str, str]:
    return {
        who: cookie_of(on_stage.store, person)
        for who, person in on_stage.people.items()
        if person.class_id
    }


# -- cookies and tickets ---------------------------------------------------------------------------


def test_a_cookie_says_who_one_is_as_long_as_the_store_says_so_too(on_stage: Stage) -> None:
    valid = cookies(on_stage)
    assert {who for who, cookie in valid.items() if in_class(on_stage.store, cookie)} == {
        *("teacher", "other teacher", "ann", "bob", "zoe")
    }
    for who in ("ann", "teacher"):
        assert in_class(on_stage.store, valid[who]) == on_stage.people[who]
    remove(on_stage.store, on_stage.people["teacher"], on_stage.people["ann"].name)
    renew_secret(on_stage.store, on_stage.people["teacher"])
    assert in_class(on_stage.store, valid["ann"]) is None
    assert in_class(on_stage.store, valid["teacher"]) is None
    end_class(on_stage.store, Person(), on_stage.of.id)
    assert in_class(on_stage.store, valid["bob"]) is None


def test_a_cookie_that_was_touched_is_none(on_stage: Stage) -> None:
    cookie = cookies(on_stage)["ann"]
    other = "A" if cookie[0] != "A" else "B"
    for place in range(len(cookie)):
        touched = cookie[:place] + other + cookie[place + 1 :]
        found = in_class(on_stage.store, touched)
        assert found is None or touched == cookie or found == on_stage.people["ann"]
    long, foreign = cookie + "A" * 10**6, "ü" + cookie
    for bad in ("", ".", "..", "a.b.c", long, foreign, cookie[::-1], cookie[:-1]):
        assert in_class(on_stage.store, bad) is None


def test_a_cookie_of_another_store_or_another_kind_is_none(
    on_stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = Store(f"sqlite:///{tmp_path_factory.mktemp('other') / 'runs.db'}")
    ann = on_stage.people["ann"]
    assert in_class(on_stage.store, cookie_of(elsewhere, ann)) is None
    assert in_class(on_stage.store, ticket_of(on_stage.store, ann)) is None
    assert entering(on_stage.store, cookie_of(on_stage.store, ann)) is None
    says = {"member": ann.name}
    weak = URLSafeTimedSerializer(signing_key(on_stage.store), salt="mnistlab.class.cookie")
    assert in_class(on_stage.store, str(weak.dumps(says))) is None, "SHA-1"


def test_a_ticket_is_for_a_moment(on_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    ticket, now = ticket_of(on_stage.store, on_stage.people["ann"]), time.time
    assert entering(on_stage.store, ticket) == on_stage.people["ann"]
    monkeypatch.setattr("time.time", lambda: now() + HOUR)
    assert entering(on_stage.store, ticket) is None


def test_joining_gives_a_cookie_that_scripts_and_other_sites_do_not_get(
    on_stage: Stage, routes: Routes
) -> None:
    ticket = ticket_of(on_stage.store, on_stage.people["ann"])
    entered = routes.ask(f"/api/class/enter?as={ticket}")
    assert entered.status == 303
    assert in_class(on_stage.store, entered.cookie) == on_stage.people["ann"]
    said = entered.headers["set-cookie"].lower()
    assert all(word in said for word in ("httponly", "samesite=lax", "path=/lab"))
    assert routes.ask("/api/class/enter?as=nonsense").status == 403


def test_no_other_site_brings_anybody_into_a_class_or_out_of_it(
    on_stage: Stage, routes: Routes
) -> None:
    ticket = ticket_of(on_stage.store, on_stage.people["ann"])
    for path in (f"/api/class/enter?as={ticket}", "/api/class/leave"):
        for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 303)):
            assert routes.ask(path, headers={"sec-fetch-site": site}).status == status


def test_only_the_secret_itself_makes_a_teacher(store: Store) -> None:
    of, secret = make_class(store, "Year 10", "en")
    routes = Routes(store)
    entered = routes.ask(f"/teach/{secret}")
    assert (entered.status, in_class(store, entered.cookie)) == (303, teacher(of))
    for wrong in (secret[:-1], secret.lower(), of.secret, of.id, of.code, "%00", "é", "x" * 5000):
        answer = routes.ask(f"/teach/{wrong}")
        assert (answer.status, answer.cookie) == (403, "")


# -- at the machine --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "headers", "at"),
    [
        (None, {"host": "localhost:8501"}, True),
        ("127.0.0.1", {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501"}, True),
        ("::1", {"host": "[::1]:8501"}, True),
        ("10.0.0.5", {"host": "localhost:8501"}, False),
        (None, {"host": "rebound.example:8501"}, False),
        (None, {"host": "127.0.0.1.nip.io"}, False),
        (None, {"host": "localhost.attacker.example"}, False),
        (None, {"host": "localhost@attacker.example"}, False),
        (None, {"host": "["}, False),
        (None, {"host": ""}, False),
        (None, {}, False),  # the browser has gone, while its page runs on
        (None, {"host": "localhost", "origin": "https://lab.example"}, False),  # a silent proxy
        (None, {"host": "localhost", "x-forwarded-for": "10.0.0.5"}, False),
        (None, {"host": "localhost", "x-forwarded-proto": "https"}, False),
        (None, {"host": "localhost", "via": "1.1 proxy"}, False),
        (None, {"host": "localhost", "cf-connecting-ip": "10.0.0.5"}, False),
    ],
)
def test_only_who_sits_at_the_machine_does(
    address: str | None, headers: dict[str, str], at: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_at_the_machine(address, headers) is at
    monkeypatch.setenv("MNISTLAB_OPERATOR", "nobody")
    assert not is_at_the_machine(address, headers)


def test_a_host_is_read_from_an_origin_and_from_a_header() -> None:
    assert host_of("http://LocalHost:8501") == host_of("localhost:1") == "localhost"
    assert host_of("null") == "null"


# -- what routes tell, and are told ----------------------------------------------------------------


def test_the_queue_tells_a_class_of_others_only_that_they_are_there(
    on_stage: Stage, routes: Routes
) -> None:
    known = cookies(on_stage)
    at_the_machine = Routes(on_stage.store, "/lab", "127.0.0.1")
    told = {
        who: routes.ask("/api/queue/live", known.get(who, "")).json
        for who in ("ann", "zoe", "teacher", "visitor", "removed", "old link")
    }
    told["operator"] = at_the_machine.ask("/api/queue/live", headers={"host": "localhost"}).json
    everything = set(on_stage.runs.values())
    for who, live in told.items():
        as_known = "visitor" if who in ("removed", "old link") else who
        seen = {run.id for run in on_stage.acting(as_known).runs()}
        if as_known == "visitor":  # without a name
            seen = {on_stage.runs[name] for name in ("machine", "vic", "visitor")}
        assert {run["id"] for run in live["runs"]} - {None} == seen
        assert len(live["runs"]) == len(everything)
        assert not any(run_id in json.dumps(live) for run_id in everything - seen)
        hidden = [run["text"] for run in live["runs"] if run["id"] is None]
        assert all("seed" not in text for text in hidden)


def test_shared_answers_are_those_of_the_class_that_asks(on_stage: Stage, routes: Routes) -> None:
    known = cookies(on_stage)
    first = routes.ask("/api/queue/live", known["ann"]).body
    assert routes.ask("/api/queue/live", known["bob"]).body == first
    assert routes.ask("/api/queue/live", known["zoe"]).body != first


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"hand": 1}',
        b'{"removed": false}',
        b'{"hand": true, "nickname": "Eva"}',
        b'{"drawing": "00"}',
        b'{"drawing": ["00"]}',
        b'{"shown": {"page": "../x", "query": {}}}',
        b"[" * 8000,
        b"\xff\xfe",
        b'{"hand": true' + b" " * 10_000 + b"}",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_a_browser_cannot_mean_changes_nothing(
    on_stage: Stage, routes: Routes, body: bytes
) -> None:
    before = on_stage.rows()
    assert routes.ask("/api/class/me", cookies(on_stage)["ann"], body).status == 400
    assert on_stage.rows() == before


@pytest.mark.parametrize("who", ["", "removed", "teacher", "old link"])
def test_only_a_student_tells_of_themselves(on_stage: Stage, routes: Routes, who: str) -> None:
    before = on_stage.rows()
    told = routes.ask("/api/class/me", cookies(on_stage).get(who, ""), b'{"hand": true}')
    assert told.status == 403
    assert on_stage.rows() == before


def test_no_other_site_speaks_for_a_student(on_stage: Stage, routes: Routes) -> None:
    ann, hand = cookies(on_stage)["ann"], b'{"hand": true}'
    for origin in ("https://attacker.example", "null", "http://lab.example:81"):
        assert routes.ask("/api/class/me", ann, hand, {"origin": origin}).status == 403
    assert routes.ask("/api/class/me", ann, hand, {"origin": "http://lab.example"}).status == 200
    member = with_id(on_stage.store, on_stage.people["ann"].name)
    assert member.hand is not None


WALL: dict[str, Callable[[Routes, str], int]] = {
    "look": lambda routes, cookie: routes.ask("/api/class/wall", cookie).status,
    "ask": lambda routes, cookie: (
        routes.ask("/api/class/student", cookie, b'{"number": 1, "ask": true}').status
    ),
    "lower": lambda routes, cookie: (
        routes.ask("/api/class/student", cookie, b'{"number": 1, "hand": false}').status
    ),
    "archive": lambda routes, cookie: routes.ask("/api/class/files/archive", cookie).status,
}


@pytest.mark.parametrize(
    ("act", "who"), [*product(WALL, ["", "ann", "zoe", "removed", "old link"])], ids=str
)
def test_the_wall_is_the_teachers(on_stage: Stage, routes: Routes, act: str, who: str) -> None:
    before = on_stage.rows()
    assert WALL[act](routes, cookies(on_stage).get(who, "")) == 403
    assert on_stage.rows() == before


def test_a_page_whose_browser_has_gone_is_a_visitors(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit.runtime.context import ContextProxy
    from streamlit.testing.v1 import AppTest

    def who() -> None:
        import streamlit as st

        from mnistlab.ui.kit import state

        st.text(state.meet().role.value)

    assert AppTest.from_function(who).run().text[0].value == Role.OPERATOR.value
    monkeypatch.setattr(ContextProxy, "headers", property(lambda self: {}))
    assert AppTest.from_function(who).run().text[0].value == Role.VISITOR.value

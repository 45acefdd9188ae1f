"""The routes of the wall: only for the teacher of the class, and what passes between a student's
browser and the teacher's.
"""

from typing import Any

import pytest
from classes import Browser, ClassOf, class_of_students, cookies_of
from starlette.applications import Starlette

from mnistlab.server import classes as class_routes
from mnistlab.server.routes import routes
from mnistlab.store import Store
from mnistlab.store.classes import renew_secret
from mnistlab.store.members import Member, member, note, remove
from mnistlab.store.people import Person

WALL, ACT, ME, PACE = ("/api/class/wall", "/api/class/student", "/api/class/me", "/api/class/pace")
SHOWN = {"page": "evaluation", "query": {"view": "matrix", "run": "0" * 12}}


@pytest.fixture
def room(store: Store) -> ClassOf:
    return class_of_students(store, ["Ann", "Bo"])


@pytest.fixture
def app(store: Store) -> Starlette:
    return Starlette(routes=routes(store))


def browser(app: Starlette, store: Store, person: Person | None) -> Browser:
    """That of this person; None: of a visitor."""
    return Browser(app, cookies_of(store, person))


def now(store: Store, room: ClassOf, number: int) -> Member:
    return member(store, room.members[number - 1].id)


def test_only_the_teacher_looks_and_acts(app: Starlette, store: Store, room: ClassOf) -> None:
    others = [None, room.student(1), class_of_students(store, ["Eve"], "Year 9").student(1)]
    for person in others:
        theirs = browser(app, store, person)
        assert theirs.get(WALL).status_code == 403
        assert theirs.post(ACT, json={"number": 1, "ask": True}).status_code == 403
        assert theirs.get("/api/class/shown/1").status_code == 403
    assert now(store, room, 1).asked is None
    mine = browser(app, store, room.teacher)
    assert [tile["name"] for tile in mine.get(WALL).json()["tiles"]] == ["Ann", "Bo"]
    assert mine.post(ACT, json={"number": 1, "ask": True}).status_code == 200
    assert now(store, room, 1).asked is not None


def test_the_teacher_of_another_class_reaches_their_own_alone(
    app: Starlette, store: Store, room: ClassOf
) -> None:
    note(store, room.student(2), hand=1.0, shown=SHOWN)
    other = class_of_students(store, ["Eve"], "Year 9")
    theirs = browser(app, store, other.teacher)
    assert [tile["name"] for tile in theirs.get(WALL).json()["tiles"]] == ["Eve"]
    assert theirs.post(ACT, json={"number": 2, "hand": False}).status_code == 403
    assert theirs.get("/api/class/shown/2").status_code == 404
    assert now(store, room, 2).hand == 1.0


def test_a_link_that_was_renewed_opens_the_wall_no_more(
    app: Starlette, store: Store, room: ClassOf
) -> None:
    before = browser(app, store, room.teacher)
    renew_secret(store, room.teacher)
    assert before.get(WALL).status_code == 403
    assert before.post(ACT, json={"number": 1, "ask": True}).status_code == 403


def test_other_sites_cannot_act_with_the_teachers_cookie(
    app: Starlette, store: Store, room: ClassOf
) -> None:
    mine = browser(app, store, room.teacher)
    answer = mine.post(
        ACT, json={"number": 1, "ask": True}, headers={"origin": "https://elsewhere.example"}
    )
    assert (answer.status_code, now(store, room, 1).asked) == (403, None)


def test_the_wall_is_answered_in_the_order_asked_for_and_304_where_nothing_is_new(
    app: Starlette, store: Store, room: ClassOf
) -> None:
    mine = browser(app, store, room.teacher)
    answer = mine.get(f"{WALL}?sort=accuracy&projector=1")
    assert "Ann" not in answer.text
    tag = {"if-none-match": answer.headers["etag"]}
    assert mine.get(f"{WALL}?sort=accuracy&projector=1", headers=tag).status_code == 304
    assert mine.get(f"{WALL}?sort=age").status_code == 400


@pytest.mark.parametrize(
    "wish",
    [
        [],
        {},
        {"number": 1},
        {"number": True, "ask": True},
        {"number": "1", "ask": True},
        {"number": 10**9, "ask": True},
        {"number": 1, "ask": 1},
        {"number": 1, "hand": True},
        {"number": 1, "ask": True, "nickname": "X"},
        "x" * 2000,
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    app: Starlette, store: Store, room: ClassOf, wish: Any
) -> None:
    assert browser(app, store, room.teacher).post(ACT, json=wish).status_code == 400


def test_a_raised_hand_is_seen_and_lowered(app: Starlette, store: Store, room: ClassOf) -> None:
    anns, mine = browser(app, store, room.student(1)), browser(app, store, room.teacher)
    assert anns.post(ME, json={"hand": True}).status_code == 200
    assert mine.get(WALL).json()["tiles"][0]["hand"] == 1
    assert mine.post(ACT, json={"number": 1, "hand": False}).status_code == 200
    assert now(store, room, 1).hand is None


def test_a_student_who_is_asked_shows_the_page_and_the_teacher_opens_it(
    app: Starlette, store: Store, room: ClassOf
) -> None:
    anns, mine = browser(app, store, room.student(1)), browser(app, store, room.teacher)
    mine.post(ACT, json={"number": 1, "ask": True})
    assert anns.get(PACE).json()["asked"] == [1]
    assert mine.get("/api/class/shown/1").status_code == 404
    assert anns.post(ME, json={"shown": SHOWN}).status_code == 200
    assert now(store, room, 1).asked is None
    answer = mine.get("/api/class/shown/1")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/evaluation?view=matrix&run={'0' * 12}"
    anns.post(ME, json={"shown": None})
    assert mine.get("/api/class/shown/1").status_code == 404


def test_a_student_who_declines_is_asked_no_more(
    app: Starlette, store: Store, room: ClassOf
) -> None:
    anns, mine = browser(app, store, room.student(1)), browser(app, store, room.teacher)
    mine.post(ACT, json={"number": 1, "ask": True})
    anns.post(ME, json={"shown": None})
    assert (now(store, room, 1).asked, now(store, room, 1).shown) == (None, None)


@pytest.mark.parametrize(
    "shown",
    [
        "evaluation",
        {"page": "//elsewhere.example", "query": {}},
        {"page": ["evaluation"], "query": {}},
        {"page": "evaluation"},
        {"page": "evaluation", "query": {"run": 1}},
        {"page": "evaluation", "query": "run=1"},
    ],
)
def test_only_a_page_of_ours_can_be_shown(
    app: Starlette, store: Store, room: ClassOf, shown: Any
) -> None:
    anns = browser(app, store, room.student(1))
    assert anns.post(ME, json={"shown": shown}).status_code == 400
    assert now(store, room, 1).shown is None


def test_what_is_told_to_all_says_no_names(app: Starlette, store: Store, room: ClassOf) -> None:
    note(store, room.student(2), hand=1.0)
    told = browser(app, store, room.student(1)).get(PACE)
    assert told.json()["hands"] == [2]
    assert "Bo" not in told.text
    assert not any(each.id in told.text for each in room.members)


def test_a_browser_that_asks_is_seen_but_noted_only_now_and_then(
    app: Starlette, store: Store, room: ClassOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    monkeypatch.setattr(
        class_routes, "still_here", lambda store, student: noted.append(student.name)
    )
    browsers = [browser(app, store, room.student(number)) for number in (1, 2)]
    for each in (*browsers, *browsers):
        assert each.get(PACE).status_code == 200
    browser(app, store, room.teacher).get(PACE)
    assert noted == [each.id for each in room.members]
    monkeypatch.setattr(class_routes, "SEEN_SECONDS", 0.0)
    browsers[0].get(PACE)
    assert len(noted) == 3


def test_a_browser_that_asks_is_seen_in_the_store(
    app: Starlette, store: Store, room: ClassOf
) -> None:
    before = now(store, room, 1).seen
    browser(app, store, room.student(1)).get(PACE)
    assert now(store, room, 1).seen > before


def test_a_student_who_was_removed_is_nobody(app: Starlette, store: Store, room: ClassOf) -> None:
    anns = browser(app, store, room.student(1))
    remove(store, room.teacher, room.members[0].id)
    assert anns.get(PACE).status_code == 403
    answer = browser(app, store, room.teacher).post(ACT, json={"number": 1, "ask": True})
    assert answer.status_code == 403
    assert answer.json()["error"].startswith("This student is in the class no more.")

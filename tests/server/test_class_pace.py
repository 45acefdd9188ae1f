"""The routes by which a class is led."""

import json

import pytest

from mnistlab.store import Store
from mnistlab.store.classes import Class, make_class, set_pace, teacher
from mnistlab.store.members import join, student
from mnistlab.store.pace import Pace
from mnistlab.store.people import Person
from mnistlab.ui.kit.visitor import COOKIE, cookie_of
from server.test_weights import answer

HERE = Pace().bring("data", {"view": "numbers"}, {})


@pytest.fixture
def of(store: Store) -> Class:
    return make_class(store, "Year 10", "en")[0]


@pytest.fixture
def ada(store: Store, of: Class) -> Person:
    return student(join(store, of, "Ada"))


def asked(store: Store, person: Person, name: str, **headers: str) -> tuple[int, bytes, dict]:
    return answer(store, f"class/{name}", cookie=f"{COOKIE}={cookie_of(store, person)}", **headers)


def test_the_small_answer_changes_with_each_act(store: Store, of: Class, ada: Person):
    __, before, __ = asked(store, ada, "pace")
    assert json.loads(before)["look_up"] is False
    set_pace(store, teacher(of), HERE.cover(True))
    __, after, headers = asked(store, ada, "pace")
    assert json.loads(after)["look_up"] is True
    assert json.loads(after)["number"] != json.loads(before)["number"]
    assert len(after) < 200
    assert asked(store, ada, "pace", **{"if-none-match": headers["etag"]})[0] == 304


@pytest.mark.parametrize("pace", [HERE.lock(True), Pace(look_up=True)])
def test_nobody_leaves_the_class_to_escape_from_being_led(
    store: Store, of: Class, ada: Person, pace: Pace
):
    set_pace(store, teacher(of), pace)
    assert "set-cookie" not in asked(store, ada, "leave")[2]
    assert "set-cookie" in asked(store, teacher(of), "leave")[2]
    set_pace(store, teacher(of), HERE)
    assert "set-cookie" in asked(store, ada, "leave")[2]

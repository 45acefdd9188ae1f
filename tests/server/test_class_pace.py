"""The routes by which a class is led."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mnistlab.server.routes import routes
from mnistlab.store import Store
from mnistlab.store.classes import Class, make_class, set_pace, teacher
from mnistlab.store.members import join, student
from mnistlab.store.pace import Pace
from mnistlab.store.people import Person
from mnistlab.ui.kit.visitor import COOKIE, cookie_of

HERE = Pace().bring("data", {"view": "numbers"}, {})


@pytest.fixture
def of(store: Store) -> Class:
    return make_class(store, "Year 10", "en")[0]


@pytest.fixture
def ada(store: Store, of: Class) -> Person:
    return student(join(store, of, "Ada"))


def asked(store: Store, person: Person, name: str, **headers: str) -> Any:
    """What the route answers to this person's browser."""
    cookies = {COOKIE: cookie_of(store, person)}
    browser = TestClient(Starlette(routes=routes(store)), cookies=cookies, follow_redirects=False)
    return browser.get(f"/api/class/{name}", headers=headers)


def test_the_small_answer_changes_with_each_act(store: Store, of: Class, ada: Person):
    before = asked(store, ada, "pace")
    assert before.json()["look_up"] is False
    set_pace(store, teacher(of), HERE.cover(True))
    after = asked(store, ada, "pace")
    assert after.json()["look_up"] is True
    assert after.json()["number"] != before.json()["number"]
    assert len(after.content) < 300
    again = asked(store, ada, "pace", **{"if-none-match": after.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("pace", [HERE.lock(True), Pace(look_up=True)])
def test_nobody_leaves_the_class_to_escape_from_being_led(
    store: Store, of: Class, ada: Person, pace: Pace
):
    set_pace(store, teacher(of), pace)
    assert "set-cookie" not in asked(store, ada, "leave").headers
    assert "set-cookie" in asked(store, teacher(of), "leave").headers
    set_pace(store, teacher(of), HERE)
    assert "set-cookie" in asked(store, ada, "leave").headers

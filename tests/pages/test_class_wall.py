"""The wall as the teacher's first view of the class, and what a student's bar says."""

from typing import Any

import pytest
from classes import ClassOf, class_of_students, visit_as
from streamlit.testing.v1 import AppTest

from mnistlab.store import Store
from mnistlab.store.members import note
from mnistlab.store.wall import ask_to_see
from mnistlab.ui.kit import server as page_server
from mnistlab.ui.kit.attendance.aliases import alias
from pages.runs import component, link, opened, trained

PAGE = "pages/class.py"


@pytest.fixture
def room(store: Store) -> ClassOf:
    return class_of_students(store, ["Zoë", "Ann"])


@pytest.fixture
def _teacher(store: Store, room: ClassOf, monkeypatch: pytest.MonkeyPatch) -> None:
    visit_as(monkeypatch, store, room.teacher)


def wall(page: AppTest) -> dict[str, Any]:
    assert not page.exception
    shown = component(page, "wall")
    assert shown is not None
    return shown


def names(page: AppTest) -> list[str]:
    return [tile["name"] for tile in wall(page)["live"]["tiles"]]


@pytest.mark.usefixtures("_teacher")
def test_the_teacher_first_sees_the_code_and_everybody(room: ClassOf) -> None:
    page = opened(PAGE)
    assert names(page) == ["Ann", "Zoë"]
    join = wall(page)["join"]
    assert join["code"].replace(" ", "") == room.of.code
    assert join["picture"].startswith("<svg")
    page.toggle(key="class.code").set_value(False).run()
    assert wall(page)["join"] is None
    assert link(page)["code"] == "0"


@pytest.mark.usefixtures("_teacher")
def test_for_the_projector_no_nickname_is_in_the_page(store: Store, room: ClassOf) -> None:
    note(store, room.student(1), page="runs", query={"search": "Zoë"}, hand=1.0)
    page = opened(PAGE)
    page.toggle(key="class.projector").set_value(True).run()
    assert link(page)["projector"] == "1"
    assert set(names(page)) == {alias(1), alias(2)}
    for source in (page, opened(PAGE, projector="1")):
        assert "Ann" not in str(source._tree)
        assert "Zo" not in "".join(str(each.proto) for each in source.get("bidi_component"))


@pytest.mark.usefixtures("_teacher")
def test_the_order_is_in_the_link(store: Store, room: ClassOf) -> None:
    run = trained(store)
    with store._write() as connection:
        name = room.members[0].id
        connection.exec_driver_sql(f"UPDATE runs SET session = '{name}' WHERE id = '{run.id}'")
    assert names(opened(PAGE, sort="accuracy")) == ["Zoë", "Ann"]
    assert names(opened(PAGE, sort="name")) == ["Ann", "Zoë"]


@pytest.mark.usefixtures("_teacher")
def test_the_browser_asks_for_what_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_server, "_live_routes", ["/lab/api"])
    shown = wall(opened(PAGE, sort="progress", projector="1"))
    assert shown["url"] == "/lab/api/class/wall?lang=en&sort=progress&projector=1"
    assert shown["act"] == "/lab/api/class/student"


@pytest.mark.parametrize("page", ["draw", "feature_maps"])
def test_the_browser_of_a_student_alone_tells_what_is_drawn(
    store: Store, room: ClassOf, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(page_server, "_live_routes", ["/api"])
    run = trained(store)
    for person, address in ((room.student(1), "/api/class/me"), (room.teacher, None), (None, None)):
        visit_as(monkeypatch, store, person)
        network = component(opened(f"pages/{page}.py", run=run.id, view="live"), "live_network")
        assert network is not None
        assert network["tell"] == address


def test_a_students_bar_says_who_they_are_and_what_the_teacher_would_like(
    store: Store, room: ClassOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_to_see(store, room.teacher, 2, True)
    visit_as(monkeypatch, store, room.student(2))
    bar = component(opened("pages/glossary.py"), "bar")
    assert bar is not None
    assert "Ann" in bar["who"]
    assert alias(2) in bar["who"]
    assert bar["number"] == 2
    assert (bar["showing"]["page"], bar["showing"]["asked"]) == ("glossary", True)

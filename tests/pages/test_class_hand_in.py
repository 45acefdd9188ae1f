"""Handing in, and the end of a class, on the class page."""

from collections.abc import Callable, Iterator

import pytest
from rooms import Room, room
from streamlit.testing.v1 import AppTest

from mnistlab.store import Store
from mnistlab.store.ending import classes
from mnistlab.store.hand_ins import hand_in, hand_ins
from mnistlab.store.people import OPERATOR, Person, Role
from mnistlab.ui.classroom import files
from mnistlab.ui.kit import server, state
from pages.runs import TINY, opened, trained, words

Opening = Callable[[Person, str], AppTest]


@pytest.fixture(autouse=True)
def _routes() -> Iterator[None]:
    """A server that has routes."""
    before = [*server._live_routes]
    server.announce_live_routes("/api")
    yield
    server._live_routes[:] = before


@pytest.fixture
def here(store: Store) -> Room:
    return room(store)


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> Opening:
    """The class page as this person sees it; once their class has ended, they are a visitor."""

    def open_as(person: Person, name: str) -> AppTest:
        visitor = Person(Role.VISITOR, "a visitor")

        def met(store: Store, *_: object) -> Person:
            return person if is_there(store, person.class_id) else visitor

        monkeypatch.setattr(state, "visitor", met)
        page = opened("pages/class.py", alone=True, view=name)
        assert not page.exception
        assert not page.error
        return page

    return open_as


def is_there(store: Store, class_id: str) -> bool:
    return class_id in {of.id for of, _ in classes(store, OPERATOR)}


def links(page: AppTest) -> list[str]:
    return [each.proto.url for each in page.get("link_button")]


def test_a_student_hands_a_run_in_and_takes_it_back(
    store: Store, here: Room, view: Opening
) -> None:
    me = here.student(0)
    run = trained(store, TINY.replace(seed=31))
    own = store.request(TINY.replace(seed=32), me.name)
    page = view(me, "hand-in")
    choice = page.selectbox(key="hand-in.run")
    assert [option.split(" · ")[-2] for option in choice.options[:-1]] == ["seed 32"]
    assert links(page) == [f"/api/class/page/{own.id}"]
    page.button(key="hand-in").click().run()
    assert [each.run_id for each in hand_ins(store, me)] == [own.id]
    assert f"/api/class/page/{own.id}?download=1" in links(page)
    page.button(key=f"hand-in.back.{own.id}").click().run()
    assert hand_ins(store, me) == []
    page.query_params["run"] = run.id  # one that somebody else asked for first
    page.run()
    assert len(page.selectbox(key="hand-in.run").options) == 3


def test_the_teacher_sees_who_has_and_opens_or_downloads_it(
    store: Store, here: Room, view: Opening
) -> None:
    page = view(here.teacher, "hand-ins")
    assert "0 of 2 have handed something in." in words(page)
    ada = here.members[0].id
    hand_in(store, here.student(0))
    page.run()
    said = words(page)
    assert "1 of 2 have handed something in." in said
    assert "Nothing yet: Max." in said
    assert "Ada" in said
    assert f"/api/class/page/answers?member={ada}" in links(page)
    page.button(key="hand-ins.make").click().run()
    assert links(page)[-1].startswith("/api/class/files/hand-ins?state=")


def test_a_class_ends_once_its_archive_is_downloaded(
    store: Store, here: Room, view: Opening
) -> None:
    store.request(TINY, here.members[0].id)
    page = view(here.teacher, "end")
    assert "belong: 2 students, 1 run, 0 drawings" in words(page)
    assert page.button(key="class.end").disabled
    page.button(key="class.archive.make").click().run()
    (link,) = links(page)
    made = link.rpartition("=")[2]
    assert files.path_of(files.ARCHIVE, here.of.id, made).exists()
    assert page.button(key="class.end").disabled
    store.request(TINY.replace(seed=2), here.members[1].id)
    files.note_download(files.ARCHIVE, here.of.id, made)
    page.run()
    assert page.button(key="class.end").disabled, "something is not in the archive"
    assert "Something has changed since" in words(page)
    page.button(key="class.archive.make").click().run()
    files.note_download(files.ARCHIVE, here.of.id, links(page)[0].rpartition("=")[2])
    page.run()
    assert not page.button(key="class.end").disabled
    assert_ends(page, store, here)


def test_without_an_archive_it_ends_only_by_its_name(
    store: Store, here: Room, view: Opening
) -> None:
    page = view(here.teacher, "end")
    page.checkbox(key="class.end.without").check().run()
    page.text_input(key="class.end.name").input("year 10").run()
    assert page.button(key="class.end").disabled
    page.text_input(key="class.end.name").input("Year 10 ").run()
    assert_ends(page, store, here)


def assert_ends(page: AppTest, store: Store, here: Room) -> None:
    page.button(key="class.end").click().run()
    assert not page.exception
    assert not page.error
    assert not is_there(store, here.of.id)
    assert store.runs() == []
    assert [title.value for title in page.title] == ["Your class"]

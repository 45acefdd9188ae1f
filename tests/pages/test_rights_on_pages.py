"""What pages offer to whom: buttons that one may not use are left out, and say why."""

import json
from typing import Any

import pytest
from hostile import injected
from rights import Stage, stage
from streamlit.testing.v1 import AppTest
from trespass import visiting

from mnistlab.store import Status, Store
from mnistlab.store.classes import class_of
from mnistlab.store.drawings import drawings
from mnistlab.ui.classroom import entrance
from mnistlab.ui.kit import state
from mnistlab.ui.kit.visitor import cookie_of
from pages.runs import TINY, component, opened, trained, words

HOSTILE = "![p](http://hostile.example/p.png)"


@pytest.fixture
def on_stage(store: Store) -> Stage:
    return stage(store)


def see(on_stage: Stage, who: str, path: str, **query: str) -> AppTest:
    person = on_stage.people[who]
    cookie = cookie_of(on_stage.store, person) if person.class_id else ""
    with visiting(cookie):
        page = opened(path, alone=True, **query)
    assert not page.exception
    return page


def keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button if button.key and not button.disabled}


@pytest.mark.parametrize(("who", "may"), [("ann", True), ("teacher", True), ("bob", False)])
def test_the_buttons_of_a_run_are_for_those_who_may_use_them(
    on_stage: Stage, who: str, may: bool
) -> None:
    page = see(on_stage, who, "pages/train.py", run=on_stage.runs["ann"])
    assert ({"pause", "stop"} <= keys(page)) is may
    assert ("is somebody else's" in words(page)) is not may
    on_stage.put("ann", Status.STOPPED)
    page = see(on_stage, who, "pages/train.py", run=on_stage.runs["ann"])
    assert ("resume" in keys(page)) is may
    page = see(on_stage, who, "pages/runs.py", compare=on_stage.runs["ann"])
    assert ("delete" in keys(page)) is may
    assert ("pin" in keys(page)) is (who == "teacher")
    assert any("Title" in field.label for field in page.text_input) is may


def test_a_run_goes_by_its_title_wherever_it_is_named(on_stage: Stage) -> None:
    run_id = on_stage.runs["ann"]
    page = see(on_stage, "ann", "pages/runs.py", compare=run_id)
    with visiting(cookie_of(on_stage.store, on_stage.people["ann"])):
        (title,) = [field for field in page.text_input if field.label == "Title"]
        title.set_value(HOSTILE)
        (save,) = [button for button in page.button if button.label == "Rename"]
        save.click().run()
    assert not page.exception
    assert on_stage.store.get(run_id).title == HOSTILE
    assert HOSTILE in list(page.dataframe[0].value["Name"])
    page = see(on_stage, "bob", "pages/train.py", run=run_id)
    assert injected(page) == []
    assert "seed" in words(page), "its settings are still there"
    assert any(HOSTILE in run["text"] for run in queue(page)["live"]["runs"])
    elsewhere = see(on_stage, "zoe", "pages/train.py", run=run_id)
    assert "hostile" not in words(elsewhere), "nobody outside the class reads it"


def queue(page: AppTest) -> dict[str, Any]:
    data = component(page, "queue")
    assert data is not None
    return data


def test_the_queue_shows_others_only_as_places_and_lets_teachers_move_runs(
    on_stage: Stage,
) -> None:
    seen = queue(see(on_stage, "zoe", "pages/train.py"))
    assert not any(on_stage.runs["ann"] in json.dumps(part) for part in seen.values())
    assert any("outside your class" in run["text"] for run in seen["live"]["runs"])
    assert len(seen["live"]["runs"]) == len(on_stage.runs)
    assert not seen["moves"]
    assert queue(see(on_stage, "teacher", "pages/train.py"))["moves"]


def test_a_student_sees_no_view_of_the_teachers(on_stage: Stage) -> None:
    for view in ("students", "end"):
        page = see(on_stage, "bob", "pages/class.py", view=view)
        assert not page.toggle
        assert not any("link" in button.label for button in page.button)


def test_the_teacher_sets_the_rules(on_stage: Stage) -> None:
    page = see(on_stage, "teacher", "pages/class.py", view="students")
    with visiting(cookie_of(on_stage.store, on_stage.people["teacher"])):
        page.toggle(key="rule.train.True").set_value(False).run()
    assert not page.exception
    rules = class_of(on_stage.store, on_stage.of.id).rules
    assert (rules.train, rules.draw, rules.rename) == (False, True, True)
    page = see(on_stage, "teacher", "pages/class.py", view="students")
    assert not page.toggle(key="rule.train.False").value


def test_a_saved_drawing_is_relabelled(on_stage: Stage) -> None:
    run = trained(on_stage.store, TINY)
    ann = on_stage.people["ann"]
    page = see(on_stage, "ann", "pages/draw.py", run=run.id)
    with visiting(cookie_of(on_stage.store, ann)):
        page.selectbox(key="draw.relabel.as").set_value(8).run()
        page.button(key="draw.relabel").click().run()
    assert not page.exception
    assert [each.label for each in drawings(on_stage.store, ann.name)] == [8]


# -- teachers who log in ---------------------------------------------------------------------------


@pytest.mark.parametrize("logged_in", [False, True])
def test_where_teachers_log_in_a_class_is_made_by_those_who_have(
    store: Store, monkeypatch: pytest.MonkeyPatch, logged_in: bool
) -> None:
    class User:
        is_logged_in = logged_in

    monkeypatch.setattr(state, "secrets", lambda: {"auth": {"client_id": "lab"}})
    monkeypatch.setattr(entrance, "class_address", lambda *names: "/api/class/enter")
    monkeypatch.setattr("streamlit.user", User())
    page = opened("pages/class.py", alone=True)
    assert not page.exception
    labels = {button.label for button in page.button}
    assert ("Make a class" in labels) is logged_in
    assert ("Log in" in labels) is not logged_in
    assert "Join" in labels, "students need no account"

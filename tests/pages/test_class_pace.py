"""A class that is led: neither page nor link takes a student elsewhere than the teacher says."""

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from mnistlab.questions import made
from mnistlab.store import Store
from mnistlab.store.classes import Class, class_of, make_class, set_pace, teacher
from mnistlab.store.members import join, member, student
from mnistlab.store.pace import Pace
from mnistlab.store.people import Person
from mnistlab.store.questions import ask
from mnistlab.ui.kit import parts, state
from mnistlab.ui.kit.navigation import PAGES, page_file
from pages.runs import ROOT, TINY, component, link, trained

LOOK_UP = "Please look at your teacher."


@pytest.fixture
def of(store: Store) -> Class:
    return make_class(store, "Year 10", "en")[0]


@pytest.fixture
def ada(store: Store, of: Class) -> Person:
    return student(join(store, of, "Ada"))


@pytest.fixture
def lead(store: Store, of: Class) -> Callable[[Callable[[Pace], Pace]], Pace]:
    """Calling it with a change of the pace is the teacher's act."""
    who = teacher(of)

    def change(act: Callable[[Pace], Pace]) -> Pace:
        return set_pace(store, who, act(class_of(store, of.id).pace))

    return change


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Calling it opens a tab of a person at an address."""

    def meet() -> Person:
        st.session_state["person"] = st.session_state["visitor"]
        return st.session_state["person"]

    def opened(person: Person, name: str = "", **query: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
        page.session_state["visitor"] = person
        return go(page, name, **query) if name else page.run()

    monkeypatch.setattr(state, "meet", meet)
    return opened


def go(page: AppTest, name: str, **query: str) -> AppTest:
    """Open an address of the same site, as its link or Back does."""
    page.query_params.clear()
    for each, value in query.items():
        page.query_params[each] = value
    return page.switch_page(page_file(name)).run()


def shown(page: AppTest) -> str:
    """The page that is shown: its name, or what covers it."""
    if [title.value for title in page.title] == [LOOK_UP]:
        return LOOK_UP
    return str(page.session_state["url.page"])


def to(name: str, locked: bool = False, **query: str) -> Callable[[Pace], Pace]:
    return lambda pace: pace.bring(name, query, dict.fromkeys(query, "")).lock(locked)


def test_everybody_is_brought_once_and_may_then_go_elsewhere(ada: Person, lead: Any, tab: Any):
    page = tab(ada, "glossary", lang="en")
    lead(to("convolution", view="pooling"))
    page.run()
    assert shown(page) == "convolution"
    assert link(page) == {"view": "pooling", "lang": "en"}
    assert shown(go(page, "data")) == "data"
    assert shown(page.run()) == "data"
    assert shown(tab(ada, "glossary")) == "glossary", "a new tab is not brought there again"
    lead(lambda pace: pace.cover(True))
    lead(lambda pace: pace.cover(False))
    assert shown(page.run()) == "data", "a new pace is not a new page to come to"
    lead(to("convolution", view="pooling"))
    assert shown(page.run()) == "convolution", "the same link brings again"


def test_whoever_comes_late_is_brought_there_too(ada: Person, lead: Any, tab: Any):
    lead(to("convolution", view="pooling"))
    page = tab(ada, "data")
    assert (shown(page), link(page)["view"]) == ("convolution", "pooling")


def test_on_the_page_itself_the_teachers_link_replaces_what_was_chosen(
    ada: Person, lead: Any, tab: Any
):
    page = tab(ada, "convolution", view="pooling", digit="3")
    lead(to("convolution", view="invariance"))
    assert link(page.run()) == {"view": "invariance"}


def test_with_no_run_in_the_link_everybody_keeps_their_own(
    store: Store, ada: Person, lead: Any, tab: Any
):
    run, other = trained(store), trained(store, TINY.replace(seed=2))
    page = tab(ada, "train", run=run.id)
    lead(to("feature_maps"))
    assert link(page.run())["run"] == run.id
    lead(to("feature_maps", run=other.id, step="2"))
    assert {**link(page.run()), "view": ""} == {"run": other.id, "step": "2", "view": ""}


@pytest.mark.parametrize("name", PAGES)
def test_under_a_lock_every_page_leads_back(name: str, ada: Person, lead: Any, tab: Any):
    lead(to("glossary", locked=True, term="stride"))  # a page that is drawn soon
    page = tab(ada)
    for __ in range(2):
        page = go(page, name)
        assert not page.exception
        assert shown(page) == "glossary"
        if name != "glossary":  # on the page itself one may choose
            assert link(page)["term"] == "stride"


def test_neither_a_reload_nor_another_tab_nor_a_changed_address_escapes_a_lock(
    ada: Person, lead: Any, tab: Any
):
    lead(to("convolution", locked=True, view="pooling"))
    page = tab(ada, "convolution", view="pooling", digit="3")
    for again in (
        tab(ada, "convolution", view="invariance"),
        tab(ada, "data", view="numbers"),
        go(page, "convolution", view="invariance"),
        tab(ada, "convolution"),
    ):
        assert (shown(again), link(again)["view"]) == ("convolution", "pooling")


def test_a_page_under_a_lock_keeps_what_is_chosen_on_it(ada: Person, lead: Any, tab: Any):
    lead(to("data", locked=True))
    page = go(tab(ada), "data", digit="3", index="4")
    assert link(go(page, "glossary")) == {"digit": "3", "index": "4"}
    assert link(tab(ada, "data", digit="5"))["digit"] == "5", "a reload keeps it, too"


def test_let_go_everybody_goes_where_they_like(ada: Person, lead: Any, tab: Any):
    lead(to("convolution", locked=True, view="pooling"))
    page = tab(ada)
    lead(Pace.let_go)
    assert shown(page.run()) == "convolution"
    assert shown(go(page, "data")) == "data"
    lead(to("glossary"))
    assert shown(page.run()) == "glossary"


@pytest.mark.parametrize("name", PAGES)
def test_look_up_shows_one_sentence_and_nothing_else(name: str, ada: Person, lead: Any, tab: Any):
    lead(lambda pace: pace.cover(True))
    page = tab(ada, name)
    assert not page.exception
    assert [title.value for title in page.title] == [LOOK_UP]
    others = (page.button, page.markdown, page.sidebar.get("page_link"), page.get("html")[1:])
    assert not any(others)
    bar = component(page, "bar")
    assert bar is not None
    assert (bar["cover"], bar["covered"]) == (LOOK_UP, True)


def test_look_up_ends_with_everything_that_was_chosen(ada: Person, lead: Any, tab: Any):
    page = tab(ada, "train", dataset="digits")
    page.number_input[0].set_value(7)
    page = page.run()
    before, seed = link(page), [box.value for box in page.number_input]
    lead(lambda pace: pace.cover(True))
    assert shown(page.run()) == LOOK_UP
    assert shown(go(page, "data")) == LOOK_UP
    page = go(page, "train")
    lead(lambda pace: pace.cover(False))
    assert link(page.run()) == before
    assert [box.value for box in page.number_input] == seed


def test_a_locked_control_is_as_in_the_teachers_link_whatever_is_sent(
    ada: Person, lead: Any, tab: Any
):
    page = tab(ada, "convolution")
    lead(lambda pace: to("convolution", view="pooling")(pace).lock_controls(["view"]))
    page.run()
    view = page.get("button_group")[0]
    assert (view.value, view.proto.disabled) == ("pooling", True)
    view.proto.disabled = False  # a message by hand knows no disabled widgets
    view.set_value("invariance")
    page.run()
    assert (link(page)["view"], page.get("button_group")[0].value) == ("pooling", "pooling")
    assert link(go(page, "convolution", view="invariance"))["view"] == "pooling"
    assert shown(go(page, "data")) == "data", "the page itself is not locked"


FORM = {"preset": "quick-digits"}


def field(page: AppTest, label: str) -> Any:
    return next(box for box in [*page.selectbox, *page.number_input] if box.label == label)


def test_locked_fields_of_the_form_are_the_teachers(ada: Person, lead: Any, tab: Any):
    page = tab(ada, "train", preset="tutorial-lstm", seed="5")
    offered = {"lr": "Learning rate", "arch": "Network"}
    lead(lambda pace: pace.bring("train", FORM | {"lr": "0.02"}, offered).lock_controls(offered))
    page.run()
    assert link(page) == FORM | {"lr": "0.02"}, "brought there, the form is the teacher's"
    rate = field(page, "Learning rate")
    assert (rate.value, rate.disabled, "teacher" in rate.help) == (0.02, True, True)
    rate.proto.disabled = False
    rate.set_value(0.5)
    field(page, "Seed").set_value(9)
    page.run()
    assert (field(page, "Learning rate").value, field(page, "Seed").value) == (0.02, 9)
    assert (link(page)["lr"], link(page)["seed"]) == ("0.02", "9")
    page = go(page, "train", preset="tutorial-lstm", lr="0.1")
    assert field(page, "Learning rate").value == 0.02
    assert "lstm" not in str(link(page))
    lead(Pace.let_go)
    assert not field(page.run(), "Learning rate").disabled


def test_a_draft_of_the_form_outlasts_being_brought_elsewhere(ada: Person, lead: Any, tab: Any):
    page = tab(ada, "train", dataset="digits")
    field(page, "Seed").set_value(9)
    page.run()
    lead(to("data"))
    assert shown(page.run()) == "data"
    assert field(go(page, "train"), "Seed").value == 9


def test_a_part_of_a_page_that_is_behind_is_drawn_anew_as_a_whole(
    of: Class, ada: Person, lead: Any, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(state, "person", lambda: ada)
    monkeypatch.setattr(st, "session_state", {parts.DRAWN: of.pace.led})
    assert not parts._is_behind()
    ask(store, teacher(of), made("text", "Why?"))
    assert not parts._is_behind(), "a question leads nobody"
    lead(to("data"))
    assert parts._is_behind()
    st.session_state[parts.DRAWN] = class_of(store, of.id).pace.led
    assert not parts._is_behind()
    st.session_state[parts.DRAWN] = lead(lambda pace: pace.cover(True)).led
    assert parts._is_behind(), "nothing is drawn while screens are covered"
    monkeypatch.setattr(state, "person", lambda: teacher(of))
    assert not parts._is_behind()


def test_every_part_that_is_drawn_by_itself_looks_at_the_pace():
    files = [*(ROOT / "mnistlab").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
    own = {file.name for file in files if "st.fragment" in file.read_text(encoding="utf-8")}
    assert own == {"parts.py", "server.py"}, "make fragments with kit.parts.fragment"


def test_the_teacher_is_not_led_and_leads_from_every_page(
    of: Class, ada: Person, store: Store, tab: Any
):
    def says() -> str:
        return next(text.value for text in page.markdown if "near_me" in text.value)

    def press(label: str) -> AppTest:
        return next(button for button in page.button if button.label == label).click().run()

    page = tab(teacher(of), "convolution", view="pooling", lang="en")
    assert says().endswith("Everybody goes where they like.")
    page = press("Bring everybody here")
    pace = class_of(store, of.id).pace
    assert (pace.page, pace.query["view"], "lang" in pace.query) == (
        "convolution",
        "pooling",
        False,
    )
    assert pace.offered["view"] == "View"
    assert says().endswith("You brought everybody to **Convolution**.")
    page = press("Lock the page")
    assert class_of(store, of.id).pace.locked
    assert class_of(store, of.id).pace.brought == pace.brought, "they are here already"
    assert says().endswith("Everybody has to stay on **Convolution**.")
    page = go(page, "data")
    assert shown(page) == "data"
    page = press("Look up!")
    assert "Screens are covered" in says()
    assert shown(page) == "data"
    assert component(page, "bar")["cover"] is None  # type: ignore[index]
    assert shown(tab(ada, "data")) == LOOK_UP
    page = press("Let go")
    assert says().endswith("Everybody goes where they like.")
    assert shown(tab(ada, "data")) == "data"


def test_the_class_page_brings_to_any_page_and_locks_its_controls(
    of: Class, store: Store, lead: Any, tab: Any
):
    lead(lambda pace: pace.bring("train", {"lr": "0.01"}, {"lr": "Learning rate", "seed": "Seed"}))
    page = tab(teacher(of), "class", view="lead")
    page.multiselect[0].select("lr").run()
    assert class_of(store, of.id).pace.controls == ("lr",)
    assert any("Locked control: Learning rate." in text.value for text in page.markdown)
    page.selectbox(key="lead.page").select("data").run()
    next(each for each in page.button if each.label == "Bring everybody there").click().run()
    pace = class_of(store, of.id).pace
    assert (pace.page, pace.query, pace.controls) == ("data", {}, ())


def test_a_page_that_this_version_does_not_have_leads_nobody(ada: Person, lead: Any, tab: Any):
    lead(to("of another version", locked=True))
    assert shown(tab(ada, "data")) == "data"


def test_a_student_is_noted_as_brought(store: Store, ada: Person, lead: Any, tab: Any):
    pace = lead(to("data"))
    tab(ada)
    assert member(store, ada.name).followed == pace.brought

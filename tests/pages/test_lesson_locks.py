"""What a step of a lesson has locked stays as it is for a reader who is alone, until they go on or
leave.
"""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.store import Store
from mnistlab.store.classes import make_class, set_pace, teacher
from mnistlab.store.members import join, student
from mnistlab.store.pace import Pace
from mnistlab.ui.kit import state
from pages.own_lesson import own_lesson
from pages.runs import component, link, opened, trained

LOCKS = """\
title: Locked
language: en
minutes: 5
for: Us
steps:
  - {title: One, words: Look., link: "convolution?view=pooling", locked: [view]}
  - {title: Two, words: Look again., link: "convolution?view=pooling"}
  - {title: Three, words: Train., link: "train?preset=quick-digits&lr=0.02", locked: [lr, arch]}
  - {title: Four, words: Before it learned., link: "feature_maps?step=0", locked: [step]}
  - {title: Five, words: Look., link: "convolution?map=12", locked: [map]}
  - {title: Six, words: Look., link: "convolution?groups=2&output=3", locked: [groups, output]}
  - {title: Seven, words: Look., link: "convolution?pool_padding=2", locked: [pool_padding]}
  - {title: Eight, words: Look., link: "convolution?kernel=own", locked: [kernel]}
  - {title: Nine, words: Look., link: "backpropagation?image=49", locked: [image]}
  - {title: Ten, words: In between., link: "feature_maps?step=3", locked: [step]}
  - {title: Eleven, words: Look., link: "backpropagation?layer=conv9", locked: [layer]}
"""


@pytest.fixture(autouse=True)
def _own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "drawer", lambda: "somebody")
    own_lesson(tmp_path, monkeypatch).write_text(LOCKS, encoding="utf-8")


def at(number: int, name: str, **query: str) -> AppTest:
    page = opened(f"pages/{name}.py", alone=True, lesson="mine", at=str(number), **query)
    assert not page.exception
    return page


def view_of(page: AppTest) -> Any:
    return page.get("button_group")[0]


def field(page: AppTest, label: str) -> Any:
    return next(box for box in [*page.selectbox, *page.number_input] if box.label == label)


def test_a_locked_view_is_that_of_the_steps_link_whatever_is_sent() -> None:
    page = at(1, "convolution", view="invariance")
    view = view_of(page)
    assert (view.value, view.proto.disabled) == ("pooling", True)
    assert "lesson" in view.proto.help
    view.proto.disabled = False  # a message by hand knows no disabled widgets
    view.set_value("invariance")
    page.run()
    assert (link(page)["view"], view_of(page).value) == ("pooling", "pooling")


@pytest.mark.parametrize("button", ["lesson.next.1", "lesson.leave"])
def test_going_on_and_leaving_unlock(button: str) -> None:
    page = at(1, "convolution")
    page.button(key=button).click().run()
    if button == "lesson.next.1":
        assert link(page)["at"] == "2"
    else:
        assert "lesson" not in link(page)
    assert not view_of(page).proto.disabled
    view_of(page).set_value("invariance")
    page.run()
    assert link(page)["view"] == "invariance"


def test_another_page_than_the_steps_is_not_locked() -> None:
    assert not view_of(at(1, "data", view="numbers")).proto.disabled


def test_locked_fields_of_the_form_are_those_of_the_steps_link() -> None:
    page = at(3, "train", preset="tutorial-lstm", lr="0.1")
    rate, network = field(page, "Learning rate"), field(page, "Network")
    assert (rate.value, rate.disabled, "lesson" in rate.help) == (0.02, True, True)
    assert (network.value, network.disabled) == ("cnn", True)
    rate.proto.disabled = False
    rate.set_value(0.5)
    field(page, "Seed").set_value(9)
    page.run()
    assert (field(page, "Learning rate").value, field(page, "Seed").value) == (0.02, 9)
    page.button(key="lesson.leave").click().run()
    assert not field(page, "Learning rate").disabled


def test_a_locked_training_step_is_the_one_that_is_shown(store: Store) -> None:
    run = trained(store)
    page = at(4, "feature_maps", run=run.id, step="4")
    assert link(page)["step"] == "0"
    assert link(at(2, "feature_maps", run=run.id, step="4"))["step"] == "4"


def test_where_a_locked_training_step_has_no_weights_the_nearest_one_is_shown(store: Store) -> None:
    run = trained(store)
    assert store.snapshot_steps(run.id) == [0, 1, 2, 4]
    page = at(10, "feature_maps", run=run.id)
    assert page.select_slider[0].value == 2
    assert page.select_slider[0].proto.disabled


@pytest.mark.parametrize(
    ("number", "name", "query", "locked"),
    [
        (5, "convolution", {"kernel": "run"}, {"map": "12"}),
        (6, "convolution", {"channels": "3"}, {"groups": "2", "output": "3"}),
        (7, "convolution", {"view": "pooling", "window": "2"}, {"pool_padding": "2"}),
        (8, "convolution", {}, {"kernel": "own"}),
        (9, "backpropagation", {"images": "5"}, {"image": "49"}),
        (11, "backpropagation", {}, {"layer": "conv9"}),
    ],
)
def test_a_locked_value_that_does_not_fit_is_said_and_the_default_is_shown(
    store: Store, number: int, name: str, query: dict[str, str], locked: dict[str, str]
) -> None:
    def drawn(page: AppTest) -> Any:
        return component(page, "stepper"), [each.proto.spec for each in page.get("plotly_chart")]

    query = query | {"run": trained(store).id}
    page = at(number, name, **query)
    assert not page.error
    assert [warning.value for warning in page.warning] == [
        f"The link says {each}={value}, which is not available here."
        for each, value in locked.items()
    ]
    assert drawn(page) == drawn(opened(f"pages/{name}.py", alone=True, **query))
    assert locked.items() <= link(page).items()


@pytest.mark.parametrize("locked", [[], ["batch_size"]])
def test_the_teachers_locks_and_those_of_the_step_hold_side_by_side(
    store: Store, monkeypatch: pytest.MonkeyPatch, locked: list[str]
) -> None:
    of, _ = make_class(store, "Year 10", "en")
    ada = student(join(store, of, "Ada"))
    theirs = {"lr": "0.5", "batch_size": "7"}
    pace = Pace().bring("train", theirs, theirs).lock_controls(locked)
    set_pace(store, teacher(of), pace)
    monkeypatch.setattr(state, "visitor", lambda *of_session: ada)
    page = at(3, "train")
    assert "lesson" not in link(page), "the teacher has brought them here"
    page.query_params.update({"lesson": "mine", "at": "3"})
    page.run()
    assert field(page, "Learning rate").value == 0.02
    size = field(page, "Batch size")
    assert size.disabled == bool(locked)
    assert size.value == 7


def test_a_teacher_who_shows_the_step_may_change_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, _ = make_class(store, "Year 10", "en")
    monkeypatch.setattr(state, "visitor", lambda *of_session: teacher(of))
    page = at(1, "convolution", view="invariance")
    assert link(page)["view"] == "invariance"

"""Where a class is led: what each act of its teacher changes, and what it leaves as it is."""

import pytest

from mnistlab.errors import NotAllowed
from mnistlab.store import Store
from mnistlab.store.classes import class_of, make_class, set_pace, teacher
from mnistlab.store.members import join, member, note, student
from mnistlab.store.pace import Pace

HERE = Pace().bring("train", {"lr": "0.01"}, {"lr": "Learning rate", "seed": "Seed"})


def test_every_act_of_leading_is_kept_and_raises_the_number(url: str):
    store = Store()
    of, __ = make_class(store, "Year 10", "en")
    acts = [
        lambda pace: pace.bring("train", {"lr": "0.01"}, {"lr": "Learning rate"}),
        lambda pace: pace.lock(True),
        lambda pace: pace.lock_controls(["lr"]),
        lambda pace: pace.cover(True),
        lambda pace: pace.let_go(),
    ]
    pace = of.pace
    for number, act in enumerate(acts, 1):
        wanted = act(pace)
        pace = set_pace(store, teacher(of), wanted)
        assert pace == class_of(store, of.id).pace
        assert (pace.number, pace.brought) == (number, 1)
        assert {**vars(pace), "number": 0} == {**vars(wanted), "number": 0}


def test_bringing_counts_and_keeps_the_lock_with_the_controls_that_are_there():
    led = HERE.lock(True).lock_controls(["seed", "lr", "unknown"])
    assert led.controls == ("lr", "seed")
    there = led.bring("data", {}, {"seed": "Seed"})
    assert (there.brought, there.locked, there.controls) == (2, True, ("seed",))


def test_covered_screens_change_nothing_else():
    led = HERE.lock(True)
    assert led.cover(True).cover(False) == led


def test_nobody_can_be_kept_where_nobody_was_brought():
    assert not Pace().lock(True).locked


def test_let_go_leaves_only_what_tells_the_next_bringing_from_the_last():
    assert HERE.lock(True).cover(True).let_go() == Pace(brought=1)
    assert not Pace(brought=1).leads


def test_only_the_teacher_leads(store: Store):
    of, __ = make_class(store, "Year 10", "en")
    ada = student(join(store, of, "Ada"))
    with pytest.raises(NotAllowed):
        set_pace(store, ada, HERE)
    assert class_of(store, of.id).pace == Pace()


def test_a_student_is_noted_to_have_followed(url: str):
    store = Store()
    of, __ = make_class(store, "Year 10", "en")
    ada = join(store, of, "Ada")
    assert ada.followed == 0
    note(store, student(ada), followed=3)
    assert member(store, ada.id).followed == 3

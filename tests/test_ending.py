"""The end of a class: all of it goes and nothing else, whoever is at work at that moment."""

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from rooms import Room, draw, room
from waiting import eventually

from mnistlab.drawing_set import DrawingSet
from mnistlab.errors import ClaimLost, ClassError, NotAllowed
from mnistlab.executors import get_executor
from mnistlab.store import Status, Store
from mnistlab.store.classes import class_of, taught_by
from mnistlab.store.drawings import drawings, save_drawing
from mnistlab.store.ending import Ended, classes, end_class
from mnistlab.store.hand_ins import hand_in, hand_ins
from mnistlab.store.lesson_progress import change_progress
from mnistlab.store.members import join, member
from mnistlab.store.origins import keep_drawing_set
from mnistlab.store.people import OPERATOR, Person, Role
from mnistlab.store.tables import (
    ANSWERS,
    CLASS_EXPERIMENTS,
    KEYS,
    LESSON_PROGRESS,
    QUESTIONS,
    metadata,
)
from mnistlab.ui.kit.visitor import cookie_of, in_class
from pages.runs import TINY, events_of

LONG = TINY.replace(max_steps=None, epochs=1000, eval_every=None, seed=77)


def everything(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
        }


def fill(store: Store, here: Room, seed: int) -> None:
    """Let a class have something in every table."""
    person, member_id = here.student(0), here.members[0].id
    for number, owner in enumerate([member_id, here.of.id]):
        run = store.request(TINY.replace(seed=seed + number), owner)
        claim = store.claim(run.id)
        assert claim is not None
        store.record(claim, events_of(TINY.replace(seed=seed + number)))
        store.end(claim, Status.FINISHED)
    draw(store, member_id, count=20)
    draw(store, here.of.id)
    hand_in(store, person, TINY.replace(seed=seed).run_id)
    of = {"class_id": here.of.id, "created": 1.0, "body": {}}
    with store.engine.begin() as connection:
        asked = connection.execute(sa.insert(QUESTIONS).values(**of, status="open"))
        said = {"created": 1.0, "changed": 1.0, "first": 1, "latest": 1, "member_id": member_id}
        number = asked.inserted_primary_key[0]  # type: ignore[index]
        connection.execute(sa.insert(ANSWERS).values(question_id=number, **said))
        connection.execute(sa.insert(CLASS_EXPERIMENTS).values(of))
        for owner in (member_id, here.of.id):
            row = {"owner": owner, "lesson": "t1", "changed": 1.0, "body": {}}
            connection.execute(sa.insert(LESSON_PROGRESS).values(row))


def fine_tuning(store: Store, owner: str, shift: int) -> str:
    """A queued run of `owner` on a set of drawings; returns the id of the set."""
    images = [np.roll(np.eye(28, dtype=np.uint8) * 255, number + shift, 1) for number in range(20)]
    set_id = keep_drawing_set(store, DrawingSet.of(images, [number % 10 for number in range(20)]))
    store.request(TINY.replace(drawings=set_id, seed=50 + shift), owner)
    return set_id


def test_all_of_a_class_goes_and_nothing_else(url: str) -> None:
    store = Store()
    there = room(store, "Year 11", ("Eva",))
    fill(store, there, 10)
    fine_tuning(store, there.members[0].id, 0)
    store.request(TINY.replace(seed=20), "a visitor")
    store.request(TINY.replace(seed=21))
    draw(store, "a visitor")
    cookie_of(store, there.teacher)  # which makes the key of all cookies
    before = everything(store)
    assert all(before[table.name] for table in (KEYS, QUESTIONS, ANSWERS, LESSON_PROGRESS))
    here = room(store)
    fill(store, here, 1)
    fine_tuning(store, here.members[1].id, 5)
    cookies = [cookie_of(store, person) for person in (here.teacher, here.student(0))]
    assert all(in_class(store, cookie) for cookie in cookies)
    assert end_class(store, here.teacher) == Ended(members=2, runs=3, drawings=21)
    assert everything(store) == before
    assert not any(in_class(store, cookie) for cookie in cookies)
    with pytest.raises(NotAllowed):
        taught_by(store, here.secret)
    with pytest.raises(ClassError):
        end_class(store, here.teacher)
    assert [of.name for of, _ in classes(store, OPERATOR)] == ["Year 11"]
    end_class(store, OPERATOR, there.of.id)
    assert classes(store, OPERATOR) == []


def test_only_its_teacher_ends_a_class(store: Store) -> None:
    here, there = room(store), room(store, "Year 11", ("Eva",))
    stale = Person(Role.TEACHER, here.of.id, class_id=here.of.id, proof="an older secret")
    posing = Person(Role.TEACHER, here.of.id, class_id=here.of.id, proof=there.of.secret)
    visitor = Person(Role.VISITOR, "a visitor")
    before = everything(store)
    for person in (here.student(0), there.student(0), there.teacher, stale, posing, visitor):
        with pytest.raises(NotAllowed):
            end_class(store, person, here.of.id)
        with pytest.raises(NotAllowed):
            classes(store, person)
    assert everything(store) == before


def test_a_training_that_goes_on_brings_nothing_back(url: str) -> None:
    """A real worker of its own process trains while the class ends."""
    store = Store()
    here = room(store)
    executor = get_executor(store)
    run = executor.start(LONG, here.members[0].id)
    eventually("it is trained", lambda: store.get(run.id).step > 0)
    end_class(store, here.teacher)
    left = everything(store)
    assert not any(left[name] for name in ("runs", "events", "snapshots", "checkpoints"))
    again = executor.start(TINY, "somebody else")  # by the same worker, as soon as it has stopped
    eventually("the next is trained", lambda: store.get(again.id).status == Status.FINISHED)
    executor.close()
    assert [each.id for each in store.runs()] == [again.id]
    with store.engine.connect() as connection:
        told = connection.scalar(sa.text(f"SELECT count(*) FROM events WHERE run_id = '{run.id}'"))
    assert told == 0


def test_a_worker_finds_its_claim_lost(url: str) -> None:
    store = Store()
    here = room(store)
    run = store.request(TINY, here.of.id)
    claim = store.claim(run.id)
    assert claim is not None
    end_class(store, here.teacher)
    before = everything(store)
    with pytest.raises(ClaimLost):
        store.record(claim, events_of(TINY))
    with pytest.raises(ClaimLost):
        store.end(claim, Status.FINISHED)
    assert everything(store) == before


def test_whoever_comes_too_late_adds_nothing(url: str) -> None:
    """With a page that is still open."""
    store = Store()
    here = room(store)
    person, member_id = here.student(0), here.members[0].id
    half = store.request(TINY.replace(seed=3))
    store.stop(half.id)
    end_class(store, here.teacher)
    before = everything(store)
    image = np.full((28, 28), 255, np.uint8)
    for someone in (person, here.teacher):
        acting = store.acting_as(someone)
        with pytest.raises(NotAllowed):
            acting.request(TINY)
        with pytest.raises(NotAllowed):
            acting.resume(half.id)
        with pytest.raises(NotAllowed):
            save_drawing(acting, member_id, image, 1)
        with pytest.raises(NotAllowed):
            change_progress(acting, member_id, "t1", lambda progress: None)
    with pytest.raises(NotAllowed):
        hand_in(store, person)
    with pytest.raises(ClassError):
        join(store, here.of, "Late")
    for gone in (lambda: member(store, member_id), lambda: class_of(store, here.of.id)):
        with pytest.raises(ClassError):
            gone()
    assert drawings(store, member_id) == []
    assert everything(store) == before


def test_a_student_who_was_taken_out_leaves_nothing_behind_either(store: Store) -> None:
    from mnistlab.store.members import remove

    here = room(store)
    before = {
        name: rows for name, rows in everything(store).items() if name not in ("classes", "members")
    }
    fill(store, here, 1)
    remove(store, here.teacher, here.members[0].id)
    with pytest.raises(NotAllowed):
        store.acting_as(here.student(0)).request(TINY.replace(seed=40))
    end_class(store, here.teacher)
    after = everything(store)
    assert {name: after[name] for name in before} == before


def test_what_another_class_handed_in_becomes_theirs(url: str) -> None:
    """Equal settings are the same run, which belongs to whoever asked for it first."""
    store = Store()
    here, there = room(store), room(store, "Year 11", ("Eva",))
    run = store.request(TINY, here.members[0].id)
    store.rename(run.id, "Ada's")
    hand_in(store, there.student(0), run.id)
    assert end_class(store, here.teacher).runs == 0
    left = store.get(run.id)
    assert (left.session, left.title) == (there.members[0].id, "")


def test_hand_ins_are_seen_by_their_author_and_the_teacher(store: Store) -> None:
    here, there = room(store), room(store, "Year 11", ("Eva",))
    run = store.request(TINY, here.members[0].id)
    hand_in(store, here.student(0), run.id)
    hand_in(store, here.student(0), run.id)
    hand_in(store, here.student(1), run.id)  # equal settings are the same run
    assert [each.run_id for each in hand_ins(store, here.student(0))] == [run.id]
    assert len(hand_ins(store, here.teacher)) == 2
    assert hand_ins(store, there.teacher) == hand_ins(store, there.student(0)) == []
    with pytest.raises(NotAllowed):
        hand_ins(store, Person(Role.VISITOR, "a visitor"))

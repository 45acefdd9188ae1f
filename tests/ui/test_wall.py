"""What the wall says of a class: everybody's page, curve, best accuracy, hand and drawing; and for
the projector nothing that a student wrote.
"""

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from classes import ClassOf, class_of_students
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.events import Evaluated, to_record
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.members import MOST_MEMBERS, note, remove
from mnistlab.store.wall import ask_to_see, evaluated_since
from mnistlab.ui.classroom import wall_data as wall_module
from mnistlab.ui.classroom.wall_data import AWAY_SECONDS, POINTS, SORTS, Curves, wall_data
from mnistlab.ui.kit.attendance.aliases import alias
from mnistlab.ui.kit.words import interval
from pages.runs import TINY, events_of

NICKNAMES = ["Zoë", "anna", "Bo"]
DRAWING = bytes(range(256)) * 3 + bytes(16)


@pytest.fixture
def room(store: Store) -> ClassOf:
    return class_of_students(store, NICKNAMES)


def own_run(
    store: Store, room: ClassOf, number: int, seed: int, upto: int | None = None
) -> RunRecord:
    """A run of the student with this number, trained up to a step, or finished."""
    config = TINY.replace(seed=seed)
    person = room.student(number)
    run = store.acting_as(person).request(config, person.name)
    claim = store.claim(run.id)
    assert claim is not None
    events = [each for each in events_of(config) if upto is None or each.step <= upto]
    store.record(claim, events)
    if upto is None:
        store.end(claim, Status.FINISHED, final=to_record(events[-1]))
    return store.get(run.id)


def tiles(
    store: Store, room: ClassOf, sort: str = "name", projector: bool = False
) -> dict[str, dict[str, Any]]:
    data = wall_data(store, room.of.id, sort, projector, Curves())
    return {tile["name"]: tile for tile in data["tiles"]}


def test_every_member_of_a_full_class_has_an_alias_of_their_own() -> None:
    assert len({alias(number) for number in range(1, MOST_MEMBERS + 1)}) == MOST_MEMBERS


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_two_numbers_never_have_the_same_alias(one: int, other: int) -> None:
    assert (alias(one) == alias(other)) == (one == other)


def test_a_tile_says_where_a_student_is_and_what_they_drew(store: Store, room: ClassOf) -> None:
    note(store, room.student(3), page="draw", query={}, drawing=DRAWING, hand=time.time())
    shown = tiles(store, room)
    assert (shown["Bo"]["page"], shown["Bo"]["hand"]) == ("Draw a digit", 1)
    assert bytes.fromhex(shown["Bo"]["drawing"]) == DRAWING
    assert (shown["anna"]["page"], shown["anna"]["hand"], shown["anna"]["drawing"]) == (
        "",
        None,
        None,
    )


def test_hands_are_numbered_in_the_order_in_which_they_were_raised(
    store: Store, room: ClassOf
) -> None:
    now = time.time()
    for number, raised in ((1, now), (2, now - 60)):
        note(store, room.student(number), hand=raised)
    shown = tiles(store, room)
    assert [shown[name]["hand"] for name in NICKNAMES] == [2, 1, None]


def test_who_was_not_heard_for_long_is_away(
    store: Store, room: ClassOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wall_data(store, room.of.id, "name", False, Curves())["here"] == len(NICKNAMES)
    later = time.time() + AWAY_SECONDS + 1
    monkeypatch.setattr(wall_module.time, "time", lambda: later)
    data = wall_data(store, room.of.id, "name", False, Curves())
    assert (data["here"], data["said"]) == (0, "0 students are here")
    assert all(tile["away"] for tile in data["tiles"])


def test_best_is_the_best_of_ones_own_finished_runs_with_its_interval(
    store: Store, room: ClassOf
) -> None:
    runs = [own_run(store, room, 1, seed) for seed in (1, 2, 3)]
    own_run(store, room, 1, 4, upto=2)
    best = max(runs, key=lambda run: run.accuracy or 0)
    assert best.final is not None
    said = tiles(store, room)["Zoë"]["best"]
    assert said["share"] == best.accuracy
    assert said["interval"] == interval(best.final["correct"], best.final["count"])
    assert tiles(store, room)["anna"]["best"] is None


def test_the_curve_is_that_of_the_run_looked_at_whoever_trained_it(
    store: Store, room: ClassOf
) -> None:
    run = own_run(store, room, 1, 5)
    note(store, room.student(2), page="evaluation", query={"run": run.id}, run_id=run.id)
    evaluated = [each for _, each in store.events(run.id, [Evaluated])]
    shown = tiles(store, room)
    assert shown["anna"]["curve"] == [
        (each.step, round(each.test_accuracy, 4)) for each in evaluated
    ]
    assert shown["Zoë"]["curve"] == []


def test_curves_that_are_kept_grow_by_what_is_new_alone(
    store: Store, room: ClassOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, int]] = []

    def heard(store: Store, after: dict[str, int]) -> Any:
        asked.append(after)
        return evaluated_since(store, after)

    monkeypatch.setattr(wall_module, "evaluated_since", heard)
    config, person, curves = TINY.replace(seed=6), room.student(1), Curves()
    run = store.acting_as(person).request(config, person.name)
    claim = store.claim(run.id)
    assert claim is not None
    events = events_of(config)
    store.record(claim, [each for each in events if each.step <= 2])
    before = curves.of(store, [store.get(run.id)])[run.id]
    assert curves.of(store, [store.get(run.id)])[run.id] == before
    store.record(claim, [each for each in events if each.step > 2])
    after = curves.of(store, [store.get(run.id)])[run.id]
    assert after == Curves().of(store, [store.get(run.id)])[run.id]
    assert after[: len(before)] == before
    assert len(after) > len(before)
    last = max(seq for seq, each in store.events(run.id, [Evaluated]) if each.step <= 2)
    assert asked[:3] == [{run.id: 0}, {}, {run.id: last}]


def test_a_long_curve_is_thinned(store: Store, room: ClassOf) -> None:
    run = own_run(store, room, 1, 7, upto=0)
    claim = store.claim(store.acting_as(room.student(1)).request(TINY.replace(seed=8)).id)
    assert claim is not None
    first = next(each for each in events_of(run.config) if isinstance(each, Evaluated))
    store.record(claim, [replace(first, step=step) for step in range(1000)])
    points = Curves().of(store, [store.get(claim.run_id)])[claim.run_id]
    assert len(points) <= POINTS
    assert (points[0][0], points[-1][0]) == (0, 999)


def test_students_are_sorted_by_name_progress_or_accuracy(store: Store, room: ClassOf) -> None:
    own_run(store, room, 1, 9)
    own_run(store, room, 3, 9 + 1, upto=2)
    assert list(tiles(store, room, "name")) == ["anna", "Bo", "Zoë"]
    assert list(tiles(store, room, "progress")) == ["Zoë", "Bo", "anna"]
    assert list(tiles(store, room, "accuracy")) == ["Zoë", "anna", "Bo"]


def test_who_was_removed_is_gone(store: Store, room: ClassOf) -> None:
    remove(store, room.teacher, room.members[1].id)
    assert set(tiles(store, room)) == {"Zoë", "Bo"}


def test_for_the_projector_nothing_that_a_student_wrote_is_said(store: Store) -> None:
    names = [f"Nick{number}name" for number in range(30)]
    room = class_of_students(store, names, name="Year 11")
    run = own_run(store, room, 1, 20)
    store.acting_as(room.student(1)).rename(run.id, "Run of Nick0name")
    query = {"run": run.id, "search": "Nick0name"}
    shown = {"page": "runs", "query": query, "at": 1.0}
    note(store, room.student(1), page="runs", query=query, run_id=run.id, shown=shown, hand=2.0)
    ask_to_see(store, room.teacher, 2, True)
    for sort in SORTS:
        data = wall_data(store, room.of.id, sort, True, Curves())
        text = json.dumps(data)
        assert "Nick" not in text
        assert not any(each.id in text for each in room.members)
        assert {tile["name"] for tile in data["tiles"]} == {alias(n) for n in range(1, 31)}
    by_name = wall_data(store, room.of.id, "name", True, Curves())["tiles"]
    assert [tile["name"] for tile in by_name] == sorted(tile["name"] for tile in by_name)

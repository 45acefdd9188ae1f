"""How far somebody is in a lesson: kept for each, whoever else writes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from mnistlab.store import Store
from mnistlab.store.lesson_progress import (
    Progress,
    all_progress,
    change_progress,
    forget_progress,
    progress_in,
)
from mnistlab.store.tables import LESSON_PROGRESS


def move(to: int) -> Callable[[Progress], None]:
    def change(progress: Progress) -> None:
        progress.at = to

    return change


def test_progress_is_kept_for_each_person_and_lesson(store: Store) -> None:
    assert progress_in(store, "ada", "one") is None
    change_progress(store, "ada", "one", move(4))
    change_progress(store, "ada", "two", move(2))
    change_progress(store, "ada", "one", move(3))
    assert progress_in(store, "ada", "one") == Progress(at=3, reached=4)
    assert list(all_progress(store, "ada")) == ["one", "two"]  # the latest first
    assert all_progress(store, "max") == {}
    forget_progress(store, "ada", "one")
    assert list(all_progress(store, "ada")) == ["two"]


def test_what_was_said_first_stays(store: Store) -> None:
    for said in (1, 2, 3):
        change_progress(store, "ada", "one", lambda kept, said=said: kept.keep_answer(5, said))
    progress = progress_in(store, "ada", "one")
    assert progress is not None
    assert progress.answers == {"5": {"first": 1, "latest": 3}}
    assert (progress.answer(5), progress.answer(6)) == (3, None)


def test_two_tabs_lose_nothing_of_each_other(store: Store) -> None:
    def visit(place: int) -> None:
        change_progress(store, "ada", "one", lambda kept: kept.visit(1, f"link{place}"))

    with ThreadPoolExecutor(4) as tabs:
        list(tabs.map(visit, range(20)))
    progress = progress_in(store, "ada", "one")
    assert progress is not None
    assert sorted(progress.visited["1"]) == sorted(f"link{place}" for place in range(20))


def test_progress_of_a_newer_version_is_read_as_far_as_it_is_known(store: Store) -> None:
    change_progress(store, "ada", "one", move(2))
    with store._write() as connection:
        body = {"at": 2, "reached": 2, "mood": "good"}
        connection.execute(sa.update(LESSON_PROGRESS).values(body=body))
    assert progress_in(store, "ada", "one") == Progress(at=2, reached=2)

"""The worker: one thing at a time, what is finished is kept, what nobody wants any more is dropped."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mnistlab.errors import AnalysisError
from mnistlab.ui import workroom
from mnistlab.ui.workroom import Work, Workroom

SECONDS = 30


@pytest.fixture
def room() -> Workroom:
    return Workroom()


class Slow:
    """Work of two parts that goes on when it is told to; it counts how many such works are done at the same time."""

    at_once = 0

    def __init__(self) -> None:
        self.begun, self.go, self.parts = threading.Event(), threading.Event(), 0

    def make(self) -> Iterator[int]:
        Slow.at_once += 1
        assert Slow.at_once == 1
        self.begun.set()
        try:
            for part in range(2):
                assert self.go.wait(SECONDS)
                self.parts += 1
                yield part
        finally:
            Slow.at_once -= 1


def done(work: Work) -> list[Any]:
    assert work.finished(SECONDS)
    return work.result()


def ask(room: Workroom, key: str, slow: Slow, session: str = "somebody") -> Work:
    return room.ask(key, session, slow.make, total=2)


def test_works_are_done_one_after_another_and_tell_their_place(room: Workroom) -> None:
    slow = [Slow(), Slow(), Slow()]
    first, second, third = (ask(room, str(place), each, session=str(place)) for place, each in enumerate(slow))
    assert slow[0].begun.wait(SECONDS)
    assert [room.before(work) for work in (first, second, third)] == [0, 1, 2]
    assert not slow[1].begun.is_set()
    assert not first.finished()
    for each in slow:
        each.go.set()
    assert [done(work) for work in (first, second, third)] == [[0, 1]] * 3


def test_what_is_finished_is_kept_for_everybody(room: Workroom) -> None:
    slow = Slow()
    slow.go.set()
    work = ask(room, "a", slow, "one")
    done(work)
    again = ask(room, "a", Slow(), "another")
    assert again is work
    assert slow.parts == 2


def test_same_work_asked_for_twice_is_done_once(room: Workroom) -> None:
    slow = Slow()
    assert ask(room, "a", slow, "one") is ask(room, "a", slow, "another")
    slow.go.set()
    done(ask(room, "a", slow))
    assert slow.parts == 2


def test_what_nobody_wants_any_more_is_dropped(room: Workroom) -> None:
    running, waiting, last, latest = Slow(), Slow(), Slow(), Slow()
    ask(room, "running", running)
    assert running.begun.wait(SECONDS)
    for key, slow in (("waiting", waiting), ("last", last), ("latest", latest)):
        ask(room, key, slow)
    for slow in (running, waiting, last, latest):
        slow.go.set()
    assert done(ask(room, "latest", latest)) == [0, 1]
    assert (running.parts, waiting.parts, last.parts) == (1, 0, 2)
    again = Slow()
    again.go.set()
    assert done(ask(room, "running", again)) == [0, 1], "it begins anew"


def test_what_somebody_else_wants_is_not_dropped(room: Workroom) -> None:
    wanted = Slow()
    ask(room, "wanted", wanted, "another")
    assert wanted.begun.wait(SECONDS)
    others = [Slow() for _ in range(3)]
    for number, slow in enumerate(others):
        ask(room, str(number), slow)
    work = ask(room, "wanted", wanted, "another")
    for slow in (wanted, *others):
        slow.go.set()
    assert done(work) == [0, 1]
    done(ask(room, "2", others[2]))


def test_error_is_raised_where_somebody_reads_it_and_asking_again_tries_again(room: Workroom) -> None:
    def fails() -> Iterator[int]:
        yield 1
        raise AnalysisError("No.", "Try another.")

    work = room.ask("a", "somebody", fails, total=2)
    with pytest.raises(AnalysisError, match="Try another"):
        done(work)
    assert done(room.ask("a", "somebody", lambda: iter([1, 2]), total=2)) == [1, 2]


def test_only_so_much_is_kept(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workroom, "KEPT", 2)
    works = [room.ask(key, "somebody", lambda: iter([0])) for key in "ab"]
    for work in works:
        done(work)
    done(room.ask("c", "somebody", lambda: iter([0])))
    done(room.ask("d", "somebody", lambda: iter([0])))
    assert room.ask("a", "somebody", lambda: iter([0])) is not works[0]


def test_share_of_work_of_several_parts_counts_them() -> None:
    work = Work(lambda: iter([]), total=4, seconds=1.0)
    assert work.share == 0
    work.begun = 0.0
    work.parts.append(1)
    assert work.share == 0.25

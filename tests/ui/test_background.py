"""Work in the background: one thing at a time, what is finished is kept, what nobody wants any more
is dropped, errors are told once.
"""

import threading
import time
from typing import Any

import pytest
from waiting import eventually

from mnistlab.errors import AnalysisError
from mnistlab.ui.kit.compute import background
from mnistlab.ui.kit.compute.background import LAST, Job, ReportProgress, Worker

SECONDS = 30


@pytest.fixture(autouse=True)
def _in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNISTLAB_EXECUTOR")


@pytest.fixture
def worker() -> Worker:
    return Worker()


class Slow:
    """Work of two parts that goes on when it is told to; it counts how many such works are done at
    the same time.
    """

    at_once = 0

    def __init__(self) -> None:
        self.begun, self.go, self.parts = threading.Event(), threading.Event(), 0

    def __call__(self, report_progress: ReportProgress) -> int:
        Slow.at_once += 1
        assert Slow.at_once == 1
        self.begun.set()
        try:
            for part in (1, 2):
                assert self.go.wait(SECONDS)
                self.parts += 1
                try:
                    report_progress(part / 2)
                except Exception as error:
                    raise AssertionError(
                        "What the work itself might catch does not end it."
                    ) from error
            return self.parts
        finally:
            Slow.at_once -= 1


def done(job: Job) -> Any:
    assert job.finished(SECONDS)
    return job.result()


def test_jobs_are_done_one_after_another_and_know_their_place(worker: Worker) -> None:
    slow = [Slow(), Slow(), Slow()]
    first, second, third = (worker.job(place, each) for place, each in enumerate(slow))
    assert slow[0].begun.wait(SECONDS)
    assert [worker.jobs_ahead(job) for job in (first, second, third)] == [0, 1, 2]
    assert not slow[1].begun.is_set()
    assert not first.finished()
    for each in slow:
        each.go.set()
    assert [done(job) for job in (first, second, third)] == [2, 2, 2]


def test_what_is_finished_is_kept_for_everybody(worker: Worker) -> None:
    slow = Slow()
    slow.go.set()
    job = worker.job("a", slow, "one")
    done(job)
    assert worker.job("a", Slow(), "another") is job
    assert worker.find("a") is job
    assert worker.find("b") is None


def test_same_job_asked_for_twice_is_done_once(worker: Worker) -> None:
    slow = Slow()
    job = worker.job("a", slow, "one")
    assert worker.job("a", slow, "another") is job
    slow.go.set()
    assert done(job) == 2
    assert slow.parts == 2


def test_what_nobody_wants_any_more_is_dropped(worker: Worker) -> None:
    running, waiting, last, latest = Slow(), Slow(), Slow(), Slow()
    worker.job("running", running, "somebody")
    assert running.begun.wait(SECONDS)
    for key, slow in (("waiting", waiting), ("last", last), ("latest", latest)):
        worker.job(key, slow, "somebody")
    for slow in (running, waiting, last, latest):
        slow.go.set()
    assert done(worker.job("latest", latest, "somebody")) == 2
    assert (running.parts, waiting.parts, last.parts) == (1, 0, 2)
    again = Slow()
    again.go.set()
    assert done(worker.job("running", again, "somebody")) == 2, "it starts anew"


@pytest.mark.parametrize("session", ["another", None])
def test_what_somebody_else_wants_or_is_to_last_is_not_dropped(
    worker: Worker, session: str | None
) -> None:
    wanted = Slow()
    job = worker.job("wanted", wanted, session)
    assert wanted.begun.wait(SECONDS)
    worker.job("wanted", wanted, "somebody")
    others = [Slow() for _ in range(3)]
    for number, slow in enumerate(others):
        worker.job(number, slow, "somebody")
    for slow in (wanted, *others):
        slow.go.set()
    assert done(job) == 2
    done(worker.job(2, others[2], "somebody"))


def test_error_is_raised_where_somebody_reads_it_and_asking_again_retries(
    worker: Worker,
) -> None:
    def fails(report_progress: ReportProgress) -> None:
        raise AnalysisError("No.", "Try another.")

    job = worker.job("a", fails)
    assert job.finished(SECONDS)
    assert job.failed
    assert worker.job("a", lambda report: 1) is job, "its error has not been raised yet"
    with pytest.raises(AnalysisError, match="Try another"):
        job.result()
    assert worker.find("a") is None
    assert done(worker.job("a", lambda report: 1)) == 1


def test_only_so_much_is_kept(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "KEPT", 2)
    jobs = [worker.job(key, lambda report: 0) for key in "ab"]
    for job in jobs:
        done(job)
    for key in "cd":
        done(worker.job(key, lambda report: 0))
    assert worker.find("b") is jobs[1]
    assert worker.find("a") is None


def test_inline_a_job_is_done_at_once(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")
    main = threading.current_thread()
    job = worker.job("a", lambda report: threading.current_thread() is main)
    assert job.finished()
    assert job.result()


def test_share_is_what_the_work_reports_and_by_the_clock_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    seen = []

    def work(report_progress: ReportProgress) -> None:
        nonlocal now
        now = 105.0
        seen.append((job.share, job.seconds_left))
        report_progress(0.25)
        seen.append((job.share, job.seconds_left))
        report_progress(0.75)
        seen.append((job.share, job.seconds_left))
        report_progress(1.0)  # its result is still to be put together
        seen.append((job.share, job.seconds_left))

    job = Job(work, seconds=10.0)
    assert (job.share, job.seconds_left) == (0.0, 10.0)
    job.run()
    bar = [share for share, _left in seen]
    assert bar == [0.5, 0.5, 0.75, LAST], "a bar never falls, and is full only at the end"
    assert [left for _share, left in seen] == [5.0, 15.0, pytest.approx(5 / 3), 0.0]
    assert job.share == 1.0
    assert Job(work).seconds_left is None


def test_what_takes_longer_than_estimated_says_so_and_its_bar_never_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, seen = 0.0, []
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def work(report_progress: ReportProgress) -> None:
        nonlocal now
        for now in (2.0, 7.0, 9.0, 11.0, 14.0, 18.0):  # noqa: B007
            seen.append((job.share, job.is_late, job.seconds_left is None))

    job = Job(work, seconds=10.0)
    job.run()
    bar = [share for share, *_rest in seen]
    assert bar == sorted(set(bar))
    assert bar[:2] == [0.2, 0.7]
    assert bar[-1] < LAST
    assert [late for _share, late, _none in seen] == [False] * 3 + [True] * 3
    assert [none for *_rest, none in seen] == [False] * 3 + [True] * 3
    now, job = 0.0, Job(work, seconds=10.0, is_guess=True)
    seen.clear()
    job.run()
    assert [share for share, *_rest in seen] == bar, "a guess moves the bar"
    assert {(late, none) for _share, late, none in seen} == {(False, True)}, "and no more"


def test_the_processor_time_of_all_work_is_counted_and_waiting_is_not(worker: Worker) -> None:
    def computing(_: ReportProgress) -> float:
        begin = time.thread_time()
        while time.thread_time() - begin < 0.05:
            pass
        return time.thread_time() - begin

    def waiting(_: ReportProgress) -> None:
        time.sleep(0.2)

    took = done(worker.job("computing", computing))
    eventually("it is counted", lambda: worker.seconds >= took)
    done(worker.job("waiting", waiting))
    done(worker.job("last", lambda _: None))  # by now the one before has been counted
    assert took <= worker.seconds < took + 0.1

"""What a worker lost goes on by itself, as long as that helps and nobody wants otherwise."""

import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from mnistlab.config import TrainConfig
from mnistlab.events import Checkpoint
from mnistlab.store import AGAIN, BEGAN, Claim, Status, Store

MINUTE = 60.0


@pytest.fixture
def store(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A fresh store of either kind, with one run that waits. Silence counts at once: that of a
    worker is never longer than PostgreSQL's server has been there.
    """
    monkeypatch.setattr("mnistlab.store.liveness.DEAD_AFTER_SECONDS", 0.0)
    store = Store(url)
    store.request(TrainConfig(dataset="digits", max_steps=100))
    yield store
    store.engine.dispose()


def attempt(store: Store, reached: int = 0) -> tuple[Claim, dict[str, object]]:
    """Begin to train the run, with a checkpoint at step `reached`."""
    begun = store.attempt_next("cpu")
    assert begun is not None
    store.record(begun[0], [Checkpoint(reached, 0, {}, {"step": reached})])
    return begun


def lose(store: Store, claim: Claim) -> Status:
    """The worker's machine goes down, and somebody looks. Returns what the run is then."""
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'gone', heartbeat = 0"))
    store.sweep()
    store.resume_lost(MINUTE)
    return store.get(claim.run_id).status


def test_an_attempt_is_noted_from_its_first_moment(store: Store) -> None:
    claim, note = attempt(store)
    assert note == {BEGAN: 0, AGAIN: False}
    assert store.get(claim.run_id).environment == note


def test_a_run_is_attempted_as_long_as_it_gets_further(store: Store) -> None:
    for reached in (8, 16, 32, 64):
        claim, note = attempt(store, reached)
        assert note == {BEGAN: reached // 2 if reached > 8 else 0, AGAIN: False}
        assert lose(store, claim) is Status.QUEUED
        assert store.get(claim.run_id).reason == ""


def test_a_run_that_is_lost_twice_at_one_checkpoint_stays_interrupted(store: Store) -> None:
    claim, _ = attempt(store, reached=8)
    assert lose(store, claim) is Status.QUEUED
    claim, note = attempt(store, reached=8)
    assert (note, lose(store, claim)) == ({BEGAN: 8, AGAIN: False}, Status.QUEUED)
    claim, note = attempt(store, reached=8)
    assert (note, lose(store, claim)) == ({BEGAN: 8, AGAIN: True}, Status.INTERRUPTED)
    assert "was killed" in store.get(claim.run_id).reason


@pytest.mark.parametrize(
    ("ask", "status"), [(Store.pause, Status.PAUSED), (Store.stop, Status.STOPPED)]
)
def test_a_run_that_a_person_asked_to_end_is_not_attempted_again(
    store: Store, ask, status: Status
) -> None:
    claim, _ = attempt(store, reached=8)
    ask(store, claim.run_id)
    assert lose(store, claim) is status


def test_what_was_lost_long_ago_is_left_to_people(store: Store) -> None:
    claim, _ = attempt(store, reached=8)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'gone', heartbeat = 0"))
    store.sweep()
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET ended = ended - 61"))
    assert store.resume_lost(MINUTE) == []
    assert store.get(claim.run_id).status is Status.INTERRUPTED


def test_a_run_that_a_local_worker_lost_is_left_to_people(store: Store) -> None:
    claim = store.claim_next()
    assert claim is not None
    assert lose(store, claim) is Status.INTERRUPTED


def test_a_lost_run_keeps_its_place_in_the_queue(store: Store) -> None:
    later = store.request(TrainConfig(dataset="digits", max_steps=50))
    claim, _ = attempt(store)
    assert lose(store, claim) is Status.QUEUED
    assert store.queue() == [claim.run_id, later.id]


def test_a_lost_run_still_pauses_where_its_sweep_compares_it(store: Store) -> None:
    limited = store.request(TrainConfig(dataset="digits", max_steps=50), until=5).id
    while limited in store.queue():
        claim, _ = attempt(store)
    assert claim.run_id == limited
    store.end(claim, Status.INTERRUPTED, "The cluster asked the training process to end.")
    assert store.resume_lost(MINUTE) == [limited]
    again = store.claim(limited)
    assert again is not None
    assert again.until == 5


@pytest.mark.parametrize("url", ["PostgreSQL"], indirect=True)
def test_when_a_run_was_lost_goes_by_the_servers_clock(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = time.time
    for hours in (-1, 1):  # by which the machine that notices is wrong
        claim, _ = attempt(store, reached=8)
        with monkeypatch.context() as wrong:
            wrong.setattr("time.time", lambda by=3600 * hours: clock() + by)
            store.end(claim, Status.INTERRUPTED)
            assert abs((store.get(claim.run_id).ended or 0) - clock()) < 1800
            assert store.resume_lost(MINUTE) == [claim.run_id]


def test_each_kind_of_device_has_its_own_turn(store: Store) -> None:
    run = store.request(TrainConfig(dataset="digits", max_steps=100, device="cuda:1"))
    assert store.claim_next(["mps"]) is None
    claim = store.claim_next(["cuda", "mps"])
    assert claim is not None
    assert claim.run_id == run.id
    assert store.claim_next({"cuda"}) is None
    assert store.claim_next({"cuda", "cpu"}) is not None

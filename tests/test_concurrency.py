"""Who waits for whom in the store: workers whose runs differ for nobody, decisions over many runs
for each other; and what is not heard of the database is neither lost nor done twice.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa
import torch
from waiting import eventually

from mnistlab.config import TrainConfig
from mnistlab.errors import DrawingError, QueueFull, RunStateError, StoreBusy
from mnistlab.events import Checkpoint, Event, Predicted, Progress, Snapshot
from mnistlab.executors.writer import patiently
from mnistlab.store import RUNS_PER_SESSION, Budget, Claim, Status, Store, keeping
from mnistlab.store.drawings import drawings, save_drawing
from mnistlab.store.postgresql import CONNECTIONS

WEIGHTS = {"weight": torch.ones(3)}
only_postgresql = pytest.mark.parametrize("url", ["PostgreSQL"], indirect=True)


def config(seed: int) -> TrainConfig:
    return TrainConfig(dataset="digits", seed=seed)


def progress(step: int, loss: float = 2.0) -> Progress:
    return Progress(step, 0, loss, 0.1, {"conv1": 0.5}, 100.0, 3.0)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    yield store
    store.engine.dispose()


def claimed(store: Store, seed: int) -> Claim:
    """A run that this process trains."""
    claim = store.claim(store.request(config(seed)).id)
    assert claim is not None
    return claim


@pytest.fixture
def claim(store: Store) -> Claim:
    return claimed(store, 1)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` of 0, 1, ... gives in as many threads that begin together; errors are given, not
    raised.
    """
    begin = threading.Barrier(count)

    def one(number: int) -> Any:
        begin.wait()
        try:
            return work(number)
        except (QueueFull, DrawingError, RunStateError) as error:
            return error

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


@contextmanager
def writing(store: Store, claim: Claim) -> Iterator[None]:
    """Within, the worker is in the middle of writing."""
    with store._write() as connection:
        store._own(connection, claim, step=1)
        yield


def waiting_for_locks(store: Store) -> int:
    """How many transactions of the database do."""
    with store._read() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return connection.scalar(sa.text(waiting)) or 0


# -- who waits for whom ----------------------------------------------------------------------------


@only_postgresql
def test_nobody_waits_for_a_worker_that_writes_but_who_changes_its_run(
    store: Store, claim: Claim
) -> None:
    other = claimed(store, 2)
    waiting = store.request(config(3), "me").id
    with ThreadPoolExecutor() as threads, writing(store, claim):
        store.record(other, [progress(1), Snapshot(1, 0, WEIGHTS)])
        store.end(other, Status.STOPPED)
        store.resume(other.run_id)
        assert store.claim(other.run_id) is not None
        assert store.request(config(4), "you").status is Status.QUEUED
        following = store.claim_next()
        assert following is not None
        assert following.run_id == waiting
        store.pause(config(4).run_id)
        store.delete(config(4).run_id)
        assert store.tidy(Budget(1, False)).runs == {}
        save_drawing(store, "me", np.zeros((28, 28), np.uint8), 3)
        paused = threads.submit(store.pause, claim.run_id)
        eventually("somebody to wait", lambda: waiting_for_locks(store))
        assert not paused.done()
    assert paused.result() is None
    assert store.wanted(claim) == "pause"


@only_postgresql
def test_who_claims_while_another_does_gets_the_next_run(store: Store) -> None:
    first, second = (store.request(config(seed), "me").id for seed in (1, 2))
    with store._claiming() as (connection, token):
        mine = store._claim(connection, first, token)
        yours = store.claim_next()
    assert mine is not None
    assert yours is not None
    assert (mine.run_id, yours.run_id) == (first, second)
    assert store.claim_next() is None


@only_postgresql
def test_who_claims_for_one_kind_of_device_leaves_the_runs_of_others_alone(store: Store) -> None:
    gpu = store.request(config(1).replace(device="cuda"), "me").id
    store.request(config(2), "me")
    with store._claiming() as (connection, token):
        assert store._claim_next(connection, token, ["mps"]) is None
        mine = store._claim_next(connection, token, ["cpu"])
        yours = store.claim_next(["cuda"])
    assert mine is not None
    assert yours is not None
    assert (mine.run_id, yours.run_id) == (config(2).run_id, gpu)


def test_each_run_is_claimed_once_however_many_claim_at_once(store: Store) -> None:
    runs = {store.request(config(seed), str(seed % 5)).id for seed in range(24)}

    def work(_: int) -> list[str]:
        mine = []
        while store.count(Status.QUEUED):
            claim = store.claim_next()
            if claim is not None:
                mine.append(claim.run_id)
        return mine

    taken = Counter(run_id for mine in at_once(8, work) for run_id in mine)
    assert taken == dict.fromkeys(runs, 1)


def test_a_start_pressed_many_times_at_once_is_one_run_also_at_the_limit(store: Store) -> None:
    for seed in range(RUNS_PER_SESSION - 1):
        store.request(config(seed), "me")
    runs = at_once(12, lambda _: store.request(config(100), "me"))
    assert {run.id for run in runs} == {config(100).run_id}


def test_the_limit_of_a_session_holds_however_many_starts_come_at_once(store: Store) -> None:
    answers = at_once(16, lambda seed: store.request(config(seed), "me"))
    refused = [answer for answer in answers if isinstance(answer, QueueFull)]
    assert len(refused) == 16 - RUNS_PER_SESSION
    assert store.count(Status.QUEUED) == RUNS_PER_SESSION


def test_the_limit_of_a_session_holds_however_many_runs_are_promoted_at_once(store: Store) -> None:
    paused = [store.request(config(seed), str(seed), until=5).id for seed in range(16)]
    for run_id in paused:
        claim = store.claim(run_id)
        assert claim is not None
        store.end(claim, Status.PAUSED)
    answers = at_once(16, lambda number: store.promote(paused[number], "me"))
    refused = [answer for answer in answers if isinstance(answer, QueueFull)]
    assert len(refused) == 16 - RUNS_PER_SESSION
    assert store.count(Status.QUEUED) == RUNS_PER_SESSION


def test_a_run_is_added_once_however_many_add_it_at_once(store: Store) -> None:
    def add(_: int) -> Any:
        events = [Snapshot(0, 0, WEIGHTS), progress(0)]
        return store.add(config(1), events, Status.FINISHED, None, {})

    answers = at_once(6, add)
    assert sum(isinstance(answer, RunStateError) for answer in answers) == 5
    assert [event for _, event in store.events(config(1).run_id)] == [progress(0)]


def test_the_limit_of_drawings_holds_however_many_are_saved_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnistlab.store.drawings.MOST", 5)
    image = np.zeros((28, 28), np.uint8)
    answers = at_once(12, lambda _: save_drawing(store, "me", image, 3))
    assert sum(isinstance(answer, DrawingError) for answer in answers) == 7
    assert len(drawings(store, "me")) == 5


@only_postgresql
def test_a_run_resumed_while_the_store_is_tidied_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2, 3):
        store.end(claimed(store, seed), Status.STOPPED)
    planned = keeping._planned

    def slowly(connection: sa.Connection, budget: Budget) -> Any:
        made = planned(connection, budget)
        store.resume(config(1).run_id)
        return made

    monkeypatch.setattr(keeping, "_planned", slowly)
    assert list(store.tidy(Budget(1, False)).runs) == [config(2).run_id]
    assert store.get(config(1).run_id).status is Status.QUEUED


@only_postgresql
def test_more_threads_than_connections_take_turns_with_them(store: Store, claim: Claim) -> None:
    counts = [0]  # of open connections, after each that came or went
    store.engine.dispose()
    for event, change in (("connect", 1), ("close", -1)):
        sa.event.listen(store.engine, event, lambda *_, by=change: counts.append(counts[-1] + by))
    at_once(3 * CONNECTIONS, lambda _: [store.get(claim.run_id) for _ in range(5)])
    assert 1 < max(counts) <= CONNECTIONS
    assert store.engine.pool.checkedout() == 0


# -- workers that are thought to be dead -----------------------------------------------------------


def test_a_worker_that_is_heard_at_the_last_moment_keeps_its_run(
    store: Store, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'elsewhere', heartbeat = 0"))
    interrupt = store._interrupt

    def late(dead: Any) -> list[str]:
        store.record(claim, [progress(1)])
        return interrupt(dead)

    monkeypatch.setattr(store, "_interrupt", late)
    assert store.sweep() == []
    assert store.get(claim.run_id).status is Status.RUNNING


@only_postgresql
def test_a_worker_that_is_just_writing_keeps_its_run_and_nobody_waits_for_it(
    store: Store, claim: Claim
) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'elsewhere', heartbeat = 0"))
    with writing(store, claim):
        assert store.sweep() == []
    # a server that has just begun gives workers time to be heard
    eventually("it is given up", lambda: store.sweep() == [claim.run_id])


@only_postgresql
def test_clocks_of_machines_that_share_a_database_may_differ(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = time.time
    monkeypatch.setattr("time.time", lambda: clock() - 3600)
    claim = claimed(store, 1)
    store.record(claim, [progress(1)])
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'elsewhere'"))
    monkeypatch.setattr("time.time", clock)
    assert store.sweep() == []


# -- a database that goes away ---------------------------------------------------------------------


@only_postgresql
def test_while_the_server_is_away_all_is_one_sentence_and_afterwards_workers_get_time_to_be_heard(
    store: Store, claim: Claim, postgresql: Any
) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'elsewhere', heartbeat = 0"))
    postgresql.stop()
    try:
        for ask in (store.runs, store.sweep, lambda: store.record(claim, []), lambda: Store()):
            with pytest.raises(StoreBusy, match=r"^The store postgresql.* cannot be used: .*") as e:
                ask()
            assert str(e.value).endswith(
                "Check MNISTLAB_STORE, and that the database server runs. Trainings wait two "
                "minutes for it."
            )
            assert "\n" not in str(e.value)
    finally:
        postgresql.start()
    assert store.sweep() == [], "its silence counts from the server's start"
    assert store.record(claim, [progress(1)]) == ""


@contextmanager
def unheard_commit(store: Store) -> Iterator[None]:
    """Within, the answer to the first COMMIT is lost: the connection ends just before it comes."""
    dialect = store.engine.dialect
    commit = dialect.do_commit

    def then_cut(connection: Any) -> None:
        commit(connection)
        del dialect.do_commit
        connection.dbapi_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    dialect.do_commit = then_cut
    yield
    assert "do_commit" not in vars(dialect), "nothing was committed"


@only_postgresql
@pytest.mark.parametrize(
    "events",
    [
        [progress(1), progress(2, math.nan)],
        [progress(1), Snapshot(1, 0, WEIGHTS), Checkpoint(1, 0, WEIGHTS, {"step": 1})],
        [Snapshot(1, 0, WEIGHTS)],
        [Predicted(1, 0, torch.ones(5, 10))],
        [],
    ],
    ids=lambda events: ", ".join(type(event).__name__ for event in events),
)
def test_what_was_written_but_not_heard_to_be_is_written_once(
    store: Store, claim: Claim, events: list[Event]
) -> None:
    store.record(claim, [progress(0)])
    with unheard_commit(store):
        assert patiently(lambda: store.record(claim, events)) == ""
    store.record(claim, [progress(3)])
    told = [repr(event) for _, event in store.events(claim.run_id)]
    expected = [event for event in events if isinstance(event, Progress)]
    assert told == [repr(event) for event in (progress(0), *expected, progress(3))]
    tensors = any(isinstance(event, Snapshot) for event in events)
    assert store.snapshot_steps(claim.run_id) == ([1] if tensors else [])


@only_postgresql
def test_a_run_whose_claim_was_not_heard_to_be_granted_is_claimed_again(store: Store) -> None:
    run_id = store.request(config(1)).id
    with unheard_commit(store), pytest.raises(StoreBusy):
        store.claim_next()
    assert store.get(run_id).status is Status.RUNNING
    claim = store.claim_next()
    assert claim is not None
    assert claim.run_id == run_id
    assert store.wanted(claim) == ""
    assert store.claim_next() is None


@only_postgresql
def test_a_claim_not_heard_of_while_another_thread_claims_is_given_back_too(store: Store) -> None:
    first, second = (store.request(config(seed)).id for seed in (1, 2))
    other_thread = ExitStack()
    connection, token = other_thread.enter_context(store._claiming())
    assert store._claim(connection, second, token) is not None
    with unheard_commit(store), pytest.raises(StoreBusy):
        store.claim(first)
    # gives the first one back, and meanwhile:
    with store._claiming(), unheard_commit(store), pytest.raises(StoreBusy):
        other_thread.close()
    assert store.get(second).status is Status.RUNNING
    assert [store.claim(run_id) is not None for run_id in (first, second)] == [True, True]

"""The store: what is recorded comes back, claims are held by one, sessions take turns, and trouble
is told in words.
"""

import errno
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from left_out import leave_out
from waiting import eventually

from mnistlab.config import TrainConfig
from mnistlab.errors import (
    ClaimLost,
    QueueFull,
    RunNotFound,
    RunStateError,
    StoreBusy,
    StoreError,
    StoreFull,
)
from mnistlab.events import (
    Checkpoint,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Paused,
    Predicted,
    Progress,
    Snapshot,
    to_record,
)
from mnistlab.store import DEAD_AFTER_SECONDS, RUNS_PER_SESSION, Claim, Status, Store, store_url
from mnistlab.store.rows import MOST_BYTES
from mnistlab.store.runs import pause_at

REPO = Path(__file__).parents[1]
FINAL = Finished(
    9, 0, "steps", 0.5, 0.8, 8, 10, {"total": 1.0, "train": 0.5, "eval": 0.5}, [1, 2], [1, 3]
)


_seeds = count(1000)  # that no other test uses


def config(seed: int) -> TrainConfig:
    return TrainConfig(dataset="digits", seed=seed)


def progress(step: int) -> Progress:
    return Progress(step, 0, 2.0 / (step + 1), 0.1, {"conv1": 0.5}, 100.0, 3.0)


def evaluated(step: int) -> Evaluated:
    return Evaluated(step, 0, 2.0, 1.9, 0.5, 5, 10)


def snapshot(step: int) -> Snapshot:
    return Snapshot(step, 0, {"weight": torch.full((2, 3), float(step))})


def checkpoint(step: int) -> Checkpoint:
    return Checkpoint(
        step,
        0,
        {
            "model.weight": torch.full((2, 3), float(step)),
            "random.0": torch.arange(8, dtype=torch.uint8),
        },
        {"step": step},
    )


def predicted(step: int) -> Predicted:
    return Predicted(step, 0, torch.arange(50, dtype=torch.float32).reshape(5, 10) / 7 + step)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A fresh store."""
    store = Store(url)
    yield store
    store.engine.dispose()


only_sqlite = pytest.mark.parametrize("url", ["SQLite"], indirect=True)


@pytest.fixture
def claim(store: Store) -> Claim:
    """A run that this process trains."""
    store.request(config(1))
    claim = store.claim_next()
    assert claim is not None
    return claim


@pytest.fixture
def _long_served(store: Store) -> None:
    """PostgreSQL's server has been there for so long that a silent worker counts as dead: before it
    began, nobody could be heard.
    """
    if store.engine.dialect.name == "postgresql":
        age = sa.text("SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())")

        def is_old() -> bool:
            with store.engine.connect() as connection:
                return float(connection.scalar(age)) > DEAD_AFTER_SECONDS

        eventually("the database server to be old enough", is_old)


def told(store: Store, run_id: str) -> list[Event]:
    return [event for _, event in store.events(run_id)]


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        text=True,
        stdin=subprocess.PIPE,  # it waits for its end
        stdout=subprocess.PIPE,
    )


# -- what is recorded comes back -------------------------------------------------------------------


def test_a_run_comes_back_as_it_was_asked_for(store: Store) -> None:
    asked = TrainConfig(
        dataset="digits", arch="lstm", hidden=3, train_size=100, target_accuracy=0.5
    )
    run = store.request(asked, "me")
    assert (run.config, run.id, run.status, run.session, run.place, run.step, run.accuracy) == (
        asked,
        asked.run_id,
        Status.QUEUED,
        "me",
        1,
        0,
        None,
    )
    assert store.runs() == [run]
    assert store.find(run.id[:5]) == run
    assert Store(store.url).get(run.id) == run, "another opening of the same database"


@pytest.mark.parametrize("damage", ["cut short", "other bytes", "empty"])
def test_damaged_weights_checkpoints_and_predictions_are_one_sentence(
    damage: str, store: Store, claim: Claim
) -> None:
    store.record(claim, [snapshot(0), checkpoint(0), predicted(0)])
    for table, column, read in (
        ("snapshots", "weights", store.weights),
        ("checkpoints", "tensors", store.checkpoint),
        ("predictions", "logits", lambda run_id: store.logits(run_id, 0)),
    ):
        with store.engine.begin() as connection:
            blob = connection.scalar(sa.text(f"SELECT {column} FROM {table}"))
            bad = {"cut short": blob[:-3], "other bytes": b"\xff" * len(blob), "empty": b""}[damage]
            connection.execute(sa.text(f"UPDATE {table} SET {column} = :bad"), {"bad": bad})
        with pytest.raises(StoreError, match="damaged in the store"):
            read(claim.run_id)


def test_weights_larger_than_the_database_takes_are_refused_in_words(
    store: Store, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    for database in ("sqlite", "postgresql"):
        monkeypatch.setitem(MOST_BYTES, database, 3_000_000)
    large = Snapshot(1, 0, {"weight": torch.zeros(10**6)})
    with pytest.raises(StoreError, match=r"take up 4 MB; .* 3 MB at most\. Choose fewer"):
        store.record(claim, [progress(0), large])
    assert told(store, claim.run_id) == []
    store.record(claim, [progress(0), snapshot(0)])


@only_sqlite
def test_a_checkpoint_cut_short_at_any_byte_is_refused(store: Store, claim: Claim) -> None:
    store.record(claim, [checkpoint(0)])
    with store.engine.begin() as connection:
        blob = connection.scalar(sa.text("SELECT tensors FROM checkpoints"))
    for end in range(len(blob)):
        with store.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE checkpoints SET tensors = :cut"), {"cut": blob[:end]}
            )
        with pytest.raises(StoreError, match="damaged in the store"):
            store.checkpoint(claim.run_id)


def test_events_weights_and_checkpoint_come_back_as_they_were_recorded(
    store: Store, claim: Claim
) -> None:
    events = [
        progress(0),
        snapshot(0),
        checkpoint(0),
        evaluated(0),
        progress(1),
        snapshot(1),
        checkpoint(1),
        Paused(1, 0),
        predicted(9),
        FINAL,
    ]
    store.record(claim, events[:4])
    store.record(claim, events[4:])
    assert told(store, claim.run_id) == [
        event for event in events if not isinstance(event, Snapshot | Checkpoint | Predicted)
    ]
    assert [event for _, event in store.events(claim.run_id, kinds=[Evaluated, Paused])] == [
        evaluated(0),
        Paused(1, 0),
    ]
    assert store.snapshot_steps(claim.run_id) == [0, 1]
    assert torch.equal(store.weights(claim.run_id)["weight"], snapshot(1).weights["weight"])
    assert torch.equal(store.weights(claim.run_id, 0)["weight"], snapshot(0).weights["weight"])
    kept = store.checkpoint(claim.run_id)
    assert kept is not None
    assert (kept.step, kept.state, kept.tensors["random.0"].dtype) == (1, {"step": 1}, torch.uint8)
    assert torch.equal(kept.tensors["model.weight"], checkpoint(1).tensors["model.weight"])
    logits = store.logits(claim.run_id, 9)
    assert logits is not None
    assert torch.equal(logits, predicted(9).logits)
    assert store.logits(claim.run_id, 1) is None, "no other step has them"
    assert store.get(claim.run_id).step == FINAL.step


def test_the_end_that_a_worker_could_not_say_is_replaced_by_the_next(
    store: Store, claim: Claim
) -> None:
    store.record(claim, [snapshot(9), checkpoint(9), predicted(9)])
    store.end(claim, Status.INTERRUPTED)
    store.resume(claim.run_id)
    again = store.claim(claim.run_id)
    assert again is not None
    store.rewind(again, 9)
    assert store.logits(claim.run_id, 9) is None
    store.record(again, [Predicted(9, 0, torch.ones(5, 10)), FINAL])
    logits = store.logits(claim.run_id, 9)
    assert logits is not None
    assert torch.equal(logits, torch.ones(5, 10))


def test_numbers_that_are_not_finite_come_back_too(store: Store, claim: Claim) -> None:
    store.record(claim, [Progress(1, 0, math.inf, 0.1, {"conv1": math.nan}, 0.0, 0.0)])
    [event] = told(store, claim.run_id)
    assert isinstance(event, Progress)
    assert event.loss == math.inf
    assert math.isnan(event.gradient_norms["conv1"])


def test_asking_for_what_came_after_a_number_misses_nothing_even_after_a_rewind(
    store: Store, claim: Claim
) -> None:
    store.record(claim, [progress(0), progress(1), progress(2)])
    seen = store.events(claim.run_id)[-1][0]
    store.rewind(claim, 0)
    store.record(claim, [progress(1)])
    assert [event for _, event in store.events(claim.run_id, after=seen)] == [progress(1)]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], int]:
    """What a training tells, step after step, and after how many events it is cut off."""
    events: list[Event] = []
    for step in range(draw(st.integers(1, 8))):
        events += [progress(step)] if draw(st.booleans()) else []
        events += [evaluated(step)] if draw(st.booleans()) else []
        events += [snapshot(step), checkpoint(step)] if draw(st.booleans()) else []
    events += [predicted(FINAL.step), FINAL]
    return events, draw(st.integers(0, len(events)))


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories())
def test_a_history_that_was_cut_off_and_rewound_is_the_history_that_was_not(
    store: Store, history: tuple[list[Event], int]
) -> None:
    events, cut = history
    runs = []
    for parts in ([events], [events[:cut], None, events]):
        asked = config(next(_seeds))
        store.request(asked)
        claim = store.claim(asked.run_id)
        assert claim is not None
        skip = -1
        for part in parts:
            if part is None:
                kept = store.checkpoint(claim.run_id)
                skip = -1 if kept is None else kept.step
                store.rewind(claim, None if kept is None else kept.step)
            else:
                store.record(
                    claim,
                    [event for event in part if event.step > skip or isinstance(event, Finished)],
                )
        runs.append(claim.run_id)
        store.end(claim, Status.STOPPED)
    one, other = runs
    assert told(store, one) == told(store, other)
    assert store.snapshot_steps(one) == store.snapshot_steps(other)
    assert store.get(one).step == store.get(other).step
    for run_id in runs:
        assert store.logits(run_id, FINAL.step) is not None


def test_deleting_forgets_everything_and_nothing_else(store: Store, claim: Claim) -> None:
    store.record(claim, [progress(0), snapshot(0), checkpoint(0), predicted(0)])
    other = store.request(config(2)).id
    with pytest.raises(RunStateError, match=r"is running\. Stop it first"):
        store.delete(claim.run_id)
    store.end(claim, Status.STOPPED)
    store.delete(claim.run_id)
    with store.engine.connect() as connection:
        counts = [
            connection.scalar(sa.text(f"SELECT count(*) FROM {table}"))
            for table in ("runs", "events", "snapshots", "checkpoints", "predictions")
        ]
    assert counts == [1, 0, 0, 0, 0]
    assert [run.id for run in store.runs()] == [other]
    for ask in (
        store.get,
        store.delete,
        store.pause,
        store.stop,
        store.resume,
        store.find,
        store.weights,
    ):
        with pytest.raises(RunNotFound):
            ask(claim.run_id)


# -- claims ----------------------------------------------------------------------------------------


def test_whoever_lost_the_claim_can_change_nothing(store: Store, claim: Claim) -> None:
    store.record(claim, [progress(0)])
    store.end(claim, Status.STOPPED)
    store.resume(claim.run_id)
    assert store.claim(claim.run_id) is not None
    for change in (
        lambda: store.record(claim, [progress(1), snapshot(1), checkpoint(1)]),
        lambda: store.end(claim, Status.FINISHED),
        lambda: store.rewind(claim, None),
        lambda: store.describe(claim, {"threads": 1}),
        lambda: store.wanted(claim),
    ):
        with pytest.raises(ClaimLost):
            change()
    run = store.get(claim.run_id)
    assert (run.status, run.step, run.environment) == (Status.RUNNING, 0, None)
    assert told(store, claim.run_id) == [progress(0)]
    assert store.snapshot_steps(claim.run_id) == []
    assert store.checkpoint(claim.run_id) is None


def test_ten_processes_that_open_a_new_store_at_once_get_one_claim_between_them(
    url: str, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    code = """
import sys, time
from pathlib import Path
from mnistlab.config import TrainConfig
from mnistlab.store import Store
print("ready", flush=True)
while not Path(sys.argv[2]).exists(): time.sleep(0.001)
store = Store(sys.argv[1]); run = store.request(TrainConfig(), sys.argv[3])
print("claimed" if store.claim(run.id) else "", flush=True)
sys.stdin.read()
"""
    processes = [python(code, url, str(go), str(n)) for n in range(10)]
    outputs = [process.stdout for process in processes]
    assert [output.readline() for output in outputs if output is not None] == ["ready\n"] * 10
    go.touch()
    assert sorted(output.readline() for output in outputs if output is not None) == ["\n"] * 9 + [
        "claimed\n"
    ]
    for process in processes:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_run_whose_worker_was_killed_is_interrupted(store: Store) -> None:
    run_id = store.request(config(1)).id
    code = (
        "import sys, time; from mnistlab.store import Store; print(Store().claim_next().run_id, "
        "flush=True); time.sleep(600)"
    )
    worker = python(code)
    assert worker.stdout is not None
    assert worker.stdout.readline() == f"{run_id}\n"
    assert store.sweep() == []
    assert store.get(run_id).status is Status.RUNNING
    worker.kill()
    while not (swept := store.sweep()):  # it is a zombie until we wait for it
        time.sleep(0.01)
    assert swept == [run_id]
    run = store.get(run_id)
    assert (run.status, run.resumable) == (Status.INTERRUPTED, True)
    assert "killed" in run.reason
    worker.wait()
    worker.stdout.close()


@pytest.mark.parametrize(
    ("changes", "dead"),
    [
        ({"host": "elsewhere", "heartbeat": 4e9}, False),
        ({"host": "elsewhere", "heartbeat": 0.0}, True),
        ({"pid_created": 0.0, "heartbeat": 4e9}, False),  # somebody set the clock
        ({"pid_created": 0.0, "heartbeat": 0.0}, True),  # the number was given to another process
        ({"heartbeat": 0.0}, False),  # busy for long, but alive
    ],
    ids=str,
)
@pytest.mark.usefixtures("_long_served")
def test_a_worker_is_dead_if_its_process_is_or_if_that_cannot_be_seen_and_its_heart_stopped(
    store: Store, claim: Claim, changes: dict[str, Any], dead: bool
) -> None:
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE runs SET " + ", ".join(f"{name} = :{name}" for name in changes)),
            changes,
        )
    assert store.sweep() == ([claim.run_id] if dead else [])


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_changes_nothing_for_a_worker_that_lives(
    store: Store, claim: Claim, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform != "linux":
        leave_out("only on Linux can a test move the clock from which processes are reckoned.")
    clock, started = time.time, psutil.boot_time()
    monkeypatch.setattr("time.time", lambda: clock() + 3600 * hours)
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: started + 3600 * hours)
    assert abs(psutil.Process().create_time() - time.time()) < 3600, "the clock is set for both"
    assert store.sweep() == []
    store.record(claim, [progress(1)])
    assert store.sweep() == []


@pytest.mark.parametrize(("age", "dead"), [(0, False), (60, True), (-3600, True)])
@pytest.mark.usefixtures("_long_served")
def test_a_suspended_process_counts_as_dead_once_its_heart_has_stopped(
    store: Store, age: float, dead: bool
) -> None:
    run_id = store.request(config(1)).id
    worker = python(
        "import signal; from mnistlab.store import Store; print(Store().claim_next().run_id, "
        "flush=True); signal.pause()"
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == f"{run_id}\n"
    worker.send_signal(signal.SIGSTOP)
    process = psutil.Process(worker.pid)
    eventually("it to stop", lambda: process.status() == psutil.STATUS_STOPPED)
    with store.engine.begin() as connection:
        beat = {"beat": time.time() - age}
        connection.execute(sa.text("UPDATE runs SET heartbeat = :beat"), beat)
    assert store.sweep() == ([run_id] if dead else [])
    assert ("was suspended" in store.get(run_id).reason) is dead
    worker.kill()
    worker.wait()
    worker.stdout.close()


def test_a_heartbeat_comes_with_each_record(store: Store, claim: Claim) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'elsewhere', heartbeat = 0"))
    store.record(claim, [])
    assert store.sweep() == []


# -- asking, pausing, stopping ---------------------------------------------------------------------


def test_sessions_take_turns(store: Store) -> None:
    ids = {
        name: store.request(config(seed), name[0]).id
        for seed, name in enumerate(("a1", "a2", "a3", "b1", "c1", "b2"))
    }
    names = {run_id: name for name, run_id in ids.items()}
    assert [names[run_id] for run_id in store.queue()] == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert [store.get(ids[name]).place for name in ("a1", "b1", "a3")] == [1, 2, 6]
    served = []
    while claim := store.claim_next():  # one at a time: whoever was served longest ago comes first
        served.append(names[claim.run_id])
        store.end(claim, Status.FINISHED)
    assert served == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_whoever_has_runs_running_waits_for_whoever_has_none(store: Store) -> None:
    for seed, session in enumerate("aaab"):
        store.request(config(seed), session)
    first, second = store.claim_next(), store.claim_next()
    assert first is not None
    assert second is not None
    assert [store.get(claim.run_id).session for claim in (first, second)] == ["a", "b"]


def test_a_session_has_a_limit_and_its_finished_runs_do_not_count(store: Store) -> None:
    for seed in range(RUNS_PER_SESSION):
        store.request(config(seed), "me")
    with pytest.raises(QueueFull, match=f"You have {RUNS_PER_SESSION} runs"):
        store.request(config(100), "me")
    assert store.request(config(0), "me").status is Status.QUEUED, (
        "what exists may be asked for again"
    )
    assert store.request(config(100), "you").status is Status.QUEUED
    claim = store.claim_next()
    assert claim is not None
    store.end(claim, Status.FINISHED)
    assert store.request(config(101), "me").status is Status.QUEUED
    store.pause(store.request(config(101), "me").id)
    store.request(config(102), "me")
    with pytest.raises(QueueFull):
        store.resume(config(101).run_id, "me")


def test_all_sessions_together_have_a_limit_and_the_command_line_has_none(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnistlab.store.limits.QUEUED_RUNS", 3)
    for seed, session in enumerate("abc"):
        store.request(config(seed), session)
    with pytest.raises(QueueFull, match="3 runs are waiting here"):
        store.request(config(100), "d")
    assert store.request(config(101)).status is Status.QUEUED
    store.stop(config(101).run_id)
    assert store.claim_next() is not None, "one that trains does not wait"
    assert store.request(config(100), "d").status is Status.QUEUED


@pytest.mark.parametrize(
    "status", [Status.PAUSED, Status.STOPPED, Status.INTERRUPTED, Status.FAILED]
)
def test_asking_again_for_what_was_cut_short_queues_it_again(
    store: Store, claim: Claim, status: Status
) -> None:
    store.end(claim, status, "some reason")
    run = store.request(config(1), "another")
    assert (run.status, run.reason, run.session) == (Status.QUEUED, "", "another")


def test_asking_again_for_what_finished_or_diverged_does_not(store: Store, claim: Claim) -> None:
    store.record(claim, [Diverged(3, 0, None, "too large")])
    store.end(claim, Status.FAILED, "too large")
    assert store.request(config(1)).status is Status.FAILED
    store.request(config(2))
    other = store.claim_next()
    assert other is not None
    store.end(other, Status.FINISHED, final=to_record(FINAL))
    assert store.request(config(2)).status is Status.FINISHED
    assert store.request(config(2)).accuracy == 0.8


def test_wishes_reach_the_worker_and_are_forgotten_with_the_run(store: Store, claim: Claim) -> None:
    assert store.wanted(claim) == store.record(claim, []) == ""
    store.pause(claim.run_id)
    assert (
        store.wanted(claim) == store.record(claim, []) == store.get(claim.run_id).wanted == "pause"
    )
    store.stop(claim.run_id)
    assert store.wanted(claim) == "stop"
    store.end(claim, Status.STOPPED)
    store.resume(claim.run_id)
    again = store.claim(claim.run_id)
    assert again is not None
    assert store.wanted(again) == ""


def test_a_waiting_run_is_paused_stopped_and_resumed_at_once(store: Store) -> None:
    run_id = store.request(config(1)).id
    store.pause(run_id)
    assert store.get(run_id).status is Status.PAUSED
    assert store.claim_next() is None
    assert store.claim(run_id) is None
    store.stop(run_id)
    assert store.get(run_id).status is Status.STOPPED
    assert store.resume(run_id).place == 1
    with pytest.raises(RunStateError, match="is queued"):
        store.resume(run_id)


def test_what_has_ended_cannot_be_paused_or_stopped(store: Store, claim: Claim) -> None:
    store.end(claim, Status.FINISHED)
    for ask in (store.pause, store.stop, store.resume):
        with pytest.raises(RunStateError, match=f"Run {claim.run_id} is finished"):
            ask(claim.run_id)


def at_limit(store: Store, run_id: str) -> None:
    claim = store.claim(run_id)
    assert claim is not None
    assert claim.until == 5
    assert store.wanted(claim) == store.record(claim, [progress(5)]) == pause_at(5)
    store.end(claim, Status.PAUSED)


def test_a_run_that_paused_at_its_limit_is_promoted_once_however_many_say_so(store: Store) -> None:
    run_id = store.request(config(1), "one", until=5).id
    at_limit(store, run_id)
    assert store.get(run_id).until == 5
    for until in (3, 5):
        assert store.promote(run_id, "two", until).status is Status.PAUSED, "it is there already"
    promoted = store.promote(run_id, "two", 9)
    assert (promoted.status, promoted.until, promoted.session) == (Status.QUEUED, 9, "two")
    assert store.promote(run_id, "three", None) == promoted
    claim = store.claim(run_id)
    assert claim is not None
    assert claim.until == 9


@pytest.mark.parametrize(("ask", "status"), [("pause", Status.PAUSED), ("stop", Status.STOPPED)])
@pytest.mark.parametrize("moment", ["waiting", "running", "at its limit"])
def test_a_persons_word_counts_more_than_a_promotion(
    store: Store, ask: str, status: Status, moment: str
) -> None:
    run_id = store.request(config(1), until=5).id
    if moment == "running":
        claim = store.claim(run_id)
        assert claim is not None
        getattr(store, ask)(run_id)
        assert store.wanted(claim) == store.get(run_id).wanted == ask
        store.end(claim, status)
    else:
        if moment == "at its limit":
            at_limit(store, run_id)
        getattr(store, ask)(run_id)
    left = store.get(run_id)
    assert (left.status, left.until, left.wanted) == (status, None, "")
    assert store.promote(run_id) == left


def test_an_interrupted_run_keeps_its_limit(store: Store) -> None:
    claim = store.claim(store.request(config(1), until=5).id)
    assert claim is not None
    store.end(claim, Status.INTERRUPTED)
    left = store.get(claim.run_id)
    assert (left.status, left.until) == (Status.INTERRUPTED, 5)


@pytest.mark.parametrize(("ask", "status"), [("pause", Status.PAUSED), ("stop", Status.STOPPED)])
@pytest.mark.parametrize("end", [Status.INTERRUPTED, Status.PAUSED])
def test_what_a_person_asked_for_just_before_the_end_counts(
    store: Store, ask: str, status: Status, end: Status
) -> None:
    claim = store.claim(store.request(config(1), until=5).id)
    assert claim is not None
    getattr(store, ask)(claim.run_id)
    store.end(claim, end)
    left = store.get(claim.run_id)
    assert (left.status, left.until, left.wanted) == (status, None, "")


@pytest.mark.parametrize("moment", ["waiting", "running"])
def test_started_by_hand_a_run_that_waits_or_runs_has_no_limit_any_more(
    store: Store, moment: str
) -> None:
    asked = store.request(config(1), "one", until=5)
    assert store.request(config(1), "two", until=9).until == 5
    claim = None if moment == "waiting" else store.claim(asked.id)
    started = store.request(config(1), "two")
    assert (started.until, started.session, started.wanted) == (None, "one", "")
    claim = claim or store.claim(asked.id)
    assert claim is not None
    assert store.wanted(claim) == store.record(claim, []) == ""


@pytest.mark.parametrize("ask", ["pause", "stop"])
def test_starting_a_run_does_not_take_back_what_a_person_asked_for(
    store: Store, claim: Claim, ask: str
) -> None:
    getattr(store, ask)(claim.run_id)
    assert store.request(config(1)).wanted == ask


def test_a_run_started_by_hand_as_it_comes_to_its_limit_goes_on(store: Store) -> None:
    claim = store.claim(store.request(config(1), until=5).id)
    assert claim is not None
    store.request(config(1))
    store.end(claim, Status.PAUSED, "Paused at step 5.")
    run = store.get(claim.run_id)
    assert (run.status, run.until, run.reason, run.ended) == (Status.QUEUED, None, "", None)


def test_resumed_by_hand_a_run_has_no_limit_any_more(store: Store) -> None:
    for ask in (store.resume, lambda run_id: store.request(config(1))):
        run_id = store.request(config(1), until=5).id
        at_limit(store, run_id)
        assert ask(run_id).until is None
        claim = store.claim(run_id)
        assert claim is not None
        assert claim.until is None
        store.end(claim, Status.STOPPED)
        store.delete(run_id)


def test_only_the_runs_and_evaluations_that_are_asked_for_are_read(store: Store) -> None:
    for seed in (1, 2, 3):
        run_id = store.request(config(seed)).id
        claim = store.claim(run_id)
        assert claim is not None
        events = [Evaluated(step, 0, 1.0, 1.0, seed / 10, 1, 10) for step in (0, 5, 10)]
        store.record(claim, [*events, progress(10)])
    one, two, three = (config(seed).run_id for seed in (1, 2, 3))
    assert {run.id for run in store.runs(ids=[one, three, "0" * 12])} == {one, three}
    assert store.runs(Status.FINISHED, ids=[one]) == store.runs(ids=[]) == []
    read = store.evaluations({one: [5], two: [10, 11]})
    assert {key: event.test_accuracy for key, event in read.items()} == {
        (one, 5): 0.1,
        (two, 10): 0.2,
    }
    assert store.evaluations({}) == {}


def test_many_threads_share_a_store(store: Store) -> None:
    def work(seed: int) -> None:
        run_id = store.request(config(seed), str(seed)).id
        claim = store.claim(run_id)
        assert claim is not None
        for step in range(10):
            store.record(claim, [progress(step)])
        store.end(claim, Status.FINISHED)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(store.events(run.id)) for run in store.runs()] == [10] * 20
    assert {run.status for run in store.runs()} == {Status.FINISHED}


# -- trouble ---------------------------------------------------------------------------------------


@only_sqlite
def test_a_store_whose_file_was_deleted_begins_anew(store: Store, claim: Claim) -> None:
    assert store.file is not None
    store.file.unlink()
    assert store.runs() == []
    assert store.request(config(2)).status is Status.QUEUED
    assert Store(store.url).get(config(2).run_id).place == 1
    with pytest.raises(ClaimLost):
        store.record(claim, [progress(1)])


@pytest.fixture
def full(store: Store) -> Iterator[sa.Engine]:
    """The store's database can grow no more."""

    def limit(connection: Any, *_: Any) -> None:
        # SQLite makes this: no more pages than there are
        connection.execute("PRAGMA max_page_count = 1")

    sa.event.listen(store.engine, "checkout", limit)
    yield store.engine
    sa.event.remove(store.engine, "checkout", limit)


@only_sqlite
def test_a_full_disk_is_told_in_words_and_what_was_there_stays(
    store: Store, claim: Claim, full: sa.Engine
) -> None:
    large = Snapshot(1, 0, {"weight": torch.zeros(10**6)})
    with pytest.raises(
        StoreError,
        match=r"^The disk that holds the store is full\. Free some space, then resume the run\.$",
    ):
        store.record(claim, [progress(0), large])
    assert told(store, claim.run_id) == []
    store.end(claim, Status.FAILED, "The disk that holds the store is full.")
    assert store.get(claim.run_id).reason == "The disk that holds the store is full."


@only_sqlite
def test_on_a_full_disk_runs_can_be_read_and_a_dead_worker_is_marked_once_there_is_room(
    store: Store, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise StoreFull("The disk that holds the store is full.")

    store.reserve_space()
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET host = 'elsewhere', heartbeat = 0"))
    with monkeypatch.context() as disk:
        disk.setattr(store, "_interrupt", full)
        assert store.sweep() == []
        assert store.get(claim.run_id).status is Status.RUNNING
    assert not Path(f"{store.file}.reserve").exists(), "given up for it"
    assert store.sweep() == [claim.run_id]


@only_sqlite
def test_what_is_deleted_is_given_back_to_the_disk(store: Store, claim: Claim) -> None:
    assert store.file is not None
    small = store.file.stat().st_size
    store.record(claim, [Snapshot(1, 0, {"weight": torch.rand(5 * 10**6)})])  # 20 MB
    store.end(claim, Status.STOPPED)
    store.delete(claim.run_id)
    files = [store.file, store.file.with_name(f"{store.file.name}-wal")]
    assert sum(file.stat().st_size for file in files) < 2 * small + 2**20


@only_sqlite
def test_a_full_disk_is_no_trouble_while_the_database_has_free_pages(
    store: Store, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreFull, match="is full"):
        store.reserve_space()
    monkeypatch.setattr("mnistlab.store.requests.shrink", lambda engine: None)  # as in an old file
    store.record(claim, [snapshot(1), Snapshot(2, 0, {"weight": torch.rand(10**5)})])
    store.end(claim, Status.STOPPED)
    store.delete(claim.run_id)
    store.reserve_space()


@pytest.mark.parametrize("url", ["PostgreSQL"], indirect=True)
def test_a_connection_that_went_away_is_told_as_trouble_that_passes(
    store: Store, claim: Claim
) -> None:
    end_others = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'mnistlab' AND pid <> pg_backend_pid()"
    )

    def cut_off() -> None:
        with store._write() as connection:
            with store.engine.begin() as other:
                other.execute(end_others)
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(StoreBusy):
        cut_off()
    assert store.record(claim, [progress(1)]) == ""


@only_sqlite
def test_the_reserve_is_kept_beside_the_file_until_it_is_needed(store: Store) -> None:
    assert store.file is not None
    reserve = Path(f"{store.file}.reserve")
    store.reserve_space()
    assert reserve.stat().st_size == 2**20
    store.release_space()
    store.release_space()
    assert not reserve.exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "The store nonsense cannot be used"),
        ("foo://here/there", "cannot be used"),
        ("sqlite:////dev/null/runs.db", "Check MNISTLAB_STORE"),
    ],
)
def test_a_store_that_cannot_be_opened_is_told_in_words(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        Store(url)


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear store, " * 1000)
    with pytest.raises(StoreError, match="file is not a database"):
        Store(f"sqlite:///{other}")


def test_a_password_is_never_shown() -> None:
    with pytest.raises(StoreError) as error:
        Store("postgresql+nodriver://me:secret@localhost/runs")
    assert "me:***@localhost" in str(error.value)
    assert "secret" not in str(error.value)


def test_without_a_url_the_environment_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MNISTLAB_STORE", f"sqlite:///{tmp_path / 'deep' / 'down' / 'here.db'}")
    store = Store()
    assert store.url == store_url()
    assert store.file == tmp_path / "deep" / "down" / "here.db"
    assert store.file.is_file()
    monkeypatch.delenv("MNISTLAB_STORE")
    assert store_url().startswith("sqlite:///")

"""What every executor promises, tested over all of them."""

import os
import signal
import threading
import time
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
from hands import mirror_set
from waiting import eventually

from executors.bench import Bench, assert_as_bare, endless, fresh, python
from mnistlab.errors import ConfigError, DeviceUnavailable, RunNotFound
from mnistlab.events import Diverged
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.store import Status
from mnistlab.store.origins import keep_drawing_set

LONG = 100_000  # steps: nobody waits for the end
over_postgresql_too = pytest.mark.parametrize(
    "bench", ["inline", "local", "postgresql"], indirect=True
)


def pid_of(bench: Bench, run_id: str) -> int:
    with bench.store.engine.connect() as connection:
        return connection.scalar(sa.text("SELECT pid FROM runs WHERE id = :id"), {"id": run_id})


def test_a_run_is_the_bare_generator_bit_for_bit_and_asking_again_trains_nothing(
    bench: Bench,
) -> None:
    config = fresh()
    first = bench.ended(bench.begin(config))
    assert first.status is Status.FINISHED
    assert first.final["step"] == first.step == config.total_steps
    assert first.environment["threads"] == 1
    assert_as_bare(bench.store, config)
    assert bench.executor().start(config, "another") == first


@pytest.mark.parametrize(
    "changes",
    [{"arch": "lstm", "hidden": 4}, {"optimizer": "nesterov", "lr": 0.01, "augment_shift": 2}],
    ids=str,
)
def test_other_networks_and_optimisers_are_bit_for_bit_the_same_too(
    bench: Bench, changes: dict[str, Any]
) -> None:
    config = fresh(max_steps=60, **changes)
    assert bench.ended(bench.begin(config)).status is Status.FINISHED
    assert_as_bare(bench.store, config)


def test_a_paused_run_goes_on_as_if_nothing_had_happened(bench: Bench) -> None:
    config = endless()
    run_id = bench.begin(config)
    bench.reached(run_id, 100)
    bench.store.pause(run_id)
    paused = bench.ended(run_id)
    assert paused.status is Status.PAUSED
    assert 100 <= bench.store.checkpoint(run_id).step == paused.step < config.total_steps
    bench.go_on(run_id)
    bench.stopped_as_bare(config, paused.step + 50)


def test_a_fine_tuned_run_is_paused_and_goes_on_to_its_end_as_any_other(bench: Bench) -> None:
    parent = fresh(max_steps=60)
    assert bench.ended(bench.begin(parent)).status is Status.FINISHED
    config = fine_tuning(parent, keep_drawing_set(bench.store, mirror_set())).replace(
        epochs=10, max_steps=None, eval_every=100, eval_size=50, augment_rotation=0, augment_crop=0
    )
    run_id = bench.begin(config)
    bench.reached(run_id, 20)
    bench.store.pause(run_id)
    assert bench.ended(run_id).status is Status.PAUSED
    bench.go_on(run_id)
    assert bench.ended(run_id).status is Status.FINISHED
    assert_as_bare(bench.store, config)


def test_a_run_pauses_at_the_step_asked_for_and_goes_on_once_promoted(bench: Bench) -> None:
    config = fresh(max_steps=200)  # evaluated at 50, 100, 150 and 200
    run_id = config.run_id
    bench.background(lambda: bench.executor().start(config, until=50), run_id)
    for until in (100, None):
        paused = bench.ended(run_id)
        assert (paused.status, paused.step, paused.wanted) == (Status.PAUSED, paused.until, "")
        assert f"Paused at step {paused.step}, where its sweep compares" in paused.reason
        assert bench.executor().promote(run_id, until=paused.until) == paused  # it is there
        bench.background(lambda until=until: bench.executor().promote(run_id, until=until), run_id)
    ended = bench.ended(run_id)
    assert (ended.status, ended.until) == (Status.FINISHED, None)
    assert_as_bare(bench.store, config)


def test_a_stopped_run_can_be_deleted_and_begun_anew(bench: Bench) -> None:
    config = fresh(max_steps=LONG)
    run_id = bench.begin(config)
    bench.reached(run_id, 20)
    bench.store.stop(run_id)
    assert bench.ended(run_id).status is Status.STOPPED
    bench.store.delete(run_id)
    with pytest.raises(RunNotFound):
        bench.store.get(run_id)
    assert bench.store.events(run_id) == []
    assert bench.store.checkpoint(run_id) is None
    bench.begin(config)
    bench.reached(run_id, 1)
    bench.store.stop(run_id)
    assert bench.ended(run_id).status is Status.STOPPED


def test_a_diverged_run_fails_with_its_explanation_and_keeps_what_was_learned_before(
    bench: Bench,
) -> None:
    run = bench.ended(
        bench.begin(fresh(optimizer="sgd", lr=1e4, batch_norm=False, activation="relu"))
    )
    assert run.status is Status.FAILED
    [(_, diverged)] = bench.store.events(run.id, kinds=[Diverged])
    assert run.reason == diverged.explanation
    assert "learning rate" in run.reason
    assert bench.store.snapshot_steps(run.id)
    assert bench.executor().start(run.config).status is Status.FAILED, "it would diverge again"


@over_postgresql_too
def test_ten_starts_at_once_train_once(bench: Bench) -> None:
    config = fresh()
    executors = [bench.executor() for _ in range(10)]
    threads = [
        threading.Thread(target=executor.start, args=(config, f"session {n}"))
        for n, executor in enumerate(executors)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bench.ended(config.run_id).status is Status.FINISHED
    assert_as_bare(bench.store, config)


@over_postgresql_too
def test_a_worker_that_lost_its_run_leaves_it_alone(bench: Bench) -> None:
    run_id = bench.begin(fresh(max_steps=LONG))
    bench.reached(run_id, 20)
    pid = pid_of(bench, run_id)
    with bench.store.engine.begin() as connection:
        taken = (
            "UPDATE runs SET claim = 'another', reason = 'taken', step = -1, host = 'far away', "
            "heartbeat = :soon WHERE id = :id"
        )
        connection.execute(sa.text(taken), {"id": run_id, "soon": time.time() + 3600})
    before = bench.store.events(run_id)
    if bench.kind != "inline":
        eventually("the worker's end", lambda: not _lives(pid))
    else:
        eventually(
            "the end of training",
            lambda: all(thread.name != "mnistlab-writer" for thread in threading.enumerate()),
        )
    run = bench.store.get(run_id)
    assert (run.reason, run.step) == ("taken", -1)
    assert bench.store.events(run_id) == before


@pytest.mark.parametrize(
    ("bench", "signal_number"),
    [
        ("inline", signal.SIGINT),
        ("local", signal.SIGKILL),
        ("local", signal.SIGTERM),
        ("postgresql", signal.SIGKILL),
    ],
    indirect=["bench"],
)
def test_a_run_whose_process_is_ended_says_so_and_resumes_bit_for_bit(
    bench: Bench, signal_number: signal.Signals
) -> None:
    config = endless()
    inline = None
    if bench.kind == "inline":
        inline = python(
            "import sys; from mnistlab import *; from mnistlab.executors import *; "
            "InlineExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))",
            repr(config.to_query()),
        )
        eventually("a start", lambda: any(run.id == config.run_id for run in bench.store.runs()))
    else:
        bench.begin(config)
    bench.reached(config.run_id, 100)
    os.kill(pid_of(bench, config.run_id), signal_number)
    eventually(
        "a word about the end", lambda: bench.store.get(config.run_id).status is Status.INTERRUPTED
    )
    run = bench.store.get(config.run_id)
    kept = bench.store.checkpoint(config.run_id)
    if signal_number == signal.SIGKILL:
        assert "killed" in run.reason
        assert 64 <= kept.step <= run.step
    else:
        assert 100 <= kept.step == run.step < config.total_steps
        assert f"Resume continues from step {kept.step:,}." in run.reason
    if inline is not None:
        assert inline.wait() != 0
    bench.go_on(config.run_id)
    bench.stopped_as_bare(config, run.step + 50)


def test_what_cannot_be_trained_is_refused_before_it_is_queued(bench: Bench) -> None:
    with pytest.raises(ConfigError):
        bench.executor().start(fresh(kernel=28, padding=0, stride=7))
    with pytest.raises(DeviceUnavailable):
        bench.executor().start(fresh(device="cuda:63"))
    configs = [run.config for run in bench.store.runs()]
    assert all(config.kernel != 28 and config.device != "cuda:63" for config in configs)


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

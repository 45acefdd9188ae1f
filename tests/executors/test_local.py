"""Training in processes of their own: they outlive the server, take turns, and leave when nobody needs them."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest
import sqlalchemy as sa

from executors.bench import assert_as_bare, fresh, python, until
from mnistlab.errors import ExecutorError
from mnistlab.executors import LocalExecutor
from mnistlab.store import ACTIVE, Status, Store

SERVER = """
import signal, sys
from mnistlab import *; from mnistlab.executors import *
LocalExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))
print("started", flush=True)
signal.pause()
"""


def spares(local: LocalExecutor) -> list[psutil.Process]:
    """The processes that work for this store."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        if (
            "mnistlab.executors.worker" in (process.info["cmdline"] or [])
            and (process.info["environ"] or {}).get("MNISTLAB_STORE") == local.store.url
        ):
            found.append(process)
    return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def trainers(store: Store) -> set[int]:
    """The processes that trained the runs of the store, each run by its latest one."""
    with store.engine.connect() as connection:
        return set(connection.scalars(sa.text("SELECT pid FROM runs")))


def waits(local: LocalExecutor) -> bool:
    """Whether a spare waits, warm or on its way."""
    lock = local.room.take("spare")
    if lock is not None:
        lock.release()
    return lock is None


def test_a_killed_server_loses_nothing(store: Store, local: LocalExecutor) -> None:
    config = fresh(max_steps=1000)
    server = python(SERVER, repr(config.to_query()), stdout=-1, start_new_session=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "started\n"
    until(lambda: store.get(config.run_id).step > 0, "for the first step")
    os.killpg(server.pid, signal.SIGKILL)  # the server and all that it could take with it
    server.wait()
    until(lambda: store.get(config.run_id).status not in ACTIVE, "for the end")
    assert store.get(config.run_id).status is Status.FINISHED
    assert_as_bare(store, config)


def test_a_server_killed_while_its_run_waits_leaves_the_queue_to_the_spare(store: Store, local: LocalExecutor) -> None:
    config = fresh(max_steps=50)
    server = python(SERVER, repr(config.to_query()), stdout=-1, start_new_session=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "started\n"
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    until(lambda: store.get(config.run_id).status is Status.FINISHED, "for the end")


def test_no_more_trainings_than_workers_and_sessions_take_turns(
    store: Store, local: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_WORKERS", "1")
    order = [store.request(fresh(max_steps=20), session).id for session in ("a", "a", "b")]
    local.ensure()
    most = 0

    def done() -> bool:
        nonlocal most
        states = [store.get(run_id).status for run_id in order]
        most = max(most, states.count(Status.RUNNING))
        return all(state is Status.FINISHED for state in states)

    until(done, "for all three")
    assert most <= 1
    assert sorted(order, key=lambda run_id: store.get(run_id).started or 0) == [order[0], order[2], order[1]]


def test_short_runs_are_trained_in_turn_by_one_process_which_is_the_spare_again_afterwards(
    store: Store, local: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_WORKERS", "1")
    configs = [fresh(max_steps=20), fresh(max_steps=20, arch="lstm"), fresh(max_steps=30)]
    for config in configs:
        store.request(config)
    local.ensure()
    until(lambda: all(run.status is Status.FINISHED for run in store.runs()), "for all three")
    for config in configs:
        assert_as_bare(store, config)
    assert len(trainers(store)) == 1
    [spare] = until(lambda: waits(local) and spares(local), "for the spare")
    assert {spare.pid} == trainers(store)


def test_a_process_can_be_ended_in_its_second_run_as_in_its_first(
    store: Store, local: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_WORKERS", "1")
    first, second = fresh(max_steps=20), fresh(max_steps=2000)
    local.start(first)
    local.start(second)
    until(lambda: store.get(second.run_id).step > 0, "for the second run")
    [worker] = trainers(store)
    os.kill(worker, signal.SIGTERM)
    until(lambda: store.get(second.run_id).status not in ACTIVE, "for its end")
    assert store.get(second.run_id).status is Status.INTERRUPTED
    local.resume(second.run_id)
    until(lambda: store.get(second.run_id).status is Status.FINISHED, "for the rest of it")
    assert_as_bare(store, second)


def test_a_process_that_met_an_error_leaves_the_next_run_to_another(
    store: Store, local: LocalExecutor, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_WORKERS", "1")
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "empty"))
    broken, sound = fresh(dataset="mnist"), fresh(max_steps=20)
    local.start(broken)
    local.start(sound)
    until(lambda: store.get(sound.run_id).status is Status.FINISHED, "for the second run")
    assert store.get(broken.run_id).status is Status.FAILED
    assert len(trainers(store)) == 2


def test_a_killed_spare_is_replaced_at_the_next_look_at_the_queue(local: LocalExecutor) -> None:
    local.ensure()
    [spare] = until(lambda: waits(local) and spares(local), "for a spare")
    spare.send_signal(signal.SIGTERM)
    until(lambda: not waits(local), "for its end")

    def replaced() -> bool:
        with suppress(ExecutorError):  # where it was ended before it was ready
            local.ensure()
        return waits(local)

    until(replaced, "for another one")


def test_many_looks_at_the_queue_start_one_spare(local: LocalExecutor) -> None:
    for _ in range(50):
        LocalExecutor(local.store).ensure()
    until(lambda: waits(local), "for the spare")
    for _ in range(50):
        local.ensure()
    assert len(spares(local)) == 1


def test_a_spare_that_nobody_needs_goes(local: LocalExecutor) -> None:
    local.ensure()
    until(lambda: waits(local), "for the spare")
    os.utime(local.room.wanted, (0, 0))  # as if nobody had looked since 1970
    until(lambda: not spares(local), "for its end")


def test_a_spare_with_old_settings_makes_room_for_one_with_the_new(local: LocalExecutor, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    local.ensure()
    [old] = until(lambda: waits(local) and spares(local), "for a spare")
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path))

    def replaced() -> bool:
        local.ensure()
        return waits(local) and old not in spares(local)

    until(replaced, "for the new spare")


def test_a_worker_that_cannot_start_is_an_error_with_the_last_line_of_its_log(
    local: LocalExecutor, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho something >&2\necho 'ImportError: no torch here' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))

    def error() -> str:
        try:
            local.ensure()
        except ExecutorError as problem:
            return str(problem)
        return ""

    assert "ended at once with exit status 3: ImportError: no torch here." in until(error, "for the error")


def test_a_store_in_memory_is_refused() -> None:
    with pytest.raises(ExecutorError, match="only in this process's memory"):
        LocalExecutor(Store("sqlite://"))


def test_a_killed_worker_is_noticed_by_the_spare_alone(store: Store, local: LocalExecutor) -> None:
    config = fresh(max_steps=100_000)
    local.start(config)
    row = sa.text("SELECT status, pid, step FROM runs")

    def told(condition: Callable[[sa.Row], bool]) -> sa.Row | None:  # looks without sweeping
        with store.engine.connect() as connection:
            found = connection.execute(row).one()
        return found if condition(found) else None

    worker = until(lambda: told(lambda run: run.step > 0), "for the first steps").pid
    os.kill(worker, signal.SIGKILL)
    until(lambda: told(lambda run: run.status == "interrupted"), "for the spare to notice")

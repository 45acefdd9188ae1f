"""Training over PostgreSQL: a database that goes away, and machines that share one."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
from postgresql import Server
from waiting import eventually

from executors.bench import Bench, assert_as_bare, endless, fresh, one_at_a_time, python
from mnistlab.errors import StoreBusy
from mnistlab.events import Event, Finished
from mnistlab.executors import InlineExecutor, LocalExecutor
from mnistlab.executors.ray import train_next
from mnistlab.store import Status, Store
from mnistlab.store.drawings import drawings

PAGE_SERVER = """
import os, sys, time
import numpy as np
from mnistlab import *; from mnistlab.executors import *
from mnistlab.store.drawings import save_drawing
os.environ["PYTHONPATH"] = sys.argv[2]
store = Store()
local, config = LocalExecutor(store), TrainConfig.from_query(eval(sys.argv[1]))
save_drawing(store, "a student", np.zeros((28, 28), np.uint8), 3)
print("ready", flush=True)
sys.stdin.readline()
local.start(config, "a student")
print("started", flush=True)
while True:
    local.ensure()
    time.sleep(1)
"""
ELSEWHERE = "import socket\nsocket.gethostname = lambda: 'elsewhere'\n"


@pytest.fixture
def store(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("MNISTLAB_STORE", postgresql.fresh())
    return Store()


def test_a_run_that_ends_while_the_database_is_away_has_finished_once_it_is_back(
    store: Store, postgresql: Server
) -> None:
    config, refusals = fresh(), []

    def follow(event: Event) -> None:
        if event.step >= 100 and not refusals:
            postgresql.stop()
            with pytest.raises(StoreBusy) as refusal:
                store.runs()
            refusals.append(str(refusal.value))
        if isinstance(event, Finished):
            postgresql.start()

    run = InlineExecutor(store, follow).start(config)
    assert run.status is Status.FINISHED
    assert_as_bare(store, config)
    [refusal] = refusals
    assert "the database server runs" in refusal


def test_a_database_killed_in_mid_training_costs_a_worker_nothing(
    shared_postgresql: Bench, postgresql: Server
) -> None:
    store, config = shared_postgresql.store, endless()
    run_id = shared_postgresql.begin(config)
    shared_postgresql.reached(run_id, 100)
    worker = psutil.Process(trainer(store, run_id)[1])
    postgresql.stop()
    try:
        trained = worker.cpu_times().user
        eventually("it to train on", lambda: worker.cpu_times().user > trained + 0.1)
        with pytest.raises(StoreBusy):
            shared_postgresql.executor().ensure()
    finally:
        postgresql.start()
    store.stop(run_id)
    assert shared_postgresql.ended(run_id).status is Status.STOPPED
    assert trainer(store, run_id)[1] == worker.pid
    assert_as_bare(store, config)


def test_a_task_of_a_ray_cluster_waits_for_the_database(
    store: Store, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, opened, refused = fresh(max_steps=10), [], []

    class Hiccups(Store):
        """Of a database that is away at first, and again once it has been opened."""

        def __init__(self) -> None:
            try:
                super().__init__()
            except StoreBusy:
                postgresql.start()
                raise
            opened.append(self)
            postgresql.stop()

        def attempt_next(self, device_kind: str) -> Any:
            try:
                return super().attempt_next(device_kind)
            except StoreBusy:
                refused.append(self)
                postgresql.start()
                raise

    store.request(config)
    monkeypatch.setattr("mnistlab.executors.ray.Store", Hiccups)
    postgresql.stop()
    with suppress(SystemExit):  # of a process that has grown
        train_next("cpu")
    assert_as_bare(store, config)
    assert refused == opened, "the same store, which knows what it may have claimed"


def trainer(store: Store, run_id: str) -> tuple[str, int]:
    """The machine and the process that train the run, or did so last."""
    with store.engine.connect() as connection:
        which = sa.text("SELECT host, pid FROM runs WHERE id = :id")
        return tuple(connection.execute(which, {"id": run_id}).one())


@pytest.fixture
def slots() -> Iterator[ExitStack]:
    """What is in it is let go after the test."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.skipif(sys.platform != "linux", reason="reads the environment of other processes")
def test_of_two_page_servers_one_is_killed_and_the_other_tells_the_truth_and_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slots: ExitStack
) -> None:
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE)  # for the workers of the other machine
    for machine in ("here", "elsewhere"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / machine))
        slots.enter_context(one_at_a_time(store))
    first = fresh(max_steps=100_000)
    arguments = repr(first.to_query()), str(tmp_path)
    server = python(
        ELSEWHERE + PAGE_SERVER, *arguments, stdin=-1, stdout=-1, start_new_session=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "here"))
    local = LocalExecutor(store)
    try:
        server.stdin.write("\n")
        server.stdin.flush()
        local.start(first, "another student")
        second = local.start(fresh(max_steps=100_000), "another student").id
        assert server.stdout.readline() == "started\n"
        eventually("each to train one", lambda: store.count(Status.RUNNING) == 2)
        hosts = {trainer(store, run.id)[0]: run.id for run in store.runs()}
        assert len(hosts) == 2
        theirs, ours = hosts.pop("elsewhere"), *hosts.values()
        assert {theirs, ours} == {first.run_id, second}
        eventually("a checkpoint", lambda: store.checkpoint(theirs))
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        for process in working_for(tmp_path / "elsewhere"):
            process.kill()
    monkeypatch.setattr("mnistlab.store.liveness.DEAD_AFTER_SECONDS", 2.5)
    eventually("the truth", lambda: store.get(theirs).status is Status.INTERRUPTED)
    assert store.get(ours).status is Status.RUNNING
    assert len(drawings(store, "a student")) == 1
    kept = store.checkpoint(theirs)
    assert kept is not None
    store.stop(ours)
    local.resume(theirs)
    eventually("it to go on", lambda: store.checkpoint(theirs).step > kept.step)
    assert trainer(store, theirs)[0] != "elsewhere"
    store.stop(theirs)
    local.close()
    eventually("the last process to go", lambda: not working_for(tmp_path / "here"))


def working_for(cache: Path) -> list[psutil.Process]:
    """The workers of this folder."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("XDG_CACHE_HOME") == str(cache)
    ]

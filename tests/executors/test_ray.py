"""Training on a Ray cluster: whatever of it dies, no run is lost, and the server never notices."""

import json
import os
import signal
from contextlib import suppress

import psutil
import pytest
import sqlalchemy as sa
from waiting import eventually

from executors.bench import Bench, endless, fresh, python
from executors.nodes import Nodes
from mnistlab.config import TrainConfig
from mnistlab.errors import ExecutorError
from mnistlab.executors.ray import LINK
from mnistlab.store import AGAIN, BEGAN, Status

SERVER = """
import signal, sys
from mnistlab import *; from mnistlab.executors import *
RayExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))
assert "ray" not in sys.modules
print("started", flush=True)
signal.pause()
"""


def row(bench: Bench, run_id: str) -> sa.Row:
    """The run as it is in the database now: looking by way of the store would look after it."""
    with bench.store.engine.connect() as connection:
        return connection.execute(
            sa.text("SELECT status, pid, environment FROM runs WHERE id = :id"), {"id": run_id}
        ).one()


def link(bench: Bench) -> psutil.Process:
    """The process that has the link to the cluster."""
    folder = bench.executor().folder
    return psutil.Process(int((folder.path / f"{LINK.lock}.pid").read_text()))


def began(bench: Bench, run_id: str) -> int:
    """The step at which the run was begun or resumed last."""
    return json.loads(row(bench, run_id).environment)[BEGAN]


def is_further(bench: Bench, run_id: str) -> bool:
    """Whether the run was resumed from a checkpoint, and has come to the next one."""
    since, kept = began(bench, run_id), bench.store.checkpoint(run_id)
    return kept is not None and 0 < since < kept.step


def test_a_killed_server_loses_nothing_and_never_imports_ray(
    shared_ray: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_STORE", shared_ray.store.url)
    config = fresh(max_steps=100)
    server = python(SERVER, repr(config.to_query()), stdout=-1, start_new_session=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "started\n"
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    assert shared_ray.ended(config.run_id).status is Status.FINISHED


def test_a_node_lost_in_mid_run_loses_no_run(shared_ray: Bench, nodes: Nodes) -> None:
    configs = [endless(), endless()]  # one on each node
    for config in configs:
        shared_ray.begin(config)
    for config in configs:
        shared_ray.reached(config.run_id, 100)
    nodes.lose_one()
    try:
        lost = eventually("a word about it", lambda: lost_among(shared_ray, configs))
        [other] = [config for config in configs if config != lost]
        assert row(shared_ray, other.run_id).status == Status.RUNNING
        assert began(shared_ray, other.run_id) == 0
        shared_ray.store.stop(other.run_id)
        eventually("it to go on", lambda: is_further(shared_ray, lost.run_id))
    finally:
        nodes.add_one()
    shared_ray.stopped_as_bare(lost, 1)


def lost_among(bench: Bench, configs: list[TrainConfig]) -> TrainConfig | None:
    """The one that has been noticed as lost, and waits for a core."""
    lost = (config for config in configs if row(bench, config.run_id).status != Status.RUNNING)
    return next(lost, None)


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_a_training_whose_process_is_ended_goes_on_by_itself_bit_for_bit(
    shared_ray: Bench, signal_number: signal.Signals
) -> None:
    config = endless()
    run_id = shared_ray.begin(config)
    shared_ray.reached(run_id, 100)
    os.kill(row(shared_ray, run_id).pid, signal_number)
    eventually("it to go on", lambda: is_further(shared_ray, run_id))
    assert began(shared_ray, run_id) >= (64 if signal_number == signal.SIGKILL else 100)
    shared_ray.stopped_as_bare(config, 1)


def test_a_run_that_ends_its_process_each_time_is_given_up(shared_ray: Bench) -> None:
    run_id = shared_ray.begin(endless())
    killed: list[int] = []

    def given_up() -> bool:
        now = row(shared_ray, run_id)
        if now.status == Status.RUNNING and now.pid not in killed:
            with suppress(ProcessLookupError):
                os.kill(now.pid, signal.SIGKILL)
            killed.append(now.pid)
        run = shared_ray.store.get(run_id)
        return run.status is Status.INTERRUPTED and bool(run.environment[AGAIN])

    eventually("the last attempt", given_up)
    assert len(killed) > 1
    other = shared_ray.begin(fresh(max_steps=10))  # while it trains, the link looks at the queue
    assert shared_ray.ended(other).status is Status.FINISHED
    run = shared_ray.store.get(run_id)
    assert run.status is Status.INTERRUPTED
    assert "killed" in run.reason


def test_a_killed_link_is_replaced_and_its_runs_go_on(shared_ray: Bench) -> None:
    config = endless()
    run_id = shared_ray.begin(config)
    shared_ray.reached(run_id, 100)
    link(shared_ray).kill()

    def goes_on() -> bool:
        with suppress(ExecutorError):  # a page would show it, and look again
            shared_ray.executor().ensure()
        return is_further(shared_ray, run_id)

    eventually("it to go on", goes_on)
    shared_ray.stopped_as_bare(config, 1)


def test_a_run_for_a_gpu_waits_where_the_cluster_has_none_and_holds_nobody_up(
    shared_ray: Bench,
) -> None:
    run_id = shared_ray.begin(fresh(device="cuda"))
    assert shared_ray.ended(shared_ray.begin(fresh(max_steps=10))).status is Status.FINISHED
    assert shared_ray.store.get(run_id).status is Status.QUEUED
    shared_ray.store.stop(run_id)


def test_a_link_that_nobody_needs_goes(shared_ray: Bench) -> None:
    executor = shared_ray.executor()
    executor.ensure()
    eventually("the link", lambda: not executor.folder.is_free(LINK.lock))
    process = link(shared_ray)
    os.utime(executor.folder.wanted, (0, 0))  # as if nobody had looked since 1970
    eventually("its end", lambda: not process.is_running() or process.status() == "zombie")

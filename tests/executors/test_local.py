"""Training in processes of their own: they outlive the server, take turns, and leave when nobody
needs them.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest
import sqlalchemy as sa
from waiting import SECONDS, eventually

from executors.bench import Bench, assert_as_bare, endless, fresh, python
from mnistlab.errors import ExecutorError
from mnistlab.executors import LocalExecutor
from mnistlab.executors.detached import sweep
from mnistlab.machine import workers
from mnistlab.store import ACTIVE, Status, Store
from mnistlab.train import device_kinds

SERVER = """
import signal, sys
from mnistlab import *; from mnistlab.executors import *
LocalExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))
print("started", flush=True)
signal.pause()
"""
TERMINAL = """
import sys
from mnistlab import *; from mnistlab.executors import *
InlineExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))
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
    return [
        process
        for process in found
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


CHANCE = """
import random, sys, time
from mnistlab import *; from mnistlab.executors import *; from mnistlab.errors import MnistlabError
store, chance = Store(), random.Random(sys.argv[2])
local, configs = LocalExecutor(store), [TrainConfig.from_query(each) for each in eval(sys.argv[1])]
for _ in range(40):
    config = chance.choice(configs)
    action = chance.choice([local.start, store.stop, store.delete, store.pause, local.resume])
    try:
        action(config if action == local.start else config.run_id)
    except MnistlabError as error:
        assert "cannot be used" not in str(error), error
    time.sleep(chance.random() / 20)
"""


def trainers(store: Store) -> set[int]:
    """The processes that trained the runs of the store, each run by its latest one."""
    with store.engine.connect() as connection:
        return set(connection.scalars(sa.text("SELECT pid FROM runs")))


def waits(local: LocalExecutor) -> bool:
    """Whether a spare waits, warm or on its way."""
    lock = local.folder.take("spare")
    if lock is not None:
        lock.release()
    return lock is None


def test_a_killed_server_loses_nothing(
    store: Store, local: LocalExecutor, one_worker: None
) -> None:
    config = endless()
    server = python(SERVER, repr(config.to_query()), stdout=-1, start_new_session=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "started\n"
    eventually("the first step", lambda: store.get(config.run_id).step > 0)
    os.killpg(server.pid, signal.SIGKILL)  # the server and all that it could take with it
    server.wait()
    Bench(store, "local").stopped_as_bare(config, store.get(config.run_id).step + 50)


def test_a_server_killed_while_its_run_waits_leaves_the_queue_to_the_spare(
    store: Store, local: LocalExecutor, one_worker: None
) -> None:
    config = fresh(max_steps=50)
    server = python(SERVER, repr(config.to_query()), stdout=-1, start_new_session=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "started\n"
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    eventually("the end", lambda: store.get(config.run_id).status is Status.FINISHED)


def test_no_more_trainings_than_workers_and_sessions_take_turns(
    store: Store, local: LocalExecutor, one_worker: None
) -> None:
    order = [store.request(fresh(max_steps=20), session).id for session in ("a", "a", "b")]
    local.ensure()
    most = 0

    def done() -> bool:
        nonlocal most
        most = max(most, store.count(Status.RUNNING))
        return store.count(Status.FINISHED) == len(order)

    eventually("all three", done)
    assert most <= 1
    assert sorted(order, key=lambda run_id: store.get(run_id).started or 0) == [
        order[0],
        order[2],
        order[1],
    ]


def test_short_runs_are_trained_in_turn_by_one_process_which_is_the_spare_again_afterwards(
    store: Store, local: LocalExecutor, one_worker: None
) -> None:
    configs = [fresh(max_steps=20), fresh(max_steps=20, arch="lstm"), fresh(max_steps=30)]
    for config in configs:
        store.request(config)
    local.ensure()
    eventually("all three", lambda: all(run.status is Status.FINISHED for run in store.runs()))
    for config in configs:
        assert_as_bare(store, config)
    assert len(trainers(store)) == 1
    [spare] = eventually("the spare", lambda: waits(local) and spares(local))
    assert {spare.pid} == trainers(store)


def test_a_process_can_be_ended_in_its_second_run_as_in_its_first(
    store: Store, local: LocalExecutor, one_worker: None
) -> None:
    first, second = fresh(max_steps=20), endless()
    local.start(first)
    local.start(second)
    eventually("the second run", lambda: store.get(second.run_id).step > 0)
    [worker] = trainers(store)
    os.kill(worker, signal.SIGTERM)
    eventually("its end", lambda: store.get(second.run_id).status not in ACTIVE)
    ended = store.get(second.run_id)
    assert ended.status is Status.INTERRUPTED
    local.resume(second.run_id)
    Bench(store, "local").stopped_as_bare(second, ended.step + 50)


def test_a_process_that_met_an_error_leaves_the_next_run_to_another(
    store: Store, local: LocalExecutor, tmp_path, monkeypatch: pytest.MonkeyPatch, one_worker: None
) -> None:
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "empty"))
    broken, sound = fresh(dataset="mnist"), fresh(max_steps=20)
    local.start(broken)
    local.start(sound)
    eventually("the second run", lambda: store.get(sound.run_id).status is Status.FINISHED)
    assert store.get(broken.run_id).status is Status.FAILED
    assert len(trainers(store)) == 2


def test_a_killed_spare_is_replaced_at_the_next_look_at_the_queue(local: LocalExecutor) -> None:
    local.ensure()
    [spare] = eventually("a spare", lambda: waits(local) and spares(local))
    spare.send_signal(signal.SIGTERM)
    eventually("its end", lambda: not waits(local))

    def replaced() -> bool:
        with suppress(ExecutorError):  # where it was ended before it was ready
            local.ensure()
        return waits(local)

    eventually("another one", replaced)


def test_a_lock_that_a_killed_process_has_for_a_moment_longer_is_free(
    local: LocalExecutor,
) -> None:
    ended = python("")
    ended.wait()
    lock = local.folder.take("spare")
    assert lock is not None
    assert not local.folder.is_free("spare"), "its holder lives"
    (local.folder.path / "spare.pid").write_text(str(ended.pid))
    last_thread = threading.Timer(0.2, lock.release)
    last_thread.start()
    assert local.folder.is_free("spare")
    last_thread.join()


@pytest.mark.usefixtures("no_room")
def test_many_looks_at_the_queue_start_one_spare(local: LocalExecutor) -> None:
    for _ in range(50):
        LocalExecutor(local.store).ensure()
    eventually("the spare", lambda: waits(local))
    for _ in range(50):
        local.ensure()
    assert len(spares(local)) == 1


@pytest.mark.usefixtures("no_room")
def test_a_spare_that_nobody_needs_goes(local: LocalExecutor) -> None:
    local.ensure()
    eventually("the spare", lambda: waits(local))
    os.utime(local.folder.wanted, (0, 0))  # as if nobody had looked since 1970
    eventually("its end", lambda: not spares(local))


def test_a_spare_with_old_settings_makes_room_for_one_with_the_new(
    local: LocalExecutor, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.ensure()
    [old] = eventually("a spare", lambda: waits(local) and spares(local))
    before = old.nice()
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path))
    monkeypatch.setenv("MNISTLAB_NICE", "3")

    def replaced() -> bool:
        local.ensure()
        return waits(local) and old not in spares(local)

    eventually("the new spare", replaced)
    [new] = spares(local)
    assert new.nice() == before + 3


def test_a_worker_that_cannot_start_is_an_error_with_the_last_line_of_its_log(
    local: LocalExecutor, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text(
        "#!/bin/sh\necho something >&2\necho 'ImportError: no torch here' >&2\nexit 3\n"
    )
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))

    def error() -> str:
        try:
            local.ensure()
        except ExecutorError as problem:
            return str(problem)
        return ""

    assert (
        "The training process ended with exit status 3: ImportError: no torch here."
        in eventually("the error", error)
    )


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

    worker = eventually("the first steps", lambda: told(lambda run: run.step > 0)).pid
    os.kill(worker, signal.SIGKILL)
    eventually("the spare to notice", lambda: told(lambda run: run.status == "interrupted"))


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process gives up suspended ones sooner than workers do."""
    for module in ("mnistlab.store.liveness", "mnistlab.executors.detached"):
        monkeypatch.setattr(f"{module}.DEAD_AFTER_SECONDS", 2.5)
    monkeypatch.setattr("mnistlab.executors.detached.RETRY_SECONDS", 0.5)


def ensured(local: LocalExecutor) -> None:
    """Look at the queue as a page does, which shows an error and looks again."""
    with suppress(ExecutorError):
        local.ensure()


@pytest.mark.usefixtures("_soon", "one_worker")
def test_a_suspended_worker_loses_its_run_and_leaves_its_slot_to_another(
    store: Store, local: LocalExecutor
) -> None:
    config = endless()
    local.start(config)
    eventually("the first steps", lambda: store.get(config.run_id).step >= 100)
    [worker] = trainers(store)
    os.kill(worker, signal.SIGSTOP)

    def given_up() -> bool:
        ensured(local)
        return store.get(config.run_id).status is Status.INTERRUPTED

    eventually("the run to be given up", given_up)
    assert "was suspended" in store.get(config.run_id).reason
    store.resume(config.run_id)

    def goes_on() -> bool:
        ensured(local)
        return store.get(config.run_id).status is Status.RUNNING

    given_up_at = store.get(config.run_id).step
    eventually("another worker to go on", goes_on)
    Bench(store, "local").stopped_as_bare(config, given_up_at + 50)
    assert worker not in trainers(store) | {process.pid for process in spares(local)}


@pytest.mark.usefixtures("_soon", "no_room")
def test_a_suspended_spare_is_replaced(store: Store, local: LocalExecutor) -> None:
    local.ensure()
    [spare] = eventually("a spare", lambda: waits(local) and spares(local))
    spare.suspend()

    def replaced() -> bool:
        ensured(local)
        return waits(local) and spare not in spares(local)

    eventually("another one", replaced)


def test_a_worker_leaves_runs_for_devices_that_this_machine_lacks_to_others(
    store: Store, local: LocalExecutor, one_worker: None
) -> None:
    lacking = next(kind for kind in ("mps", "cuda") if kind not in device_kinds())
    elsewhere, here = (
        store.request(fresh(device=device, max_steps=10)) for device in (lacking, "cpu")
    )
    local.ensure()
    eventually("the other run", lambda: store.get(here.id).status is Status.FINISHED)
    assert store.queue() == [elsewhere.id]
    store.stop(elsewhere.id)


def test_a_spare_that_could_train_nothing_yet_is_in_nobodys_way(
    store: Store, local: LocalExecutor
) -> None:
    slots = [local.folder.take_slot() for _ in range(workers())]
    local.ensure()
    [spare] = eventually("the spare", lambda: waits(local) and spares(local))
    assert not any("libtorch" in each.path for each in spare.memory_maps())
    config = fresh(max_steps=10)
    local.start(config)
    slots[0].release()
    eventually("its run", lambda: store.get(config.run_id).status is Status.FINISHED)
    assert trainers(store) == {spare.pid}


@pytest.mark.usefixtures("_soon")
def test_a_training_suspended_in_a_terminal_is_never_killed_and_ends_quietly_when_continued(
    store: Store, local: LocalExecutor
) -> None:
    config = fresh(max_steps=100_000)
    process = python(TERMINAL, repr(config.to_query()), stderr=-1)
    eventually("the first steps", lambda: any(run.step >= 100 for run in store.runs()))
    process.send_signal(signal.SIGSTOP)

    def given_up() -> bool:
        sweep(store, local.folder)
        return store.get(config.run_id).status is Status.INTERRUPTED

    eventually("the run to be given up", given_up)
    before = store.events(config.run_id)
    store.resume(config.run_id)
    claim = store.claim_next()
    assert claim is not None
    assert psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
    process.send_signal(signal.SIGCONT)
    assert "Traceback" not in process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 0
    assert store.wanted(claim) == ""
    assert store.events(config.run_id) == before


def test_runs_started_stopped_and_deleted_at_random_by_several_processes_reach_their_ends(
    store: Store, local: LocalExecutor, one_worker: None
) -> None:
    configs = [fresh(max_steps=100) for _ in range(4)]
    queries = repr([config.to_query() for config in configs])
    people = [python(CHANCE, queries, str(seed), stderr=-1) for seed in range(3)]
    for person in people:
        said = person.communicate(timeout=SECONDS)[1]
        assert "Traceback" not in said, said
        assert person.returncode == 0
    for config in configs:
        ensured(local)
        store.request(config)

    def ended() -> bool:
        ensured(local)
        return store.count(Status.FINISHED) == len(configs)

    eventually("the ends of all", ended)
    for config in configs:
        assert_as_bare(store, config)
    with store.engine.connect() as connection:
        for table in ("events", "snapshots", "checkpoints"):
            orphans = f"SELECT count(*) FROM {table} WHERE run_id NOT IN (SELECT id FROM runs)"
            assert connection.scalar(sa.text(orphans)) == 0
    local.close()
    eventually("the last process to go", lambda: not spares(local))


def test_workers_keep_to_the_time_limit_of_those_who_ask(
    store: Store, local: LocalExecutor, monkeypatch: pytest.MonkeyPatch, one_worker: None
) -> None:
    monkeypatch.setenv("MNISTLAB_MAX_SECONDS", "1")
    run = local.start(fresh(max_steps=100_000, epochs=1000))
    eventually("the end", lambda: store.get(run.id).status not in ACTIVE)
    assert store.get(run.id).status is Status.STOPPED
    assert "as long as one run may here" in store.get(run.id).reason


def test_workers_keep_no_more_than_the_installation_allows(
    store: Store, local: LocalExecutor, monkeypatch: pytest.MonkeyPatch, one_worker: None
) -> None:
    monkeypatch.setenv("MNISTLAB_KEEP", "2 runs")
    runs = [store.request(fresh(max_steps=10), session).id for session in "abc"]
    store.pin(runs[0])
    local.ensure()
    eventually("the end", lambda: store.count(*Status) == store.count(Status.FINISHED) == 2)
    assert [run.id for run in store.runs()] == [runs[2], runs[0]]

"""How the threads of a training wait for each other."""

import os
import sys
import threading
from typing import Any

import psutil
import pytest
from waiting import eventually

from executors.bench import python
from mnistlab.executors import LocalExecutor, openmp
from mnistlab.executors import detached as processes
from mnistlab.executors.openmp import CHOSEN, CHOSEN_FOR_GNU, SETTINGS

WEIGHTS = """
import hashlib, time, torch
from contextlib import nullcontext
from mnistlab import *
from mnistlab.events import Snapshot
from mnistlab.executors import openmp
torch.set_num_threads(2)
openmp.LOOK_SECONDS, openmp._waited_until_now = 0.001, time.monotonic
config = TrainConfig(dataset="digits", channels=(8, 16), max_steps=3, eval_size=10)
for how in (nullcontext, openmp.sharing_cores):
    with how():
        *_, last = [event for event in train(config, load_dataset("digits"))
                    if isinstance(event, Snapshot)]
    print(hashlib.sha256(b"".join(w.numpy().tobytes() for w in last.weights.values())).hexdigest())
"""


@pytest.fixture(autouse=True)
def _nobody_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHOSEN:
        monkeypatch.delenv(name, raising=False)


def environment_of_a_worker(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch) -> dict:
    started: list[dict] = []
    monkeypatch.setattr(processes.subprocess, "Popen", lambda *_, env, **__: started.append(env))
    processes.launch(executor.store, executor.folder)
    return started[0]


def test_a_worker_is_told_before_it_starts(
    local: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = environment_of_a_worker(local, monkeypatch)
    assert {name: environment[name] for name in SETTINGS} == SETTINGS


@pytest.mark.parametrize("name", CHOSEN)
def test_what_a_person_chose_is_left_alone(
    name: str, local: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "7")
    environment = environment_of_a_worker(local, monkeypatch)
    assert {each: environment[each] for each in CHOSEN if each in environment} == {name: "7"}


def test_the_command_line_has_chosen_before_it_loads_torch() -> None:
    code = (
        "import os, sys; from mnistlab import cli; cli.main(['presets']); "
        "print('torch' in sys.modules, *(os.environ[name] for name in sys.argv[1:]))"
    )
    said, _ = python(code, *SETTINGS, stdout=-1).communicate()
    assert said.splitlines()[-1].split() == ["False", *SETTINGS.values()]


def test_no_bit_of_the_weights_depends_on_it() -> None:
    alone, crowded = python(WEIGHTS, stdout=-1).communicate()[0].split()
    assert alone == crowded
    assert len(alone) == 64


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/site/torch/lib/libgomp.so.1"], 0),
        (["/site/scikit_learn.libs/libgomp-1.so", "/site/torch/lib/libgomp.so.1"], 1),
        (["/site/scikit_learn.libs/libgomp-1.so", "/site/torch.libs/libgomp-2.so"], 1),
        (["/conda/lib/libgomp.so.1"], 0),
        (["/site/scikit_learn.libs/libgomp-1.so", "/usr/lib/libgomp.so.1"], None),
        ([], None),
    ],
)
def test_pytorchs_library_is_found_where_pip_and_conda_put_it(
    paths: list[str], expected: int | None
) -> None:
    loaded = [{"prefix": "libgomp", "filepath": path} for path in paths]
    loaded.append({"prefix": "libopenblas", "filepath": "/site/numpy.libs/libopenblas.so"})
    assert openmp._pytorchs(loaded) == (None if expected is None else paths[expected])


gnu = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how long threads waited")


@gnu
def test_threads_are_too_many_to_spin_just_as_long_as_they_wait_for_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert openmp._gnu_openmp() is not None
    waited = {"each look": 0.0, "until now": 0.0}

    def until_now() -> float:
        waited["until now"] += waited["each look"]
        return waited["until now"]

    monkeypatch.setattr(openmp, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(openmp, "CALM_SECONDS", 0.02)
    monkeypatch.setattr(openmp, "_waited_until_now", until_now)
    with openmp.sharing_cores():
        calm = psutil.Process().num_threads()
        waited["each look"] = 1.0
        team = len(os.sched_getaffinity(0)) + 1
        eventually("the team", lambda: psutil.Process().num_threads() >= calm + team)
        waited["each look"] = 0.0
        eventually("its end", lambda: psutil.Process().num_threads() == calm)
    # a thread that was joined may still be on its way out
    eventually("the watcher's end", lambda: psutil.Process().num_threads() == calm - 1)


@gnu
@pytest.mark.parametrize(("prefix", "said"), [("libopenblas", 1), ("libiomp", 0), ("libomp", 0)])
def test_it_is_said_once_where_no_library_can_be_told_not_to_spin(
    prefix: str, said: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = [{"prefix": prefix, "filepath": f"/lib/{prefix}.so"}]
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: loaded)
    openmp._gnu_openmp.cache_clear()
    for _ in range(2):
        with openmp.sharing_cores():
            pass
    openmp._gnu_openmp.cache_clear()
    assert len(caplog.messages) == said
    assert all("OMP_WAIT_POLICY=PASSIVE may help" in message for message in caplog.messages)


@gnu
def test_the_team_is_one_larger_than_the_cores_that_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teams: list[int] = []

    class Library:
        def GOMP_parallel(self, function: object, data: object, team: Any, flags: object) -> None:
            teams.append(team.value)

    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 5, 7})
    over = threading.Event()
    over.set()
    openmp._spare_the_cores(Library(), over)
    assert teams == [4]


@gnu
@pytest.mark.parametrize("name", CHOSEN_FOR_GNU)
def test_nobody_watches_where_a_person_chose(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "PASSIVE")
    with openmp.sharing_cores():
        assert all(thread.name != "mnistlab-openmp" for thread in threading.enumerate())


@gnu
def test_a_thread_that_waits_for_a_core_is_noticed() -> None:
    """Two threads that compute on one core."""
    code = (
        "import os, threading; from mnistlab.executors import openmp; "
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "burn = lambda: os.urandom(300_000_000); "  # without Python's own lock
        "threads = [threading.Thread(target=burn) for _ in range(2)]; "
        "[thread.start() for thread in threads]; "
        "print(openmp._waited(0.5, threading.Event()))"
    )
    said, _ = python(code, stdout=-1).communicate()
    assert float(said) > openmp.CROWDED

"""Training in the calling process."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from executors.bench import REPO, assert_as_bare, fresh, python, timeless, until
from mnistlab import datafiles
from mnistlab.events import Event, Finished
from mnistlab.executors import InlineExecutor
from mnistlab.store import Status, Store


def test_the_caller_is_told_every_event_and_keeps_its_threads_and_its_random_numbers(store: Store) -> None:
    config = fresh(max_steps=40)
    torch.manual_seed(1)
    threads, random = torch.get_num_threads(), torch.get_rng_state()
    told: list[Event] = []
    run = InlineExecutor(store, told.append).start(config)
    assert run.status is Status.FINISHED
    assert timeless(told) == timeless([event for _, event in store.events(run.id)])
    assert isinstance(told[-1], Finished)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), random)


def test_a_view_that_breaks_interrupts_the_run_and_is_told_so(store: Store) -> None:
    def view(event: Event) -> None:
        if event.step >= 20:
            raise BrokenPipeError("nobody reads any more")

    config = fresh()
    with pytest.raises(BrokenPipeError):
        InlineExecutor(store, view).start(config)
    assert store.get(config.run_id).status is Status.INTERRUPTED
    assert InlineExecutor(store).start(config).status is Status.FINISHED
    assert_as_bare(store, config)


def test_whoever_asks_for_a_run_that_another_process_trains_follows_it(store: Store) -> None:
    config = fresh()
    other = python(
        "import sys; from mnistlab import *; from mnistlab.executors import *; InlineExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))",
        repr(config.to_query()),
    )
    until(lambda: any(run.status is Status.RUNNING for run in store.runs()), "for the other process")
    told: list[Event] = []
    assert InlineExecutor(store, told.append).start(config).status is Status.FINISHED
    assert timeless(told) == timeless([event for _, event in store.events(config.run_id)])
    assert other.wait() == 0
    assert_as_bare(store, config)


def test_trainings_in_several_threads_of_a_process_do_not_disturb_each_other(store: Store) -> None:
    configs = [fresh(max_steps=100) for _ in range(3)]
    threads = [threading.Thread(target=InlineExecutor(store).start, args=(config,)) for config in configs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for config in configs:
        assert_as_bare(store, config)


def test_missing_data_fail_the_run_in_words_and_asking_again_tries_again(store: Store, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "empty"))
    config = fresh(dataset="mnist")
    for _ in range(2):
        told: list[Event] = []
        run = InlineExecutor(store, told.append).start(config)
        assert (run.status, run.reason, told) == (Status.FAILED, str(datafiles.problem("mnist", tmp_path / "empty")), [])


def test_an_error_that_nobody_foresaw_fails_the_run_in_words_and_shows_its_traceback(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(name: str) -> None:
        raise ZeroDivisionError("division by zero\nand more")

    monkeypatch.setattr("mnistlab.executors.recording.load_dataset", broken)
    run = InlineExecutor(store).start(fresh())
    assert run.status is Status.FAILED
    assert "ZeroDivisionError: division by zero)" in run.reason
    assert "Traceback" in capsys.readouterr().err


def test_a_batch_that_does_not_fit_into_memory_fails_the_run_in_words(store: Store) -> None:
    config = fresh(channels=(256, 256), batch_size=1297)
    limited = """
import resource, sys, torch
from mnistlab import *; from mnistlab.executors import *; from mnistlab.executors import recording; import psutil
load_dataset("digits"); torch.randn(300, 300) @ torch.randn(300, 300)
room = psutil.Process().memory_info().vms + 600 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (room, room))
run = InlineExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))
assert run.status == "failed", run
"""
    assert python(limited, repr(config.to_query())).wait() == 0
    run = store.get(config.run_id)
    assert run.status is Status.FAILED
    assert (
        run.reason
        == "Memory ran out: 1,297 images at once are too many for this network here. Choose a smaller batch or a smaller network."
    )


def test_a_disk_that_fills_up_fails_the_run_in_words_and_keeps_what_was_told_before(tmp_path: Path) -> None:
    small_disk = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"',
        tmp_path,
    ]
    if shutil.which("unshare") is None or subprocess.run([*small_disk, "true"], capture_output=True).returncode:
        pytest.skip("a small disk can only be had where Linux allows user namespaces")
    config = fresh(arch="mlp", hidden=512, max_steps=2000)  # 1.6 MB of weights
    code = """
import json, sys
from mnistlab import *; from mnistlab.executors import *
store = Store(f"sqlite:///{sys.argv[2]}/runs.db")
run = InlineExecutor(store).start(TrainConfig.from_query(eval(sys.argv[1])))
print(json.dumps([run.status, run.reason, len(store.events(run.id))]))
"""
    command = [*small_disk, sys.executable, "-c", code, repr(config.to_query()), tmp_path]
    status, reason, events = json.loads(subprocess.run(command, capture_output=True, text=True, cwd=REPO, check=True).stdout)
    assert (status, reason) == (Status.FAILED, "The disk of the store is full. Make room, then resume the run.")
    assert events > 0

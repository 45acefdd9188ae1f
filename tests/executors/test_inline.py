"""Training in the calling process."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from left_out import leave_out
from waiting import eventually

from executors.bench import REPO, assert_as_bare, fresh, python, timeless
from mnistlab import datafiles
from mnistlab.errors import StoreBusy
from mnistlab.events import Event, Finished, Progress
from mnistlab.executors import InlineExecutor
from mnistlab.executors.recording import TimeLimit
from mnistlab.executors.writer import Writer
from mnistlab.store import Status, Store


def test_the_caller_is_told_every_event_and_keeps_its_threads_and_its_random_numbers(
    store: Store,
) -> None:
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


def test_a_run_started_by_hand_before_its_limit_goes_on_to_its_end(store: Store) -> None:
    config = fresh(max_steps=100)

    def person(event: Event) -> None:
        if event.step == 1:
            store.request(config)

    run = InlineExecutor(store, person).start(config, until=50)
    assert (run.status, run.step, run.until) == (Status.FINISHED, 100, None)


def test_a_worker_hears_that_its_run_is_not_to_pause_any_more(store: Store) -> None:
    config = fresh()
    claim = store.claim(store.request(config, until=5).id)
    assert claim is not None
    writer = Writer(store, claim)
    writer.add(Progress(5, 0, 2.0, 0.1, {}, 100.0, 3.0))
    assert writer.stop_wanted()
    store.request(config)
    eventually("it hears", lambda: not writer.stop_wanted())
    assert writer.close() is None


def test_a_run_that_is_beyond_its_limit_pauses_at_once(store: Store) -> None:
    config = fresh(max_steps=200)

    def view(event: Event) -> None:
        if event.step > 100:
            raise BrokenPipeError("nobody reads any more")

    with pytest.raises(BrokenPipeError):
        InlineExecutor(store, view).start(config)
    kept = store.checkpoint(config.run_id)
    assert kept is not None
    run = InlineExecutor(store).start(config, until=50)
    assert (run.status, run.step) == (Status.PAUSED, kept.step + 1)


def test_whoever_asks_for_a_run_that_another_process_trains_follows_it(store: Store) -> None:
    config = fresh()
    other = python(
        "import sys; from mnistlab import *; from mnistlab.executors import *; "
        "InlineExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))",
        repr(config.to_query()),
    )
    eventually(
        "the other process", lambda: any(run.status is Status.RUNNING for run in store.runs())
    )
    told: list[Event] = []
    assert InlineExecutor(store, told.append).start(config).status is Status.FINISHED
    assert timeless(told) == timeless([event for _, event in store.events(config.run_id)])
    assert other.wait() == 0
    assert_as_bare(store, config)


def test_trainings_in_several_threads_of_a_process_do_not_disturb_each_other(store: Store) -> None:
    configs = [fresh(max_steps=100) for _ in range(3)]
    threads = [
        threading.Thread(target=InlineExecutor(store).start, args=(config,)) for config in configs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for config in configs:
        assert_as_bare(store, config)


def test_missing_data_fail_the_run_in_words_and_asking_again_tries_again(
    store: Store, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "empty"))
    config = fresh(dataset="mnist")
    for _ in range(2):
        told: list[Event] = []
        run = InlineExecutor(store, told.append).start(config)
        assert (run.status, run.reason, told) == (
            Status.FAILED,
            str(datafiles.problem("mnist", tmp_path / "empty")),
            [],
        )


def test_an_unexpected_error_fails_the_run_in_words_and_shows_its_traceback(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*of: object) -> None:
        raise ZeroDivisionError("division by zero\nand more")

    monkeypatch.setattr("mnistlab.executors.recording.dataset_of", broken)
    run = InlineExecutor(store).start(fresh())
    assert run.status is Status.FAILED
    assert "ZeroDivisionError: division by zero)" in run.reason
    assert "Traceback" in capsys.readouterr().err


def test_a_batch_that_does_not_fit_into_memory_fails_the_run_in_words(store: Store) -> None:
    config = fresh(channels=(256, 256), batch_size=1297)
    limited = """
import resource, sys, torch
from mnistlab import *
from mnistlab.executors import *
from mnistlab.executors import recording
import psutil
load_dataset("digits"); torch.randn(300, 300) @ torch.randn(300, 300)
room = psutil.Process().memory_info().vms + 600 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (room, room))
run = InlineExecutor(Store()).start(TrainConfig.from_query(eval(sys.argv[1])))
assert run.status == "failed", run
"""
    assert python(limited, repr(config.to_query())).wait() == 0
    run = store.get(config.run_id)
    assert run.status is Status.FAILED
    assert run.reason == (
        "Memory ran out: a batch of 1,297 images is too large for this network on this machine. "
        "Choose a smaller batch or a smaller network."
    )


def test_a_full_disk_fails_the_run_in_words_keeps_what_was_told_and_heals_once_it_is_deleted(
    tmp_path: Path,
) -> None:
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
    if (
        shutil.which("unshare") is None
        or subprocess.run([*small_disk, "true"], capture_output=True).returncode
    ):
        leave_out("a small disk is available only where Linux allows user namespaces (unshare).")
    config = fresh(arch="mlp", hidden=512, max_steps=2000)  # 1.6 MB of weights
    code = """
import json, sys
from mnistlab import *; from mnistlab.executors import *
store = Store(f"sqlite:///{sys.argv[2]}/runs.db")
run = InlineExecutor(store).start(TrainConfig.from_query(eval(sys.argv[1])))
events = len(store.events(run.id))
store.delete(run.id)
again = InlineExecutor(store).start(run.config.replace(hidden=16, max_steps=10))
print(json.dumps([run.status, run.reason, events, again.status]))
"""
    command = [*small_disk, sys.executable, "-c", code, repr(config.to_query()), tmp_path]
    status, reason, events, again = json.loads(
        subprocess.run(command, capture_output=True, text=True, cwd=REPO, check=True).stdout
    )
    assert (status, reason) == (
        Status.FAILED,
        "The disk that holds the store is full. Free some space, then resume the run.",
    )
    assert events > 0
    assert again == Status.FINISHED


def test_a_database_that_is_locked_for_long_is_tried_again_before_a_run_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnistlab.store.database.LOCKED_SECONDS", 0.1)
    locked = Store(f"sqlite:///{tmp_path / 'locked.db'}")
    config, refusals = fresh(max_steps=100), []
    connected = sqlite3.connect(
        tmp_path / "locked.db", isolation_level=None, check_same_thread=False
    )
    with closing(connected) as other:

        def record(*arguments: Any) -> str:
            try:
                return Store.record(locked, *arguments)
            except StoreBusy as error:
                refusals.append(str(error))
                if len(refusals) == 3:
                    other.execute("ROLLBACK")
                raise

        monkeypatch.setattr(locked, "record", record)

        def lock(event: Event) -> None:
            if event.step == 50 and not other.in_transaction and not refusals:
                other.execute("BEGIN IMMEDIATE")

        assert InlineExecutor(locked, lock).start(config).status is Status.FINISHED
    assert "database is locked" in refusals[0]
    assert_as_bare(locked, config)


def test_a_run_that_reaches_the_time_limit_is_stopped_says_why_and_keeps_what_it_learned(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_MAX_SECONDS", "1")
    run = InlineExecutor(store).start(fresh(max_steps=100_000, epochs=1000))
    assert run.status is Status.STOPPED
    assert run.reason.startswith("It has trained for 1 s, as long as one run may here")
    assert "fewer epochs" in run.reason
    kept = store.checkpoint(run.id)
    assert kept is not None
    assert 0 < kept.step == run.step < run.total_steps


def test_a_resumed_run_counts_the_seconds_it_had_before_and_goes_on_under_a_higher_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = fresh()
    with monkeypatch.context() as at_once:
        at_once.setattr(TimeLimit, "is_over", lambda limit: True)
        assert InlineExecutor(store).start(config).step == 1
    kept = store.checkpoint(config.run_id)
    assert kept is not None
    used = replace(kept, state={**kept.state, "seconds": {"total": 1000.0}})
    for seconds, over in (("1000", True), ("100000", False)):
        monkeypatch.setenv("MNISTLAB_MAX_SECONDS", seconds)
        limit = TimeLimit()
        limit.begin(used)
        assert limit.is_over() == over
    run = InlineExecutor(store).start(config)
    assert (run.status, run.reason) == (Status.FINISHED, "")
    assert_as_bare(store, config)

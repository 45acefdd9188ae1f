"""A damaged SQLite store: what is whole comes through bit for bit, and what is lost is said."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from classes import class_of_students
from commandline import assert_one_line, call, called

from mnistlab.store import Status, Store
from mnistlab.store.classes import class_of, signing_key
from mnistlab.store.hand_ins import hand_in
from mnistlab.store.members import members, note
from mnistlab.store.rescue import rescue
from pages.runs import TINY, in_state, trained

RUNS = 16


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with several runs, one of which was being trained, and nobody uses it."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('whole') / 'runs.db'}")
    for seed in range(1, RUNS):
        trained(store, TINY.replace(channels=(8, 16), max_steps=32, seed=seed))
    in_state(store, Status.RUNNING, TINY)
    store.engine.dispose()
    return store


@pytest.fixture
def damaged(whole: Store, store: Store) -> Path:
    """A copy of it, which MNISTLAB_STORE names."""
    assert whole.file is not None
    assert store.file is not None
    store.engine.dispose()
    shutil.copy(whole.file, store.file)
    return store.file


def told_of(store: Store, run_id: str) -> dict[str, Any]:
    """Everything that the store holds of a run."""
    tables = ("runs", "events", "snapshots", "checkpoints", "predictions")
    with closing(sqlite3.connect(store.file or "")) as connection:
        return {
            table: connection.execute(
                f"SELECT * FROM {table} WHERE {'id' if table == 'runs' else 'run_id'} = ? "
                "ORDER BY rowid",
                (run_id,),
            ).fetchall()
            for table in tables
        }


def overwrite_the_middle(file: Path) -> None:
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 12_288] = random.Random(1).randbytes(12_288)
    file.write_bytes(data)


def cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def cut_a_blob(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "UPDATE snapshots SET weights = substr(weights, 1, 5000) "
            "WHERE step = 16 AND run_id = (SELECT id FROM runs WHERE rowid = 1)"
        )


def make_a_blob_a_number(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE snapshots SET weights = 7 WHERE rowid = 5")


def lose_a_run(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE runs SET config = x'ff' WHERE rowid = 3")


@pytest.mark.parametrize(
    ("damage", "at_least"),
    [
        (overwrite_the_middle, RUNS - 4),
        (cut_in_half, 3),
        (cut_a_blob, RUNS - 1),
        (make_a_blob_a_number, RUNS - 1),
        (lose_a_run, RUNS - 1),
    ],
)
def test_runs_that_are_whole_come_through_bit_for_bit(
    whole: Store, damaged: Path, damage: Callable[[Path], None], at_least: int
) -> None:
    damage(damaged)
    before = damaged.read_bytes()
    target = damaged.with_name("rescued.db")
    told = json.loads(called("rescue", str(target), "--json"))
    assert damaged.read_bytes() == before
    rescued = Store(f"sqlite:///{target}")
    assert {run.id for run in rescued.runs()} == set(told["runs"])
    sound = set(told["runs"]) - set(told["incomplete"])
    assert len(sound) >= at_least
    for run in whole.runs():
        if run.id in sound and run.id != TINY.run_id:
            assert told_of(rescued, run.id) == told_of(whole, run.id)
            for step in rescued.snapshot_steps(run.id):
                rescued.weights(run.id, step)
        elif run.id not in told["runs"]:
            assert run.id in told["lost"] or told["cut_off"]
    assert told["cut_off"] == (damage is cut_in_half)
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_was_lost_is_one_sentence_and_a_run_under_way_can_be_resumed(damaged: Path) -> None:
    cut_a_blob(damaged)
    lose_a_run(damaged)
    target = damaged.with_name("rescued.db")
    sentence, advice = called("rescue", str(target)).splitlines()
    assert sentence.startswith(f"Rescued {RUNS - 1} runs and 0 drawings; lost: 1 run (")
    assert "), some of the events or weights of 1 run (" in sentence
    assert advice == f"Set MNISTLAB_STORE=sqlite:///{target} to use it."
    run = Store(f"sqlite:///{target}").get(TINY.run_id)
    assert run.status is Status.INTERRUPTED
    assert run.resumable


def test_a_store_that_is_whole_loses_nothing(whole: Store, damaged: Path) -> None:
    target = damaged.with_name("rescued.db")
    assert "lost: nothing, as far as can be seen." in called("rescue", str(target))
    rescued = Store(f"sqlite:///{target}")
    for run in whole.runs(Status.FINISHED):
        assert told_of(rescued, run.id) == told_of(whole, run.id)
    assert_one_line(*call("rescue", str(target)))  # it is there already


def test_a_file_of_which_nothing_can_be_read_is_said_in_one_line(damaged: Path) -> None:
    damaged.write_bytes(b"\xff" * 10_000)
    status, _, err = call("rescue", str(damaged.with_name("rescued.db")))
    assert status == 1
    assert err.startswith(f"mnistlab: Nothing can be read of {damaged}: ")
    assert len(err.splitlines()) == 1
    assert not damaged.with_name("rescued.db").exists()


def test_a_class_comes_through_with_its_students_and_the_key_of_their_cookies(
    store: Store, tmp_path: Path
) -> None:
    room = class_of_students(store, ["Ann", "Ben"])
    run = trained(store)
    ann = room.student(1)
    note(store, ann, run_id=run.id, drawing=bytes(784))
    hand_in(store, ann)  # without a run, as Ben is without one
    key = signing_key(store)
    store.engine.dispose()
    assert store.file is not None
    outcome = rescue(store.file, tmp_path / "rescued.db")
    assert (outcome.runs, outcome.lost, outcome.incomplete) == ({run.id}, set(), set())
    rescued = Store(f"sqlite:///{tmp_path / 'rescued.db'}")
    assert class_of(rescued, room.of.id) == room.of
    assert [(each.nickname, each.drawing) for each in members(rescued, room.of.id)] == [
        ("Ann", bytes(784)),
        ("Ben", None),
    ]
    assert signing_key(rescued) == key
    rescued.engine.dispose()

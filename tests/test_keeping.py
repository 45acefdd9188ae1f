"""What goes where the store is full: the oldest first, snapshots before runs, nothing pinned."""

import json

import pytest
import torch
from commandline import assert_one_line, call, called
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.config import TrainConfig
from mnistlab.errors import ConfigError, RunNotFound
from mnistlab.events import Checkpoint, Progress, Snapshot
from mnistlab.store import Budget, Status, Store, budget
from mnistlab.store.keeping import Holding, plan

WEIGHTS = torch.zeros(25_000)  # 0.1 MB
SNAPSHOT = 100_000  # bytes, nearly
holdings = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 1000)).map(
        lambda sizes: Holding("", sum(sizes), sizes[1])
    ),
    max_size=8,
).map(lambda runs: [Holding(str(n), run.size, run.between) for n, run in enumerate(runs)])


def recorded(store: Store, seed: int, status: Status = Status.FINISHED) -> str:
    """A run with four snapshots."""
    run_id = store.request(TrainConfig(dataset="digits", seed=seed)).id
    if status == Status.QUEUED:
        return run_id
    claim = store.claim(run_id)
    assert claim is not None
    steps = [Snapshot(step, 0, {"weight": WEIGHTS}) for step in (0, 1, 2, 4)]
    progress = Progress(4, 0, 1.0, 0.1, {}, 100.0, 0.0)
    store.record(claim, [*steps, Checkpoint(4, 0, {"weight": WEIGHTS}, {}), progress])
    if status != Status.RUNNING:
        store.end(claim, status)
    return run_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("500 runs", Budget(500, False)),
        ("1 run", Budget(1, False)),
        (" 2 GB ", Budget(2 * 10**9, True)),
        ("1.5gb", Budget(1_500_000_000, True)),
        ("300 MB", Budget(300 * 10**6, True)),
    ],
)
def test_a_budget_is_runs_or_bytes(text, expected, monkeypatch):
    monkeypatch.setenv("MNISTLAB_KEEP", text)
    assert budget() == expected


@pytest.mark.parametrize("text", ["2", "GB", "-1 GB", "0 runs", "2 GiB", "٣ runs", "many runs"])
def test_a_wrong_budget_is_one_sentence(text, store):
    with pytest.raises(ConfigError, match=r"cannot be kept to .* for example 2 GB or 500 runs"):
        budget(text)
    assert_one_line(*call("tidy", f"--keep={text}"))


@given(runs=holdings, over=st.integers(-10, 3000))
def test_what_goes_is_enough_the_oldest_and_snapshots_before_runs(runs, over):
    tidying = plan(runs, over, in_bytes=True)
    given_back = sum(tidying.runs.values()) + sum(tidying.snapshots.values())
    assert given_back >= min(over, sum(run.size for run in runs))
    oldest = [run.run_id for run in runs]
    assert list(tidying.runs) == oldest[: len(tidying.runs)]
    if tidying.runs:  # nothing is left of snapshots in between
        rest = {run.run_id: run.between for run in runs[len(tidying.runs) :] if run.between}
        assert tidying.snapshots == rest
    assert over > 0 or given_back == 0


@given(runs=holdings, over=st.integers(-2, 10))
def test_of_a_number_of_runs_as_many_go_as_are_too_many(runs, over):
    tidying = plan(runs, over, in_bytes=False)
    assert tidying.snapshots == {}
    assert list(tidying.runs) == [run.run_id for run in runs][: max(0, over)]


def test_the_oldest_runs_go_but_not_pinned_ones_nor_those_under_way_nor_the_latest(
    store: Store,
) -> None:
    running, waiting = recorded(store, 1, Status.RUNNING), recorded(store, 2, Status.QUEUED)
    pinned, *old, latest = (recorded(store, seed) for seed in range(3, 8))
    store.pin(pinned)
    assert store.get(pinned).pinned
    few = Budget(1, False)
    assert store.used(few) == 7
    assert list(store.to_tidy(few).runs) == old
    assert store.used(few) == 7, "nothing was deleted"
    assert list(store.tidy(few).runs) == old
    assert {run.id for run in store.runs()} == {running, waiting, pinned, latest}
    store.pin(pinned, False)
    assert list(store.tidy(few).runs) == [pinned]
    with pytest.raises(RunNotFound):
        store.pin(pinned)


def test_a_parent_stays_until_what_begins_with_it_is_over(store: Store) -> None:
    parent, other = recorded(store, 1), recorded(store, 2)
    child = store.request(TrainConfig(dataset="digits", seed=3, parent=parent))
    assert set(store.tidy(Budget(2, False)).runs) == {other}
    store.stop(child.id)
    recorded(store, 4)
    assert set(store.tidy(Budget(2, False)).runs) == {parent}


def test_bytes_are_saved_by_snapshots_first_and_the_file_shrinks(store: Store) -> None:
    runs = [recorded(store, seed) for seed in range(1, 13)]
    assert store.file is not None
    before, used = store.file.stat().st_size, store.used(Budget(1, True))
    assert used > len(runs) * 5 * SNAPSHOT
    tidying = store.tidy(Budget(used - 3 * SNAPSHOT, True))
    assert (list(tidying.snapshots), tidying.runs) == (runs[:2], {})
    assert store.snapshot_steps(runs[0]) == store.snapshot_steps(runs[1]) == [0, 4]
    assert store.snapshot_steps(runs[2]) == [0, 1, 2, 4]
    assert torch.equal(store.weights(runs[0])["weight"], WEIGHTS)
    tidying = store.tidy(Budget(2 * SNAPSHOT, True))
    assert (list(tidying.runs), tidying.snapshots) == (runs[:-1], {})
    assert [run.id for run in store.runs()] == [runs[-1]]
    assert store.snapshot_steps(runs[-1]) == [0, 1, 2, 4], "the latest keeps everything"
    assert store.file.stat().st_size < before / 2


def test_a_store_within_its_budget_keeps_everything(store: Store) -> None:
    recorded(store, 1)
    for enough in (Budget(10**9, True), Budget(1, False)):
        assert store.tidy(enough).runs == store.tidy(enough).snapshots == {}


def test_tidy_says_what_would_go_and_deletes_only_with_yes(store: Store) -> None:
    old, new = recorded(store, 1), recorded(store, 2)
    printed = called("tidy", "--keep", "1 run")
    assert old in printed
    assert "held 2 runs of 1 run. Nothing was deleted: add --yes" in printed
    assert len(store.runs()) == 2
    told = json.loads(called("tidy", "--keep", "1 run", "--yes", "--json"))
    assert (told["used"], told["keep"], list(told["runs"])) == (2, 1, [old])
    assert [run.id for run in store.runs()] == [new]
    assert "Nothing has to go." in called("tidy", "--keep", "1 run")


def test_tidy_without_a_budget_is_one_line_and_exit_2(store: Store, monkeypatch) -> None:
    monkeypatch.delenv("MNISTLAB_KEEP", raising=False)
    assert_one_line(*call("tidy"))

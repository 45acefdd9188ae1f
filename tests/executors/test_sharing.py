"""How the machine is shared out, and which executor is asked."""

import pytest

from executors.bench import fresh
from mnistlab import executors, machine
from mnistlab.errors import ExecutorError
from mnistlab.executors import InlineExecutor, LocalExecutor, get_executor
from mnistlab.machine import max_seconds, threads, workers
from mnistlab.store import Store


@pytest.mark.parametrize(
    ("cores", "gibibytes", "asked", "expected"),
    [
        (1, 16, "", (1, 1)),
        (2, 16, "", (1, 2)),
        (3, 16, "", (1, 2)),
        (8, 16, "", (4, 2)),
        (8, 3, "", (2, 2)),
        (8, 0, "", (1, 2)),
        (8, 16, "1", (1, 8)),
        (8, 16, " 3 ", (3, 2)),
        (2, 16, "8", (8, 1)),
    ],
)
def test_workers_and_threads_are_a_matter_of_the_installation(
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    gibibytes: int,
    asked: str,
    expected: tuple[int, int],
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "memory", lambda: gibibytes * 2**30)
    monkeypatch.setenv("MNISTLAB_WORKERS", asked)
    assert (workers(), threads()) == expected


@pytest.mark.parametrize("asked", ["0", "-1", "two", "1.5", "٣", "99999999"])
def test_a_wrong_number_of_workers_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("MNISTLAB_WORKERS", asked)
    for ask in (workers, threads):
        with pytest.raises(ExecutorError, match="MNISTLAB_WORKERS cannot be"):
            ask()


@pytest.mark.parametrize(("asked", "expected"), [("", None), (" ", None), ("600", 600)])
def test_how_long_a_run_may_train_is_a_matter_of_the_installation(
    monkeypatch: pytest.MonkeyPatch, asked: str, expected: int | None
) -> None:
    monkeypatch.setenv("MNISTLAB_MAX_SECONDS", asked)
    assert max_seconds() == expected


@pytest.mark.parametrize("asked", ["0", "-1", "ten", "1.5", "٣", "9" * 30])
def test_a_wrong_time_limit_is_refused_in_words_before_a_run_is_queued(
    store: Store, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("MNISTLAB_MAX_SECONDS", asked)
    with pytest.raises(ExecutorError, match="MNISTLAB_MAX_SECONDS cannot be"):
        InlineExecutor(store).start(fresh())
    assert store.runs() == []


def test_a_container_is_held_to_its_share(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    free = machine.cores(), machine.memory()
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (machine.cores(), machine.memory()) == free
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text(f"{2**28}\n")
    assert (machine.cores(), machine.memory()) == (1, 2**28)


def test_the_executor_is_local_unless_somebody_says_otherwise(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(get_executor(store), LocalExecutor)
    assert isinstance(get_executor(store, "inline"), InlineExecutor)
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")
    assert isinstance(get_executor(store), InlineExecutor)
    assert isinstance(get_executor(store, "local"), LocalExecutor)


@pytest.mark.parametrize("name", ["dask", "Local", "thread"])
def test_an_unknown_executor_is_refused_in_one_sentence_that_names_the_known(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("MNISTLAB_EXECUTOR", name)
    with pytest.raises(
        ExecutorError,
        match=(
            f"There is no executor called '{name}' here. Set MNISTLAB_EXECUTOR to one of: "
            f"{', '.join(executors.EXECUTORS)}."
        ),
    ):
        get_executor(store)

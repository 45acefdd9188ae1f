"""What the tests of the executors share: tiny trainings, an executor of any kind, and the bare
generator as the oracle.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import torch
from waiting import eventually

from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated, Event, Finished, Predicted, Progress, Snapshot
from mnistlab.executors import Executor, InlineExecutor, LocalExecutor, RayExecutor
from mnistlab.executors.folder import WorkerFolder
from mnistlab.executors.local import SPARE
from mnistlab.machine import threads, workers
from mnistlab.store import ACTIVE, RunRecord, Status, Store
from mnistlab.store.origins import dataset_of, first_weights
from mnistlab.train import train

REPO = Path(__file__).parents[2]
# dropout and batch normalisation, so that a random state or a statistic that is lost shows
TINY = TrainConfig(
    dataset="digits",
    arch="cnn",
    channels=(2, 3),
    kernel=3,
    dropout=0.2,
    batch_norm=True,
    batch_size=10,
    epochs=100,
    eval_size=50,
)
_seeds = count(1)


def fresh(**changes: Any) -> TrainConfig:
    """A configuration that no other test uses."""
    return TINY.replace(**{"seed": next(_seeds), "max_steps": 300, **changes})


def endless(**changes: Any) -> TrainConfig:
    """The same, whose training a test has to stop: it never ends before what the test is about."""
    return fresh(epochs=400, max_steps=None, **changes)


@dataclass
class Bench:
    """An executor with its store, of whatever kind."""

    store: Store
    kind: str

    def executor(self) -> Executor:
        kinds = {"inline": InlineExecutor, "local": LocalExecutor, "ray": RayExecutor}
        return kinds[self.kind](self.store)

    def begin(self, config: TrainConfig) -> str:
        """Start `config` as a page would: without waiting for its end. Returns the run id."""
        return self.background(lambda: self.executor().start(config), config.run_id)

    def go_on(self, run_id: str) -> str:
        return self.background(lambda: self.executor().resume(run_id), run_id)

    def ended(self, run_id: str) -> RunRecord:
        """Wait until the run is neither queued nor running. Nobody looks at the queue meanwhile."""
        eventually(
            f"the end of {self.store.get(run_id)}",
            lambda: self.store.get(run_id).status not in ACTIVE,
        )
        return self.store.get(run_id)

    def reached(self, run_id: str, step: int) -> None:
        """Wait until the run is in the middle of training, at or after `step`."""
        eventually(
            f"step {step} of {self.store.get(run_id)}", lambda: self.store.get(run_id).step >= step
        )

    def stopped_as_bare(self, config: TrainConfig, step: int) -> None:
        """Stop an endless run at or after `step`: it is then, bit for bit, what the bare generator
        yields.
        """
        self.reached(config.run_id, step)
        self.store.stop(config.run_id)
        assert self.ended(config.run_id).status is Status.STOPPED
        assert_as_bare(self.store, config)

    def background(self, work: Callable[[], object], run_id: str) -> str:
        if self.kind != "inline":
            work()
        else:
            before = (
                self.store.get(run_id).started
                if any(run.id == run_id for run in self.store.runs())
                else None
            )
            threading.Thread(target=work, daemon=True).start()
            eventually(
                "a start",
                lambda: any(
                    run.id == run_id and run.started != before for run in self.store.runs()
                ),
            )
        return run_id


@contextmanager
def occupied(store: Store, count: int) -> Iterator[None]:
    """Take `count` slots of the store's workers."""
    folder = WorkerFolder(store, SPARE)
    slots = [folder.take_slot() for _ in range(count)]
    yield
    for slot in filter(None, slots):
        slot.release()


def one_at_a_time(store: Store) -> AbstractContextManager[None]:
    """Take all slots of the store's workers but one, as on a machine with one core: one process
    trains run after run, and nobody warms up a spare meanwhile.
    """
    return occupied(store, workers() - 1)


def bare(
    config: TrainConfig, last: int, store: Store
) -> tuple[list[Event], dict[str, torch.Tensor]]:
    """The oracle: events up to step `last` and latest weights of the bare generator, with as many
    threads as a worker has. `store` has what `config` begins with, if that is more than a data set.
    """
    data, start = dataset_of(store, config), first_weights(store, config)
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    try:
        with closing(train(config, data, start=start)) as training:
            events = list(takewhile(lambda event: event.step <= last, training))
    finally:
        torch.set_num_threads(before)
    return events, [event for event in events if isinstance(event, Snapshot)][-1].weights


def timeless(events: list[Event]) -> list[Event]:
    """The told events without their times."""
    plain = []
    for event in events:
        if isinstance(event, Progress):
            plain.append(replace(event, images_per_second=0.0, seconds_left=0.0))
        elif isinstance(event, Finished):
            plain.append(replace(event, seconds={}))
        elif isinstance(event, Evaluated):
            plain.append(event)
    return plain


def assert_as_bare(store: Store, config: TrainConfig) -> None:
    """What the store holds of `config`, until it ended or was stopped, is, bit for bit, what the
    bare generator yields.
    """
    run = store.get(config.run_id)
    assert run.status in (Status.FINISHED, Status.STOPPED)
    events, weights = bare(config, run.step, store)
    assert timeless([event for _, event in store.events(config.run_id)]) == timeless(events)
    assert store.snapshot_steps(config.run_id) == [
        event.step for event in events if isinstance(event, Snapshot)
    ]
    kept = store.weights(config.run_id)
    assert kept.keys() == weights.keys()
    assert all(torch.equal(kept[name], weights[name]) for name in weights)
    predicted = [event for event in events if isinstance(event, Predicted)]
    assert len(predicted) == (run.status is Status.FINISHED)
    for event in predicted:
        logits = store.logits(config.run_id, event.step)
        assert logits is not None
        assert torch.equal(logits, event.logits)


def python(code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Another Python process that runs `code`, with this process's environment as it is now."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "tests")])}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=environment, text=True, **options
    )

"""What every executor promises."""

import copy
from abc import ABC, abstractmethod
from typing import TypeVar

from mnistlab.config import TrainConfig
from mnistlab.machine import max_seconds
from mnistlab.store import RunRecord, Store
from mnistlab.store.people import Person


class Executor(ABC):
    """Makes sure that the runs in a store are trained. Pausing, stopping and deleting are calls of
    the store itself.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def check(self, config: TrainConfig) -> None:
        """Raises `ConfigError` for an impossible network, `DeviceUnavailable` if its device is not
        where this executor trains, and `ExecutorError` if MNISTLAB_MAX_SECONDS is wrong.
        """
        check(config)

    def start(
        self,
        config: TrainConfig,
        session: str = "",
        until: int | None = None,
        experiment: str = "",
    ) -> RunRecord:
        """Ask for the run of `config`, and make sure that it will be trained; with `until`, up to
        the evaluation at that step, where it pauses; as a part of `experiment`. A finished one is
        returned as it is.

        Raises as `check` does, and `QueueFull`, `StoreError`, `ExecutorError`.
        """
        self.check(config)
        return self.see_to(self.store.request(config, session, until, experiment))

    def resume(self, run_id: str, session: str = "") -> RunRecord:
        """Go on with a paused, stopped, interrupted or failed run. Raises as `Store.resume` and
        `start` do.
        """
        return self.see_to(self.store.resume(run_id, session))

    def promote(self, run_id: str, session: str = "", until: int | None = None) -> RunRecord:
        """Let a run that paused at the step asked for go on to a later one, or to its end (None).
        Raises as `Store.promote` and `start` do.
        """
        return self.see_to(self.store.promote(run_id, session, until))

    @abstractmethod
    def see_to(self, run: RunRecord) -> RunRecord:
        """Make sure that `run`, as the store has it, is trained; returns it as it is then."""

    @abstractmethod
    def ensure(self) -> None:
        """Make sure that somebody works on the queue, and that runs whose worker died say so.
        Cheap: call it at each poll.
        """

    @abstractmethod
    def close(self) -> None:
        """Say that nobody looks at the queue any more. Trainings go on to their ends."""


Kind = TypeVar("Kind", bound=Executor)


def acting_as(executor: Kind, person: Person) -> Kind:
    """The same executor as `person` may use it."""
    same = copy.copy(executor)
    same.store = executor.store.acting_as(person)
    return same


def check(config: TrainConfig) -> None:
    """Whether `config` can be trained on this machine: raises as `Executor.check` does."""
    from mnistlab.train import find_device

    check_network(config)
    find_device(config.device)


def check_network(config: TrainConfig) -> None:
    """Whether `config` can be trained on a machine that has its device. Raises `ConfigError` and
    `ExecutorError` as `Executor.check` does.
    """
    from mnistlab import models

    max_seconds()
    models.describe(config)

"""What every executor promises, and how the machine is shared out among trainings."""

import math
import os
from pathlib import Path
from typing import Protocol

import psutil

from mnistlab.config import TrainConfig
from mnistlab.errors import ExecutorError
from mnistlab.store import RunRecord

THREADS = 2  # of a training, unless MNISTLAB_WORKERS says how many trainings share the cores
BYTES_PER_WORKER = 2**30
_CGROUP = Path("/sys/fs/cgroup")  # where Linux says what a container may use


class Executor(Protocol):
    """Makes sure that the runs in a store are trained. Pausing, stopping and deleting are calls of the store itself."""

    def start(self, config: TrainConfig, session: str = "") -> RunRecord:
        """Ask for the run of `config`, and make sure that it will be trained. A finished one is returned as it is.

        Raises `ConfigError` for an impossible network, `DeviceUnavailable`, `QueueFull`, `StoreError`, `ExecutorError`.
        """

    def resume(self, run_id: str, session: str = "") -> RunRecord:
        """Go on with a paused, stopped, interrupted or failed run. Raises as `Store.resume` and `start` do."""

    def ensure(self) -> None:
        """Make sure that somebody works on the queue, and that runs whose worker died say so. Cheap: call it at each poll."""


def check(config: TrainConfig) -> None:
    """Raises `ConfigError` if the network is impossible, and `DeviceUnavailable` if its device is not here."""
    from mnistlab import models
    from mnistlab.train import find_device

    models.describe(config)
    find_device(config.device)


def workers() -> int:
    """How many trainings may run at once: `MNISTLAB_WORKERS`, or one for each two cores and each GiB of memory.

    Raises `ExecutorError` if `MNISTLAB_WORKERS` is not a whole number from 1 on.
    """
    asked = _asked_workers()
    return max(1, min(cores() // THREADS, memory() // BYTES_PER_WORKER - 1)) if asked is None else asked


def threads() -> int:
    """Threads of each training: one setting of the installation, however many trainings happen to run.

    Numbers trained with one thread differ in their last bits from numbers trained with two, so this may depend on the machine
    and on `MNISTLAB_WORKERS`, but on nothing that changes while they stay. Raises `ExecutorError` as `workers` does.
    """
    asked = _asked_workers()
    return min(THREADS, cores()) if asked is None else max(1, cores() // asked)


def cores() -> int:
    """Processor cores that this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read(_CGROUP / "cpu.max").partition(" ")
    return max(1, min(allowed, math.floor(int(quota) / int(period)))) if quota.isdigit() else allowed


def memory() -> int:
    """Bytes of memory that this process may use, other processes aside."""
    limit = _read(_CGROUP / "memory.max")
    total = psutil.virtual_memory().total
    return min(total, int(limit)) if limit.isdigit() else total


def _asked_workers() -> int | None:
    asked = os.environ.get("MNISTLAB_WORKERS", "").strip()
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked) <= 1024):
        raise ExecutorError(
            f"MNISTLAB_WORKERS cannot be {asked!r}: it says how many trainings may run at once.", "Choose a whole number from 1 to 1024."
        )
    return int(asked)


def _read(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""

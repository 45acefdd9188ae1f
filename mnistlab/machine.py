"""What this machine has for trainings: cores and memory, and how trainings share them."""

import math
import os
from pathlib import Path

import psutil

from mnistlab.errors import ExecutorError
from mnistlab.i18n import N_, message

THREADS = 2  # of a training, unless MNISTLAB_WORKERS says how many trainings share the cores
BYTES_PER_WORKER = 2**30
_CGROUP = Path("/sys/fs/cgroup")  # where Linux says what a container may use


def workers() -> int:
    """How many trainings may run at once: `MNISTLAB_WORKERS`, or one for each two cores and each
    GiB of memory.

    Raises `ExecutorError` if `MNISTLAB_WORKERS` is not a whole number from 1 on.
    """
    asked = asked_workers()
    if asked is not None:
        return asked
    return max(1, min(cores() // THREADS, memory() // BYTES_PER_WORKER - 1))


def threads() -> int:
    """Threads of each training: one setting of the installation, however many trainings happen to
    run.

    Numbers trained with one thread differ in their last bits from numbers trained with two, so this
    may depend on the machine and on `MNISTLAB_WORKERS`, but on nothing that changes while they
    stay. On a cluster, whose machines differ, it is one. Raises `ExecutorError` as `workers` does.
    """
    if on_ray():
        return 1
    asked = asked_workers()
    return min(THREADS, cores()) if asked is None else max(1, cores() // asked)


def on_ray() -> bool:
    """Whether this installation trains on a Ray cluster, and not on this machine."""
    return os.environ.get("MNISTLAB_EXECUTOR") == "ray"


def max_seconds() -> int | None:
    """How long one run may train, in seconds: `MNISTLAB_MAX_SECONDS`. None: as long as it takes.

    Raises `ExecutorError` if `MNISTLAB_MAX_SECONDS` is not a whole number from 1 on.
    """
    return _whole_number(
        "MNISTLAB_MAX_SECONDS", N_("for how many seconds a run may train"), 366 * 24 * 3600
    )


def niceness() -> int:
    """How far trainings step back for everything else on this machine, as Unix's `nice` has it:
    `MNISTLAB_NICE`, or 0. Raises `ExecutorError` if that is not a whole number from 0 to 19.
    """
    return _whole_number("MNISTLAB_NICE", N_("how far trainings step back"), 19, least=0) or 0


def cores() -> int:
    """Processor cores that this process may use."""
    allowed = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    quota, _, period = _read(_CGROUP / "cpu.max").partition(" ")
    return (
        max(1, min(allowed, math.floor(int(quota) / int(period)))) if quota.isdigit() else allowed
    )


def memory() -> int:
    """Bytes of memory that this process may use, other processes aside."""
    limit = _read(_CGROUP / "memory.max")
    total = psutil.virtual_memory().total
    return min(total, int(limit)) if limit.isdigit() else total


def asked_workers() -> int | None:
    """`MNISTLAB_WORKERS`, or None where nobody set it. Raises `ExecutorError` as `workers` does."""
    return _whole_number("MNISTLAB_WORKERS", N_("how many runs may train at once"), 1024)


def _whole_number(name: str, meaning: str, most: int, least: int = 1) -> int | None:
    """What the environment variable `name` says, which means `meaning`, marked for translation;
    None where it says nothing. Raises `ExecutorError` if that is not a whole number from `least`
    to `most`.
    """
    asked = os.environ.get(name, "").strip()
    if not asked:
        return None
    if not (
        asked.isascii() and asked.isdigit() and len(asked) < 20 and least <= int(asked) <= most
    ):
        raise ExecutorError(
            message(
                "{name} cannot be {asked}: it says {meaning}.",
                name=name,
                asked=repr(asked),
                meaning=message(meaning),
            ),
            message("Choose a whole number from {least} to {most}.", least=least, most=most),
        )
    return int(asked)


def _read(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""

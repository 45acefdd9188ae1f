"""What the store tells of a run: its states, its record, and a worker's claim on it. Torch and the
database are not needed for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mnistlab import __version__
from mnistlab.config import TrainConfig
from mnistlab.errors import ClaimLost, RunNotFound, RunOfAnotherVersion
from mnistlab.i18n import N_, Text, message


class Status(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"  # by a person; resumable
    FINISHED = "finished"
    STOPPED = "stopped"  # by a person; resumable
    FAILED = "failed"  # the record's `reason` says why
    INTERRUPTED = "interrupted"  # its worker died; resumable


WORDS = {  # of a status, for sentences
    Status.QUEUED: N_("queued"),
    Status.RUNNING: N_("running"),
    Status.PAUSED: N_("paused"),
    Status.FINISHED: N_("finished"),
    Status.STOPPED: N_("stopped"),
    Status.FAILED: N_("failed"),
    Status.INTERRUPTED: N_("interrupted"),
}
ACTIVE = (Status.QUEUED, Status.RUNNING)
CUT_SHORT = (Status.PAUSED, Status.STOPPED, Status.INTERRUPTED)
RESUMABLE = (*CUT_SHORT, Status.FAILED)


@dataclass(frozen=True)
class RunRecord:
    """What the store knows of one run, its events and weights aside. Times in
    seconds since 1970.
    """

    id: str
    config: TrainConfig
    status: Status
    why: Text  # it has this status: to be said in the reader's language, see `reason`
    session: str
    wanted: str
    created: float
    started: float | None
    ended: float | None
    step: int
    final: dict[str, Any] | None
    environment: dict[str, Any] | None
    place: int | None  # in the queue: 1 is next; None if not queued
    pinned: bool = False  # kept also where `MNISTLAB_KEEP` is exceeded
    until: int | None = None  # the step at which it is to pause, or did, until it is promoted
    title: str = ""  # what its owner calls it
    ahead: int = 0  # moved before all others in the queue, if not 0
    experiment: str = ""  # that it was asked for as a part of; "" if by itself

    @property
    def reason(self) -> str:
        """Why the run has its status, in the language that is spoken here; "" where that is plain
        or unknown.
        """
        return str(self.why)

    @property
    def total_steps(self) -> int:
        return self.config.total_steps

    @property
    def resumable(self) -> bool:
        return self.status in RESUMABLE

    @property
    def accuracy(self) -> float | None:
        """On all test images; None until finished."""
        return None if self.final is None else self.final["test_accuracy"]


@dataclass(frozen=True)
class Claim:
    """A worker's right to train `run_id` and record into it; `until`: the step at which it was to
    pause when it was claimed (`Store.wanted` says whether it still is).
    """

    run_id: str
    token: str
    config: TrainConfig
    until: int | None = None


# what a person can want of a worker -> what its run then is
ENDING = {"pause": Status.PAUSED, "stop": Status.STOPPED}
AT = "at "  # the step at which the run is to pause


def pause_at(until: int | None) -> str:
    """The wish, in the column `wanted`, that a run pauses at a step; "" for None."""
    return "" if until is None else f"{AT}{until}"


def step_of(wanted: str) -> int | None:
    """The inverse of `pause_at`; None for other wishes."""
    return int(wanted.removeprefix(AT)) if wanted.startswith(AT) else None


def left_as(status: Status, wanted: str, until: int | None = None) -> tuple[Status, str]:
    """What becomes of a run that its worker leaves in `status` while this is wanted, and what of
    that is still wanted. `until`: the step at which it was to pause when the worker took it.

    A run that paused or was interrupted obeys what a person asked for at the last moment: one that
    paused by itself goes on if it was to be trained to its end. One that has to pause at a step
    still has to, once it goes on.
    """
    if status == Status.PAUSED and until is not None and not wanted:
        return Status.QUEUED, ""
    if status in (Status.PAUSED, Status.INTERRUPTED):
        status = ENDING.get(wanted, status)
        if step_of(wanted) is not None:
            return status, wanted
    return status, ""


def not_found(run_id: str) -> RunNotFound:
    """The error of a run that is not there."""
    return RunNotFound(
        message("There is no run {run_id}.", run_id=repr(run_id)),
        message("List the runs with: python -m mnistlab runs."),
    )


def of_another_version(run_id: str, environment: Mapping[str, Any] | None) -> RunOfAnotherVersion:
    """The error of a run that this version cannot open; `environment` is that of its worker."""
    version, own = (environment or {}).get("mnistlab", ""), __version__
    return RunOfAnotherVersion(
        message(
            "Run {run_id} was made by another version of mnistlab ({version}), and this one "
            "({own}) cannot open it.",
            run_id=run_id,
            version=version,
            own=own,
        )
        if version
        else message(
            "Run {run_id} was made by another version of mnistlab, and this one ({own}) cannot "
            "open it.",
            run_id=run_id,
            own=own,
        ),
        message("Open it with that version, or delete it."),
    )


def lost(claim: Claim) -> ClaimLost:
    """The error of a worker whose run was given to another."""
    return ClaimLost(
        message("Run {run_id} now belongs to another worker.", run_id=claim.run_id),
        message("There is nothing to do."),
    )

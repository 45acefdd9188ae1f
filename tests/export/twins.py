"""Running a twin in this process, and what it has to agree with."""

import io
import runpy
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import torch

from mnistlab.config import TrainConfig
from mnistlab.data import Dataset
from mnistlab.events import Event, Finished, Snapshot
from mnistlab.train import train


@dataclass
class Ran:
    """What a script printed, and the weights it ended with, in order."""

    said: str
    weights: list[torch.Tensor]


def ran(code: str, folder: Path, *arguments: str) -> Ran:
    """Run `code` as a program would be run, but in this process: torch is imported once for all."""
    path = folder / "twin.py"
    path.write_text(code, encoding="utf-8")
    said, before = io.StringIO(), sys.argv
    sys.argv = [str(path), *arguments]
    try:
        with redirect_stdout(said):
            known = runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.argv = before
    return Ran(said.getvalue(), list(known["model"].state_dict().values()))


def trained(config: TrainConfig, data: Dataset) -> tuple[list[Event], list[torch.Tensor]]:
    """(events of the run, its final weights in order)."""
    events = list(train(config, data))
    return events, list(
        next(event for event in reversed(events) if isinstance(event, Snapshot)).weights.values()
    )


def finished(events: list[Event]) -> bool:
    """Whether the run reached its end: one that diverged is broken off, and
    has no final weights.
    """
    return isinstance(events[-1], Finished)


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    """Bit for bit."""
    return len(one) == len(other) and all(
        torch.equal(a, b) for a, b in zip(one, other, strict=True)
    )

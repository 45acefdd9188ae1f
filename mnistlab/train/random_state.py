"""A random state for each training, in a process where others draw random numbers too."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class RandomState:
    """A random state of our own, so that a training neither disturbs the caller's random numbers
    nor is disturbed by them.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def get(self) -> list[Tensor]:
        return [torch.get_rng_state()] + (
            [torch.cuda.get_rng_state(self.device)] if self.device.type == "cuda" else []
        )

    def set(self, states: list[Tensor]) -> None:
        torch.set_rng_state(states[0])
        if len(states) > 1:
            torch.cuda.set_rng_state(states[1], self.device)

    @contextmanager
    def ours(self) -> Iterator[None]:
        """Inside, the random state is ours to change; afterwards the caller's is restored."""
        self.theirs = self.get()
        try:
            yield
        finally:
            self.set(self.theirs)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Inside, while the caller handles an event, the caller's random state is in place."""
        ours = self.get()
        self.set(self.theirs)
        try:
            yield
        finally:
            self.theirs = self.get()
            self.set(ours)

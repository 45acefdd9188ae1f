"""Timing a training: seconds so far, images per second, seconds left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from mnistlab.config import TrainConfig


class Clock:
    """Seconds spent on training and on evaluation; the time a caller spends on an event counts as
    neither.
    """

    def __init__(self, before: dict[str, float] | None = None) -> None:
        before = before or {"total": 0.0, "train": 0.0, "eval": 0.0}
        self.start = time.perf_counter() - before["total"]
        self.outside = before["total"] - before["train"] - before["eval"]
        self.evaluation = before["eval"]
        self.first_step: tuple[int, float] | None = None
        self.latest_step: tuple[int, float] | None = None
        self.evaluations: list[float] = []

    def seconds(self) -> dict[str, float]:
        total = time.perf_counter() - self.start
        return {
            "total": total,
            "train": total - self.outside - self.evaluation,
            "eval": self.evaluation,
        }

    def speed(self, step: int, config: TrainConfig) -> tuple[float, float]:
        """(images per second since the call before, seconds left in the run)."""
        now = self.seconds()["train"]
        if self.first_step is None or self.latest_step is None:
            self.first_step = self.latest_step = (step, now)
            return 0.0, 0.0
        (first, since), (before, then) = self.first_step, self.latest_step
        self.latest_step = (step, now)
        speed = (step - before) * config.batch_size / max(now - then, 1e-9)
        left = config.total_steps - step
        evaluations_left = (
            left // config.eval_every if config.eval_every else left / config.steps_per_epoch
        )
        typical = sum(self.evaluations[-5:]) / max(1, len(self.evaluations[-5:]))
        return speed, left * (now - since) / max(1, step - first) + evaluations_left * typical

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.evaluations.append(time.perf_counter() - begin)
        self.evaluation += self.evaluations[-1]

    @contextmanager
    def stopped(self) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.outside += time.perf_counter() - begin

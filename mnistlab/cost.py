"""What a training costs before it starts: the arithmetic of its network, and the seconds that this
makes here, as trainings of similar networks took.
"""

from collections.abc import Iterable
from functools import lru_cache
from math import log, prod
from statistics import median
from typing import TYPE_CHECKING

from mnistlab import models
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.i18n import N_, Message, message

if TYPE_CHECKING:
    from mnistlab.store import RunRecord

# of a small machine: two cores
PER_SECOND = 5e10  # multiplications, each with an addition
STEP_SECONDS = 1e-3  # what a step takes besides
BACKWARD = 2  # the backward pass is two forward passes: gradients of the inputs and of the weights
SIMILAR = 5  # trainings that an estimate is made from
RECENT = 30  # finished runs among which they are looked for


@lru_cache(maxsize=4096)
def multiplications(config: TrainConfig) -> int:
    """How many numbers are multiplied on the way of one image through the network: each weight of a
    convolution once for each pixel of its output, of a recurrent layer once for each row.

    Raises `ConfigError` where the network is impossible.
    """
    return sum(
        stage.parameters * (stage.shape[0] if stage.kind == "recurrent" else prod(stage.shape[1:]))
        for stage in models.describe(config)
    )


def work(config: TrainConfig, steps: int | None = None) -> float:
    """The arithmetic of a training of so many `steps` (None: all), its evaluations included, in
    seconds of a small machine. Raises `ConfigError` where the network is impossible.
    """
    steps = config.total_steps if steps is None else steps
    trained = steps * min(config.batch_size, config.train_count)
    images = (1 + BACKWARD) * trained + _tested(config, steps)
    return steps * STEP_SECONDS + images * multiplications(config) / PER_SECOND


def estimate(config: TrainConfig, finished: Iterable["RunRecord"]) -> float | None:
    """Seconds that a training of `config` takes here, as the most similar of the `finished` runs
    took; None if none is similar. Raises `ConfigError` where the network is impossible.
    """
    own = work(config)
    took = [
        (abs(log(own / done)), run.final["seconds"]["total"] / done)
        for run in finished
        if run.final is not None and _similar(run, config)
        for done in [work(run.config, run.final["step"])]
    ]
    speeds = [speed for _, speed in sorted(took)[:SIMILAR]]
    return own * median(speeds) if speeds else None


_TIMES = {3600: N_("{count} h"), 60: N_("{count} min")}


def rough(seconds: float) -> str:
    """As exact as an estimate is: 170 as "3 min"."""
    return str(roughly(seconds))


def roughly(seconds: float) -> Message:
    """The same, to be said later."""
    for size, words in _TIMES.items():
        if seconds >= 1.5 * size:
            return message(words, count=round(seconds / size))
    return message(N_("{count} s"), count=max(1, round(seconds)))


def _tested(config: TrainConfig, steps: int) -> int:
    """How many images are predicted without learning from them."""
    test_count = DATASETS[config.dataset].test_count
    each = (config.eval_size or test_count) + config.validation_size
    in_between = steps // config.eval_every if config.eval_every else 0
    return (1 + in_between + steps // config.steps_per_epoch) * each + test_count


def _similar(run: "RunRecord", config: TrainConfig) -> bool:
    """Whether `run` was trained here, with a network of the kind that `config` has, on the same
    device.
    """
    same = all(
        getattr(run.config, name) == getattr(config, name)
        for name in ("arch", "device", "precision")
    )
    return same and not (run.environment or {}).get("loaded")

"""What a training costs before it starts: the arithmetic of its network, and the seconds that this
makes here, as trainings of similar networks took.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import log, prod
from statistics import median
from typing import TYPE_CHECKING

from torch import nn

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
VIEWS = ("flatten", "rows", "last-step")  # kinds of layers that compute nothing
# of an ordinary GPU, as it is used by small networks
GPU_PER_SECOND = 5e12  # multiplications, each with an addition
CALL_SECONDS = 2e-5  # to call an operation from Python and start it, however small it is
KERNEL_SECONDS = 5e-6  # to start one of those within a recurrent layer, row after row
STEP_CALLS = 10  # operations of a step besides those of the layers: the loss, the optimiser


@dataclass(frozen=True)
class GpuEstimate:
    """A step of a training on this machine's processor and on an ordinary GPU, in seconds."""

    multiplications: int  # of a step
    operations: int  # of a step, each of which has to be started
    cpu: float
    arithmetic: float  # on the GPU
    starting: float  # the operations, on the GPU

    @property
    def gpu(self) -> float:
        """Whichever takes longer: a GPU computes while it is told what to compute next."""
        return max(self.arithmetic, self.starting)

    @property
    def times(self) -> float:
        """How many times as fast as the processor the GPU is."""
        return self.cpu / self.gpu


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


def on_gpu(config: TrainConfig, finished: Iterable["RunRecord"]) -> GpuEstimate:
    """What a GPU would make of the training of `config`; the processor is as fast as with the most
    similar of the `finished` runs. Raises `ConfigError` where the network is impossible.
    """
    here = config.replace(device="cpu")
    step = min(config.batch_size, config.train_count) * (1 + BACKWARD) * multiplications(config)
    took = estimate(here, finished)
    speed = 1.0 if took is None else took / work(here)
    calls, kernels = _operations(config)
    return GpuEstimate(
        step,
        calls + kernels,
        speed * (STEP_SECONDS + step / PER_SECOND),
        step / GPU_PER_SECOND,
        # a GPU makes Python no faster
        max(speed * STEP_SECONDS, calls * CALL_SECONDS + kernels * KERNEL_SECONDS),
    )


@lru_cache(maxsize=4096)
def _operations(config: TrainConfig) -> tuple[int, int]:
    """(operations of a step that Python calls, those that follow within recurrent layers): forwards
    once for each layer and backwards for inputs and weights; in a recurrent layer for each row, of
    the input and of the hidden state.
    """
    calls, kernels = 0, 0
    for layer, stage in zip(
        models.without_weights(config), models.describe(config)[1:], strict=True
    ):
        calls += stage.kind not in VIEWS
        if isinstance(layer, nn.RNNBase):
            readings = layer.num_layers * (2 if layer.bidirectional else 1)
            kernels += 2 * stage.shape[0] * readings
    return (1 + BACKWARD) * calls + STEP_CALLS, (1 + BACKWARD) * kernels


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

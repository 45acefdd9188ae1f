"""Training as a generator: it yields what happens, and neither prints, plots nor stores anything.

N images of a mini-batch.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from mnistlab.choices import OPTIMIZERS, SCHEDULES
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset
from mnistlab.events import Checkpoint, Event
from mnistlab.train.devices import device_kinds, devices, emulates_bfloat16, find_device
from mnistlab.train.evaluation import evaluate, model_from, predict, score
from mnistlab.train.random_state import RandomState
from mnistlab.train.run import Run, snapshot_steps

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "RandomState",
    "device_kinds",
    "devices",
    "emulates_bfloat16",
    "evaluate",
    "find_device",
    "model_from",
    "predict",
    "score",
    "snapshot_steps",
    "train",
]


def train(
    config: TrainConfig,
    data: Dataset,
    resume: Checkpoint | None = None,
    stop: Callable[[], bool] = lambda: False,
    start: Mapping[str, Tensor] | None = None,
) -> Iterator[Event]:
    """Train one network and yield what happens.

    Yields `Progress` every `log_every` steps, `Evaluated` every `eval_every` steps and at the end
    of each epoch, `Snapshot` and `Checkpoint` at `snapshot_steps(config)`, and last `Predicted` and
    `Finished`, `Diverged` or, once `stop()` is true, `Paused`. Nothing is printed or stored, and
    the caller's random state is left alone. With `resume`, the events after that checkpoint are the
    same, bit for bit, as those of a run that was never interrupted (their times aside). `start`:
    the last weights of `config.parent`, where there is one and nothing to resume.

    Raises `ConfigError` for an impossible network, or where `data` and `start` are not those of
    `config`; `DeviceUnavailable`; and `CheckpointMismatch` if `resume` or `start` does not fit.
    """
    random = RandomState(find_device(config.device))
    with random.ours():
        run = Run(config, data, random)
        if resume is None:
            run.begin_with(start)
            yield from run.begin()
        else:
            run.restore(resume)
        for x, y in run.batches():  # x (N, 1, 28, 28), y (N,) class indices
            with run.precision():
                logits = run.model(x)  # (N, 10)
                loss = F.cross_entropy(logits, y, label_smoothing=config.label_smoothing)
            run.optimizer.zero_grad()
            loss.backward()
            run.optimizer.step()
            run.schedule.step()
            yield from run.report(loss, stop)
        yield from run.finish()


class _CallableModule(ModuleType):
    """`from mnistlab import train` gives the function at first, and this module once it has been
    imported: both can be called.
    """

    def __call__(self, *arguments: Any, **named: Any) -> Iterator[Event]:
        return train(*arguments, **named)


sys.modules[__name__].__class__ = _CallableModule

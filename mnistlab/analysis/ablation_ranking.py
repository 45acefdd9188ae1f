"""Which channel or unit of a stage matters most: each of them silent alone.

N images, C channels or units, H rows, W columns, K units of the next layer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.ablation import BATCH, Activations, Silence, Silenced, part_count
from mnistlab.analysis.evaluation import ALPHA, Accuracy, Judgement, chance
from mnistlab.analysis.inspection import effective_weight, eval_copy
from mnistlab.config import TrainConfig
from mnistlab.models import stages


@dataclass(frozen=True, eq=False)
class Ranking:
    """The channels or units of one stage, each silent alone. All arrays are (C,), by channel."""

    stage: str
    intact: Accuracy
    correct: np.ndarray  # images that are still right, int64
    lost: np.ndarray  # images that are right only in the intact network
    gained: np.ndarray  # images that are right only with this channel silent
    p_values: np.ndarray  # McNemar's exact test against the intact network

    @property
    def order(self) -> np.ndarray:
        """The channels, the one that matters most first."""
        return np.argsort(self.correct, kind="stable")

    @property
    def drop(self) -> np.ndarray:
        """By how much the accuracy falls, as a share from -1 to 1."""
        return (self.intact.correct - self.correct) / self.intact.count

    @property
    def beyond_chance(self) -> np.ndarray:
        """bool: whether chance is a poor explanation of the difference, also in view of how many
        channels were tried (Bonferroni).
        """
        return self.p_values < ALPHA / len(self.p_values)


def ranking(
    model: nn.Sequential,
    config: TrainConfig,
    stage: str,
    activations: Callable[[int], Activations],
    intact: Judgement,
    report_progress: Callable[[float], None] = lambda share: None,
) -> Ranking:
    """Silence each channel or unit of `stage` alone; `activations(place)` are those of the images
    of `intact`, which is what the whole network says of them.

    `report_progress` is called with the share done so far.
    """
    alone = OneByOne(model, config, stage)
    before, correct = activations(alone.start), []
    labels = torch.from_numpy(intact.labels).split(BATCH)
    with torch.inference_mode():
        for done, (batch, truth) in enumerate(zip(before, labels, strict=True), 1):
            said = torch.stack([logits.argmax(1) for logits in alone.logits(batch)])  # (C, N)
            correct.append(said.cpu() == truth)
            report_progress(done / len(before))
    return _ranked(stage, torch.cat(correct, 1).numpy(), intact)


class OneByOne:
    """A network with each channel or unit of one stage silent alone.

    The layer that mixes the channels next, a convolution or a linear one, adds up what each of them
    contributes: it is computed once, and then only what one channel adds to it.
    """

    def __init__(self, model: nn.Sequential, config: TrainConfig, stage: str) -> None:
        (network,) = [each for each in stages(eval_copy(model)) if each.name == stage]
        self._alone = [
            Silenced(model, config, Silence(((stage, channel),)))
            for channel in range(part_count(network))
        ]
        self.start = self._alone[0].start
        # dropout drops nothing here
        parts = [
            module
            for module in list(eval_copy(model))[self.start :]
            if not isinstance(module, nn.Dropout)
        ]
        self._flatten = parts[:1] if parts and isinstance(parts[0], nn.Flatten) else []
        following = parts[len(self._flatten) :]
        self._mixes = following[0] if following and self._alone[0].waits else None
        self._rest = nn.Sequential(*following[1:])

    def logits(self, before: Tensor) -> Iterator[Tensor]:
        """(N, 10) for each channel, from what N images are at place `start` in the whole
        network.
        """
        if not isinstance(self._mixes, (nn.Conv2d, nn.Linear)):
            yield from (silenced.logits(before) for silenced in self._alone)
            return
        whole = self._mixes(before.flatten(1) if self._flatten else before)
        for channel, silenced in enumerate(self._alone):
            change = silenced.given(channel) - before[:, channel]  # (N, H, W) or (N,)
            if isinstance(self._mixes, nn.Conv2d):
                mixed = _add_to_convolution(whole, self._mixes, channel, change)
            else:
                mixed = whole + _of_linear(self._mixes, channel, change)
            yield self._rest(mixed)


def _of_linear(module: nn.Linear, channel: int, change: Tensor) -> Tensor:
    """What a change (N, H, W) or (N,) of one channel adds to a linear layer's output, (N, K)."""
    change = change.reshape(len(change), -1)
    width = change.shape[1]
    return change @ module.weight[:, channel * width : (channel + 1) * width].T


def _add_to_convolution(whole: Tensor, module: nn.Conv2d, channel: int, change: Tensor) -> Tensor:
    """`whole`, what a convolution gives, with one of its input channels changed by (N, H, W)."""
    weight = effective_weight(module)
    group, place = divmod(channel, weight.shape[1])
    fed = slice(*(len(weight) // module.groups * (group + end) for end in (0, 1)))
    added = F.conv2d(
        change[:, None],
        weight[fed, place, None],
        stride=module.stride,
        padding=module.padding,
    )
    if module.groups == 1:
        return added.add_(whole)
    mixed = whole.clone()
    mixed[:, fed] += added
    return mixed


def _ranked(stage: str, correct: np.ndarray, intact: Judgement) -> Ranking:
    """`correct`: bool (C, N)."""
    lost, gained = (intact.correct & ~correct).sum(1), (~intact.correct & correct).sum(1)
    p_values = [chance(int(a), int(b)) for a, b in zip(lost, gained, strict=True)]
    return Ranking(stage, intact.accuracy, correct.sum(1), lost, gained, np.array(p_values))

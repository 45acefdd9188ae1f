"""Ablation: what a network still gets right when parts of it are silent.

A silent channel or unit gives 0, whatever comes in; a silent unit of a recurrent layer is 0 after
each row, so that the other units do not hear it either; silent pixels are black. Only what lies
behind a silent stage is computed again.

N images, C channels, H rows, W columns, T time steps, K units. Place 0 is the network's input,
place i the output of its i-th stage.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from mnistlab.analysis.evaluation import Judgement, judgement
from mnistlab.analysis.inspection import (
    BACKGROUND,
    check_index,
    eval_copy,
    network_input,
    stage_named,
)
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.models import INPUT_SHAPE, Stage, output_of, stages
from mnistlab.models.layer_types import ELEMENTWISE, kind_of

BATCH = 250  # images at a time: as in evaluation
KEPT_BYTES = 160 * 2**20  # activations of all images at one place are kept up to this size
# kinds of stages with nothing of their own to silence: they move or pass on what they are given
PASSES_ON = ("rows", "flatten", "dropout")
CHANNEL_BY_CHANNEL = (*ELEMENTWISE, "pool")  # kinds that never mix channels
Box = tuple[int, int, int, int]  # top, left, bottom, right in pixels, the last two exclusive
Part = tuple[str, int]  # stage, channel or unit


@dataclass(frozen=True)
class Silence:
    """What is silent: channels and units of any stages, and a box of pixels."""

    parts: tuple[Part, ...] = ()
    box: Box | None = None

    def __bool__(self) -> bool:
        return bool(self.parts or self.box)


def silenceable(network: Sequence[Stage]) -> list[Stage]:
    """The stages of `network` (as `models.describe` gives them) with channels or units of their
    own; not the last one, whose units are the answer.
    """
    return [stage for stage in network[1:-1] if stage.kind not in PASSES_ON]


def part_count(stage: Stage) -> int:
    """How many channels or units `stage` has: of maps (C, H, W), states (T, K) or units (K,)."""
    return stage.shape[1] if len(stage.shape) == 2 else stage.shape[0]


class Silenced:
    """A network with parts of it silent, computed from place `start` on: what lies before it is as
    in the whole network.
    """

    def __init__(self, model: nn.Sequential, config: TrainConfig, silence: Silence) -> None:
        """Raises `NotApplicable` for a stage, channel, unit or box that there is not."""
        self._modules: list[nn.Module] = list(eval_copy(model))
        self._box, self._black = silence.box, network_input(BACKGROUND, config, model)[0]
        self._given: dict[int, dict[int, Tensor]] = {}  # place -> channel -> what it gives instead
        network = stages(eval_copy(model))
        names = [stage.name for stage in network]
        starts = [] if silence.box is None else [0]
        if silence.box is not None:
            _check_box(silence.box)
        by_place = sorted((names.index(_checked(model, s, network)), c) for s, c in silence.parts)
        for place, channel in by_place:
            check_index(message("channel or unit"), channel, part_count(network[place]))
            starts.append(self._add(place, channel, network[place]))
        self.start = min(starts, default=len(self._modules))

    def _add(self, place: int, channel: int, stage: Stage) -> int:
        """Silence one channel of the stage at `place`; returns where that begins to matter."""
        module = self._modules[place - 1]
        if isinstance(module, nn.RNNBase):
            self._modules[place - 1] = _deaf(module, channel)
            self._given.setdefault(place, {})[channel] = torch.zeros(())
            return place - 1
        silent: Tensor = self._black.new_zeros(1, *stage.shape)
        with torch.no_grad():
            while place < len(self._modules) and self._keeps_channels(place):
                silent = self._modules[place](silent)
                place += 1
        self._given.setdefault(place, {})[channel] = silent[0, channel]
        return place

    def _keeps_channels(self, place: int) -> bool:
        return kind_of(self._modules[place]) in CHANNEL_BY_CHANNEL

    @property
    def waits(self) -> bool:
        """Whether all that is silent is silent at `start`, and nothing later."""
        return list(self._given) == [self.start] and self._box is None

    def given(self, channel: int) -> Tensor:
        """What a channel gives at `start` instead, once silent: (H, W) or ()."""
        return self._given[self.start][channel]

    def logits(self, before: Tensor) -> Tensor:
        """(N, 10) from what N images are at place `start` in the whole network."""
        value: Any = self._silent_at(self.start, before)
        for place, module in enumerate(self._modules[self.start :], self.start + 1):
            _, value = output_of(module, value)
            value = self._silent_at(place, value)
        return value

    def _silent_at(self, place: int, value: Any) -> Any:
        if place == 0 and self._box is not None:
            top, left, bottom, right = self._box
            value = value.clone()
            value[:, :, top:bottom, left:right] = self._black[:, top:bottom, left:right]
        if place not in self._given:
            return value
        output = (value[0] if isinstance(value, tuple) else value).clone()
        axis = 2 if output.dim() == 3 else 1
        for channel, given in self._given[place].items():
            output.select(axis, channel).copy_(given)
        return (output, *value[1:]) if isinstance(value, tuple) else output


class Activations:
    """What N images are at one place of a network, batch after batch: computed once and kept, where
    all of them take at most `most` bytes, else computed each time.
    """

    def __init__(
        self,
        model: nn.Sequential,
        images: Tensor,
        config: TrainConfig,
        place: int,
        most: int = KEPT_BYTES,
    ) -> None:
        self._model, self._images, self._config = eval_copy(model), images, config
        self._modules = list(self._model)[:place]
        shape = stages(self._model)[place].shape
        self._fits = 4 * len(images) * prod(shape) <= most
        self._kept: list[Tensor] = []

    def __len__(self) -> int:
        """The number of batches."""
        return -(-len(self._images) // BATCH)

    def __iter__(self) -> Iterator[Tensor]:
        if len(self._kept) == len(self):
            yield from self._kept
            return
        made = []
        for images in self._images.split(BATCH):
            with torch.inference_mode():
                value: Any = network_input(images, self._config, self._model)
                for module in self._modules:
                    _, value = output_of(module, value)
            if self._fits:
                made.append(value)
            yield value
        self._kept = made


def silenced_judgement(
    silenced: Silenced,
    activations: Activations,
    labels: Tensor,
    report_progress: Callable[[float], None] = lambda share: None,
) -> Judgement:
    """What the network with silent parts predicts for images of the classes `labels` (N,), from
    their `activations` at its start.

    `report_progress` is called with the share done so far. Raises `AnalysisError` where its outputs
    are NaN or infinite.
    """
    logits = []
    with torch.inference_mode():
        for before in activations:
            logits.append(silenced.logits(before))
            report_progress(len(logits) / len(activations))
    return judgement(torch.cat(logits), labels)


def _checked(model: nn.Sequential, stage: str, network: Sequence[Stage]) -> str:
    stage_named(model, stage)
    allowed = [each.name for each in silenceable(network)]
    if stage not in allowed:
        raise NotApplicable(
            message("{stage} has no channels or units of its own to silence.", stage=stage),
            message("Choose one of these stages: {stages}.", stages=tuple(allowed)),
        )
    return stage


def _check_box(box: Box) -> None:
    top, left, bottom, right = box
    _, height, width = INPUT_SHAPE
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise NotApplicable(
            message(
                "There is no such box of pixels: rows {top} to {bottom}, columns {left} "
                "to {right}.",
                top=top,
                bottom=bottom,
                left=left,
                right=right,
            ),
            message("It has to lie within {height}×{width} pixels.", height=height, width=width),
        )


def _deaf(module: nn.RNNBase, unit: int) -> nn.RNNBase:
    """A copy of `module` whose units do not hear `unit` of its last layer: that unit's output is
    all that is left of it.
    """
    module = copy.deepcopy(module)
    suffix = "_reverse" if unit >= module.hidden_size else ""
    weight = getattr(module, f"weight_hh_l{module.num_layers - 1}{suffix}")
    with torch.no_grad():
        weight[:, unit % module.hidden_size] = 0
    return module

"""Feature visualisation: pictures made by gradient ascent, each to excite one channel or unit most.

Excitement is measured as for the top-activating images: the highest value of the channel's map.
Regularised as in Lucid (Olah, Mordvintsev and Schubert, "Feature Visualization", 2017): the picture
jitters while it climbs, neighbouring pixels are drawn to each other, less and less, and no pixel
leaves the range from black to white.

M pictures, one for each of M channels or units of a stage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.inspection import array, check_index, eval_copy, network_input, stage_named
from mnistlab.analysis.top_activations import BATCH, output_up_to, peaks
from mnistlab.config import TrainConfig
from mnistlab.i18n import message
from mnistlab.models import INPUT_SHAPE

STEPS = 96
FAINT = 0.2  # the brightest pixel at the start
RATE = 0.1  # of Adam; a pixel goes from 0 (black) to 1 (white)
SMOOTHNESS = 0.15  # how much total variation counts beside excitement
JITTER = 1  # pixels, in each direction
CALM = 1 / 3  # the share of the steps at the end without jitter
LEAK = 0.1  # slope below zero of ReLU while climbing: a silent unit would have none to climb


@dataclass(frozen=True, eq=False)
class Visualisation:
    """Pictures that were made to excite the channels or units `units` of a stage."""

    stage: str
    units: np.ndarray  # (M,) int64
    pictures: np.ndarray  # (M, 28, 28) uint8
    excitement: np.ndarray  # (M,) float32: the unit's highest value for its picture


def visualise(
    model: nn.Sequential,
    config: TrainConfig,
    stage: str,
    units: Sequence[int],
    steps: int = STEPS,
    seed: int = 0,
    report_progress: Callable[[float], None] = lambda share: None,
) -> Visualisation:
    """Make a picture for each of `units` of `stage`, all at once, beginning with faint noise.

    `report_progress` is called with the share done so far. Raises `NotApplicable` for a stage or
    unit that the network does not have.
    """
    stage_named(model, stage)
    place = [name for name, _ in model.named_children()].index(stage) + 1
    part = eval_copy(model)[:place]
    wanted = torch.tensor(list(units))
    count = peaks(output_up_to(part, network_input(torch.zeros(INPUT_SHAPE), config, model)))
    for unit in units:
        check_index(message("channel or unit"), unit, count.shape[1])
    pictures = _climb(_leaky(part), config, wanted, steps, seed, report_progress)
    with torch.inference_mode():
        values = peaks(output_up_to(part, network_input(pictures, config, part)))
    return Visualisation(
        stage, wanted.numpy(), pictures[:, 0].cpu().numpy(), array(_each(values, wanted))
    )


def strongest_real(
    model: nn.Sequential, images: Tensor, config: TrainConfig, stage: str
) -> np.ndarray:
    """The highest value of each channel or unit of `stage` for any of `images`, uint8
    (N, 1, 28, 28): (C,) float32.
    """
    stage_named(model, stage)
    place = [name for name, _ in model.named_children()].index(stage) + 1
    part = eval_copy(model)[:place]
    with torch.inference_mode():
        highest = [
            peaks(output_up_to(part, network_input(batch, config, model))).amax(0)
            for batch in images.split(BATCH)
        ]
    return array(torch.stack(highest).amax(0))


def _each(values: Tensor, units: Tensor) -> Tensor:
    """Of each picture, only the value of the unit that it is meant for: (M, C) -> (M,)."""
    return values[torch.arange(len(units)), units]


def _climb(
    part: nn.Sequential,
    config: TrainConfig,
    units: Tensor,
    steps: int,
    seed: int,
    report_progress: Callable[[float], None],
) -> Tensor:
    """uint8 (M, 1, 28, 28)."""
    chance = torch.Generator().manual_seed(seed)
    start = torch.rand(len(units), *INPUT_SHAPE, generator=chance) * FAINT
    pictures = start.to(next(part.parameters()).device).requires_grad_()
    climber = torch.optim.Adam([pictures], lr=RATE, betas=(0.8, 0.99), maximize=True)
    # cuDNN's recurrent layers have no gradient in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        for step in range(steps):
            calm = step >= steps * (1 - CALM)
            shift = [0, 0] if calm else torch.randint(-JITTER, JITTER + 1, (2,), generator=chance)
            moved = pictures.roll([int(by) for by in shift], (2, 3))
            output = output_up_to(part, network_input(moved * 255, config, part))
            excitement = _each(peaks(output) if calm else _middle(output), units)
            (slope,) = torch.autograd.grad(excitement.sum(), pictures)
            (rough,) = torch.autograd.grad(_total_variation(pictures).sum(), pictures)
            size = slope.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12)
            smoothness = SMOOTHNESS * (1 - (step + 1) / steps)
            pictures.grad = slope / size - smoothness * rough
            climber.step()
            pictures.data.clamp_(0, 1)
            report_progress((step + 1) / steps)
    return (pictures.detach() * 255).round().to(torch.uint8)


def _middle(output: Tensor) -> Tensor:
    """As `peaks`, but of the cell in the middle of each map: one at the border sees little of the
    picture, and a climb that begins there stays there.
    """
    if output.dim() == 4:
        return output[:, :, output.shape[2] // 2, output.shape[3] // 2]
    return peaks(output)


def _total_variation(pictures: Tensor) -> Tensor:
    """How much neighbouring pixels differ, squared and added up: (M,)."""
    down, across = pictures.diff(dim=2), pictures.diff(dim=3)
    return (down.square().sum((1, 2, 3)) + across.square().sum((1, 2, 3))) / 2


def _leaky(part: nn.Sequential) -> nn.Sequential:
    """`part` with ReLU let through a little below zero."""
    part = eval_copy(part)
    for name, module in part.named_children():
        if isinstance(module, nn.ReLU):
            setattr(part, name, nn.LeakyReLU(LEAK))
    return part

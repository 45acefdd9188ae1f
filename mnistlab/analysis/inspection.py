"""Shared tools for inspecting a network without changing it; results are NumPy float32 arrays.

N images, C channels, H rows, W columns, T time steps, K units.
"""

import copy
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.config import TrainConfig
from mnistlab.data import to_input
from mnistlab.errors import NotApplicable
from mnistlab.i18n import Text, message
from mnistlab.models import INPUT_SHAPE, output_of
from mnistlab.models.layer_types import kind_of

BACKGROUND = torch.zeros(INPUT_SHAPE, dtype=torch.uint8)  # a blank image


def eval_copy(model: nn.Sequential) -> nn.Sequential:
    """A copy of `model` in evaluation mode: new modules that share its weights and buffers.

    Modes, hooks and whatever else an analysis sets live and die with the copy, even when it raises,
    and another thread using `model` at the same time is not affected. Takes less than a
    millisecond, since no weight is copied.
    """
    return copy.deepcopy(
        model, {id(t): t for t in chain(model.parameters(), model.buffers())}
    ).eval()


def network_input(images: Tensor, config: TrainConfig, model: nn.Module) -> Tensor:
    """Grey values from 0 to 255, (N, 1, 28, 28) or one image (1, 28, 28) or (28, 28) ->
    `model`'s input, (N, 1, 28, 28), on its device.
    """
    device = next(model.parameters()).device
    return to_input(images.to(device).reshape(-1, *INPUT_SHAPE), config)


def array(tensor: Tensor) -> np.ndarray:
    """A float32 copy that shares no memory with the network."""
    return np.array(tensor.detach().cpu().numpy(), dtype=np.float32, order="C")


def walk(model: nn.Sequential, x: Tensor) -> Iterator[tuple[str, str, Tensor]]:
    """Yield (name, kind, output) for the input and each stage of `model`, in order; outputs keep
    the batch axis.
    """
    value: Any = x
    yield "input", "input", x
    for name, module in model.named_children():
        output, value = output_of(module, value)
        yield name, kind_of(module), output


def stage_named(model: nn.Sequential, stage: str) -> nn.Module:
    """The stage called `stage`. Raises `NotApplicable` if there is none."""
    modules = dict(model.named_children())
    if stage not in modules:
        raise NotApplicable(
            message("This network has no stage called {stage}.", stage=repr(stage)),
            message("Its stages are: {names}.", names=tuple(modules)),
        )
    return modules[stage]


def check_index(what: Text, index: int, count: int) -> None:
    """Raises `NotApplicable` unless 0 <= index < count."""
    if not 0 <= index < count:
        raise NotApplicable(
            message("There is no {what} {index} here.", what=what, index=index),
            message("Choose 0 to {most}.", most=count - 1),
        )


def convolutions(model: nn.Sequential) -> dict[str, nn.Conv2d]:
    """The convolutions of `model`, in order."""
    return {
        name: module for name, module in model.named_children() if isinstance(module, nn.Conv2d)
    }


def effective_weight(module: nn.Conv2d) -> Tensor:
    """The kernels in effect, (out, in, kh, kw): those of connections that LeNet-5's table leaves
    out are zero.
    """
    mask: Any = getattr(module, "mask", 1)  # of `TableConv2d`
    return module.weight * mask


@dataclass(frozen=True)
class Target:
    """A number that the network computes for an image, to be explained.

    The logit of `digit`; with `against`, its margin over the logit of another class ("why not
    a 7?"); with `loss`, the cross-entropy if `digit` is the right answer.
    """

    digit: int
    against: int | None = None
    loss: bool = False

    def __post_init__(self) -> None:
        for digit in (self.digit, self.against):
            if digit is not None:
                check_index(message("class"), digit, 10)

    def of(self, logits: Tensor) -> Tensor:
        """Logits (N, 10) -> the number for each image, (N,)."""
        if self.loss:
            return -F.log_softmax(logits, dim=1)[:, self.digit]
        chosen = logits[:, self.digit]
        return chosen if self.against is None else chosen - logits[:, self.against]


def jsonable(value: Any) -> Any:
    """Dataclasses and arrays as dicts, lists and numbers, for a view in the browser; numbers
    that are NaN or infinite become None.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return {name: jsonable(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [jsonable(part) for part in value]
    if isinstance(value, np.ndarray):
        return (
            jsonable(value.tolist())
            if value.dtype == np.float32 and not np.isfinite(value).all()
            else value.tolist()
        )
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value

"""What a network consists of, stage by stage, computed from the network itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mnistlab.models.counting import parameter_count, parameter_terms
from mnistlab.models.layer_types import ELEMENTWISE, kind_of

Shape = tuple[int, ...]
INPUT_SHAPE: Shape = (1, 28, 28)  # (C, H, W)
CLASSES = 10


@dataclass(frozen=True)
class Stage:
    """One stage of a network. `shape` is that of its output for one image, without the batch axis;
    `terms` how its number of parameters comes about: "16 × 1 × 5 × 5 + 16".
    """

    name: str  # "conv1": also its name in the state dict
    kind: str  # of `LAYERS`, or "input"
    shape: Shape
    parameters: int
    terms: str = ""


def output_of(module: nn.Module, x: Any) -> tuple[Tensor, Any]:
    """What `module` makes of `x`: (the tensor that a reader would look at, the value that the next
    module takes).
    """
    value = module(x)
    return (value[0] if isinstance(value, tuple) else value), value


@contextmanager
def in_evaluation(model: nn.Module) -> Iterator[None]:
    """Within, `model` is in evaluation mode; afterwards, also after an error, in the mode it was
    in.
    """
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def _shaped_output(module: Any, x: Any) -> tuple[Tensor, Any]:
    """`output_of` in shape, not in numbers.

    On the meta device torch would take a second for the layers whose shape is said here: it imports
    its compiler for some, and unrolls the recurrent ones step by step.
    """
    kind = kind_of(module)
    if kind == "recurrent":
        width = module.hidden_size * (2 if module.bidirectional else 1)
        output = x.new_empty(*x.shape[:2], width)
        return output, (output, None)
    if kind in ("conv", "pool"):
        channels = getattr(module, "out_channels", x.shape[1])
        output = x.new_empty(len(x), channels, *map(_windows, x.shape[2:], *_axes(module)))
    elif kind == "linear":
        output = x.new_empty(*x.shape[:-1], module.out_features)
    elif kind == "last-step":
        output = x[0].new_empty(len(x[0]), x[0].shape[-1])
    elif kind in ELEMENTWISE:
        output = x
    else:
        return output_of(module, x)
    return output, output


def _axes(module: Any) -> Iterator[tuple[int, ...]]:
    """Kernel, stride, padding and dilation of a layer, each along rows and columns: torch keeps
    them as pairs, or as one number for both.
    """
    for value in (
        module.kernel_size,
        module.stride,
        module.padding,
        getattr(module, "dilation", 1),
    ):
        yield value if isinstance(value, tuple) else (value, value)


def _windows(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows fit along one axis."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def stages(model: nn.Sequential) -> list[Stage]:
    """The input and every stage of `model`, in order; the last one's output are the ten logits.

    Works on the meta device too, where shapes are computed but no numbers. The model is left in the
    mode it was in.
    """
    result = [Stage("input", "input", INPUT_SHAPE, 0)]
    with in_evaluation(model), torch.no_grad():
        value: Any = torch.zeros(1, *INPUT_SHAPE, device=next(model.parameters()).device)
        for name, module in model.named_children():
            output, value = _shaped_output(module, value)
            shape = tuple(output.shape[1:])
            count, terms = parameter_count(module), parameter_terms(module)
            result.append(Stage(name, kind_of(module), shape, count, terms))
    return result

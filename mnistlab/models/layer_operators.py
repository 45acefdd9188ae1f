"""How each type of layer computes in evaluation mode, for a browser: the name of an operator in
`mnistlab/ui/kit/libraries/operators.js`, "op", and what it needs to know besides the weights.
"""

from collections.abc import Callable
from typing import Any

from torch import nn

from mnistlab.models import layers

Operator = dict[str, Any]  # JSON-safe


def conv(layer: nn.Conv2d) -> Operator:
    """Raises `ValueError` for padding other than a number of zeros."""
    _needs(layer, padding_mode="zeros")
    return {
        "op": "conv",
        **_windows(layer),
        "dilation": _pair(layer.dilation),
        "groups": layer.groups,
    }


def table_conv(layer: layers.TableConv2d) -> Operator:
    """With the input channels that each output channel sees."""
    return {**conv(layer), "table": [list(seen) for seen in layer.table]}


def norm(layer: nn.BatchNorm2d) -> Operator:
    """Raises `ValueError` for a layer without running statistics."""
    _needs(layer, track_running_stats=True)
    return {"op": "norm", "eps": layer.eps}


def pool(expression: str) -> Callable[[Any], Operator]:
    """`expression` of the array `window`, in JavaScript: see `choices.Pooling`."""

    def described(layer: Any) -> Operator:
        _needs(layer, ceil_mode=False, dilation=1, count_include_pad=True, divisor_override=None)
        return {"op": "pool", "expression": expression, **_windows(layer)}

    return described


def subsample(layer: layers.Subsample) -> Operator:
    return {"op": "subsample", **_windows(layer)}


def elementwise(expression: str) -> Callable[[nn.Module], Operator]:
    """`expression` of the number `x`, in JavaScript: see `choices.Activation`."""
    return lambda layer: {"op": "expression", "expression": expression}


def identity(layer: nn.Module) -> Operator:
    """The same numbers, perhaps in another shape."""
    return {"op": "identity"}


def linear(layer: nn.Linear) -> Operator:
    return {"op": "linear"}


def recurrent(layer: nn.RNNBase) -> Operator:
    """Raises `ValueError` for a layer that reads its batch along the second axis, that projects its
    state, or that has another activation function than tanh.
    """
    _needs(layer, batch_first=True, proj_size=0, nonlinearity="tanh")
    return {
        "op": "recurrent",
        "cell": type(layer).__name__.lower(),
        "hidden": layer.hidden_size,
        "layers": layer.num_layers,
        "bidirectional": layer.bidirectional,
    }


def last_step(layer: layers.LastStep) -> Operator:
    return {"op": "last-step", "bidirectional": layer.bidirectional}


def _windows(layer: Any) -> Operator:
    return {
        "kernel": _pair(layer.kernel_size),
        "stride": _pair(layer.stride),
        "padding": _pair(layer.padding),
    }


def _pair(size: int | tuple[int, ...] | str) -> list[int]:
    """[down, across]. Raises `ValueError` for a word ("same")."""
    if isinstance(size, str):
        raise ValueError(f"The browser needs numbers instead of {size!r}: say them to the layer.")
    return [size, size] if isinstance(size, int) else list(size)


def _needs(layer: nn.Module, **values: Any) -> None:
    """Raise `ValueError` where `layer` has another value of one of these attributes."""
    for name, value in values.items():
        if getattr(layer, name, value) != value:
            raise ValueError(
                f"{type(layer).__name__} with {name}={getattr(layer, name)!r} cannot be computed "
                "in the browser yet: extend mnistlab/ui/kit/libraries/layers.js."
            )

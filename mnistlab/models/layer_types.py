"""The layers that networks here are made of: what kind of stage each type is, how it is written in
the code twin, whether it acts differently in training, and how it computes a number, in words and
in the browser.

What `mnistlab.choices` offers as an activation or a pooling is taken from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

from torch import nn

from mnistlab.choices import ACTIVATIONS, POOLINGS, Activation, Pooling
from mnistlab.i18n import N_
from mnistlab.models import layer_operators, layers

ELEMENTWISE = ("norm", "activation", "dropout")  # the kinds that act on each number alone


@dataclass(frozen=True, kw_only=True)
class LayerType:
    """One type of layer. Raises `ValueError` where what its kind needs is missing.

    `code` is given the layer and the shape (C, H, W) or (W,) that is flattened before it. `source`
    is what the code needs besides torch: the class, in the shortest form that does the same.
    """

    kind: str
    code: Callable[[Any, tuple[int, ...]], str]
    modes: Callable[[Any], bool]  # whether it computes something else in training
    operator: Callable[[Any], layer_operators.Operator]  # what a browser computes for the layer
    source: str = ""
    remarks: tuple[str, ...] = ()  # the sentences of `source`, marked for translation
    formula: str = ""  # of an element-wise layer: what it makes of the number x
    # of a pooling: its name, and see `choices.Pooling`
    pooling: str = ""
    result: str = ""
    weights: str = ""

    def __post_init__(self) -> None:
        needed = ["formula"] if self.kind in ELEMENTWISE else []
        needed += ["pooling", "result", "weights"] if self.kind == "pool" else []
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"A layer of the kind {self.kind!r} needs: {', '.join(missing)}.")


def layer_type(layer: nn.Module) -> LayerType:
    """What is known of the type of `layer`: from `LAYERS`, or from the activations and poolings to
    choose from. Raises `KeyError` where it is in neither.
    """
    kind = type(layer)
    if kind in LAYERS:
        return LAYERS[kind]
    for activation in ACTIVATIONS.values():
        if activation.layer_class is kind:
            return _activation(activation)
    for name, pooling in POOLINGS.items():
        if pooling.layer_class is kind:
            return _pooling(name, pooling)
    raise KeyError(
        f"{kind.__name__}: mnistlab.models.layer_types.LAYERS has no entry for this layer."
    )


def kind_of(layer: nn.Module) -> str:
    """ "conv", "pool" and so on. Raises `KeyError` for a layer of an unknown type."""
    return layer_type(layer).kind


def _without_arguments(layer: nn.Module, shape: tuple[int, ...]) -> str:
    name = type(layer).__name__
    return f"nn.{name}()" if type(layer) is getattr(nn, name, None) else f"{name}()"


def _conv(layer: nn.Conv2d, shape: tuple[int, ...]) -> str:
    stride = f", stride={layer.stride[0]}" if layer.stride[0] != 1 else ""
    padding = f", padding={layer.padding[0]}" if layer.padding[0] else ""
    groups = f", groups={layer.groups}" if layer.groups != 1 else ""
    bias = ", bias=False" if layer.bias is None else ""
    return (
        f"nn.Conv2d({layer.in_channels}, {layer.out_channels}, {layer.kernel_size[0]}"
        f"{stride}{padding}{groups}{bias})"
    )


def _linear(layer: nn.Linear, shape: tuple[int, ...]) -> str:
    """With its inputs as a product, 50 * 4 * 4, where they are those of a feature map."""
    factors = [size for size in shape if size > 1] if prod(shape) == layer.in_features else []
    inputs = " * ".join(map(str, factors or [layer.in_features]))
    return f"nn.Linear({inputs}, {layer.out_features})"


def _recurrent(layer: nn.RNNBase, shape: tuple[int, ...]) -> str:
    more = "".join(
        [
            f", {layer.num_layers}" if layer.num_layers > 1 else "",
            ", batch_first=True",
            f", dropout={layer.dropout}" if layer.dropout else "",
            ", bidirectional=True" if layer.bidirectional else "",
        ]
    )
    return f"nn.{type(layer).__name__}({layer.input_size}, {layer.hidden_size}{more})"


def _never(layer: nn.Module) -> bool:
    return False


def _always(layer: nn.Module) -> bool:
    return True


@cache
def _activation(choice: Activation) -> LayerType:
    return LayerType(
        kind="activation",
        code=_without_arguments,
        modes=lambda layer: choice.modes,
        operator=layer_operators.elementwise(choice.operator),
        source=choice.source,
        remarks=choice.remarks,
        formula=choice.formula,
    )


@cache
def _pooling(name: str, choice: Pooling) -> LayerType:
    def windowed(layer: Any, shape: tuple[int, ...]) -> str:
        return f"nn.{type(layer).__name__}({layer.kernel_size})"

    return LayerType(
        kind="pool",
        code=_without_arguments if choice.source else windowed,
        modes=lambda layer: choice.modes,
        operator=layer_operators.pool(choice.operator),
        source=choice.source,
        remarks=choice.remarks,
        pooling=name,
        result=choice.result,
        weights=choice.weights,
    )


def _cell(kind: type[nn.RNNBase]) -> dict[type[nn.Module], LayerType]:
    return {
        kind: LayerType(
            kind="recurrent",
            code=_recurrent,
            modes=lambda cell: cell.dropout > 0,  # torch drops units only between layers
            operator=layer_operators.recurrent,
        )
    }


SCALED_TANH = """class ScaledTanh(nn.Module):
    def forward(self, x):
        return 1.7159 * torch.tanh(x * (2 / 3))
"""
SUBSAMPLE_SAYS = N_(
    "The sum of each 2x2 window, times a learned weight, plus a learned bias, for each channel."
)
SUBSAMPLE = f'''class Subsample(nn.Module):
    """{SUBSAMPLE_SAYS}"""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return 4 * F.avg_pool2d(x, 2) * self.weight[:, None, None] + self.bias[:, None, None]
'''
TABLE_I = N_("table I of the paper")
TABLE_CONV_SAYS = N_(
    "A convolution in which each output channel sees only its input channels in `table`."
)
TABLE_CONV = f'''class TableConv2d(nn.Conv2d):
    """{TABLE_CONV_SAYS}"""

    def __init__(self, in_channels, table, kernel_size):
        super().__init__(in_channels, len(table), kernel_size)
        mask = torch.zeros(len(table), in_channels, 1, 1)
        for out, seen in enumerate(table):
            mask[out, list(seen)] = 1
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias)


C3 = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # {TABLE_I}
'''
ROWS_SAY = N_("An image as a sequence: row t is the input of time step t.")
ROWS = f'''class Rows(nn.Module):
    """{ROWS_SAY}"""

    def forward(self, x):  # (N, 1, 28, 28)
        return x.squeeze(1)
'''
LAST_STEP_SAYS = N_(
    "The output of a recurrent layer after it has read everything, in each of its directions."
)
LAST_STEP = f'''class LastStep(nn.Module):
    """{LAST_STEP_SAYS}"""

    def __init__(self, hidden, bidirectional):
        super().__init__()
        self.hidden, self.bidirectional = hidden, bidirectional

    def forward(self, recurrent):
        output, _ = recurrent
        if not self.bidirectional:
            return output[:, -1]
        return torch.cat([output[:, -1, : self.hidden], output[:, 0, self.hidden :]], 1)
'''

LAYERS: dict[type[nn.Module], LayerType] = {
    nn.Conv2d: LayerType(kind="conv", code=_conv, modes=_never, operator=layer_operators.conv),
    layers.TableConv2d: LayerType(
        kind="conv",
        code=lambda layer, shape: f"TableConv2d({layer.in_channels}, C3, {layer.kernel_size[0]})",
        modes=_never,
        operator=layer_operators.table_conv,
        source=TABLE_CONV,
        remarks=(TABLE_CONV_SAYS, TABLE_I),
    ),
    nn.BatchNorm2d: LayerType(
        kind="norm",
        code=lambda layer, shape: f"nn.BatchNorm2d({layer.num_features})",
        modes=_always,
        operator=layer_operators.norm,
        formula="γ (x − mean) / √(variance + ε) + β",
    ),
    layers.ScaledTanh: LayerType(
        kind="activation",
        code=_without_arguments,
        modes=_never,
        operator=layer_operators.elementwise("1.7159 * Math.tanh((2 * x) / 3)"),
        source=SCALED_TANH,
        formula="1.7159 tanh(2x / 3)",
    ),
    layers.Subsample: LayerType(
        kind="pool",
        code=lambda layer, shape: f"Subsample({len(layer.weight)})",
        modes=_never,
        operator=layer_operators.subsample,
        source=SUBSAMPLE,
        remarks=(SUBSAMPLE_SAYS,),
        pooling="subsample",
        result=N_("the sum of its window, times a learned factor, plus a learned bias"),
        weights="mnistlab.models.pool_weights:one",
    ),
    nn.Dropout: LayerType(
        kind="dropout",
        code=lambda layer, shape: f"nn.Dropout({layer.p})",
        modes=_always,
        operator=layer_operators.identity,
        formula="x",  # drops nothing in evaluation mode
    ),
    nn.Flatten: LayerType(
        kind="flatten", code=_without_arguments, modes=_never, operator=layer_operators.identity
    ),
    nn.Linear: LayerType(
        kind="linear", code=_linear, modes=_never, operator=layer_operators.linear
    ),
    layers.Rows: LayerType(
        kind="rows",
        code=_without_arguments,
        modes=_never,
        operator=layer_operators.identity,
        source=ROWS,
        remarks=(ROWS_SAY,),
    ),
    **_cell(nn.LSTM),
    **_cell(nn.GRU),
    **_cell(nn.RNN),
    layers.LastStep: LayerType(
        kind="last-step",
        code=lambda layer, shape: f"LastStep({layer.hidden}, {layer.bidirectional})",
        modes=_never,
        operator=layer_operators.last_step,
        source=LAST_STEP,
        remarks=(LAST_STEP_SAYS,),
    ),
}

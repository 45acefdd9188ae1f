"""The activation functions and poolings that a network can be built with."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mnistlab.choices.base import Choice, resolve
from mnistlab.i18n import N_


@dataclass(frozen=True, kw_only=True)
class LayerChoice(Choice):
    """A layer of the network; called with its arguments, the entry makes one.

    `source` is the class in the code twin, where torch does not have it, in the shortest form that
    does the same without arguments. Raises `ValueError` where it is missing.
    """

    layer: str  # "module:class"
    modes: bool  # whether it computes something else in training
    source: str = ""
    remarks: tuple[str, ...] = ()  # the sentences of `source`, marked for translation

    def __post_init__(self) -> None:
        if not self.source and not self.layer.startswith("torch.nn:"):
            raise ValueError(f"torch.nn does not have {self.layer}: say its `source`.")

    def __call__(self, *arguments: int) -> Any:
        return self.layer_class(*arguments)

    @cached_property
    def layer_class(self) -> Any:
        return resolve(self.layer)


@dataclass(frozen=True, kw_only=True)
class Activation(LayerChoice):
    """An activation function, which acts on each number alone."""

    formula: str  # of the number x
    # the same in JavaScript, for the browser: an expression of x, which can use Math and erf(x)
    operator: str


@dataclass(frozen=True, kw_only=True)
class Pooling(LayerChoice):
    """A pooling, called with the width of its window: in evaluation, a weighted sum of each window.

    Like torch's, its layer has a `kernel_size`, a `stride` and a `padding`.
    """

    # marked for translation
    result: str  # what a number of its output is
    explanation: str  # what it does, and how it treats padding
    # "module:function": windows (..., k, k) and which of their numbers count, bool -> the weights
    weights: str
    # the same in JavaScript, for the browser: an expression of `window`, the array of its numbers
    # without those of the padding, and `size`, how many numbers a whole window has
    operator: str


DRAWS = N_("Draws one value of each 2x2 window, with a probability in proportion to it.")
WEIGHS = N_("In evaluation it takes the mean, weighted with the same probabilities.")
STOCHASTIC_POOL = f'''class StochasticPool2d(nn.Module):
    """{DRAWS}

    {WEIGHS}
    """

    def forward(self, x):  # (N, C, H, W)
        n, c, h, w = x.shape
        windows = x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2)
        windows = windows.permute(0, 1, 2, 4, 3, 5).flatten(4)  # (N, C, H / 2, W / 2, 4)
        positive = windows.clamp_min(0)
        cumulated = positive.cumsum(-1)
        total = cumulated[..., -1:]
        if not self.training:
            smallest = torch.finfo(x.dtype).tiny
            return (positive * positive).sum(-1) / total.squeeze(-1).clamp_min(smallest)
        chosen = (cumulated <= torch.rand_like(total) * total).sum(-1, keepdim=True).clamp_max(3)
        return (windows.gather(-1, chosen) * (total > 0)).squeeze(-1)
'''


def _torch_activation(label: str, name: str, formula: str, operator: str) -> Activation:
    return Activation(
        label=label, layer=f"torch.nn:{name}", modes=False, formula=formula, operator=operator
    )


ACTIVATIONS: dict[str, Activation] = {
    "relu": _torch_activation("ReLU", "ReLU", "max(0, x)", "Math.max(0, x)"),
    "leaky-relu": _torch_activation(
        N_("leaky ReLU"), "LeakyReLU", "x if x > 0 else 0.01 x", "x > 0 ? x : 0.01 * x"
    ),
    "gelu": _torch_activation("GELU", "GELU", "x Φ(x)", "0.5 * x * (1 + erf(x * Math.SQRT1_2))"),
    "tanh": _torch_activation("tanh", "Tanh", "tanh(x)", "Math.tanh(x)"),
    "sigmoid": _torch_activation(
        N_("sigmoid"), "Sigmoid", "1 / (1 + exp(−x))", "1 / (1 + Math.exp(-x))"
    ),
}
_IN_PROPORTION = (
    "window.reduce((sum, x) => sum + Math.max(0, x) ** 2, 0) / "
    "Math.max(window.reduce((sum, x) => sum + Math.max(0, x), 0), 1e-38)"
)
POOLINGS: dict[str, Pooling] = {
    "max": Pooling(
        label=N_("max"),
        layer="torch.nn:MaxPool2d",
        modes=False,
        result=N_("the largest number in its window"),
        explanation=N_(
            "Keeps the largest value in each window. Padding counts as −∞, so it never wins, even "
            "among negative values."
        ),
        weights="mnistlab.models.pool_weights:largest",
        operator="window.reduce((most, x) => Math.max(most, x))",
    ),
    "mean": Pooling(
        label=N_("mean"),
        layer="torch.nn:AvgPool2d",
        modes=False,
        result=N_("the mean of its window"),
        explanation=N_(
            "Averages the values in each window. Padding is 0, and you choose whether it counts "
            "towards the average."
        ),
        weights="mnistlab.models.pool_weights:alike",
        operator="window.reduce((sum, x) => sum + x, 0) / size",
    ),
    "stochastic": Pooling(
        label=N_("stochastic"),
        layer="mnistlab.models.layers:StochasticPool2d",
        modes=True,
        source=STOCHASTIC_POOL,
        remarks=(DRAWS, WEIGHS),
        result=N_("the mean of its window, with each number weighted in proportion to itself"),
        explanation=N_(
            "During training, one value is sampled from each window, with a probability "
            "proportional to the value itself. In evaluation, as here, the values are averaged "
            "with these probabilities as weights."
        ),
        weights="mnistlab.models.pool_weights:in_proportion",
        operator=_IN_PROPORTION,
    ),
    "none": Pooling(  # the stage is left out
        label=N_("none"),
        layer="torch.nn:Identity",
        modes=False,
        result=N_("its input"),
        explanation=N_(
            "Every value is passed on, so the following layers have just as much to compute."
        ),
        weights="mnistlab.models.pool_weights:one",
        operator="window[0]",
    ),
}

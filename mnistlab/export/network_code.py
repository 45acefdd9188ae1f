"""A configuration's network as Python code: what a reader would write by hand, and not a line more.
It is read off the layers of the network itself.
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import nn

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.i18n import _, language, translated
from mnistlab.models import layer_type
from mnistlab.models.layers import LastStep, Rows


def model_code(config: TrainConfig) -> str:
    """Python that makes `model`, with the weights that it begins with. Raises `ConfigError` where
    the network is impossible.
    """
    head, made, convolves = _layers_in(language())(config)
    lines = [f"{head}\n\n"] if head else []
    lines += [f"torch.manual_seed({config.seed})", f"model = {made}"]
    if config.parent is not None:
        pairs = 'zip(model.state_dict(), start["weights"])'
        those = _("those of run {run}").format(run=config.parent)
        lines.append(f"model.load_state_dict(dict({pairs}))  # {those}")
    if config.device != "cpu":
        lines.append(f'model = model.to("{config.device}")')
    if convolves and models.layout(config) is torch.channels_last:
        faster = _("the faster layout")
        lines.append(f"model = model.to(memory_format=torch.channels_last)  # {faster}")
    return "\n".join(lines)


@cache
def _layers_in(language: str) -> Callable[[TrainConfig], tuple[str, str, bool]]:
    """`_layers`, once for each network: in this language, which its comments have."""
    return models.once_a_network(_layers)


def _layers(config: TrainConfig) -> tuple[str, str, bool]:
    """(classes to begin with, the expression that makes the network, whether it convolves)."""
    network = models.without_weights(config)
    head, made = _recurrent(network) if _reads_rows(network) else _sequential(network)
    return head, made, any(weight.dim() == 4 for weight in network.parameters())


def _sequential(network: nn.Sequential) -> tuple[str, str]:
    """(the classes that torch does not have, the layers), in the order in which `models.build`
    draws their weights.
    """
    types = [layer_type(layer) for layer in network]
    sources = dict.fromkeys(
        translated(each.source, each.remarks).strip() for each in types if each.source
    )
    stages = models.stages(network)
    lines, flattened = [], stages[0].shape
    for layer, kind, before, stage in zip(network, types, stages[:-1], stages[1:], strict=True):
        flattened = before.shape if kind.kind == "flatten" else flattened
        shape = f"  # {stage.shape}" if before.shape != stage.shape and _is_map(stage) else ""
        lines.append(f"    {kind.code(layer, flattened)},{shape}")
    return "\n\n\n".join(sources), "\n".join(["nn.Sequential(", *lines, ")"])


def _is_map(stage: models.Stage) -> bool:
    return len(stage.shape) == 3


def _reads_rows(network: nn.Sequential) -> bool:
    """Whether it is a recurrent layer from the first row to the last, and one linear layer."""
    rows, layer, *rest = network
    return (
        isinstance(rows, Rows)
        and isinstance(layer, nn.RNNBase)
        and [type(each) for each in rest] == [LastStep, nn.Linear]
    )


def _recurrent(network: nn.Sequential) -> tuple[str, str]:
    """(a class for a network that reads rows, the call that makes it)."""
    __, (name, layer), *rest = network.named_children()
    (___, last_step), (___, out) = rest
    hidden, width = layer.hidden_size, f"{layer.hidden_size}"
    if last_step.bidirectional:
        width = f"2 * {hidden}"
        last = [
            (
                f"        forwards, backwards = output[:, -1, :{hidden}], output[:, 0, "
                f"{hidden}:]  # {_('each after it has read everything')}"
            ),
            "        return self.out(torch.cat([forwards, backwards], 1))",
        ]
    else:
        last = [f"        return self.out(output[:, -1])  # {_('after the last row')}"]
    lines = [
        f"class {name.upper()}(nn.Module):",
        f'    """{_("Reads an image row by row: 28 time steps of 28 pixels.")}"""',
        "",
        "    def __init__(self):",
        "        super().__init__()",
        f"        self.{name} = {layer_type(layer).code(layer, ())}",
        f"        self.out = nn.Linear({width}, {out.out_features})",
        "",
        "    def forward(self, x):  # (N, 1, 28, 28)",
        f"        output, _ = self.{name}(x.squeeze(1))  # (N, 28, {width})",
        *last,
    ]
    return "\n".join(lines), f"{name.upper()}()"

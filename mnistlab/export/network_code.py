"""A configuration's network as Python code: what a reader would write by hand, and not a line more.
It is read off the layers of the network itself.
"""

import torch
from torch import nn

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.models import layer_type
from mnistlab.models.layers import LastStep, Rows


def model_code(config: TrainConfig) -> str:
    """Python that makes `model`, with the weights that it begins with. Raises `ConfigError` where
    the network is impossible.
    """
    head, made, convolves = _layers(config)
    lines = [f"{head}\n\n"] if head else []
    lines += [f"torch.manual_seed({config.seed})", f"model = {made}"]
    if config.parent is not None:
        pairs = 'zip(model.state_dict(), start["weights"])'
        lines.append(f"model.load_state_dict(dict({pairs}))  # those of run {config.parent}")
    if config.device != "cpu":
        lines.append(f'model = model.to("{config.device}")')
    if convolves and models.layout(config) is torch.channels_last:
        lines.append("model = model.to(memory_format=torch.channels_last)  # the faster layout")
    return "\n".join(lines)


@models.once_a_network
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
    sources = dict.fromkeys(each.source.strip() for each in types if each.source)
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
    (_, (name, layer), (_, last_step), (_, out)) = network.named_children()
    hidden, width = layer.hidden_size, f"{layer.hidden_size}"
    if last_step.bidirectional:
        width = f"2 * {hidden}"
        last = [
            (
                f"        forwards, backwards = output[:, -1, :{hidden}], output[:, 0, "
                f"{hidden}:]  # each after it has read everything"
            ),
            "        return self.out(torch.cat([forwards, backwards], 1))",
        ]
    else:
        last = ["        return self.out(output[:, -1])  # after the last row"]
    lines = [
        f"class {name.upper()}(nn.Module):",
        '    """Reads an image row by row: 28 time steps of 28 pixels."""',
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

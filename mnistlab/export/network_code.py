"""A configuration's network as Python code: what a reader would write by hand, and not a line more."""

from mnistlab import models
from mnistlab.config import RECURRENT, TrainConfig
from mnistlab.models.cnn import ACTIVATIONS, POOLINGS

STOCHASTIC_POOL = '''class StochasticPool2d(nn.Module):
    """Draws one value of each 2x2 window, with a probability in proportion to it; in evaluation, their weighted mean."""

    def forward(self, x):  # (N, C, H, W)
        n, c, h, w = x.shape
        windows = x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2)
        windows = windows.permute(0, 1, 2, 4, 3, 5).flatten(4)  # (N, C, H / 2, W / 2, 4)
        positive = windows.clamp_min(0)
        cumulated = positive.cumsum(-1)
        total = cumulated[..., -1:]
        if not self.training:
            return (positive * positive).sum(-1) / total.squeeze(-1).clamp_min(torch.finfo(x.dtype).tiny)
        chosen = (cumulated <= torch.rand_like(total) * total).sum(-1, keepdim=True).clamp_max(3)
        return (windows.gather(-1, chosen) * (total > 0)).squeeze(-1)
'''

LENET5_LAYERS = '''class ScaledTanh(nn.Module):
    def forward(self, x):
        return 1.7159 * torch.tanh(x * (2 / 3))


class Subsample(nn.Module):
    """The sum of each 2x2 window, times a learned weight, plus a learned bias, for each channel."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return 4 * F.avg_pool2d(x, 2) * self.weight[:, None, None] + self.bias[:, None, None]


class TableConv2d(nn.Conv2d):
    """A convolution in which each output channel sees only the input channels that `table` lists for it."""

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
)  # table I of the paper
'''

FIXED = {  # arch -> its layers
    "lenet": (
        "nn.Conv2d(1, 20, 5)", "nn.ReLU()", "nn.MaxPool2d(2)", "nn.Conv2d(20, 50, 5)", "nn.ReLU()", "nn.MaxPool2d(2)", "nn.Flatten()",
        "nn.Linear(50 * 4 * 4, 500)", "nn.ReLU()", "nn.Linear(500, 10)",
    ),
    "lenet5": (
        "nn.Conv2d(1, 6, 5, padding=2)", "ScaledTanh()", "Subsample(6)", "ScaledTanh()", "TableConv2d(6, C3, 5)", "ScaledTanh()",
        "Subsample(16)", "ScaledTanh()", "nn.Conv2d(16, 120, 5)", "ScaledTanh()", "nn.Flatten()", "nn.Linear(120, 84)", "ScaledTanh()",
        "nn.Linear(84, 10)",
    ),
    "pytorch-example": (
        "nn.Conv2d(1, 32, 3)", "nn.ReLU()", "nn.Conv2d(32, 64, 3)", "nn.ReLU()", "nn.MaxPool2d(2)", "nn.Dropout(0.25)", "nn.Flatten()",
        "nn.Linear(64 * 12 * 12, 128)", "nn.ReLU()", "nn.Dropout(0.5)", "nn.Linear(128, 10)",
    ),
}  # fmt: skip
CELLS = {"lstm": "nn.LSTM", "gru": "nn.GRU", "rnn": "nn.RNN"}


def model_code(config: TrainConfig) -> str:
    """Python that makes `model`, with the weights that it begins with. Raises `ConfigError` where the network is impossible."""
    head, _, model = _network(config).rpartition("model = ")
    lines = [f"{head.strip()}\n\n"] if head else []
    lines += [f"torch.manual_seed({config.seed})", f"model = {model}"]
    if config.device != "cpu":
        lines.append(f'model = model.to("{config.device}")')
    if config.arch in ("cnn", "lenet", "lenet5", "pytorch-example") and not config.batch_norm:
        lines.append("model = model.to(memory_format=torch.channels_last)  # the faster layout")
    return "\n".join(lines)


def _network(config: TrainConfig) -> str:
    """The layers, in the order in which `models.build` draws their weights."""
    stages = models.describe(config)
    if config.arch in RECURRENT:
        return _recurrent(config)
    layers = FIXED.get(config.arch) or (_mlp(config) if config.arch == "mlp" else _cnn(config))
    head = {"lenet5": LENET5_LAYERS}.get(config.arch, STOCHASTIC_POOL if config.pooling == "stochastic" else "")
    before = [stage.shape for stage in stages[:-1]]
    lines = [
        f"    {layer},  # {stage.shape}" if stage.shape != shape and len(stage.shape) == 3 else f"    {layer},"
        for layer, stage, shape in zip(layers, stages[1:], before, strict=True)
    ]
    return "\n".join([*([head, ""] if head else []), "model = nn.Sequential(", *lines, ")"])


def uses_modes(config: TrainConfig) -> bool:
    """Whether the network computes something else in training than in evaluation."""
    between = config.arch in RECURRENT and config.layers == 1
    return bool(config.arch == "pytorch-example" or config.batch_norm or config.pooling == "stochastic" or (config.dropout and not between))


def _cnn(config: TrainConfig) -> list[str]:
    layers: list[str] = []
    channels, size = 1, 28
    padding = (config.kernel - 1) // 2 if config.padding is None else config.padding
    for out in config.channels:
        more = (f", stride={config.stride}" if config.stride != 1 else "") + (f", padding={padding}" if padding else "")
        layers.append(f"nn.Conv2d({channels}, {out}, {config.kernel}{more})")
        size = models.output_size(size, config.kernel, config.stride, padding)
        channels = out
        if config.batch_norm:
            layers.append(f"nn.BatchNorm2d({channels})")
        layers.append(f"nn.{ACTIVATIONS[config.activation].__name__}()")
        if config.pooling != "none":
            name = POOLINGS[config.pooling].__name__
            layers.append("StochasticPool2d()" if config.pooling == "stochastic" else f"nn.{name}(2)")
            size //= 2
    layers.append("nn.Flatten()")
    if config.dropout:
        layers.append(f"nn.Dropout({config.dropout})")
    return [*layers, f"nn.Linear({channels} * {size} * {size}, 10)"]


def _mlp(config: TrainConfig) -> list[str]:
    layers, width = ["nn.Flatten()"], "28 * 28"
    for _ in range(config.layers):
        layers += [f"nn.Linear({width}, {config.hidden})", f"nn.{ACTIVATIONS[config.activation].__name__}()"]
        layers += [f"nn.Dropout({config.dropout})"] if config.dropout else []
        width = str(config.hidden)
    return [*layers, f"nn.Linear({width}, 10)"]


def _recurrent(config: TrainConfig) -> str:
    name, hidden = config.arch, config.hidden
    more = "".join([
        f", {config.layers}" if config.layers > 1 else "", ", batch_first=True",
        f", dropout={config.dropout}" if config.dropout and config.layers > 1 else "", ", bidirectional=True" if config.bidirectional else "",
    ])  # fmt: skip
    if config.bidirectional:
        width = f"2 * {hidden}"
        last = [
            f"        forwards, backwards = output[:, -1, :{hidden}], output[:, 0, {hidden}:]  # each after it has read everything",
            "        return self.out(torch.cat([forwards, backwards], 1))",
        ]
    else:
        width, last = str(hidden), ["        return self.out(output[:, -1])  # after the last row"]
    return "\n".join([
        f"class {name.upper()}(nn.Module):",
        '    """Reads an image row by row: 28 time steps of 28 pixels."""',
        "",
        "    def __init__(self):",
        "        super().__init__()",
        f"        self.{name} = {CELLS[name]}(28, {hidden}{more})",
        f"        self.out = nn.Linear({width}, 10)",
        "",
        "    def forward(self, x):  # (N, 1, 28, 28)",
        f"        output, _ = self.{name}(x.squeeze(1))  # (N, 28, {width})",
        *last,
        "",
        "",
        f"model = {name.upper()}()",
    ])  # fmt: skip

"""The code twin of the sine experiment: a recurrent network that learns cos(t) from sin(t), in
plain PyTorch.
"""

import math

from mnistlab.experiments.sine_config import STATES, SineConfig

DETACH_LSTM = (
    "state = tuple(part.detach() for part in state)  # keep its numbers, cut it off from the past"
)


def sine_script(config: SineConfig) -> str:
    """The twin of `config`: the same windows, the same weights."""
    between = (
        DETACH_LSTM
        if (config.cell, config.state) == ("lstm", "carry+detach")
        else STATES[config.state].code
    )
    last, width = (
        min(10, config.windows),
        "math.pi" if config.width == math.pi else repr(config.width),
    )
    return f'''"""A recurrent network learns cos(t) from sin(t): the sine experiment in PyTorch.

It reads the wave window by window, and has to remember where in the wave it is, because sin(t)
alone does not say.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


# -- Data: each window is {config.time_steps} steps of the wave and starts where the last one ended


def wave(window):
    steps = torch.arange({config.time_steps}, dtype=torch.float64)  # ({config.time_steps},)
    time = (window + steps / {config.time_steps}) * {width}
    x, y = time.sin().float(), time.cos().float()
    return x.reshape(1, -1, 1), y.reshape(1, -1, 1)  # (1, {config.time_steps}, 1) each


# -- Model: one recurrent layer, and one linear head that is applied at every step


class SineNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.{config.cell.upper()}(1, {config.hidden}, batch_first=True)
        self.head = nn.Linear({config.hidden}, 1)

    def forward(self, x, state):  # (1, {config.time_steps}, 1)
        output, state = self.cell(x, state)  # (1, {config.time_steps}, {config.hidden})
        return self.head(output), state


torch.manual_seed({config.seed})
model = SineNetwork()


# -- Training: {config.windows} windows, an update after each

optimizer = torch.optim.Adam(model.parameters(), lr={config.lr})
state, losses = None, []
for window in range({config.windows}):
    x, y = wave(window)
    prediction, state = model(x, state)
    loss = F.mse_loss(prediction, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    {between}
    losses.append(loss.item())


# -- Evaluation: how well the last windows were predicted, before the network learned from them

print(f"Mean squared error of the last {last} windows: {{math.fsum(losses[-{last}:]) / {last}}}")
'''

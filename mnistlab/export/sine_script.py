"""The code twin of the sine experiment: a recurrent network that learns cos(t) from sin(t), in plain PyTorch."""

import math

from mnistlab.experiments.sine_config import SineConfig

BETWEEN_WINDOWS = {  # what becomes of the hidden state
    "carry+detach": "state = state.detach()  # keep its numbers, cut it off from the past",
    "carry": "# the state stays tied to the graph of this window: the next backward pass fails",
    "reset": "state = None  # forget",
}
DETACH_LSTM = "state = tuple(part.detach() for part in state)  # keep its numbers, cut it off from the past"


def sine_script(config: SineConfig) -> str:
    """The twin of `config`: the same windows, the same weights."""
    between = DETACH_LSTM if (config.cell, config.state) == ("lstm", "carry+detach") else BETWEEN_WINDOWS[config.state]
    last, width = min(10, config.windows), "math.pi" if config.width == math.pi else repr(config.width)
    return f'''"""A recurrent network learns to tell cos(t) from sin(t): the sine experiment of mnistlab in plain PyTorch.

It is shown a wave window by window, and has to remember where in the wave it is: sin(t) alone does not tell.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


# -- Data: each window shows {config.time_steps} steps of the wave, and a new window begins where the one before ended


def wave(window):
    time = (window + torch.arange({config.time_steps}, dtype=torch.float64) / {config.time_steps}) * {width}  # ({config.time_steps},)
    return time.sin().float().reshape(1, -1, 1), time.cos().float().reshape(1, -1, 1)  # (1, {config.time_steps}, 1) each


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


# -- Evaluation: how well the last windows were told, before the network learned from them

print(f"Mean squared error of the last {last} windows: {{math.fsum(losses[-{last}:]) / {last}}}")
'''

"""The code twin of the sine experiment: a recurrent network that learns cos(t) from sin(t), in
plain PyTorch.
"""

import math
from dataclasses import replace
from textwrap import fill

from mnistlab.experiments.sine_config import STATES, SineConfig
from mnistlab.i18n import _

DETACH_LSTM = "state = tuple(part.detach() for part in state)"


def sine_script(config: SineConfig) -> str:
    """The twin of `config`: the same windows, the same weights."""
    treatment = STATES[config.state]
    if (config.cell, config.state) == ("lstm", "carry+detach"):
        treatment = replace(treatment, code=DETACH_LSTM)
    last, width = (
        min(10, config.windows),
        "math.pi" if config.width == math.pi else repr(config.width),
    )
    about = _(
        "It reads the wave window by window, and has to remember where in the wave it is, because "
        "sin(t) alone does not say."
    )
    data = _(
        "Data: each window is {steps} steps of the wave and starts where the last one ended"
    ).format(steps=config.time_steps)
    training = _("Training: {windows} windows, an update after each").format(windows=config.windows)
    each = _("{shape} each").format(shape=f"(1, {config.time_steps}, 1)")
    evaluation = _(
        "Evaluation: how well the last windows were predicted, before the network learned from them"
    )
    printed = _("Mean squared error of the last {count} windows").format(count=last)
    title = _("A recurrent network learns cos(t) from sin(t): the sine experiment in PyTorch.")
    model = _("Model: one recurrent layer, and one linear head that is applied at every step")
    return f'''"""{title}

{fill(about, 96)}
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


# -- {data}


def wave(window):
    steps = torch.arange({config.time_steps}, dtype=torch.float64)  # ({config.time_steps},)
    time = (window + steps / {config.time_steps}) * {width}
    x, y = time.sin().float(), time.cos().float()
    return x.reshape(1, -1, 1), y.reshape(1, -1, 1)  # {each}


# -- {model}


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


# -- {training}

optimizer = torch.optim.Adam(model.parameters(), lr={config.lr})
state, losses = None, []
for window in range({config.windows}):
    x, y = wave(window)
    prediction, state = model(x, state)
    loss = F.mse_loss(prediction, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    {treatment.line()}
    losses.append(loss.item())


# -- {evaluation}

print(f"{printed}: {{math.fsum(losses[-{last}:]) / {last}}}")
'''

"""From sine to cosine: a recurrent network that needs a memory, because sin(t) alone does not
determine cos(t).

T time steps of a window, H hidden units; the batch is always 1.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.experiments.sine_config import STATES, SineConfig, State
from mnistlab.i18n import N_

LAST = 10  # windows over which the final error is averaged
SECOND_BACKWARD = N_(
    "The carried state is still attached to the previous window's graph, so this backward pass "
    "continues into that window. But that graph was freed by its own backward pass, and the "
    "weights have changed since. Detach the state: keep its numbers, and cut it off from its "
    "history."
)


@dataclass(frozen=True)
class Window:
    """One window: input, target, and the prediction before learning from it. JSON-safe."""

    index: int  # counted from 0
    time: tuple[float, ...]  # (T,), in radians
    x: tuple[float, ...]  # sin(time)
    target: tuple[float, ...]  # cos(time)
    prediction: tuple[float, ...]
    loss: float  # mean squared error


@dataclass(frozen=True)
class Broken:
    """Training ended at this window with an error: PyTorch's message, and what it means."""

    index: int
    error: str
    explanation: str  # marked for translation


@dataclass(frozen=True, eq=False)
class Reading:
    """What a trained network predicts for one long sequence, from an empty state. Arrays (steps,),
    float32.
    """

    time: np.ndarray
    x: np.ndarray
    target: np.ndarray
    prediction: np.ndarray


class SineNetwork(nn.Module):
    """One recurrent layer, and one linear head that is applied at every step."""

    def __init__(self, config: SineConfig) -> None:
        super().__init__()
        self.cell = getattr(nn, config.cell.upper())(1, config.hidden, batch_first=True)
        self.head = nn.Linear(config.hidden, 1)

    # (1, T, 1) -> (1, T, 1)
    def forward(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:
        out, state = self.cell(x, state)  # (1, T, H)
        return self.head(out), state


def build(config: SineConfig) -> SineNetwork:
    """The untrained network of `config`, with the weights that PyTorch draws after
    `torch.manual_seed(config.seed)`.

    They are drawn from a generator of their own, so that neither the global random state nor
    another thread is involved.
    """
    with torch.device("meta"):
        network = SineNetwork(config)
    network.to_empty(device="cpu")
    bound, random = 1 / math.sqrt(config.hidden), torch.Generator().manual_seed(config.seed)
    for parameter in network.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=random)
    return network


def train_sine(config: SineConfig, network: SineNetwork | None = None) -> Iterator[Window | Broken]:
    """Train window by window, and yield each; `network` (by default a fresh one) is trained in
    place.

    With state "carry" the second backward pass fails in PyTorch: that is yielded as `Broken`
    and ends the training.
    """
    network = build(config) if network is None else network
    optimizer = torch.optim.Adam(network.parameters(), lr=config.lr)
    state: State = None
    for index in range(config.windows):
        time = _time(config, index)
        x, y = _shaped(time.sin()), _shaped(time.cos())  # (1, T, 1)
        prediction, state = network(x, state)
        loss = F.mse_loss(prediction, y)
        optimizer.zero_grad()
        try:
            loss.backward()
        except RuntimeError as error:
            if config.state != "carry":
                raise
            yield Broken(index, str(error), SECOND_BACKWARD)
            return
        optimizer.step()
        state = STATES[config.state].between(state)
        yield Window(
            index, _numbers(time), _numbers(x), _numbers(y), _numbers(prediction), loss.item()
        )


def final_loss(windows: Sequence[Window]) -> float:
    """Mean squared error over the last ten windows."""
    return math.fsum(window.loss for window in windows[-LAST:]) / len(windows[-LAST:])


def reset_floor(config: SineConfig) -> float:
    """The lowest mean squared error possible from the inputs of the current window alone.

    Windows that start alike cannot be told apart, so the best answer is the mean of their targets,
    and what remains is their variance. Windows of width π all start with sin = 0 and cos = ±1, so
    the first of T steps costs 1, which averages to 1 / T.
    """
    # (windows, T)
    time = torch.stack([_time(config, index) for index in range(config.windows)]).numpy()
    inputs, targets = np.sin(time).round(6) + 0.0, np.cos(time)
    costs = []
    for step in range(config.time_steps):
        _, group = np.unique(inputs[:, : step + 1], axis=0, return_inverse=True)
        group = group.ravel()
        means = np.bincount(group, targets[:, step]) / np.bincount(group)
        costs.append(((targets[:, step] - means[group]) ** 2).mean())
    return float(np.mean(costs))


@torch.no_grad()
def three_heads(network: SineNetwork, config: SineConfig) -> dict[str, np.ndarray]:
    """The first window's predictions (T,) with three equivalent ways of applying the head."""
    out, _ = network.cell(_shaped(_time(config, 0).sin()))  # (1, T, H)
    ways = {
        "loop": torch.stack([network.head(out[:, step]) for step in range(out.shape[1])], dim=1),
        "reshape": network.head(out.reshape(-1, out.shape[2])).reshape(1, -1, 1),
        "direct": network.head(out),
    }  # each (1, T, 1)
    return {name: values.numpy().ravel() for name, values in ways.items()}


@torch.no_grad()
def extrapolate(
    network: SineNetwork, config: SineConfig, steps: int, stretch: float = 1.0
) -> Reading:
    """`network` reads `steps` steps in one go; `stretch` is the step size relative to the one it
    was trained with.
    """
    time = torch.arange(steps, dtype=torch.float64) * (config.width / config.time_steps * stretch)
    x, y = _shaped(time.sin()), _shaped(time.cos())
    prediction, _ = network(x)
    return Reading(*(part.numpy().astype(np.float32).ravel() for part in (time, x, y, prediction)))


def _time(config: SineConfig, index: int) -> Tensor:
    """The times (T,) of a window, its end excluded. Double precision, so that sin(99π) is 0."""
    return (
        index + torch.arange(config.time_steps, dtype=torch.float64) / config.time_steps
    ) * config.width


def _shaped(values: Tensor) -> Tensor:
    return values.float().reshape(1, -1, 1)


def _numbers(values: Tensor) -> tuple[float, ...]:
    return tuple(values.detach().reshape(-1).tolist())

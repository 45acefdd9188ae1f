"""From sine to cosine: a recurrent network that has to remember, because sin(t) alone does not tell cos(t).

T time steps of a window, H hidden units; the batch is always 1.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.experiments.sine_config import SineConfig

LAST = 10  # windows over which the final error is taken
CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
State = Any  # None (zeros), a tensor (1, 1, H), or an LSTM's pair of them
BETWEEN_WINDOWS: dict[str, Callable[[State], State]] = {  # what becomes of the hidden state
    "carry+detach": lambda state: tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach(),
    "carry": lambda state: state,
    "reset": lambda state: None,
}
SECOND_BACKWARD = (
    "The state that was carried over still hangs on the graph of the window before, so this backward pass runs on into that window. But its "
    "graph was freed by its own backward pass, and the weights have moved since. Detach the state: keep its numbers, and cut it off from the past."
)


@dataclass(frozen=True)
class Window:
    """One window: what was shown, what was wanted, and what the network said before it learned from it. JSON-safe."""

    index: int  # counted from 0
    time: tuple[float, ...]  # (T,), in radians
    x: tuple[float, ...]  # sin(time)
    target: tuple[float, ...]  # cos(time)
    prediction: tuple[float, ...]
    loss: float  # mean squared error


@dataclass(frozen=True)
class Broken:
    """Training ended at this window, because PyTorch refused: its own words, and what they mean."""

    index: int
    error: str
    explanation: str


@dataclass(frozen=True, eq=False)
class Reading:
    """A trained network reads one long sequence, beginning with an empty state. Arrays (steps,), float32."""

    time: np.ndarray
    x: np.ndarray
    target: np.ndarray
    prediction: np.ndarray


class SineNetwork(nn.Module):
    """One recurrent layer, and one linear head that is applied at every step."""

    def __init__(self, config: SineConfig) -> None:
        super().__init__()
        self.cell = CELLS[config.cell](1, config.hidden, batch_first=True)
        self.head = nn.Linear(config.hidden, 1)

    def forward(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:  # (1, T, 1) -> (1, T, 1)
        out, state = self.cell(x, state)  # (1, T, H)
        return self.head(out), state


def build(config: SineConfig) -> SineNetwork:
    """The untrained network of `config`: the very weights that PyTorch gives after `torch.manual_seed(config.seed)`.

    They are drawn here, so that nobody else's random numbers are touched, nor ours by another thread's.
    """
    with torch.device("meta"):
        network = SineNetwork(config)
    network.to_empty(device="cpu")
    bound, random = 1 / math.sqrt(config.hidden), torch.Generator().manual_seed(config.seed)
    for parameter in network.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=random)
    return network


def train_sine(config: SineConfig, network: SineNetwork | None = None) -> Iterator[Window | Broken]:
    """Train window by window, and yield each; `network` (by default a fresh one) is trained in place.

    With state "carry" the second backward pass fails in PyTorch: that is yielded as `Broken`, and ends the training.
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
        state = BETWEEN_WINDOWS[config.state](state)
        yield Window(index, _numbers(time), _numbers(x), _numbers(y), _numbers(prediction), loss.item())


def final_loss(windows: Sequence[Window]) -> float:
    """Mean squared error over the last ten windows."""
    return math.fsum(window.loss for window in windows[-LAST:]) / len(windows[-LAST:])


def reset_floor(config: SineConfig) -> float:
    """The least mean squared error of anything that sees only the inputs of the window so far.

    Windows that begin alike cannot be told apart, so the best answer is the mean of their targets, and what remains is their
    variance. With windows of π: all begin with sin = 0 and cos = ±1, so the first of T steps costs 1, and all of it 1 / T.
    """
    time = torch.stack([_time(config, index) for index in range(config.windows)]).numpy()  # (windows, T)
    seen, targets = np.sin(time).round(6) + 0.0, np.cos(time)
    costs = []
    for step in range(config.time_steps):
        _, group = np.unique(seen[:, : step + 1], axis=0, return_inverse=True)
        group = group.ravel()
        means = np.bincount(group, targets[:, step]) / np.bincount(group)
        costs.append(((targets[:, step] - means[group]) ** 2).mean())
    return float(np.mean(costs))


@torch.no_grad()
def three_heads(network: SineNetwork, config: SineConfig) -> dict[str, np.ndarray]:
    """The first window's predictions (T,) by three ways of applying the head at every step, which are the same."""
    out, _ = network.cell(_shaped(_time(config, 0).sin()))  # (1, T, H)
    ways = {
        "loop": torch.stack([network.head(out[:, step]) for step in range(out.shape[1])], dim=1),
        "reshape": network.head(out.reshape(-1, out.shape[2])).reshape(1, -1, 1),
        "direct": network.head(out),
    }  # each (1, T, 1)
    return {name: values.numpy().ravel() for name, values in ways.items()}


@torch.no_grad()
def extrapolate(network: SineNetwork, config: SineConfig, steps: int, stretch: float = 1.0) -> Reading:
    """`network` reads `steps` steps at one go; `stretch` is the distance of two steps, in units of the one that it was trained with."""
    time = torch.arange(steps, dtype=torch.float64) * (config.width / config.time_steps * stretch)
    x, y = _shaped(time.sin()), _shaped(time.cos())
    prediction, _ = network(x)
    return Reading(*(part.numpy().astype(np.float32).ravel() for part in (time, x, y, prediction)))


def _time(config: SineConfig, index: int) -> Tensor:
    """The times (T,) of a window, its end excluded. Double precision: sin(99π) shall be 0."""
    return (index + torch.arange(config.time_steps, dtype=torch.float64) / config.time_steps) * config.width


def _shaped(values: Tensor) -> Tensor:
    return values.float().reshape(1, -1, 1)


def _numbers(values: Tensor) -> tuple[float, ...]:
    return tuple(values.detach().reshape(-1).tolist())

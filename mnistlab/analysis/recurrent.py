"""Inside LSTM, GRU and plain RNN: states, gates and predictions row by row, and which rows matter.

N images, T rows (time steps), H hidden units.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.gates import CELLS, suffix_of
from mnistlab.analysis.inspection import BACKGROUND, array, eval_copy, network_input
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.models import INPUT_SHAPE


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One layer, one direction. Row t of each array (T, H): after reading row t of the image,
    in either direction.

    LSTM: c = f * c_before + i * g, h = o * tanh(c). GRU: h = (1 - z) * n + z * h_before. All gates
    lie between 0 and 1, the candidates g and n between -1 and 1.
    """

    layer: int  # counted from 0
    direction: str  # "forward" (from the top row) or "backward" (from the bottom row)
    hidden: np.ndarray  # (T, H)
    cell: np.ndarray | None  # (T, H), LSTM only
    gates: dict[str, np.ndarray]  # LSTM: i, f, g, o; GRU: r, z, n; RNN: none


@dataclass(frozen=True, eq=False)
class Trace:
    """A recurrent network reading one image."""

    kind: str  # "LSTM", "GRU" or "RNN"
    image: np.ndarray  # (28, 28), as the network receives it
    layers: tuple[LayerTrace, ...]
    # (T, 10): what the network would predict if the image ended after row t
    probabilities: np.ndarray

    def settled(self, share: float = 0.0) -> int | None:
        """How many rows it has to read (1 to T) until its prediction stays the final one, with a
        probability above `share`; None if it does not end there.
        """
        final = int(self.probabilities[-1].argmax())
        holds = (self.probabilities.argmax(1) == final) & (self.probabilities[:, final] > share)
        doubts = np.flatnonzero(~holds)
        last = int(doubts[-1]) + 1 if len(doubts) else 0  # rows read when it last had its doubts
        return None if last == len(holds) else last + 1


@dataclass(frozen=True, eq=False)
class RowImportance:
    """How much each row of an image matters to a network."""

    probabilities: np.ndarray  # (10,): for the whole image
    hidden: np.ndarray  # (28, 10): with row t replaced by the background

    @property
    def change(self) -> np.ndarray:
        """(28, 10): how much hiding row t changes each class's probability; negative: the row
        counts towards the class.
        """
        return self.hidden - self.probabilities


def trace(model: nn.Sequential, image: Tensor, config: TrainConfig) -> Trace:
    """States, gates and probabilities, recomputed from the weights row by row; `image`: grey values
    from 0 to 255, (1, 28, 28).

    Raises `NotApplicable` for a network without a recurrent layer.
    """
    model = eval_copy(model)
    recurrent = next((module for module in model if isinstance(module, nn.RNNBase)), None)
    if recurrent is None:
        raise NotApplicable(
            message("Only LSTM, GRU and RNN read an image row by row."),
            message("Choose a run of one of these."),
        )
    with torch.inference_mode():
        x = network_input(image, config, model)  # (1, 1, T, W)
        layers, sequence = [], x[0, 0]  # (T, W)
        for layer in range(recurrent.num_layers):
            traced = [
                _direction(recurrent, sequence, layer, backward)
                for backward in range(2 if recurrent.bidirectional else 1)
            ]
            sequence = torch.cat([states["h"] for states in traced], dim=1)  # (T, H * directions)
            layers += [
                _layer_trace(layer, backward, states) for backward, states in enumerate(traced)
            ]
        probabilities = (
            _after_each_row(model, x)
            if recurrent.bidirectional
            else _head(model, recurrent)(sequence).softmax(1)
        )
        return Trace(type(recurrent).__name__, array(x[0, 0]), tuple(layers), array(probabilities))


def row_importance(model: nn.Sequential, image: Tensor, config: TrainConfig) -> RowImportance:
    """How the probabilities change when each row is hidden in turn; for any kind of network."""
    model = eval_copy(model)
    with torch.inference_mode():
        x, blank = (network_input(picture, config, model) for picture in (image, BACKGROUND))
        count = INPUT_SHAPE[1]
        # (T, 1, T, 1)
        hiding = torch.eye(count, dtype=torch.bool, device=x.device)[:, None, :, None]
        # (1 + T, 10)
        probabilities = model(torch.cat([x, torch.where(hiding, blank, x)])).softmax(1)
    return RowImportance(array(probabilities[0]), array(probabilities[1:]))


def _head(model: nn.Sequential, recurrent: nn.RNNBase) -> nn.Sequential:
    """What follows the last step of `recurrent`: states (T, H) -> logits (T, 10)."""
    return model[list(model).index(recurrent) + 2 :]


def _after_each_row(model: nn.Sequential, x: Tensor) -> Tensor:
    """Probabilities (T, 10) of the image's first 1, 2, ..., T rows, running the network on each
    prefix.

    A bidirectional network needs this: what it knows of the first rows depends on where the image
    ends.
    """
    return torch.cat([model(x[:, :, :end]).softmax(1) for end in range(1, x.shape[2] + 1)])


def _direction(
    module: nn.RNNBase, sequence: Tensor, layer: int, backward: int
) -> dict[str, Tensor]:
    """All states and gates (T, H) of one direction of one layer, for its inputs (T, W)."""
    suffix = suffix_of(layer, backward)
    # (T, gates * H)
    from_input = sequence @ getattr(module, f"weight_ih_{suffix}").T + getattr(
        module, f"bias_ih_{suffix}"
    )
    weight, bias = getattr(module, f"weight_hh_{suffix}"), getattr(module, f"bias_hh_{suffix}")
    state = {name: sequence.new_zeros(module.hidden_size) for name in ("h", "c")}
    step = CELLS[type(module).__name__]
    rows = []
    for t in reversed(range(len(sequence))) if backward else range(len(sequence)):
        state = step(from_input[t], weight @ state["h"] + bias, state)
        rows.append(state)
    if backward:
        rows.reverse()
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def _layer_trace(layer: int, backward: int, states: dict[str, Tensor]) -> LayerTrace:
    gates = {name: array(value) for name, value in states.items() if name not in ("h", "c")}
    cell = array(states["c"]) if "c" in states else None
    return LayerTrace(layer, "backward" if backward else "forward", array(states["h"]), cell, gates)

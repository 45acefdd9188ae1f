"""How far back a recurrent network hears of its mistakes: the gradient of the loss at each row's state.

N images, T rows (time steps), H hidden units.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.looking import array, network_input, twin
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """Mean over images of the Euclidean length of d loss / d state after each row, through all the rows that follow.

    An LSTM's state is h and c: the gradient of each, the other held fixed. After the last row only h counts, so that c's is 0 there.
    """

    hidden: np.ndarray  # (T,)
    cell: np.ndarray | None  # (T,), LSTM only

    @property
    def reach(self) -> float:
        """How much of the gradient at the last row arrives at the first: a share, or more than 1 where it grows on the way."""
        return float(self.hidden[0] / self.hidden[-1]) if self.hidden[-1] > 0 else 0.0


def gradient_flow(model: nn.Sequential, images: Tensor, labels: Tensor, config: TrainConfig) -> GradientFlow:
    """For `images` (uint8 (N, 1, 28, 28)) with `labels` (N,); the loss is each image's cross-entropy.

    Raises `NotApplicable` for a network that does not read an image row by row, in one direction only.
    """
    model = twin(model)
    recurrent = next((module for module in model if isinstance(module, nn.RNNBase)), None)
    if recurrent is None or recurrent.bidirectional:
        raise NotApplicable(
            "Only LSTM, GRU and RNN that read in one direction carry a state from row to row.", "Choose a run of one of these."
        )
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):  # cuDNN's recurrent layers have no gradient in evaluation mode
        return _flow(model, recurrent, network_input(images, config, model), labels)


def _flow(model: nn.Sequential, recurrent: nn.RNNBase, x: Tensor, labels: Tensor) -> GradientFlow:
    """Of images as the network takes them, (N, 1, T, W)."""
    x = x.squeeze(1)  # (N, T, W)
    states, state = [], None
    for row in range(x.shape[1]):  # row by row, because within one call of torch's own loop no state can be taken hold of
        _, state = recurrent(x[:, row : row + 1], state)
        state = tuple(part.clone() for part in state) if isinstance(state, tuple) else state  # h, made from c, as a variable of its own
        states.append(state)
    hidden = [state[0] if isinstance(state, tuple) else state for state in states]  # each (layers, N, H)
    logits = model[-1](hidden[-1][-1])  # of the last layer after the last row
    loss = F.cross_entropy(logits, labels.to(x.device), reduction="sum")  # sum: each image's gradient is its own
    cell = [state[1] for state in states if isinstance(state, tuple)]
    gradients = torch.autograd.grad(loss, hidden + cell, materialize_grads=True)
    norms = torch.stack([gradient.transpose(0, 1).flatten(1).norm(dim=1).mean() for gradient in gradients])
    return GradientFlow(array(norms[: len(hidden)]), array(norms[len(hidden) :]) if cell else None)

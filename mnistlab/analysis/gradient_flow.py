"""How far back the gradient reaches in a recurrent network: d loss / d state after each row.

N images, T rows (time steps), H hidden units.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.inspection import array, eval_copy, network_input
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """Mean over images of the L2 norm of d loss / d state after each row, through all the rows
    that follow.

    An LSTM's state is h and c: this is the gradient of each with the other held fixed. After the
    last row only h matters, so c's gradient is 0 there.
    """

    hidden: np.ndarray  # (T,)
    cell: np.ndarray | None  # (T,), LSTM only

    @property
    def reach(self) -> float:
        """How much of the gradient at the last row reaches the first: a share, above 1 if it grows
        on the way.
        """
        return float(self.hidden[0] / self.hidden[-1]) if self.hidden[-1] > 0 else 0.0


def gradient_flow(
    model: nn.Sequential, images: Tensor, labels: Tensor, config: TrainConfig
) -> GradientFlow:
    """For `images` (uint8 (N, 1, 28, 28)) with `labels` (N,); the loss is each image's
    cross-entropy.

    Raises `NotApplicable` unless the network reads an image row by row in one direction.
    """
    model = eval_copy(model)
    recurrent = next((module for module in model if isinstance(module, nn.RNNBase)), None)
    if recurrent is None or recurrent.bidirectional:
        raise NotApplicable(
            message(
                "Only an LSTM, GRU or RNN that reads in one direction carries a state "
                "from row to row."
            ),
            message("Choose a run of one of these."),
        )
    # cuDNN's recurrent layers have no gradient in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        return _flow(model, recurrent, network_input(images, config, model), labels)


def _flow(model: nn.Sequential, recurrent: nn.RNNBase, x: Tensor, labels: Tensor) -> GradientFlow:
    """For images as the network receives them, (N, 1, T, W)."""
    x = x.squeeze(1)  # (N, T, W)
    states, state = [], None
    # row by row, because torch's own loop does not expose the states in between
    for row in range(x.shape[1]):
        _, state = recurrent(x[:, row : row + 1], state)
        # h is computed from c: make it a variable of its own
        state = tuple(part.clone() for part in state) if isinstance(state, tuple) else state
        states.append(state)
    # each (layers, N, H)
    hidden = [state[0] if isinstance(state, tuple) else state for state in states]
    logits = model[-1](hidden[-1][-1])  # the last layer after the last row
    # sum: each image's gradient is its own
    loss = F.cross_entropy(logits, labels.to(x.device), reduction="sum")
    cell = [state[1] for state in states if isinstance(state, tuple)]
    gradients = torch.autograd.grad(loss, hidden + cell, materialize_grads=True)
    norms = torch.stack(
        [gradient.transpose(0, 1).flatten(1).norm(dim=1).mean() for gradient in gradients]
    )
    return GradientFlow(array(norms[: len(hidden)]), array(norms[len(hidden) :]) if cell else None)

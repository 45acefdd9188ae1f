"""A recurrent layer, time step by time step: what each of its sums is given, and the gradient that
arrives there through all the steps that follow. torch computes all steps at once, and does not say.

N images, T time steps, I inputs of a step, H hidden units, G sums of all gates, D directions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mnistlab.analysis.gates import CELLS, suffix_of


@dataclass(frozen=True, eq=False)
class Unrolled:
    """One direction of one layer. Each time step adds two sums for each gate: of what it reads, and
    of the hidden state before it.
    """

    inputs: Tensor  # (N, T, I): what is read at each step
    states: Tensor  # (N, T, H): the hidden state before each step
    input_gradients: Tensor  # (N, T, G): d loss / d sum of what is read
    hidden_gradients: Tensor  # (N, T, G): d loss / d sum of the hidden state


@dataclass
class _Direction:
    """The forward pass of one direction, with autograd's graph."""

    inputs: Tensor  # (N, T, I)
    states: Tensor  # (N, T, H), before each step
    input_sums: Tensor  # (N, T, G)
    hidden_sums: list[Tensor]  # T of (N, G)
    output: Tensor  # (N, T, H), after each step


def unroll(module: nn.RNNBase, x: Tensor, gradient: Tensor) -> dict[str, Unrolled]:
    """For inputs `x` (N, T, I) and the gradient (N, T, D * H) that arrives at the outputs, each
    direction of each layer by the end of its parameters' names: "l0", "l0_reverse", "l1". Without
    dropout between the layers.
    """
    passes: dict[str, _Direction] = {}
    with torch.enable_grad():
        sequence = x.detach()
        for layer in range(module.num_layers):
            both = [
                _direction(module, sequence, layer, backward)
                for backward in range(2 if module.bidirectional else 1)
            ]
            passes |= {suffix_of(layer, backward): each for backward, each in enumerate(both)}
            sequence = torch.cat([each.output for each in both], dim=2)  # (N, T, D * H)
        sums = [tensor for each in passes.values() for tensor in _sums(each)]
        arriving = iter(torch.autograd.grad(sequence, sums, gradient))
    return {
        name: Unrolled(
            each.inputs.detach(),
            each.states.detach(),
            next(arriving),
            torch.stack([next(arriving) for _ in each.hidden_sums], dim=1),
        )
        for name, each in passes.items()
    }


def _sums(each: _Direction) -> list[Tensor]:
    return [each.input_sums, *each.hidden_sums]


def _direction(module: nn.RNNBase, sequence: Tensor, layer: int, backward: int) -> _Direction:
    suffix = suffix_of(layer, backward)
    names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
    w_ih, b_ih, w_hh, b_hh = (getattr(module, f"{name}_{suffix}").detach() for name in names)
    count, steps = sequence.shape[:2]
    step = CELLS[type(module).__name__]
    input_sums = _tracked(sequence @ w_ih.T + b_ih)
    state = {name: sequence.new_zeros(count, module.hidden_size) for name in ("h", "c")}
    rows: list[tuple[Tensor, Tensor, Tensor]] = []  # state before, its sums, state after
    for t in reversed(range(steps)) if backward else range(steps):
        before = state["h"]
        hidden_sums = _tracked(before @ w_hh.T + b_hh)
        state = step(input_sums[:, t], hidden_sums, state)
        rows.append((before, hidden_sums, state["h"]))
    if backward:
        rows.reverse()
    states, sums, outputs = zip(*rows, strict=True)
    return _Direction(
        sequence, torch.stack(states, 1), input_sums, list(sums), torch.stack(outputs, 1)
    )


def _tracked(tensor: Tensor) -> Tensor:
    """`tensor`, whose gradient can be asked for."""
    return tensor if tensor.requires_grad else tensor.requires_grad_()

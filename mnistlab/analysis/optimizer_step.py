"""The optimiser's own arithmetic for one weight, line by line, and what a whole step does to the
loss of the mini-batch that it was made from.

The lines are those of the table in `mnistlab.choices.optimizers`; the whole step is torch's own.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn

from mnistlab.analysis.backward import Backward, losses_of
from mnistlab.choices.formula import Formula
from mnistlab.choices.optimizers import SYMBOLS
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.train import OPTIMIZERS, SCHEDULES  # whose optimisers do without the compiler

FAR = 10  # how many times as large the step is that shows what too large a one does


@dataclass(frozen=True)
class Line:
    """One line of the arithmetic: what it reads, and its result."""

    formula: Formula
    reads: dict[str, float]
    value: float


@dataclass(frozen=True)
class Update:
    """A step of one weight."""

    constants: dict[str, float]  # of those that the lines read
    state: dict[str, float]  # the optimiser's, before the step
    lines: tuple[Line, ...]
    before: float
    after: float


@dataclass(frozen=True)
class WholeStep:
    """The loss of a mini-batch, in nats, as one step of all weights changes it. NaN or infinite
    where a step led out of all bounds.
    """

    before: float
    after: float
    far: float  # after a step `FAR` times as large
    slope: float  # what the gradient promises of the step: gradient times change, summed over all


def update(
    config: TrainConfig, weight: float, gradient: float, lr: float, equal_steps: int = 0
) -> Update:
    """The step that the optimiser of `config` makes of `weight`, with the learning rate `lr`.

    Its state is that of the first step of all or, with `equal_steps`, as if that many steps before
    had had the same weight and gradient. Raises `NotApplicable` where its formula reads what nobody
    sets.
    """
    constants = constants_of(config) | {"η": lr, "w": weight, "g": gradient}
    formulas = [
        formula
        for formula in OPTIMIZERS[config.optimizer].formulas
        if "λ" not in formula.names or constants["λ"]
    ]
    targets = {formula.target for formula in formulas}
    state = dict.fromkeys(_state(config, formulas, constants, targets), 0.0)
    for step in range(1, equal_steps + 1):
        values, _ = _computed(formulas, constants | {"t": float(step)} | state)
        state = {name: values[name] for name in state}
    values, lines = _computed(formulas, constants | {"t": equal_steps + 1.0} | state)
    read = {name for formula in formulas for name in formula.names} - {"w", "g", *state}
    return Update(
        {name: values[name] for name in values if name in read - targets},
        state,
        lines,
        weight,
        values["w"],
    )


def constants_of(config: TrainConfig) -> dict[str, float]:
    """The numbers that the optimiser of `config` is set to, by their names in its formula: torch's
    own defaults where the configuration does not say.
    """
    settings = OPTIMIZERS[config.optimizer](config, [nn.Parameter(torch.zeros(1))]).param_groups[0]
    numbers = {
        name: float(value) for name, value in settings.items() if isinstance(value, (int, float))
    }
    numbers |= {symbol: numbers[name] for symbol, name in SYMBOLS.items() if name in numbers}
    return numbers | {
        f"β{place}": float(beta) for place, beta in enumerate(settings.get("betas", ()), start=1)
    }


def _state(
    config: TrainConfig,
    formulas: list[Formula],
    constants: dict[str, float],
    targets: set[str],
) -> list[str]:
    """The names that a line reads before any line has set them."""
    known, state = {"t", *constants}, []
    for formula in formulas:
        for name in formula.names:
            if name not in known and name not in targets:
                raise NotApplicable(
                    message(
                        "The formula of {name} reads {setting}, which is neither one of "
                        "its settings nor computed by it.",
                        name=message(OPTIMIZERS[config.optimizer].name),
                        setting=repr(name),
                    ),
                    message("Mend its entry in mnistlab.choices.optimizers."),
                )
            if name not in known:
                state.append(name)
                known.add(name)
        known.add(formula.target)
    return state


def _computed(
    formulas: list[Formula], values: dict[str, float]
) -> tuple[dict[str, float], tuple[Line, ...]]:
    lines = []
    for formula in formulas:
        result = formula.value(values)
        lines.append(Line(formula, {name: values[name] for name in formula.names}, result))
        values = values | {formula.target: result}
    return values, tuple(lines)


def whole_step(passed: Backward, lr: float, equal_steps: int = 0) -> WholeStep:
    """The loss of the mini-batch before a step of all weights, after it, and after one `FAR` times
    as large; all in evaluation mode. See `update`.
    """
    near, far = stepped(passed, (lr, FAR * lr), equal_steps)
    with torch.no_grad():
        slope = sum(
            float(((new - old).double() * gradient).sum())
            for new, old, gradient in zip(
                near.parameters(), passed.model.parameters(), passed.weights.values(), strict=True
            )
        )
    return WholeStep(passed.loss, _loss(near, passed), _loss(far, passed), slope)


def stepped(passed: Backward, rates: Sequence[float], equal_steps: int = 0) -> list[nn.Sequential]:
    """The network after torch's own step with the gradient of the mini-batch, once with each of
    the learning rates `rates`. The steps before it have the learning rate 0: they fill the
    optimiser's state, and leave the weights where they are.
    """
    model = copy.deepcopy(passed.model).requires_grad_()
    optimizer = OPTIMIZERS[passed.config.optimizer](passed.config, model.parameters())
    _step(model, optimizer, passed, 0.0, equal_steps)
    networks = []
    for rate in rates:
        network, own = copy.deepcopy((model, optimizer))
        _step(network, own, passed, rate)
        networks.append(network.requires_grad_(False))
    return networks


def _step(
    model: nn.Sequential,
    optimizer: torch.optim.Optimizer,
    passed: Backward,
    lr: float,
    times: int = 1,
) -> None:
    for name, parameter in model.named_parameters():
        # in the weights' own layout: the fused optimisers read both in step
        parameter.grad = torch.empty_like(parameter).copy_(passed.weights[name])
    for group in optimizer.param_groups:
        group["lr"] = lr
    for _ in range(times):
        optimizer.step()


def _loss(model: nn.Sequential, passed: Backward) -> float:
    with torch.inference_mode():
        return float(losses_of(model(passed.x), passed.labels, passed.config).double().mean())


@lru_cache(maxsize=256)
def learning_rate(config: TrainConfig, step: int) -> float:
    """The learning rate of the step that follows `step` steps, by the schedule of `config`."""
    optimizer = OPTIMIZERS[config.optimizer](config, [nn.Parameter(torch.zeros(1))])
    schedule = SCHEDULES[config.schedule](config, optimizer)
    for _ in range(step):
        optimizer.step()
        schedule.step()
    return float(optimizer.param_groups[0]["lr"])

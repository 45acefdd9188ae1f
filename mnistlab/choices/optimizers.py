"""The optimisers and learning rate schedules. From one entry come the training's own object, the
line of the code twin and, of an optimiser, the arithmetic that explains it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from mnistlab.choices.base import Choice, Named, resolve
from mnistlab.choices.formula import Formula
from mnistlab.i18n import N_

if TYPE_CHECKING:
    from torch.optim import Optimizer as TorchOptimizer
    from torch.optim.lr_scheduler import LRScheduler

    from mnistlab.config import TrainConfig

CodeSteps = Literal["", "batch", "epoch"]
# what formulas call the settings of `torch.optim`; β1 and β2 are its `betas`
SYMBOLS = {
    "η": "lr",
    "λ": "weight_decay",
    "μ": "momentum",
    "α": "alpha",
    "ρ": "rho",
    "ε": "eps",
}


@dataclass(frozen=True, kw_only=True)
class Optimizer(Named):
    """A class of `torch.optim`, and how a configuration sets it; called, it makes one. Raises
    `ValueError` for an `update` that does not say how the gradient changes the weight.

    `update` is one step for one weight w with the gradient g, line by line: see `SYMBOLS` for its
    constants, which may also go by their names in torch. t counts the steps from 1. Whatever else a
    line reads before another has set it is the optimiser's state, which starts at 0. Lines with λ
    are left out where there is no weight decay.
    """

    class_name: str
    arguments: Callable[["TrainConfig"], dict[str, Any]]  # of the class, by name; `lr` first
    update: tuple[str, ...]

    def __post_init__(self) -> None:
        reads = {name for formula in self.formulas for name in formula.names}
        if "g" not in reads or self.formulas[-1].target != "w":
            raise ValueError("update has to read the gradient g, and end with the new weight w.")

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        """The lines of `update`."""
        return tuple(map(Formula, self.update))

    def __call__(self, config: "TrainConfig", parameters: Any) -> "TorchOptimizer":
        optimizer: TorchOptimizer = self.torch_class(parameters, **self.arguments(config))
        return optimizer

    @property
    def torch_class(self) -> Callable[..., Any]:
        return resolve(f"torch.optim:{self.class_name}")


@dataclass(frozen=True, kw_only=True)
class Schedule(Choice):
    """A class of `torch.optim.lr_scheduler`, stepped after each mini-batch; called, it makes one.

    `code` is the same in the code twin, "" for none, stepped after each `code_steps`.
    """

    class_name: str
    arguments: Callable[["TrainConfig"], dict[str, Any]]
    code: Callable[["TrainConfig"], str]
    code_steps: CodeSteps

    def __post_init__(self) -> None:
        if self.code_steps not in get_args(CodeSteps):
            raise ValueError(f"code_steps is {self.code_steps!r}, none of {get_args(CodeSteps)}.")

    def __call__(self, config: "TrainConfig", optimizer: Any) -> "LRScheduler":
        made: LRScheduler = resolve(f"torch.optim.lr_scheduler:{self.class_name}")(
            optimizer, **self.arguments(config)
        )
        return made


def _plain(config: "TrainConfig") -> dict[str, Any]:
    return {"lr": config.lr, "weight_decay": config.weight_decay}


def _fused(config: "TrainConfig") -> dict[str, Any]:
    return _plain(config) | {"fused": True}


DECAY = "g = g + λ * w"  # an L2 penalty, as all but AdamW have it
VELOCITY = "b = μ * b + g"
MOMENTS = ("m = β1 * m + (1 - β1) * g", "v = β2 * v + (1 - β2) * g**2")
CORRECTED = (  # for having started at 0
    "m_hat = m / (1 - β1**t)",
    "v_hat = v / (1 - β2**t)",
    "w = w - η * m_hat / (sqrt(v_hat) + ε)",
)

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        label=N_("SGD"),
        name="SGD",
        class_name="SGD",
        arguments=_fused,
        update=(DECAY, "w = w - η * g"),
    ),
    "momentum": Optimizer(
        label=N_("SGD with momentum"),
        name=N_("momentum"),
        settings=("momentum",),
        class_name="SGD",
        arguments=lambda c: {"lr": c.lr, "momentum": c.momentum} | _fused(c),
        update=(DECAY, VELOCITY, "w = w - η * b"),
    ),
    "nesterov": Optimizer(
        label=N_("SGD with Nesterov momentum"),
        name="Nesterov",
        settings=("momentum",),
        class_name="SGD",
        arguments=lambda c: (
            {"lr": c.lr, "momentum": c.momentum, "nesterov": c.momentum > 0} | _fused(c)
        ),
        update=(DECAY, VELOCITY, "w = w - η * (g + μ * b)"),
    ),
    "adam": Optimizer(
        label=N_("Adam"),
        name="Adam",
        class_name="Adam",
        arguments=_fused,
        update=(DECAY, *MOMENTS, *CORRECTED),
    ),
    "adamw": Optimizer(
        label=N_("AdamW"),
        name="AdamW",
        class_name="AdamW",
        arguments=_fused,
        update=("w = w - η * λ * w", *MOMENTS, *CORRECTED),
    ),
    "rmsprop": Optimizer(
        label=N_("RMSprop"),
        name="RMSprop",
        class_name="RMSprop",
        arguments=_plain,
        update=(DECAY, "v = α * v + (1 - α) * g**2", "w = w - η * g / (sqrt(v) + ε)"),
    ),
    "adagrad": Optimizer(
        label=N_("Adagrad"),
        name="Adagrad",
        class_name="Adagrad",
        arguments=_plain,
        update=(DECAY, "s = s + g**2", "w = w - η * g / (sqrt(s) + ε)"),
    ),
    "adadelta": Optimizer(
        label=N_("Adadelta"),
        name="Adadelta",
        class_name="Adadelta",
        arguments=_plain,
        update=(
            DECAY,
            "v = ρ * v + (1 - ρ) * g**2",
            "d = sqrt(u + ε) / sqrt(v + ε) * g",
            "u = ρ * u + (1 - ρ) * d**2",
            "w = w - η * d",
        ),
    ),
}

SCHEDULES: dict[str, Schedule] = {
    "none": Schedule(
        label=N_("constant"),
        class_name="ConstantLR",
        arguments=lambda c: {"factor": 1.0, "total_iters": 0},
        code=lambda c: "",
        code_steps="",
    ),
    "step": Schedule(
        label=N_("step decay, once an epoch"),
        settings=("schedule_gamma",),
        class_name="StepLR",
        arguments=lambda c: {"step_size": c.steps_per_epoch, "gamma": c.schedule_gamma},
        code=lambda c: f"StepLR(optimizer, 1, gamma={c.schedule_gamma})",
        code_steps="epoch",
    ),
    "cosine": Schedule(
        label=N_("cosine annealing"),
        class_name="CosineAnnealingLR",
        arguments=lambda c: {"T_max": c.total_steps},
        code=lambda c: f"CosineAnnealingLR(optimizer, {c.total_steps})",
        code_steps="batch",
    ),
    "one-cycle": Schedule(
        label=N_("one cycle: up, then down"),
        class_name="OneCycleLR",
        arguments=lambda c: {
            "max_lr": c.lr,
            "total_steps": c.total_steps,
            "cycle_momentum": False,
        },
        code=lambda c: (
            f"OneCycleLR(optimizer, {c.lr}, total_steps={c.total_steps}, cycle_momentum=False)"
        ),
        code_steps="batch",
    ),
}

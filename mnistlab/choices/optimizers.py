"""The optimisers and learning rate schedules. From one entry come the training's own object and the
line of the code twin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from mnistlab.choices.base import N_, Choice, Named, resolve

if TYPE_CHECKING:
    from torch.optim import Optimizer as TorchOptimizer
    from torch.optim.lr_scheduler import LRScheduler

    from mnistlab.config import TrainConfig

CodeSteps = Literal["", "batch", "epoch"]


@dataclass(frozen=True, kw_only=True)
class Optimizer(Named):
    """A class of `torch.optim`, and how a configuration sets it; called, it makes one."""

    class_name: str
    arguments: Callable[["TrainConfig"], dict[str, Any]]  # of the class, by name; `lr` first

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


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(label=N_("SGD"), name="SGD", class_name="SGD", arguments=_fused),
    "momentum": Optimizer(
        label=N_("SGD with momentum"),
        name="momentum",
        settings=("momentum",),
        class_name="SGD",
        arguments=lambda c: {"lr": c.lr, "momentum": c.momentum} | _fused(c),
    ),
    "nesterov": Optimizer(
        label=N_("SGD with Nesterov momentum"),
        name="Nesterov",
        settings=("momentum",),
        class_name="SGD",
        arguments=lambda c: (
            {"lr": c.lr, "momentum": c.momentum, "nesterov": c.momentum > 0} | _fused(c)
        ),
    ),
    "adam": Optimizer(label=N_("Adam"), name="Adam", class_name="Adam", arguments=_fused),
    "adamw": Optimizer(label=N_("AdamW"), name="AdamW", class_name="AdamW", arguments=_fused),
    "rmsprop": Optimizer(
        label=N_("RMSprop"), name="RMSprop", class_name="RMSprop", arguments=_plain
    ),
    "adagrad": Optimizer(
        label=N_("Adagrad"), name="Adagrad", class_name="Adagrad", arguments=_plain
    ),
    "adadelta": Optimizer(
        label=N_("Adadelta"), name="Adadelta", class_name="Adadelta", arguments=_plain
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

"""The optimisers and schedules, by the names that a configuration has for them."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import lr_scheduler

from mnistlab.config import TrainConfig

OPTIMIZERS: dict[str, Callable[[TrainConfig, Any], torch.optim.Optimizer]] = {
    "sgd": lambda c, p: torch.optim.SGD(p, c.lr, weight_decay=c.weight_decay, fused=True),
    "momentum": lambda c, p: torch.optim.SGD(p, c.lr, c.momentum, weight_decay=c.weight_decay, fused=True),
    "nesterov": lambda c, p: torch.optim.SGD(p, c.lr, c.momentum, weight_decay=c.weight_decay, nesterov=c.momentum > 0, fused=True),
    "adam": lambda c, p: torch.optim.Adam(p, c.lr, weight_decay=c.weight_decay, fused=True),
    "adamw": lambda c, p: torch.optim.AdamW(p, c.lr, weight_decay=c.weight_decay, fused=True),
    "rmsprop": lambda c, p: torch.optim.RMSprop(p, c.lr, weight_decay=c.weight_decay),
    "adagrad": lambda c, p: torch.optim.Adagrad(p, c.lr, weight_decay=c.weight_decay),
    "adadelta": lambda c, p: torch.optim.Adadelta(p, c.lr, weight_decay=c.weight_decay),
}

SCHEDULES: dict[str, Callable[[TrainConfig, torch.optim.Optimizer], lr_scheduler.LRScheduler]] = {  # stepped after each mini-batch
    "none": lambda c, o: lr_scheduler.ConstantLR(o, factor=1.0, total_iters=0),
    "step": lambda c, o: lr_scheduler.StepLR(o, c.steps_per_epoch, c.schedule_gamma),
    "cosine": lambda c, o: lr_scheduler.CosineAnnealingLR(o, c.total_steps),
    "one-cycle": lambda c, o: lr_scheduler.OneCycleLR(o, c.lr, total_steps=c.total_steps, cycle_momentum=False),
}

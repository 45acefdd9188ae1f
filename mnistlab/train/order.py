"""Which images are in the mini-batch that a training would take next, without training."""

import torch
from torch import Tensor

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.models.initial import DrawnFrom


def order_is_known(config: TrainConfig, step: int) -> bool:
    """Whether the order of the images after `step` steps can be told without training: always in
    the first epoch, later if nothing else draws random numbers from epoch to epoch.
    """
    draws = config.augment_shift or config.augment_rotation or config.augment_crop
    return step < config.steps_per_epoch or not (draws or models.draws_numbers(config))


def next_batch(config: TrainConfig, step: int) -> Tensor:
    """The indices, among its training images, of the mini-batch that the training of `config` takes
    after `step` steps, (N,). Raises `NotApplicable` unless `order_is_known`.
    """
    if not order_is_known(config, step):
        raise NotApplicable(
            message(
                "Which images came next is not known: in this training dropout or "
                "augmentation draws random numbers between the epochs."
            ),
            message("Choose a step of the first epoch, or the images themselves."),
        )
    epoch, position = divmod(step, config.steps_per_epoch)
    random = torch.Generator().manual_seed(config.seed)
    with DrawnFrom(random):
        models.build(config)  # draws the initial weights first, as a training does
    for _ in range(epoch + 1):
        order = torch.randperm(config.train_count, generator=random)
    return order[position * config.batch_size : (position + 1) * config.batch_size]

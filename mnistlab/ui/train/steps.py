"""How many steps an epoch has, and how large its last mini-batch is."""

from mnistlab.config import TrainConfig
from mnistlab.ui.kit.i18n import _


def steps_in_words(config: TrainConfig) -> str:
    """One sentence about the mini-batches of an epoch of `config`."""
    steps, last = config.steps_per_epoch, config.last_batch_size
    if steps == 1:
        said = _("One step per epoch: all {images:,} images are one batch.")
    elif last == config.batch_size:
        said = _("{steps:,} steps per epoch: {images:,} images in batches of {size:,}.")
    else:
        said = _(
            "{steps:,} steps per epoch: {images:,} images in batches of {size:,}, and {last:,} "
            "images are left for the last one."
        )
    return said.format(steps=steps, images=config.train_count, size=config.batch_size, last=last)

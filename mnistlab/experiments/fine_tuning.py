"""Fine-tuning: a network that has learned a data set goes on to learn one person's handwriting."""

from math import ceil

from mnistlab.choices import DATASETS
from mnistlab.config import FIELDS, TrainConfig, option

IMAGES = 2_000  # to learn from: half are drawings, half keep the network from forgetting
BATCH = 50
STEPS = 120


def fine_tuning(parent: TrainConfig, drawings: str) -> TrainConfig:
    """The training that teaches the network of `parent`, once finished, the drawings of a set, in
    a few seconds. The drawings are few and come again and again, so each time they are moved,
    turned and zoomed a little.
    """
    kept = [name for name in FIELDS if option(name).group == "model"]
    images = min(IMAGES, DATASETS[parent.dataset].train_count)
    return TrainConfig(
        **{name: getattr(parent, name) for name in ("dataset", "normalize", *kept)},
        parent=parent.run_id,
        drawings=drawings,
        train_size=images,
        augment_shift=1,
        augment_rotation=10,
        augment_crop=2,
        optimizer="adam",
        lr=0.001,
        schedule="one-cycle",
        batch_size=BATCH,
        epochs=ceil(STEPS / (images / BATCH)),
        max_steps=STEPS,
        eval_every=20,
        eval_size=1_000,
        seed=parent.seed,
    )

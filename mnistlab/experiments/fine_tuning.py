"""Fine-tuning: a network that has learned MNIST goes on to learn one person's handwriting."""

from mnistlab.config import FIELDS, TrainConfig, option

IMAGES = 2_000  # to learn from: half are drawings, half keep the network from forgetting


def fine_tuning(parent: TrainConfig, drawings: str) -> TrainConfig:
    """The training that teaches the network of `parent`, once finished, the drawings of a set, in
    a few seconds. The drawings are few and come again and again, so each time they are moved and
    turned a little.
    """
    kept = [name for name in FIELDS if option(name).group == "model"]
    network = {name: getattr(parent, name) for name in ("dataset", "normalize", *kept)}
    return TrainConfig(
        **network,
        parent=parent.run_id,
        drawings=drawings,
        train_size=min(IMAGES, parent.replace(train_size=None, validation_size=0).train_count),
        augment_shift=1,
        augment_rotation=10,
        augment_crop=2,
        optimizer="adam",
        lr=0.001,
        schedule="cosine",
        batch_size=50,
        epochs=3,
        eval_every=20,
        eval_size=1_000,
        seed=parent.seed,
    )

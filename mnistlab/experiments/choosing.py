"""Which epoch's network to keep: chosen by validation images, or, as one should not, by the test images themselves."""

from dataclasses import replace

import torch

from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, load_dataset
from mnistlab.events import Evaluated, Snapshot
from mnistlab.experiments.loop import Outcome, Tell, tell_nobody
from mnistlab.train import evaluate, model_from, train

LOOKED_AT = 100  # test images
SEEDS = range(1, 11)
CONFIG = TrainConfig(  # few images and large steps, so that the epochs differ
    dataset="digits", arch="mlp", hidden=32, lr=0.02, batch_size=32, epochs=20, train_size=200, validation_size=100,
    eval_every=None, eval_size=LOOKED_AT, log_every=1_000,
)  # fmt: skip


def choose_by(judge: str, tell: Tell = tell_nobody) -> Outcome:
    """Train with ten seeds, keep of each the epoch that `judge` ("test" or "validation") finds best, and tell two means:

    the accuracy that one would report, on the first 100 test images; and the truth, on the other 400, which nobody looked at.
    """
    data = load_dataset(CONFIG.dataset)
    reported, truth = [], []
    for number, seed in enumerate(SEEDS, start=1):
        config, mixed = CONFIG.replace(seed=seed), _mixed(data, seed)
        unseen = mixed.test_images[LOOKED_AT:], mixed.test_labels[LOOKED_AT:]
        best: tuple[float, float] = (-1.0, 0.0)  # (as the judge sees it, on the first test images)
        chosen = None
        latest: Evaluated | None = None
        for event in train(config, mixed):
            if isinstance(event, Evaluated) and event.step:
                latest = event
            elif isinstance(event, Snapshot) and latest is not None and event.step == latest.step:  # at an epoch's end
                seen = latest.test_accuracy if judge == "test" else latest.validation_accuracy
                assert seen is not None
                if seen > best[0]:
                    best, chosen = (seen, latest.test_accuracy), event.weights
        assert chosen is not None
        reported.append(best[1])
        truth.append(evaluate(model_from(config, chosen), *unseen, config)[1] / len(unseen[1]))
        tell(number / len(SEEDS))
    return Outcome({"reported": sum(reported) / len(reported), "truth": sum(truth) / len(truth)})


def _mixed(data: Dataset, seed: int) -> Dataset:
    """`data` with its test images in another order: each time others are looked at, lest they be easier than the rest."""
    order = torch.randperm(len(data.test_images), generator=torch.Generator().manual_seed(seed))
    return replace(data, test_images=data.test_images[order], test_labels=data.test_labels[order])

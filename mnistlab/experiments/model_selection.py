"""Model selection: which epoch's network to keep, chosen on validation images or, as one should
not, on the test images themselves.
"""

from dataclasses import replace

import torch

from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, load_dataset
from mnistlab.events import Evaluated, Snapshot
from mnistlab.experiments.loop import Outcome, ReportProgress, ignore_progress
from mnistlab.train import evaluate, model_from, train

LOOKED_AT = 100  # test images seen during training
SEEDS = range(1, 11)
CONFIG = TrainConfig(  # few images and large steps, so that the epochs differ
    dataset="digits",
    arch="mlp",
    hidden=32,
    lr=0.02,
    batch_size=32,
    epochs=20,
    train_size=200,
    validation_size=100,
    eval_every=None,
    eval_size=LOOKED_AT,
    log_every=1_000,
)


def select_epoch(by: str, report_progress: ReportProgress = ignore_progress) -> Outcome:
    """Train with ten seeds, keep the best epoch of each by its accuracy on "test" or "validation"
    images, and return two means: "reported", the accuracy on the first 100 test images, and
    "truth", that on the other 400, which were never looked at.
    """
    data = load_dataset(CONFIG.dataset)
    reported, truth = [], []
    for number, seed in enumerate(SEEDS, start=1):
        config, mixed = CONFIG.replace(seed=seed), _mixed(data, seed)
        unseen = mixed.test_images[LOOKED_AT:], mixed.test_labels[LOOKED_AT:]
        # accuracy (used to choose, on the first test images)
        best: tuple[float, float] = (-1.0, 0.0)
        chosen = None
        latest: Evaluated | None = None
        for event in train(config, mixed):
            if isinstance(event, Evaluated) and event.step:
                latest = event
            # at an epoch's end
            elif isinstance(event, Snapshot) and latest is not None and event.step == latest.step:
                score = latest.test_accuracy if by == "test" else latest.validation_accuracy
                assert score is not None
                if score > best[0]:
                    best, chosen = (score, latest.test_accuracy), event.weights
        assert chosen is not None
        reported.append(best[1])
        truth.append(evaluate(model_from(config, chosen), *unseen, config)[1] / len(unseen[1]))
        report_progress(number / len(SEEDS))
    return Outcome({"reported": sum(reported) / len(reported), "truth": sum(truth) / len(truth)})


def _mixed(data: Dataset, seed: int) -> Dataset:
    """`data` with its test images shuffled, so that each seed looks at different ones, in case the
    first are easier than the rest.
    """
    order = torch.randperm(len(data.test_images), generator=torch.Generator().manual_seed(seed))
    return replace(data, test_images=data.test_images[order], test_labels=data.test_labels[order])

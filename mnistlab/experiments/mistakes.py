"""The classic mistakes, each a pair of experiments on the small digits: done right, and with the
mistake.

A mistake is one entry of `MISTAKES` and, to explain it, the section of the same name in the text
`mistakes.md`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn
from torch.nn import functional as F

from mnistlab.config import TrainConfig
from mnistlab.experiments.loop import (
    Loop,
    Outcome,
    ReportProgress,
    Variant,
    ignore_progress,
    trained,
)
from mnistlab.experiments.memory import of_evaluation
from mnistlab.experiments.model_selection import select_epoch
from mnistlab.experiments.variants import (
    sine_training,
    sorted_by_class,
    until_it_fails,
    with_batch_norm,
)
from mnistlab.i18n import N_, Message

MEASURES = {  # key of `Outcome.numbers` -> (label, format)
    "accuracy": (N_("Accuracy on the test images"), "percent"),
    "test loss": (N_("Loss on the test images"), "nats"),
    "train loss": (N_("Loss of the last mini-batches"), "nats"),
    "confidence": (N_("Mean confidence"), "probability"),
    "changed answers": (
        N_("Predictions that change when the images come in another order"),
        "percent",
    ),
    "answers of one class": (N_("Share of the most frequent prediction"), "percent"),
    "reported": (N_("Accuracy you would report"), "percent"),
    "truth": (N_("Accuracy on 400 images never looked at before"), "percent"),
    "memory": (N_("Memory used by the evaluation"), "bytes"),
    "kept": (N_("Of that, kept for a backward pass"), "bytes"),
    "error of last windows": (N_("Mean squared error over the last ten windows"), "plain"),
    "windows": (N_("Windows trained on"), "count"),
}

MLP = TrainConfig(
    dataset="digits", arch="mlp", hidden=64, optimizer="adam", lr=0.003, batch_size=32, epochs=8
)
SGD = MLP.replace(optimizer="sgd", lr=0.1)
CNN = TrainConfig(dataset="digits", channels=(4, 8), kernel=5, batch_size=32, lr=0.003, epochs=3)
# nats: the lowest cross-entropy possible if the "logits" are probabilities of ten classes
FLOOR = math.log(math.e + 9) - 1
GUESSING = (math.log(10), "ln 10")  # nats; the loss of ten equal probabilities


@dataclass(frozen=True)
class Mistake:
    """One classic mistake: what to predict, what to run, what to compare, and the outcome that the
    explanation claims.
    """

    title: str
    code: tuple[str, str]  # the correct line, and the mistaken one ("" if it is left out)
    question: str
    answers: tuple[str, ...]
    right: int  # index of the right one of `answers`
    correct: Variant
    mistaken: Variant
    compare: tuple[str, ...]  # keys of `MEASURES`
    # (correct, mistaken) -> whether the explanation's claim holds
    shows: Callable[[Outcome, Outcome], bool]
    curve: str = ""  # a key of `Outcome.curves`
    level: tuple[float, str] | None = None  # a value to compare the curve with, and its name

    def __post_init__(self) -> None:
        if self.right not in range(len(self.answers)):
            raise ValueError(
                f"{self.title}: right is {self.right}, but there are {len(self.answers)} answers."
            )
        if not self.compare or not set(self.compare) <= MEASURES.keys():
            raise ValueError(
                f"{self.title}: compare is {self.compare}; the measures are: {', '.join(MEASURES)}."
            )


@dataclass(frozen=True)
class Pair:
    """The outcomes of both variants."""

    correct: Outcome
    mistaken: Outcome
    as_claimed: bool


def run_pair(name: str, report_progress: ReportProgress = ignore_progress) -> Pair:
    """Run both variants of the mistake `name`, a key of `MISTAKES`."""
    mistake = MISTAKES[name]
    correct = mistake.correct(lambda share: report_progress(share / 2))
    mistaken = mistake.mistaken(lambda share: report_progress((1 + share) / 2))
    return Pair(correct, mistaken, mistake.shows(correct, mistaken))


_CNN, _MLP, _SGD = Loop(CNN), Loop(MLP), Loop(SGD)
_DROPOUT = Loop(MLP.replace(dropout=0.5))
_NORM = Loop(MLP, network=with_batch_norm, test_order=sorted_by_class, test_batch=50)

MISTAKES: dict[str, Mistake] = {
    "no-zero-grad": Mistake(
        title=N_("No zero_grad()"),
        code=("optimizer.zero_grad()", ""),
        question=N_("The loop never calls zero_grad(). What happens?"),
        answers=(
            N_("Nothing changes: backward() overwrites the old gradients"),
            N_("It learns faster, because each step uses more information"),
            N_("It learns at first, then the loss swings up and most of it is lost again"),
        ),
        right=2,
        correct=_SGD.run,
        mistaken=replace(_SGD, clear=lambda optimizer: None).run,
        compare=("accuracy", "train loss"),
        curve="train loss",
        level=GUESSING,
        shows=lambda correct, mistaken: (
            mistaken.numbers["accuracy"] < correct.numbers["accuracy"] - 0.3
            and mistaken.numbers["train loss"] > math.log(10) > 2 * _least(mistaken)
        ),
    ),
    "not-divided": Mistake(
        title=N_("Test images not divided by 255"),
        code=("x = test_images / 255", "x = test_images.float()"),
        question=N_(
            "The network was trained on pixels between 0 and 1, and is tested on pixels between 0 "
            "and 255. What happens?"
        ),
        answers=(
            N_("Pure guessing: about 10 % right"),
            N_("Nearly as many are right, but the test loss is a hundred times as large"),
            N_("Nothing: a network does not mind the scale"),
        ),
        right=1,
        correct=_CNN.run,
        mistaken=replace(_CNN, test_pixels=lambda images: images.float()).run,
        compare=("accuracy", "test loss", "confidence"),
        curve="test accuracy",
        shows=lambda correct, mistaken: (
            abs(mistaken.numbers["accuracy"] - correct.numbers["accuracy"]) < 0.05
            and mistaken.numbers["test loss"] > 50 * correct.numbers["test loss"]
            and mistaken.numbers["confidence"] > 0.99
        ),
    ),
    "no-unsqueeze": Mistake(
        title=N_("No unsqueeze"),
        code=(
            "x = test_images.unsqueeze(1) / 255    # (500, 1, 28, 28)",
            "x = test_images / 255                 # (500, 28, 28)",
        ),
        question=N_(
            "The test images have no channel axis: (500, 28, 28). What does the first "
            "convolution do?"
        ),
        answers=(
            N_("It works: PyTorch adds the missing axis by itself"),
            N_("It complains about 500 channels where it expects 1"),
            N_("It complains about three axes where it expects four"),
        ),
        right=1,
        correct=replace(_CNN, test_batch=500).run,
        mistaken=until_it_fails(
            replace(_CNN, test_batch=500, test_pixels=lambda images: images.squeeze(1) / 255)
        ),
        compare=("accuracy",),
        shows=lambda correct, mistaken: (
            "to have 1 channels, but got 500 channels instead" in str(mistaken.error)
            and not correct.error
        ),
    ),
    "with-gradients": Mistake(
        title=N_("Evaluating with gradients on"),
        code=(
            (
                "with torch.inference_mode():\n    for x in test_images.split(250):\n        "
                "logits = model(x)"
            ),
            "logits = model(test_images)",
        ),
        question=N_(
            "2,000 test images go through the tutorial's CNN. How much more memory does that take "
            "all at once and with gradients on?"
        ),
        answers=(
            N_("About the same"),
            N_("About twice as much"),
            N_("More than three times as much"),
        ),
        right=2,
        correct=lambda report_progress: of_evaluation("batches"),
        mistaken=lambda report_progress: of_evaluation("gradients"),
        compare=("memory", "kept"),
        shows=lambda correct, mistaken: (
            mistaken.numbers["memory"] > 3 * correct.numbers["memory"]
            and mistaken.numbers["kept"] > 0 == correct.numbers["kept"]
        ),
    ),
    "no-eval-dropout": Mistake(
        title=N_("Forgetting eval(), with dropout"),
        code=("model.eval()", ""),
        question=N_(
            "Half of the hidden units are dropped in training, and you forget eval() before "
            "testing. "
            "What do you see?"
        ),
        answers=(
            N_("The same accuracy: dropout only acts where there are gradients"),
            N_("Fewer right answers, and different ones each time you ask"),
            N_("More right answers: dropout makes a network robust"),
        ),
        right=1,
        correct=_DROPOUT.run,
        mistaken=replace(_DROPOUT, test_mode=nn.Module.train).run,
        compare=("accuracy", "changed answers"),
        curve="test accuracy",
        shows=lambda correct, mistaken: (
            mistaken.numbers["accuracy"] < correct.numbers["accuracy"] - 0.03
            and mistaken.numbers["changed answers"] > 0.05
            and correct.numbers["changed answers"] == 0
        ),
    ),
    "no-eval-batch-norm": Mistake(
        title=N_("Forgetting eval(), with batch norm"),
        code=("model.eval()", ""),
        question=N_(
            "A network with batch normalisation is tested without eval(), on images sorted by "
            "class, fifty at a time. What happens?"
        ),
        answers=(
            N_("Nothing: batch normalisation acts only in training"),
            N_("A few more mistakes"),
            N_("Most answers are wrong: each image is compared with fifty of its own kind"),
        ),
        right=2,
        correct=_NORM.run,
        mistaken=replace(_NORM, test_mode=nn.Module.train).run,
        compare=("accuracy", "changed answers"),
        curve="test accuracy",
        shows=lambda correct, mistaken: (
            mistaken.numbers["accuracy"] < 0.5 < correct.numbers["accuracy"] - 0.3
            and mistaken.numbers["changed answers"] > 0.2
            and correct.numbers["changed answers"] == 0
        ),
    ),
    "softmax-twice": Mistake(
        title=N_("Softmax before cross-entropy"),
        code=(
            "loss = F.cross_entropy(logits, y)",
            "loss = F.cross_entropy(logits.softmax(dim=1), y)",
        ),
        question=N_(
            "The network ends with a softmax, and its probabilities go into cross_entropy. What "
            "happens?"
        ),
        answers=(
            N_("It learns more slowly, and its loss never falls below about 1.46"),
            N_("Nothing: the softmax of probabilities is those same probabilities"),
            N_("An error: cross_entropy expects numbers that do not sum to 1"),
        ),
        right=0,
        correct=_SGD.run,
        mistaken=replace(
            _SGD, loss=lambda logits, y: F.cross_entropy(logits.softmax(dim=1), y)
        ).run,
        compare=("accuracy", "train loss"),
        curve="train loss",
        level=(FLOOR, "ln(e + 9) − 1"),
        shows=lambda correct, mistaken: (
            mistaken.numbers["accuracy"] < correct.numbers["accuracy"] - 0.1
            and _least(mistaken) > FLOOR > _least(correct)
        ),
    ),
    "not-shuffled": Mistake(
        title=N_("No shuffling, on sorted data"),
        code=(
            "DataLoader(data, shuffle=True)",
            "DataLoader(data, shuffle=False)    # all zeros first, all nines last",
        ),
        question=N_(
            "The training images are sorted by class and never shuffled. What does the network "
            "predict in the end?"
        ),
        answers=(
            N_("All digits correctly: it just takes a little longer"),
            N_("The last digit for nearly every image"),
            N_("The zeros best, because they came first"),
        ),
        right=1,
        correct=_MLP.run,
        mistaken=replace(_MLP, order=sorted_by_class).run,
        compare=("accuracy", "answers of one class"),
        curve="train loss",
        shows=lambda correct, mistaken: (
            mistaken.numbers["accuracy"] < 0.3
            and mistaken.numbers["answers of one class"] > 0.8
            and correct.numbers["accuracy"] > 0.9
        ),
    ),
    "learning-rate-10": Mistake(
        title=N_("Learning rate 10"),
        code=("Adam(model.parameters(), lr=0.003)", "Adam(model.parameters(), lr=10)"),
        question=N_(
            "Adam's learning rate is 10 instead of 0.003. Where is the loss after four steps? "
            "(Pure guessing costs 2.3.)"
        ),
        answers=(
            N_("Near 0: it learns 3,000 times as fast"),
            N_("Still near 2.3: it jumps back and forth"),
            N_("In the thousands, or higher"),
        ),
        right=2,
        correct=lambda report_progress: trained(CNN.replace(log_every=1), report_progress),
        mistaken=lambda report_progress: trained(CNN.replace(log_every=1, lr=10), report_progress),
        compare=("train loss",),
        curve="train loss",
        level=GUESSING,
        shows=lambda correct, mistaken: (
            mistaken.numbers["train loss"] > 1000
            and isinstance(mistaken.error, Message)  # our explanation
            and correct.numbers["accuracy"] > 0.85
        ),
    ),
    "peeking": Mistake(
        title=N_("Choosing the epoch on the test set"),
        code=(
            "best = max(epochs, key=validation_accuracy)",
            "best = max(epochs, key=test_accuracy)",
        ),
        question=N_(
            "Out of twenty epochs, you keep the one that does best on 100 test images, and report "
            "that figure. Compared with the truth, it is ..."
        ),
        answers=(
            N_("right on average: it was measured on test images, after all"),
            N_("too high, and the network you keep is no better"),
            N_("too high, but you do keep a better network"),
        ),
        right=1,
        correct=lambda report_progress: select_epoch("validation", report_progress),
        mistaken=lambda report_progress: select_epoch("test", report_progress),
        compare=("reported", "truth"),
        shows=lambda correct, mistaken: (
            mistaken.numbers["reported"] > mistaken.numbers["truth"] + 0.01
            and mistaken.numbers["reported"] > correct.numbers["reported"]
            and mistaken.numbers["truth"] < correct.numbers["truth"] + 0.01
        ),
    ),
    "no-detach": Mistake(
        title=N_("Carrying a hidden state without detach"),
        code=("state = state.detach()", ""),
        question=N_(
            "A recurrent network carries its hidden state from window to window without detaching "
            "it. What happens?"
        ),
        answers=(
            N_("It learns across windows, and is better for it"),
            N_("An error in the second window"),
            N_("It gets slower from window to window"),
        ),
        right=1,
        correct=sine_training("carry+detach"),
        mistaken=sine_training("carry"),
        compare=("windows", "error of last windows"),
        curve="train loss",
        shows=lambda correct, mistaken: (
            mistaken.numbers["windows"] == 1
            and "backward through the graph a second time" in str(mistaken.error)
            and not correct.error
        ),
    ),
}


def _least(outcome: Outcome) -> float:
    """The lowest loss of any mini-batch."""
    return min(loss for _, loss in outcome.curves["train loss"])

"""The classic mistakes, each as a pair of experiments on the small digits: as it should be, and with the mistake.

One entry of `MISTAKES` is all that a mistake consists of; its explanation is the section of the same name in the lesson
`mistakes.md`. A new mistake is a new entry and a new section.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn
from torch.nn import functional as F

from mnistlab.config import TrainConfig
from mnistlab.experiments.choosing import choose_by
from mnistlab.experiments.loop import Loop, Outcome, Side, Tell, tell_nobody, trained
from mnistlab.experiments.memory import of_evaluation
from mnistlab.experiments.sides import carrying, sorted_by_class, until_it_fails, with_batch_norm

N_ = str  # marks words for translation; whoever shows them translates them

MEASURES = {  # what `Outcome.numbers` may hold -> (what it is called, how it is written)
    "accuracy": (N_("Accuracy on the test images"), "percent"),
    "test loss": (N_("Loss on the test images"), "nats"),
    "train loss": (N_("Loss of the last mini-batches"), "nats"),
    "confidence": (N_("Mean confidence of an answer"), "percent"),
    "changed answers": (N_("Answers that differ when asked again, in another order"), "percent"),
    "answers of one class": (N_("Answers that name one and the same digit"), "percent"),
    "reported": (N_("Accuracy that one would report"), "percent"),
    "truth": (N_("Accuracy on 400 images that nobody had looked at"), "percent"),
    "memory": (N_("Memory that the evaluation takes"), "bytes"),
    "kept": (N_("of which kept for a backward pass"), "bytes"),
    "error of last windows": (N_("Mean squared error of the last ten windows"), "plain"),
    "windows": (N_("Windows that it trained on"), "count"),
}

MLP = TrainConfig(dataset="digits", arch="mlp", hidden=64, optimizer="adam", lr=0.003, batch_size=32, epochs=8)
SGD = MLP.replace(optimizer="sgd", lr=0.1)
CNN = TrainConfig(dataset="digits", channels=(4, 8), kernel=5, batch_size=32, lr=0.003, epochs=3)
FLOOR = math.log(math.e + 9) - 1  # nats: the least cross-entropy of ten "logits" that are probabilities


@dataclass(frozen=True)
class Mistake:
    """One classic mistake: what to predict, what to run, what to look at, and what has to come of it."""

    title: str
    code: tuple[str, str]  # the line as it should be, and with the mistake ("": it is left out)
    question: str
    answers: tuple[str, ...]
    right: int  # which of `answers`
    correct: Side
    mistaken: Side
    compare: tuple[str, ...]  # keys of `MEASURES`
    shows: Callable[[Outcome, Outcome], bool]  # (correct, mistaken) -> whether the explanation's claim came true
    curve: str = ""  # of `Outcome.curves`


@dataclass(frozen=True)
class Pair:
    """What came of both sides."""

    correct: Outcome
    mistaken: Outcome
    as_claimed: bool


def run_pair(name: str, tell: Tell = tell_nobody) -> Pair:
    """Run both sides of the mistake called `name`, a key of `MISTAKES`."""
    mistake = MISTAKES[name]
    correct = mistake.correct(lambda share: tell(share / 2))
    mistaken = mistake.mistaken(lambda share: tell((1 + share) / 2))
    return Pair(correct, mistaken, mistake.shows(correct, mistaken))


_CNN, _MLP, _SGD = Loop(CNN), Loop(MLP), Loop(SGD)
_DROPOUT = Loop(MLP.replace(dropout=0.5))
_NORM = Loop(MLP, network=with_batch_norm, test_order=sorted_by_class, test_batch=50)

MISTAKES: dict[str, Mistake] = {
    "no-zero-grad": Mistake(
        title=N_("No zero_grad()"),
        code=("optimizer.zero_grad()", ""),
        question=N_("The loop never calls zero_grad(). What becomes of the training?"),
        answers=(
            N_("Nothing changes: backward() overwrites the old gradients"),
            N_("It learns faster, because each step uses more information"),
            N_("At first it learns, then the loss swings up and most of it is lost again"),
        ),
        right=2,
        correct=_SGD.run,
        mistaken=replace(_SGD, clear=lambda optimizer: None).run,
        compare=("accuracy", "train loss"),
        curve="train loss",
        shows=lambda correct, mistaken: (
            mistaken.numbers["accuracy"] < correct.numbers["accuracy"] - 0.3 and mistaken.numbers["train loss"] > math.log(10) > 2 * _least(mistaken)
        ),
    ),
    "not-divided": Mistake(
        title=N_("Test images not divided by 255"),
        code=("x = test_images / 255", "x = test_images.float()"),
        question=N_("The network learned from pixels between 0 and 1, and is tested on pixels between 0 and 255. What happens?"),
        answers=(
            N_("Pure guessing: about 10 % right"),
            N_("Nearly as many right, but the test loss is a hundred times as large"),
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
        code=("x = test_images.unsqueeze(1) / 255    # (500, 1, 28, 28)", "x = test_images / 255                 # (500, 28, 28)"),
        question=N_("The test images have no channel axis: (500, 28, 28). What does the first convolution say?"),
        answers=(
            N_("Nothing: PyTorch adds the missing axis by itself"),
            N_("It complains of 500 channels where it expects 1"),
            N_("It complains of three axes where it expects four"),
        ),
        right=1,
        correct=replace(_CNN, test_batch=500).run,
        mistaken=until_it_fails(replace(_CNN, test_batch=500, test_pixels=lambda images: images.squeeze(1) / 255)),
        compare=("accuracy",),
        shows=lambda correct, mistaken: "to have 1 channels, but got 500 channels instead" in mistaken.error and not correct.error,
    ),
    "with-gradients": Mistake(
        title=N_("Evaluating with gradients on"),
        code=("with torch.inference_mode():\n    for x in test_images.split(250):\n        logits = model(x)", "logits = model(test_images)"),
        question=N_("2,000 test images go through the tutorial's CNN. How much more memory does it take all at once and with gradients on?"),
        answers=(N_("About the same"), N_("About twice as much"), N_("More than three times as much")),
        right=2,
        correct=lambda tell: of_evaluation("batches"),
        mistaken=lambda tell: of_evaluation("gradients"),
        compare=("memory", "kept"),
        shows=lambda correct, mistaken: mistaken.numbers["memory"] > 3 * correct.numbers["memory"] and mistaken.numbers["kept"] > 0 == correct.numbers["kept"],
    ),
    "no-eval-dropout": Mistake(
        title=N_("eval() forgotten, with dropout"),
        code=("model.eval()", ""),
        question=N_("Half of the hidden units are dropped in training, and the test forgets eval(). What do you see?"),
        answers=(
            N_("The same accuracy: dropout only acts where there are gradients"),
            N_("Fewer right answers, and other ones each time you ask"),
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
        title=N_("eval() forgotten, with batch norm"),
        code=("model.eval()", ""),
        question=N_("The test images come sorted by class, fifty at a time, to a network with batch normalisation, without eval(). What happens?"),
        answers=(
            N_("Nothing: batch normalisation acts only in training"),
            N_("A few more mistakes"),
            N_("Most answers are wrong: each image is judged against fifty of its own kind"),
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
        code=("loss = F.cross_entropy(logits, y)", "loss = F.cross_entropy(logits.softmax(dim=1), y)"),
        question=N_("The network ends with a softmax, and cross_entropy is given its probabilities. What happens?"),
        answers=(
            N_("It learns more slowly, and its loss never falls below about 1.46"),
            N_("Nothing: the softmax of probabilities is the same probabilities"),
            N_("An error: cross_entropy wants numbers that do not sum to 1"),
        ),
        right=0,
        correct=_SGD.run,
        mistaken=replace(_SGD, loss=lambda logits, y: F.cross_entropy(logits.softmax(dim=1), y)).run,
        compare=("accuracy", "train loss"),
        curve="train loss",
        shows=lambda correct, mistaken: mistaken.numbers["accuracy"] < correct.numbers["accuracy"] - 0.1 and _least(mistaken) > FLOOR > _least(correct),
    ),
    "not-shuffled": Mistake(
        title=N_("No shuffling, on sorted data"),
        code=("DataLoader(data, shuffle=True)", "DataLoader(data, shuffle=False)    # all zeros first, all nines last"),
        question=N_("The training images are sorted by class and never shuffled. What does the network say in the end?"),
        answers=(
            N_("It does well on all digits, only a little later"),
            N_("It names the last digit for nearly every image"),
            N_("It knows the zeros best, because they came first"),
        ),
        right=1,
        correct=_MLP.run,
        mistaken=replace(_MLP, order=sorted_by_class).run,
        compare=("accuracy", "answers of one class"),
        curve="train loss",
        shows=lambda correct, mistaken: mistaken.numbers["accuracy"] < 0.3 and mistaken.numbers["answers of one class"] > 0.8 and correct.numbers["accuracy"] > 0.9,
    ),
    "learning-rate-10": Mistake(
        title=N_("Learning rate 10"),
        code=("Adam(model.parameters(), lr=0.003)", "Adam(model.parameters(), lr=10)"),
        question=N_("Adam's learning rate is 10 instead of 0.003. Where is the loss after four steps? (Pure guessing costs 2.3.)"),
        answers=(N_("Near 0: it learns 3,000 times as fast"), N_("Still near 2.3: it jumps to and fro"), N_("In the thousands")),
        right=2,
        correct=lambda tell: trained(CNN.replace(log_every=1), tell),
        mistaken=lambda tell: trained(CNN.replace(log_every=1, lr=10), tell),
        compare=("train loss",),
        curve="train loss",
        shows=lambda correct, mistaken: mistaken.numbers["train loss"] > 1000 and "Each step overshoots" in mistaken.error and correct.numbers["accuracy"] > 0.85,
    ),
    "peeking": Mistake(
        title=N_("The test set chooses the epoch"),
        code=("best = max(epochs, key=validation_accuracy)", "best = max(epochs, key=test_accuracy)"),
        question=N_("Of twenty epochs, you keep the one that does best on 100 test images, and report that figure. Compared with the truth it is ..."),
        answers=(
            N_("right on average: it was measured on test images, after all"),
            N_("too high, and the network kept is no better"),
            N_("too high, but the network kept is the better one"),
        ),
        right=1,
        correct=lambda tell: choose_by("validation", tell),
        mistaken=lambda tell: choose_by("test", tell),
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
        question=N_("A recurrent network carries its hidden state from window to window, and nobody detaches it. What happens?"),
        answers=(
            N_("It learns across windows, and better for it"),
            N_("An error in the second window"),
            N_("It gets slower from window to window"),
        ),
        right=1,
        correct=carrying("carry+detach"),
        mistaken=carrying("carry"),
        compare=("windows", "error of last windows"),
        curve="train loss",
        shows=lambda correct, mistaken: mistaken.numbers["windows"] == 1 and "backward through the graph a second time" in mistaken.error and not correct.error,
    ),
}  # fmt: skip


def _least(outcome: Outcome) -> float:
    """The lowest loss of any mini-batch."""
    return min(loss for _, loss in outcome.curves["train loss"])

"""How good a network is, and where it goes wrong. scikit-learn counts; statsmodels tests.

N images, K = 10 classes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch import Tensor, nn

from mnistlab.analysis.inspection import eval_copy
from mnistlab.analysis.intervals import percent, wilson
from mnistlab.config import TrainConfig
from mnistlab.errors import AnalysisError
from mnistlab.i18n import N_, _, message
from mnistlab.models import CLASSES
from mnistlab.train import predict

NORMALIZE = {
    N_("counts"): None,
    N_("by true digit"): "true",
    N_("by predicted digit"): "pred",
}  # how a confusion matrix is shown -> scikit-learn's name
ALPHA = 0.05  # below this p-value, chance is a poor explanation of a difference


@dataclass(frozen=True)
class Accuracy:
    """Right answers, and the interval of their share. Shares from 0 to 1."""

    correct: int
    count: int
    share: float
    low: float  # 95 % Wilson interval
    high: float

    @classmethod
    def of(cls, correct: np.ndarray) -> "Accuracy":
        """From `correct`, bool (N,), N > 0: which answers are right."""
        right, count = int(correct.sum()), len(correct)
        return cls(right, count, right / count, *wilson(right, count))


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a network predicts for some images, and what they are."""

    labels: np.ndarray  # (N,) int64
    logits: np.ndarray  # (N, K) float32

    @cached_property
    def predictions(self) -> np.ndarray:
        """The class of the largest logit, (N,) int64. Rounding can make two probabilities equal."""
        return self.logits.argmax(1)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """(N, K) float32."""
        return torch.from_numpy(self.logits).softmax(1).numpy()

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of the predicted class, (N,) float32."""
        return self.probabilities.max(1)

    @cached_property
    def correct(self) -> np.ndarray:
        """(N,) bool."""
        return self.predictions == self.labels

    @property
    def accuracy(self) -> Accuracy:
        """Over all images."""
        return Accuracy.of(self.correct)

    def first(self, count: int = 2_000) -> Accuracy:
        """Over the first `count` images only, as during training."""
        return Accuracy.of(self.correct[:count])

    def confusion(self, normalize: str = "counts") -> np.ndarray:
        """(K, K): row = true class, column = predicted class. `normalize`: a key of `NORMALIZE`; an
        empty row or column stays 0.
        """
        return self._confusions[normalize].copy()

    @cached_property
    def _confusions(self) -> dict[str, np.ndarray]:
        return {
            name: confusion_matrix(
                self.labels, self.predictions, labels=range(CLASSES), normalize=normalize
            )
            for name, normalize in NORMALIZE.items()
        }

    def cell(self, true: int, predicted: int) -> np.ndarray:
        """Indices of images of class `true` predicted as `predicted`, the most confident first."""
        indices = np.flatnonzero((self.labels == true) & (self.predictions == predicted))
        return indices[np.argsort(-self.confidence[indices], kind="stable")]

    def mistakes(self, count: int | None = None) -> np.ndarray:
        """Indices of the (at most `count`) wrong answers, the most confident first."""
        wrong = np.flatnonzero(~self.correct)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")][:count]


def judge(model: nn.Sequential, images: Tensor, labels: Tensor, config: TrainConfig) -> Judgement:
    """What `model` predicts for `images`, uint8 (N, 1, 28, 28), N > 0, whose true classes are
    `labels` (N,). `model` is left as it is.

    Raises `AnalysisError` if its outputs are NaN or infinite, as after divergence.
    """
    return judgement(predict(eval_copy(model), images, config), labels)


def judgement(logits: Tensor, labels: Tensor) -> Judgement:
    """What a network predicts that gives `logits`, (N, K), for images of the classes `labels` (N,).
    Raises `AnalysisError` as `judge` does.
    """
    if not logits.softmax(1).isfinite().all():
        raise AnalysisError(
            message("This network's outputs are NaN or infinite: its weights have blown up."),
            message("Choose an earlier step."),
        )
    return Judgement(labels.cpu().numpy().copy(), logits.cpu().numpy().copy())


@dataclass(frozen=True, eq=False)
class PerClass:
    """Each (K,), shares from 0 to 1; NaN where the denominator is 0 (a class that is never
    predicted has no precision).
    """

    precision: np.ndarray  # of the images predicted to be in the class, the share that are
    recall: np.ndarray  # of the images in the class, the share that are predicted to be
    f1: np.ndarray  # harmonic mean of the two
    support: np.ndarray  # images of the class, int64


def per_class(judgement: Judgement) -> PerClass:
    """Precision, recall and F1 for each class."""
    return PerClass(
        *precision_recall_fscore_support(
            judgement.labels, judgement.predictions, labels=range(CLASSES), zero_division=np.nan
        )
    )


@dataclass(frozen=True, eq=False)
class Reliability:
    """Is an answer with 90 % confidence right 9 times out of 10? Answers in B bins of equal width
    by their confidence; NaN in empty bins.
    """

    edges: np.ndarray  # (B + 1,) from 0 to 1
    counts: np.ndarray  # (B,)
    confidence: np.ndarray  # (B,) mean
    accuracy: np.ndarray  # (B,)
    low: np.ndarray  # (B,) 95 % Wilson interval of the accuracy
    high: np.ndarray
    # expected calibration error: mean |accuracy - confidence|, weighted by counts (Naeini et al.,
    # 2015)
    error: float


def reliability(judgement: Judgement, bins: int = 10) -> Reliability:
    """The reliability diagram of `judgement`. A bin includes its upper edge, as in Guo et al.
    (2017).
    """
    edges = np.linspace(0, 1, bins + 1)
    confidence, correct = judgement.confidence.astype(float), judgement.correct
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    right = np.bincount(place, correct, bins).astype(int)
    with np.errstate(invalid="ignore"):  # the 0 / 0 of an empty bin is the NaN we want
        mean, accuracy = np.bincount(place, confidence, bins) / counts, right / counts
    intervals = np.array(
        [
            wilson(int(r), int(n)) if n else (np.nan, np.nan)
            for r, n in zip(right, counts, strict=True)
        ]
    )
    error = float(np.nansum(counts * np.abs(accuracy - mean)) / counts.sum())
    return Reliability(edges, counts, mean, accuracy, intervals[:, 0], intervals[:, 1], error)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two networks, a and b, on the same images."""

    difference: np.ndarray  # (K, K) int64: confusion counts of b minus those of a
    only_a: np.ndarray  # indices of the images that only a gets right
    only_b: np.ndarray
    both_right: int
    both_wrong: int
    # McNemar's exact test: how often chance alone splits two equally good networks at least this
    # unevenly
    p_value: float

    @property
    def better(self) -> str:
        """ "a", "b", or "" if chance easily explains the difference."""
        if self.p_value >= ALPHA:
            return ""
        return "a" if len(self.only_a) > len(self.only_b) else "b"

    def in_words(self, a: str = "A", b: str = "B") -> str:
        """What the test says, for readers who have never heard of it."""
        only_a, only_b = len(self.only_a), len(self.only_b)
        if only_a + only_b == 0:
            sentence = _(
                "{a} and {b} get exactly the same images right and wrong: nothing tells them apart."
            )
        elif not self.better:
            sentence = _(
                "{a} alone gets {only_a:,} images right, {b} alone {only_b:,}. If both were "
                "equally good, each of these images would be a coin toss, and a split at least "
                "this uneven would come up {chance} of the time: chance easily explains it, so "
                "these images do not show which one is better."
            )
        else:
            sentence = _(
                "{a} alone gets {only_a:,} images right, {b} alone {only_b:,}. If both were "
                "equally good, each of these images would be a coin toss, and a split at least "
                "this uneven would come up {chance} of the time: chance is a poor explanation, so "
                "{better} is better on images like these."
            )
        return sentence.format(
            a=a,
            b=b,
            only_a=only_a,
            only_b=only_b,
            chance=_percent(self.p_value),
            better=a if self.better == "a" else b,
        )


def compare(a: Judgement, b: Judgement) -> Comparison:
    """Where `a` and `b` differ. Raises `AnalysisError` if they were not given the same images."""
    if not np.array_equal(a.labels, b.labels):
        raise AnalysisError(
            message("These two networks were tested on different images."),
            message("Choose two runs on the same data set."),
        )
    only_a, only_b = np.flatnonzero(a.correct & ~b.correct), np.flatnonzero(b.correct & ~a.correct)
    both, neither = int((a.correct & b.correct).sum()), int((~a.correct & ~b.correct).sum())
    p_value = chance(len(only_a), len(only_b))
    return Comparison(b.confusion() - a.confusion(), only_a, only_b, both, neither, p_value)


def chance(only_a: int, only_b: int) -> float:
    """The p-value of McNemar's exact test for two networks, of which one alone gets `only_a` images
    right, the other alone `only_b`.
    """
    # takes a second to import, and only a comparison needs it
    from statsmodels.stats.contingency_tables import mcnemar

    # the images that both get right or wrong do not matter
    return float(mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue)


def _percent(p_value: float) -> str:
    if p_value < 0.0001:
        return _("less than {share}").format(share=percent(0.0001))
    if p_value < 0.995:
        return _("{number} %").format(number=f"{100 * p_value:.2g}")
    return percent(1, 0) if p_value == 1 else _("more than {share}").format(share=percent(0.99, 0))

"""How good a network is, and where it errs. scikit-learn counts; SciPy and statsmodels say how sure one can be.

N images, K = 10 classes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch import Tensor, nn

from mnistlab.analysis.intervals import wilson
from mnistlab.analysis.looking import twin
from mnistlab.config import TrainConfig
from mnistlab.errors import AnalysisError
from mnistlab.models import CLASSES
from mnistlab.train import predict

NORMALIZE = {
    "counts": None,
    "by true digit": "true",
    "by predicted digit": "pred",
}  # how a confusion matrix is shown -> scikit-learn's name
ALPHA = 0.05  # below this probability, chance is no good explanation of a difference


@dataclass(frozen=True)
class Accuracy:
    """Right answers and how sure one can be of their share. Shares from 0 to 1."""

    correct: int
    count: int
    share: float
    low: float  # 95 % Wilson interval
    high: float

    @classmethod
    def of(cls, correct: np.ndarray) -> "Accuracy":
        """From which answers are right, bool (N,), N > 0."""
        right, count = int(correct.sum()), len(correct)
        return cls(right, count, right / count, *wilson(right, count))


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a network says of some images, beside what they are."""

    labels: np.ndarray  # (N,) int64
    probabilities: np.ndarray  # (N, K) float32

    @cached_property
    def predictions(self) -> np.ndarray:
        """(N,) int64."""
        return self.probabilities.argmax(1)

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
        """Over the first `count` images only, as while training; see that it lies within its interval, but is not the whole."""
        return Accuracy.of(self.correct[:count])

    def confusion(self, normalize: str = "counts") -> np.ndarray:
        """(K, K): row = true class, column = predicted class. `normalize`: a key of `NORMALIZE`; an empty row or column stays 0."""
        return confusion_matrix(self.labels, self.predictions, labels=range(CLASSES), normalize=NORMALIZE[normalize])

    def cell(self, true: int, predicted: int) -> np.ndarray:
        """Places of the images of class `true` that are taken for `predicted`, the surest first."""
        found = np.flatnonzero((self.labels == true) & (self.predictions == predicted))
        return found[np.argsort(-self.confidence[found], kind="stable")]

    def mistakes(self, count: int | None = None) -> np.ndarray:
        """Places of the (at most `count`) wrong answers, the most confident first."""
        wrong = np.flatnonzero(~self.correct)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")][:count]


def judge(model: nn.Sequential, images: Tensor, labels: Tensor, config: TrainConfig) -> Judgement:
    """What `model` says of `images`, uint8 (N, 1, 28, 28), N > 0, whose true classes are `labels` (N,). `model` is left as it is.

    Raises `AnalysisError` if its answers are no numbers, as after divergence.
    """
    probabilities = predict(twin(model), images, config).softmax(1).cpu().numpy()
    if not np.isfinite(probabilities).all():
        raise AnalysisError("This network's answers are no numbers: its weights have grown beyond all bounds.", "Choose an earlier step.")
    return Judgement(labels.cpu().numpy().copy(), probabilities.copy())


@dataclass(frozen=True, eq=False)
class PerClass:
    """Each (K,), shares from 0 to 1; NaN where there is nothing to divide by (a class that is never predicted has no precision)."""

    precision: np.ndarray  # of the images called so, how many are
    recall: np.ndarray  # of the images that are so, how many are called so
    f1: np.ndarray  # harmonic mean of both
    support: np.ndarray  # images of the class, int64


def per_class(judgement: Judgement) -> PerClass:
    """Precision, recall and F1 for each class."""
    return PerClass(*precision_recall_fscore_support(judgement.labels, judgement.predictions, labels=range(CLASSES), zero_division=np.nan))


@dataclass(frozen=True, eq=False)
class Reliability:
    """Does "90 % sure" mean right 9 times in 10? Answers in B bins of equal width by their confidence; NaN in empty bins."""

    edges: np.ndarray  # (B + 1,) from 0 to 1
    counts: np.ndarray  # (B,)
    confidence: np.ndarray  # (B,) mean
    accuracy: np.ndarray  # (B,)
    low: np.ndarray  # (B,) 95 % Wilson interval of the accuracy
    high: np.ndarray
    error: float  # expected calibration error: mean |accuracy - confidence|, weighted by counts (Naeini et al., 2015)


def reliability(judgement: Judgement, bins: int = 10) -> Reliability:
    """The reliability diagram of `judgement`. A bin includes its upper edge, as in Guo et al. (2017)."""
    edges = np.linspace(0, 1, bins + 1)
    confidence, correct = judgement.confidence.astype(float), judgement.correct
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    right = np.bincount(place, correct, bins).astype(int)
    with np.errstate(invalid="ignore"):  # 0 / 0 of an empty bin is the NaN that is wanted
        mean, accuracy = np.bincount(place, confidence, bins) / counts, right / counts
    intervals = np.array([wilson(int(r), int(n)) if n else (np.nan, np.nan) for r, n in zip(right, counts, strict=True)])
    error = float(np.nansum(counts * np.abs(accuracy - mean)) / counts.sum())
    return Reliability(edges, counts, mean, accuracy, intervals[:, 0], intervals[:, 1], error)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two networks, a and b, on the same images."""

    difference: np.ndarray  # (K, K) int64: confusion counts of b less those of a
    only_a: np.ndarray  # places of the images that only a gets right
    only_b: np.ndarray
    both_right: int
    both_wrong: int
    p_value: float  # McNemar's exact test: how often chance alone parts two equally good networks at least so unevenly

    @property
    def better(self) -> str:
        """ "a", "b", or "" where chance explains the difference well enough."""
        if self.p_value >= ALPHA:
            return ""
        return "a" if len(self.only_a) > len(self.only_b) else "b"

    def in_words(self, a: str = "A", b: str = "B") -> str:
        """What the test says, for who never heard of it."""
        only_a, only_b, chance = len(self.only_a), len(self.only_b), _percent(self.p_value)
        if only_a + only_b == 0:
            return f"{a} and {b} are right and wrong on the very same images: nothing tells them apart."
        counts = f"{only_a:,} images only {a} gets right, {only_b:,} only {b}."
        split = f"If both were equally good, each such image would be a coin toss, and so uneven a split (or a more uneven one) would come up {chance} of the time"
        if not self.better:
            return f"{counts} {split}: chance explains it well enough, so these images do not show which one is better."
        return f"{counts} {split}: chance is a poor explanation, so {a if self.better == 'a' else b} is better on images like these."


def compare(a: Judgement, b: Judgement) -> Comparison:
    """Where `a` and `b` differ. Raises `AnalysisError` if they did not judge the same images."""
    if not np.array_equal(a.labels, b.labels):
        raise AnalysisError("These two networks were judged on different images.", "Choose two runs on the same data set.")
    from statsmodels.stats.contingency_tables import mcnemar  # takes a second to import, and only a comparison needs it

    only_a, only_b = np.flatnonzero(a.correct & ~b.correct), np.flatnonzero(b.correct & ~a.correct)
    both, neither = int((a.correct & b.correct).sum()), int((~a.correct & ~b.correct).sum())
    test = mcnemar([[both, len(only_a)], [len(only_b), neither]], exact=True)
    return Comparison(b.confusion() - a.confusion(), only_a, only_b, both, neither, float(test.pvalue))


def _percent(share: float) -> str:
    return "less than 0.01 %" if share < 0.0001 else f"{100 * share:.2g} %" if share < 0.995 else "100 %"

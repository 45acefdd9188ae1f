"""A committee: several networks that answer together, by the mean of their probabilities.

M members, N images, K = 10 classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from mnistlab.analysis.evaluation import Accuracy, Comparison, Judgement, compare
from mnistlab.errors import AnalysisError
from mnistlab.i18n import message


@dataclass(frozen=True, eq=False)
class Committee:
    """How good a committee is, beside each of its M members."""

    accuracy: Accuracy
    members: tuple[Accuracy, ...]
    growth: tuple[Accuracy, ...]  # of the first member, of the first two together, ..., of all M
    best: int  # the member that gets most images right, the first of several
    middle: int  # the member in the middle; of an even number the better one
    # McNemar's test of that member (a) and the committee (b), on the same images
    against_best: Comparison
    against_middle: Comparison

    @property
    def beaten(self) -> int:
        """How many members get fewer images right than the committee."""
        return sum(each.correct < self.accuracy.correct for each in self.members)

    @property
    def equalled(self) -> int:
        """How many members get as many images right."""
        return sum(each.correct == self.accuracy.correct for each in self.members)


def committee(members: Sequence[Judgement]) -> Committee:
    """The committee of these members. Raises `AnalysisError` for none, or where they were not given
    the same images.
    """
    if not members:
        raise AnalysisError(
            message("A committee needs members."), message("Train some networks first.")
        )
    labels = members[0].labels
    if not all(np.array_equal(each.labels, labels) for each in members):
        raise AnalysisError(
            message("These networks were tested on different images."),
            message("Choose runs on the same data set."),
        )
    growing = answers([each.logits for each in members])
    together = Judgement(labels, growing[-1])
    accuracies = tuple(each.accuracy for each in members)
    order = np.argsort([each.correct for each in accuracies], kind="stable")
    best = int(np.argmax([each.correct for each in accuracies]))
    middle = int(order[len(order) // 2])
    return Committee(
        together.accuracy,
        accuracies,
        tuple(Judgement(labels, each).accuracy for each in growing),
        best,
        middle,
        compare(members[best], together),
        compare(members[middle], together),
    )


def answers(logits: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What the first of M networks says, what the first two say together, and so on: M of (N, K),
    the logarithms of their mean probabilities. `logits`: M of (N, K).
    """
    total = np.zeros(logits[0].shape)  # of the probabilities
    means = []
    for count, each in enumerate(logits, start=1):
        total = total + softmax(each.astype(np.float64), axis=1)
        with np.errstate(divide="ignore"):  # a class that all are sure it is not: minus infinity
            means.append(np.log(total / count))
    return means

"""Places on a leaderboard: those that do not differ beyond chance are shared.

M networks, N images.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.stats import binom

from mnistlab.analysis.evaluation import ALPHA


def places(right: np.ndarray) -> list[int]:
    """The place of each of M networks by which of the same N images they get right, bool (M, N).

    It is one more than the number of networks that are better: that get more of the images right,
    by more than chance explains (McNemar's exact test for each pair, with Holm's correction for as
    many tests as there are pairs). So nobody stands behind somebody who was merely lucky. Nor does
    anybody stand behind a network that gets as few or fewer right: they share its place.
    """
    behind = 1 + _better(right).sum(0)
    correct = right.sum(1)
    return [int(behind[correct <= own].min()) for own in correct]


def ranks(values: Sequence[float]) -> list[int]:
    """The place of each by a figure that is exact, such as a number of parameters: the smallest is
    first, and equal ones share a place.
    """
    return [1 + sum(other < value for other in values) for value in values]


def _better(right: np.ndarray) -> np.ndarray:
    """bool (M, M): whether the network of the row is better than that of the column."""
    # takes a second to import, and only a comparison needs it
    from statsmodels.stats.multitest import multipletests

    count = len(right)
    better = np.zeros((count, count), bool)
    pairs = list(combinations(range(count), 2))
    if not pairs:
        return better
    counts = right.astype(np.int64)
    both = counts @ counts.T
    alone = np.diag(both)[:, None] - both  # (M, M): images that only the row's gets right
    mine, theirs = np.array([(alone[a, b], alone[b, a]) for a, b in pairs]).T
    for (a, b), differs in zip(
        pairs, multipletests(_chance(mine, theirs), ALPHA, "holm")[0], strict=True
    ):
        if differs and alone[a, b] > alone[b, a]:
            better[a, b] = True
        elif differs:
            better[b, a] = True
    return better


def _chance(only_a: np.ndarray, only_b: np.ndarray) -> np.ndarray:
    """As `evaluation.chance`, for many pairs at once."""
    fewer = np.minimum(only_a, only_b)
    return np.minimum(1.0, 2 * binom.cdf(fewer, only_a + only_b, 0.5))

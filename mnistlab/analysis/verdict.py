"""Is B better than A? Two settings, each trained with the same several seeds and tested on the same
images, so that neither a lucky seed nor lucky test images decide.

S seeds, N test images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnistlab.analysis.evaluation import ALPHA


@dataclass(frozen=True)
class Verdict:
    """What two paired t-tests say of the difference in accuracy, B minus A: one over the seeds, one
    over the images.
    """

    seeds: int
    difference: float  # mean, as a share
    low: float  # its 95 % interval over the seeds
    high: float
    p_seeds: float
    p_images: float

    @property
    def better(self) -> str:
        """ "a", "b", or "" if chance in the seeds or in the images easily explains it."""
        if max(self.p_seeds, self.p_images) >= ALPHA:
            return ""
        return "b" if self.difference > 0 else "a"


def verdict(a: np.ndarray, b: np.ndarray) -> Verdict:
    """From whether each network gets each image right: bool (S, N) of A and of B, seed by seed; at
    least two seeds.
    """
    change = b.astype(np.float64) - a
    by_seed = change.mean(1)
    p_seeds, (low, high) = _paired(by_seed)
    p_images, _ = _paired(change.mean(0))
    return Verdict(len(a), float(by_seed.mean()), low, high, p_seeds, p_images)


def _paired(differences: Sequence[float] | np.ndarray) -> tuple[float, tuple[float, float]]:
    """(p-value of the t-test that the mean difference is 0, its 95 % interval)."""
    # takes a second to import, and only a comparison needs it
    from statsmodels.stats.weightstats import DescrStatsW

    mean = float(np.mean(differences))
    if np.ptp(differences) == 0:  # no spread to compare the mean with
        return (1.0 if mean == 0 else 0.0), (mean, mean)
    described = DescrStatsW(differences)
    low, high = described.tconfint_mean()
    return float(described.ttest_mean()[1]), (float(low), float(high))

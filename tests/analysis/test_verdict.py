"""The verdict on two settings over several seeds, against SciPy's paired t-test."""

import numpy as np
import pytest
from scipy import stats

from mnistlab.analysis.verdict import verdict


def right(seed: int, share: float, spread: float, seeds: int = 5, images: int = 400) -> np.ndarray:
    """Whether each network of several seeds gets each image right."""
    rng = np.random.default_rng(seed)
    shares = share + spread * rng.normal(size=(seeds, 1))
    return rng.random((seeds, images)) < shares


def test_both_tests_are_those_of_scipy() -> None:
    a, b = right(1, 0.90, 0.01), right(2, 0.93, 0.01)
    found = verdict(a, b)
    by_seed = stats.ttest_rel(b.mean(1), a.mean(1))
    assert found.difference == pytest.approx(b.mean() - a.mean())
    assert found.p_seeds == pytest.approx(by_seed.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(by_seed.confidence_interval()))
    assert found.p_images == pytest.approx(stats.ttest_rel(b.mean(0), a.mean(0)).pvalue)


def test_who_is_better_does_not_depend_on_which_is_called_a() -> None:
    weak, strong = right(1, 0.80, 0.01), right(2, 0.95, 0.01)
    assert verdict(weak, strong).better == "b"
    assert verdict(strong, weak).better == "a"


def test_seeds_that_disagree_decide_nothing() -> None:
    assert verdict(right(1, 0.90, 0.05), right(2, 0.92, 0.05)).better == ""


def test_one_image_that_all_seeds_agree_on_decides_nothing() -> None:
    a = np.ones((5, 400), bool)
    b = a.copy()
    b[:, 0] = False
    found = verdict(a, b)
    assert found.p_seeds == 0
    assert found.p_images > 0.05
    assert found.better == ""


def test_equal_networks_are_equal() -> None:
    a = right(1, 0.9, 0.01)
    found = verdict(a, a)
    assert (found.difference, found.p_seeds, found.p_images, found.better) == (0, 1, 1, "")

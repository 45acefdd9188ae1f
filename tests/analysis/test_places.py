"""Places on a leaderboard are shared unless chance is a poor explanation."""

from itertools import combinations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from mnistlab.analysis.evaluation import chance
from mnistlab.analysis.places import places, ranks


def right(*wrong: set[int], images: int = 200) -> np.ndarray:
    """Networks that get all images right but these."""
    return np.array([[i not in each for i in range(images)] for each in wrong])


def test_networks_that_do_not_differ_share_a_place_and_the_next_is_counted_from_all() -> None:
    bad = set(range(40))
    assert places(right({1}, {2, 3}, bad, bad | {50})) == [1, 1, 3, 3]


def test_everybody_alone_and_a_single_network() -> None:
    assert places(right({1, 2})) == [1]
    tens = [set(range(60 * place)) for place in range(3)]
    assert places(right(*tens)) == [1, 2, 3]


def test_the_order_of_the_networks_does_not_matter() -> None:
    random = np.random.default_rng(3)
    found = random.random((8, 500)) < np.linspace(0.7, 0.99, 8)[:, None]
    order = random.permutation(8)
    assert [places(found)[i] for i in order] == places(found[order])


def test_a_place_is_one_more_than_the_networks_that_are_better_by_pairwise_tests() -> None:
    random = np.random.default_rng(5)
    found = random.random((7, 400)) < np.linspace(0.85, 0.97, 7)[:, None]
    pairs = list(combinations(range(7), 2))
    alone = {
        (a, b): (int((found[a] & ~found[b]).sum()), int((found[b] & ~found[a]).sum()))
        for a, b in pairs
    }
    differs = multipletests([chance(*alone[pair]) for pair in pairs], 0.05, "holm")[0]
    expected = [1] * 7
    for (a, b), is_real in zip(pairs, differs, strict=True):
        if is_real:
            mine, theirs = alone[a, b]
            expected[b if mine > theirs else a] += 1
    correct = found.sum(1)
    kept = [min(e for e, c in zip(expected, correct, strict=True) if c <= own) for own in correct]
    assert places(found) == kept
    assert len(set(kept)) > 1


def test_nobody_stands_behind_who_gets_more_right() -> None:
    for seed in range(5):
        random = np.random.default_rng(seed)
        found = random.random((12, 300)) < np.linspace(0.8, 0.97, 12)[:, None]
        standing, correct = places(found), found.sum(1)
        for a, b in combinations(range(12), 2):
            if correct[a] >= correct[b]:
                assert standing[a] <= standing[b]


def test_thirty_networks_that_differ_by_luck_alone_share_the_first_place() -> None:
    found = np.random.default_rng(7).random((30, 1000)) < 0.97
    assert set(places(found)) == {1}
    assert len({int(row.sum()) for row in found}) > 5


def test_two_that_agree_on_every_image_differ_in_nothing() -> None:
    assert places(right({1}, {1})) == [1, 1]


def test_ranks_of_exact_figures() -> None:
    assert ranks([100, 20, 20, 7]) == [4, 2, 2, 1]
    assert ranks([]) == []


@pytest.mark.parametrize(("a", "b"), [(0, 0), (0, 6), (3, 3), (2, 9), (25, 40)])
def test_the_p_value_of_many_pairs_at_once_is_that_of_the_comparison(a: int, b: int) -> None:
    from mnistlab.analysis.places import _chance

    assert _chance(np.array([a]), np.array([b]))[0] == pytest.approx(chance(a, b))

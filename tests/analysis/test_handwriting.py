"""The class's own test set: who is counted how, and which half is learned from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mnistlab.analysis.handwriting import (
    WANTED,
    Reading,
    Share,
    digits_for,
    distinct,
    gap,
    halves,
)

LABELS = np.array([0, 1, 2, 3])
READING = Reading(  # three networks, four drawings of two hands
    LABELS,
    np.array([7, 7, 9, 9]),
    np.array([[0, 1, 2, 3], [0, 1, 2, 5], [0, 5, 5, 5]]),
)


def drawings(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 28, 28)).astype(np.uint8)
    return images, random.integers(0, 10, count), random.integers(1, 8, count)


def test_hands_and_networks_are_counted_and_the_hardest_comes_first() -> None:
    np.testing.assert_allclose(READING.readable, [1, 2 / 3, 2 / 3, 1 / 3])
    hands = READING.by_hand()
    assert list(hands) == [9, 7]
    assert hands[9].share == pytest.approx(0.5)
    assert hands[7].share == pytest.approx(5 / 6)
    assert [share.share for share in READING.by_network()] == [1, 0.75, 0.25]
    assert list(READING.hardest(2)) == [3, 1]
    assert READING.all.share == pytest.approx(8 / 12)


def test_an_interval_counts_drawings_and_not_answers() -> None:
    low, high = proportion_confint(5 / 6 * 2, 2, method="wilson")
    share = READING.by_hand()[7]
    assert (share.low, share.high, share.count) == (pytest.approx(low), pytest.approx(high), 2)


def test_the_gap_has_newcombes_interval() -> None:
    share = Share.of(np.array([1.0] * 70 + [0.0] * 30))
    low, high = confint_proportions_2indep(9900, 10_000, 70, 100, method="newcomb", compare="diff")
    assert gap(share, 0.99, 10_000) == pytest.approx((0.29, low, high))


@pytest.mark.parametrize("by", ["drawing", "hand"])
def test_halves_do_not_depend_on_the_order_in_which_drawings_come(by: str) -> None:
    images, labels, hands = drawings(60)
    order = np.random.default_rng(1).permutation(60)
    learned = halves(images, labels, hands, by)
    np.testing.assert_array_equal(
        halves(images[order], labels[order], hands[order], by), learned[order]
    )


def test_by_drawing_each_class_and_all_in_all_are_halved() -> None:
    images, labels, hands = drawings(61)
    learned = halves(images, labels, hands, "drawing")
    assert learned.sum() == 31
    for digit in range(10):
        of_it = labels == digit
        assert abs(int(learned[of_it].sum()) - int((~learned[of_it]).sum())) <= 1


def test_by_hand_no_hand_is_on_both_sides_and_a_late_one_changes_nothing() -> None:
    images, labels, hands = drawings(60)
    learned = halves(images, labels, hands, "hand")
    assert not set(hands[learned]) & set(hands[~learned])
    assert abs(len(set(hands[learned])) - len(set(hands[~learned]))) <= 1
    late = np.concatenate([hands, [99]])
    more = halves(np.concatenate([images, images[:1]]), np.append(labels, 0), late, "hand")
    np.testing.assert_array_equal(more[:60], learned)


def test_a_drawing_that_is_there_twice_counts_once() -> None:
    images, labels, _ = drawings(5)
    twice = np.concatenate([images, images[1:2], images[2:3]])
    classes = [*labels, labels[1], (labels[2] + 1) % 10]  # the last: another label
    assert list(distinct(twice, classes)) == [0, 1, 2, 3, 4, 6]


@given(st.integers(1, 10_000))
def test_everybody_draws_five_different_digits(number: int) -> None:
    digits = digits_for(number)
    assert len(set(digits)) == WANTED
    assert set(digits) <= set(range(10))


@pytest.mark.parametrize("parity", [0, 1])
def test_each_half_of_a_class_that_is_split_by_hand_draws_all_ten_digits(parity: int) -> None:
    drawn = [digit for number in range(parity, 10, 2) for digit in digits_for(number)]
    assert {drawn.count(digit) for digit in range(10)} == {2, 3}

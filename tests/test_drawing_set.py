"""A set of drawings is what is in it, in whatever order, and so is what is held out."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistlab.config import TrainConfig
from mnistlab.drawing_set import FEWEST, DrawingSet, counts
from mnistlab.errors import DrawingError


def drawn(labels: list[int], seed: int = 0) -> list[tuple[np.ndarray, int]]:
    """A picture for each label, all different."""
    pixels = np.zeros((len(labels), 28, 28), np.uint8)
    pixels[:, 0, 0], pixels[:, 5, 5] = np.arange(len(labels)), seed
    return list(zip(pixels, labels, strict=True))


def set_of(pairs: list[tuple[np.ndarray, int]]) -> DrawingSet:
    return DrawingSet.of([image for image, _ in pairs], [label for _, label in pairs])


def test_order_and_repetition_change_nothing_and_a_pixel_or_a_label_does() -> None:
    pairs = drawn([n % 10 for n in range(24)])
    first = set_of(pairs)
    shuffled = [*pairs, *pairs[:5]]
    random.Random(1).shuffle(shuffled)
    assert set_of(shuffled) == first
    image = pairs[7][0].copy()
    image[3, 4] ^= 1
    assert set_of([*pairs[:7], (image, 7), *pairs[8:]]).id != first.id
    assert set_of([*pairs[:7], (pairs[7][0], 8), *pairs[8:]]).id != first.id
    assert DrawingSet(first.content).id == first.id
    assert TrainConfig(drawings=first.id).drawings == first.id
    assert counts(first.id) == (18, 24)


def test_what_goes_in_comes_out() -> None:
    pairs = drawn([n % 10 for n in range(20)])
    made = set_of(pairs)
    came_out = {
        (image.tobytes(), label) for image, label in zip(made.images, made.labels, strict=True)
    }
    assert came_out == {(image.tobytes(), label) for image, label in pairs}
    assert made.images.shape == (20, 28, 28)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 9), min_size=FEWEST, max_size=80), st.integers(0, 9))
def test_a_quarter_is_held_out_of_the_whole_and_of_each_class(labels: list[int], seed: int) -> None:
    made = set_of(drawn(labels, seed))
    assert sum(made.held_out) == len(labels) // 4 == counts(made.id)[1] - counts(made.id)[0]
    out = Counter(label for label, held in zip(made.labels, made.held_out, strict=True) if held)
    for label, count in Counter(labels).items():
        assert abs(out[label] - count / 4) < 1


def test_fewer_than_twenty_different_drawings_are_refused_in_a_sentence() -> None:
    pairs = drawn([n % 10 for n in range(19)])
    with pytest.raises(DrawingError, match=r"^19 different drawings are too few.* at least 20"):
        set_of([*pairs, pairs[0]])

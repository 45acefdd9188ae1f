"""A class's own test set: its drawings, read by all of its networks.

M networks, D drawings, each of one hand (whose it is).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np

from mnistlab.analysis.intervals import wilson
from mnistlab.analysis.places import places
from mnistlab.models import CLASSES

WANTED = 5  # drawings of each hand
HALVES = ("drawing", "hand")  # by what the drawings are halved


@dataclass(frozen=True)
class Share:
    """A share of right answers, 0 to 1, with its 95 % interval; of how many drawings."""

    share: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, right: np.ndarray) -> "Share":
        """From the share of networks, 0 to 1, that read each drawing, (D,), D > 0.

        The interval counts drawings, not answers: thirty networks that read the same five drawings
        are not 150 independent trials.
        """
        count, share = len(right), float(right.mean())
        return cls(share, *wilson(share * count, count), count)


@dataclass(frozen=True, eq=False)
class Reading:
    """What M networks take D drawings for. `hands`: the number of whoever drew each, (D,)."""

    labels: np.ndarray  # (D,)
    hands: np.ndarray  # (D,)
    predictions: np.ndarray  # (M, D)

    @property
    def right(self) -> np.ndarray:
        """bool (M, D)."""
        return self.predictions == self.labels

    @cached_property
    def places(self) -> list[int]:
        """The place of each network by the drawings that it reads, M: see `analysis.places`."""
        return places(self.right)

    @property
    def readable(self) -> np.ndarray:
        """The share of networks that read each drawing, (D,)."""
        return self.right.mean(0)

    @property
    def all(self) -> Share:
        """Of all networks, on all drawings."""
        return Share.of(self.readable)

    def by_hand(self) -> dict[int, Share]:
        """Hand -> how well all networks read it, the hardest first."""
        found = {int(h): Share.of(self.readable[self.hands == h]) for h in np.unique(self.hands)}
        return dict(sorted(found.items(), key=lambda item: item[1].share))

    def by_network(self) -> list[Share]:
        """How well each network reads all drawings: M."""
        return [Share.of(row.astype(float)) for row in self.right]

    def hardest(self, count: int) -> np.ndarray:
        """Indices of the `count` drawings that fewest networks read."""
        return np.argsort(self.readable, kind="stable")[:count]


def gap(drawings: Share, accuracy: float, images: int) -> tuple[float, float, float]:
    """(how far the share of drawings lies below the accuracy on so many test images, and its 95 %
    interval), by Newcombe's method for two independent samples (1998).
    """
    low, high = wilson(accuracy * images, images)
    down = np.hypot(accuracy - low, drawings.high - drawings.share)
    up = np.hypot(high - accuracy, drawings.share - drawings.low)
    difference = accuracy - drawings.share
    return difference, float(difference - down), float(difference + up)


def digits_for(number: int) -> tuple[int, ...]:
    """The digits that the member with this number is asked to draw: neighbours draw others, so that
    a few of them draw all ten.
    """
    return tuple((3 * number + place) % CLASSES for place in range(WANTED))


def halves(images: np.ndarray, labels: np.ndarray, hands: np.ndarray, by: str) -> np.ndarray:
    """Which of the drawings, uint8 (D, 28, 28), networks learn from, bool (D,); they are tested on
    the others. `by` is one of `HALVES`: every second drawing of each class, or the drawings of
    every second hand. It is the same in whatever order the drawings come.
    """
    if by == "hand":
        order = sorted(set(hands.tolist()))
        return np.array([order.index(hand) % 2 == 0 for hand in hands.tolist()], bool)
    drawings = [
        (int(label), sha256(image.tobytes()).digest(), int(hand))
        for image, label, hand in zip(images, labels, hands, strict=True)
    ]
    learned = np.zeros(len(labels), bool)
    learned[sorted(range(len(drawings)), key=drawings.__getitem__)[::2]] = True
    return learned


def distinct(images: np.ndarray, labels: Sequence[int] | np.ndarray) -> np.ndarray:
    """Indices of the drawings, uint8 (D, 28, 28), without those that are exactly as an earlier one:
    else one could be learned from and tested on.
    """
    first: dict[bytes, int] = {}
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        first.setdefault(bytes([int(label)]) + image.tobytes(), index)
    return np.array(list(first.values()), int)

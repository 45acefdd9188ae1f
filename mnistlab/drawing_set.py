"""A set of labelled drawings that never changes, to fine-tune a network on: its id says how many
there are and what they are, and decides which of them are held out.

N drawings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from mnistlab.errors import DrawingError
from mnistlab.i18n import message

if TYPE_CHECKING:  # the command line, which names runs, does without
    import numpy as np

FEWEST = 20  # drawings in a set
ONE_OF = 4  # drawings is held out
ROWS = COLUMNS = 28
BYTES = 1 + ROWS * COLUMNS  # of one drawing: its class, then its pixels row by row
ID = "[1-9][0-9]{1,2}-[0-9a-f]{16}"  # as a regular expression


@dataclass(frozen=True)
class DrawingSet:
    """Drawings in one order, whatever order they came in: by class, then by checksum. Made by `of`;
    `content` is all there is to keep.
    """

    content: bytes  # `BYTES` for each drawing

    @classmethod
    def of(cls, images: Iterable["np.ndarray"], labels: Iterable[int]) -> Self:
        """The set of `images`, each uint8 (28, 28), and their classes, 0 to 9. Drawings that are
        exactly the same count once. Raises `DrawingError` for fewer than `FEWEST`.
        """
        pairs = zip(images, labels, strict=True)
        drawings = {bytes([label]) + image.tobytes() for image, label in pairs}
        if len(drawings) < FEWEST:
            raise DrawingError(
                message(
                    "{count} different drawings are too few to learn a hand from.",
                    count=len(drawings),
                ),
                message("Draw and save at least {fewest}.", fewest=FEWEST),
            )
        in_order = sorted(drawings, key=lambda drawing: (drawing[0], sha256(drawing).digest()))
        return cls(b"".join(in_order))

    @cached_property
    def id(self) -> str:
        """How many drawings, and the first 16 hexadecimal digits of the SHA-256 of `content`."""
        return f"{len(self.labels)}-{sha256(self.content).hexdigest()[:16]}"

    @property
    def labels(self) -> list[int]:
        """The classes, N of them."""
        return list(self.content[::BYTES])

    @property
    def images(self) -> "np.ndarray":
        """uint8 (N, 28, 28)."""
        import numpy as np

        rows = np.frombuffer(self.content, np.uint8).reshape(-1, BYTES)
        return rows[:, 1:].reshape(-1, ROWS, COLUMNS).copy()

    @property
    def held_out(self) -> list[bool]:
        """Which of the N drawings no network learns from: every fourth in this order, so that each
        class has its share, and N // 4 in all. The checksum says which is the first.
        """
        rest = len(self.labels) % ONE_OF
        first = rest + int(self.id[-1], 16) % (ONE_OF - rest)
        return [place % ONE_OF == first for place in range(len(self.labels))]


def counts(drawing_set: str) -> tuple[int, int]:
    """(how many drawings networks learn from, how many there are) in the set with this id."""
    count = int(drawing_set.partition("-")[0])
    return count - count // ONE_OF, count

"""Which gate of a recurrent layer closes: the unit whose gate falls furthest as an image is read.

T rows (time steps), H hidden units.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Closing:
    """The furthest fall of one unit's gate: from `before` after reading row `open_row` to `after`
    after reading row `closed_row`, rows of the image counted from 0.
    """

    unit: int
    open_row: int
    closed_row: int
    before: float
    after: float


def closing(gate: np.ndarray, direction: str, unit: int | None = None) -> Closing:
    """The furthest fall in `gate` (T, H), of one `unit` or of all, as the rows are read: from the
    top ("forward") or from the bottom ("backward"). Where nothing falls, both rows are the first.
    """
    rows = gate if direction == "forward" else gate[::-1]
    chosen = rows if unit is None else rows[:, [unit]]
    fall = np.maximum.accumulate(chosen) - chosen
    closed, column = np.unravel_index(int(fall.argmax()), fall.shape)
    opened = int(chosen[: closed + 1, column].argmax())
    places = range(len(rows)) if direction == "forward" else range(len(rows) - 1, -1, -1)
    return Closing(
        int(column) if unit is None else unit,
        places[opened],
        places[int(closed)],
        float(chosen[opened, column]),
        float(chosen[closed, column]),
    )

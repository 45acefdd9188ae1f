"""The gate that closes, against a search of all pairs of rows."""

import numpy as np
import pytest

from mnistlab.analysis.gate_closing import closing


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("seed", range(5))
def test_the_furthest_fall_is_found(direction: str, seed: int) -> None:
    gate = np.random.default_rng(seed).random((12, 5)).astype(np.float32)
    order = range(12) if direction == "forward" else range(11, -1, -1)
    falls = {
        (unit, earlier, later): gate[earlier, unit] - gate[later, unit]
        for unit in range(5)
        for place, earlier in enumerate(order)
        for later in list(order)[place:]
    }
    for unit in (None, 3):
        wanted = {key: fall for key, fall in falls.items() if unit is None or key[0] == unit}
        found = closing(gate, direction, unit)
        place = found.unit, found.open_row, found.closed_row
        assert wanted[place] == max(wanted.values())
        assert found.before - found.after == pytest.approx(wanted[place], abs=1e-6)


def test_a_gate_that_only_opens_does_not_close() -> None:
    found = closing(np.linspace(0, 1, 8)[:, None], "forward")
    assert (found.open_row, found.closed_row) == (0, 0)

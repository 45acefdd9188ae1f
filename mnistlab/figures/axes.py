"""Logarithmic axes with the numbers written out: Plotly would label 0.05 with just a small 5."""

import math
from collections.abc import Iterable
from typing import Any

DECADES = 2.0  # beyond this span only powers of ten are labelled
WRITTEN = (-3, 7)  # exponents of the powers of ten that are written out


def log_axis(values: Iterable[float]) -> dict[str, Any]:
    """Settings of a logarithmic axis for `values`; those that are not positive are ignored."""
    positive = [float(value) for value in values if value > 0]
    low, high = (min(positive), max(positive)) if positive else (1.0, 1.0)
    leading = (1,) if math.log10(high / low) > DECADES else (1, 2, 5)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    ticks = [(digit, power) for power in powers for digit in leading]
    return {
        "type": "log",
        "tickvals": [digit * 10.0**power for digit, power in ticks],
        "ticktext": [_written(*tick) for tick in ticks],
    }


def _written(digit: int, power: int) -> str:
    if WRITTEN[0] <= power <= WRITTEN[1]:
        return f"{digit * 10**power:,}" if power >= 0 else f"{digit * 10.0**power:.{-power}f}"
    base = f"10<sup>{power}</sup>".replace("-", "−")
    return base if digit == 1 else f"{digit} · {base}"

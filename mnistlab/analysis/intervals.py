"""A measured share in words, and how sure it is."""

import math

Z95 = 1.959963984540054  # the standard normal distribution's 97.5 % point


def wilson(correct: int, count: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of `correct` out of `count` (at least 1), as shares from 0 to 1 (Wilson, 1927)."""
    share, z2 = correct / count, Z95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def percent(share: float | None) -> str:
    """0.98134 as "98.13 %"; nothing for None."""
    return "" if share is None else f"{100 * share:.2f} %"


def interval(correct: int, count: int) -> str:
    """The 95 % Wilson interval of `correct` out of `count` in words: "97.85 to 98.38 %"."""
    low, high = wilson(correct, count)
    return f"{low * 100:.2f} to {high * 100:.2f} %"

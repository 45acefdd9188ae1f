"""Accuracies and probabilities as text, and 95 % intervals."""

import math

from mnistlab.i18n import _

Z95 = 1.959963984540054  # the standard normal distribution's 97.5 % point


def wilson(correct: float, count: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of `correct` out of `count` (at least 1), as shares from 0 to
    1 (Wilson, 1927).
    """
    share, z2 = correct / count, Z95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def percent(share: float | None, digits: int = 2) -> str:
    """0.98134 as "98.13 %"; nothing for None."""
    return "" if share is None else _("{number} %").format(number=f"{100 * share:.{digits}f}")


def probability(share: float, digits: int = 2, brief: bool = False) -> str:
    """A network's probability in per cent, which never claims certainty.

    0.98134 as "98.13 %", but what would round to 0 or 100 % as "less than 0.01 %" or "more than
    99.99 %"; `brief`: with the signs < and > instead of words.
    """
    step = 10.0 ** -(digits + 2)
    text = f"{100 * share:.{digits}f}"
    if float(text) >= 100:
        most = percent(1 - step, digits)
        return f">{most}" if brief else _("more than {share}").format(share=most)
    if float(text) <= 0:
        least = percent(step, digits)
        return f"<{least}" if brief else _("less than {share}").format(share=least)
    return percent(share, digits)


def interval(correct: int, count: int) -> str:
    """The 95 % Wilson interval of `correct` out of `count` as text: "97.85 to 98.38 %"."""
    low, high = wilson(correct, count)
    return _("{low} to {high} %").format(low=f"{low * 100:.2f}", high=f"{high * 100:.2f}")

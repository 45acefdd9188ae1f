"""Measurements in words."""

import math

from mnistlab.analysis.intervals import probability
from mnistlab.experiments.loop import Outcome
from mnistlab.ui.kit import words
from mnistlab.ui.kit.i18n import _


def as_text(side: Outcome, measure: str, kind: str) -> str:
    """A measurement as text; a dash where the training failed before it."""
    value = side.numbers.get(measure)
    if value is None:
        return "–"
    if not math.isfinite(value):
        return _("NaN or infinite")
    return {
        "percent": lambda: words.percent(value),
        "probability": lambda: probability(value),
        "bytes": lambda: _("{n:,.0f} MB").format(n=value / 1e6),
        "nats": lambda: f"{value:,.2f}",
        "plain": lambda: f"{value:.3f}",
        "count": lambda: f"{value:.0f}",
    }[kind]()

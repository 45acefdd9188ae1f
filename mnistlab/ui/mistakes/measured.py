"""What each mistake did when it was measured beforehand, shown until the reader has tried it
themselves. `python -m scripts.mistake_results` measures it again.
"""

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from mnistlab.experiments.loop import Curve, Outcome
from mnistlab.experiments.mistakes import MEASURES, Mistake
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.mistakes import AXES, LOG_FROM
from mnistlab.figures.sparkline import sparkline
from mnistlab.ui.kit.i18n import _, labelled
from mnistlab.ui.mistakes.measures import as_text

FILE = Path(__file__).with_name("measured.json")
POINTS = 40  # of a curve, at most


@cache
def measured() -> dict[str, tuple[Outcome, Outcome]]:
    """Key of `MISTAKES` -> what was measured of the correct version and of the mistaken one."""
    record = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: (Outcome(**pair["correct"]), Outcome(**pair["mistaken"]))
        for name, pair in record.items()
    }


def as_record(mistake: Mistake, outcome: Outcome) -> dict[str, Any]:
    """What the file keeps of `outcome`: what is compared, and its curve in few points."""
    numbers = {name: outcome.numbers[name] for name in mistake.compare if name in outcome.numbers}
    curves = {mistake.curve: _thinned(outcome.curves[mistake.curve])} if mistake.curve else {}
    return {
        "numbers": {name: _short(value) for name, value in numbers.items()},
        "curves": curves,
        "error": str(outcome.error),
    }


def show_measured(mistake: Mistake, outcome: Outcome, shown: Sequence[Outcome]) -> None:
    """One version's stored numbers and curve, on the scale of all that are `shown`, the correct
    version first.
    """
    if mistake.curve:
        title = _(AXES[mistake.curve][0])
        scaled = [_heights(each.curves[mistake.curve]) for each in shown]
        top = max(map(max, scaled)) if mistake.curve != "test accuracy" else 1.0
        heights = _heights(outcome.curves[mistake.curve])
        color = GOOD if outcome is shown[0] else BAD
        alt = _("{title}, measured beforehand").format(title=title)
        st.image(sparkline(heights, high=top or 1.0, height=64, color=color), alt=alt)
        st.caption(title)
    for measure in mistake.compare:
        label, kind = MEASURES[measure]
        st.markdown(labelled(_(label), f"**{as_text(outcome, measure, kind)}**"))


def _heights(curve: Curve) -> list[float]:
    """The values, on a logarithmic scale where some are very high."""
    values = [value for _step, value in curve]
    return [math.log1p(value) for value in values] if max(values) > LOG_FROM else values


def _thinned(curve: Curve) -> Curve:
    """At most `POINTS` parts of the same number of steps, each at its end, as their means."""
    size = max(1, math.ceil(len(curve) / POINTS))
    parts = [curve[at : at + size] for at in range(0, len(curve), size)]
    return [(part[-1][0], _short(sum(y for _x, y in part) / len(part))) for part in parts]


def _short(value: float) -> float:
    return float(f"{value:.4g}")

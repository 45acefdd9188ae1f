"""What several kinds of questions check in their fields and their answers."""

from math import isfinite
from typing import Any

from mnistlab.i18n import message
from mnistlab.questions.base import Wrong


def check_range(low: float, high: float) -> None:
    """Raises `Wrong` unless there is something between `low` and `high`."""
    if not (low < high and isfinite(high - low)):
        raise Wrong("low", message("low has to be lower than high."))


def check_between(low: float, value: float | None, high: float, name: str) -> None:
    """Raises `Wrong`, about the field `name`, if its `value` is not between `low` and `high`."""
    if value is not None and not low <= value <= high:
        raise Wrong(
            name,
            message(
                "{name} has to lie between {low:g} and {high:g}.", name=name, low=low, high=high
            ),
        )


def place(value: Any, names: tuple[str, ...]) -> int:
    """`value`, if it is the number of one of `names`, from 0. Raises `TypeError`,
    `ValueError`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    if value not in range(len(names)):
        raise ValueError(value)
    return value


def real(value: Any, low: float, high: float) -> float:
    """`value` as a float, if it is a number from `low` to `high`. Raises `TypeError`,
    `ValueError`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    if not low <= value <= high:  # which NaN is not
        raise ValueError(value)
    return float(value)

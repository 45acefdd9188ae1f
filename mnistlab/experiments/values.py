"""The values of one setting that an experiment tries: listed ones, or a range to draw from."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mnistlab.config import format_value, option, parse_value, value_type
from mnistlab.errors import ConfigError
from mnistlab.i18n import message

LOGARITHMIC = ("lr", "weight_decay")  # in which a factor matters, not a difference


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, to draw from; log-uniformly where `logarithmic`."""

    low: float
    high: float
    logarithmic: bool
    kind: type  # int or float

    def at(self, share: float) -> float:
        """The number at this share (0 up to 1) of the way from `low` to `high`: a whole one, or one
        of three digits.
        """
        if self.kind is int:
            return self.low + int((self.high - self.low + 1) * share)
        if self.logarithmic:
            number = self.low * (self.high / self.low) ** share
        else:
            number = self.low + (self.high - self.low) * share
        return min(max(float(f"{number:.3g}"), self.low), self.high)


Values = tuple[Any, ...] | Range  # of one setting


def values_of(name: str, text: str) -> Values:
    """What `text` says: values separated by commas, in order and each once, or a range "low..high".
    Raises `ConfigError`.
    """
    if ".." in text:
        return _range(name, text)
    values = {_checked(name, part) for part in _parts(name, text)}
    return tuple(sorted(values, key=lambda value: _rank(name, value)))


def _parts(name: str, text: str) -> Iterator[str]:
    parts, size = text.split(","), 2 if value_type(name) is tuple else 1
    return (",".join(parts[place : place + size]) for place in range(0, len(parts), size))


def _checked(name: str, text: str) -> Any:
    return option(name).check(name, value_type(name), parse_value(name, text))


def _range(name: str, text: str) -> Range:
    kind, known = value_type(name), option(name)
    if kind not in (int, float) or name == "seed":
        raise ConfigError(
            message("{name} cannot be a range.", name=name),
            message("List its values, with commas."),
            name,
        )
    low, high = (_checked(name, part) for part in text.split("..", 1))
    if low is None or high is None or not low < high:
        raise ConfigError(
            message(
                "{name} cannot be {text}: a range begins with its lower end.",
                name=name,
                text=repr(text),
            ),
            message(
                "Choose two numbers from {low:g} to {high:.10g}, such as 1..10.",
                low=known.low,
                high=known.high,
            ),
            name,
        )
    return Range(low, high, name in LOGARITHMIC and low > 0, kind)


def _rank(name: str, value: Any) -> Any:
    """By what the values of a setting are ordered: choices as in their table, None last."""
    if choices := option(name).choices:
        return list(choices).index(value)
    return value is None, value


def text_of(name: str, values: Values) -> str:
    """`values` of the setting `name` as `values_of` reads them: "0.01,0.1", or "0.001..0.1"."""
    if isinstance(values, Range):
        return f"{format_value(name, values.low)}..{format_value(name, values.high)}"
    return ",".join(format_value(name, value) for value in values)


def draw(values: Values, chance: random.Random) -> Any:
    """One of `values`. A single one takes no chance, so that it may as well be left out."""
    if isinstance(values, Range):
        return values.at(chance.random())
    return values[int(chance.random() * len(values))] if len(values) > 1 else values[0]

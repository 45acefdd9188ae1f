"""What is known of one setting: what it means, what it may be, and how its values are read, written
and checked.
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mnistlab.choices import Choice
from mnistlab.errors import ConfigError
from mnistlab.i18n import N_, Message, message

_WORDS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True)
class Option:
    """What is known of one field: its meaning, its bounds, and for which configurations it counts.

    `label`, `help` (what it means) and `hint` (which way to turn it) are marked for translation. A
    text is one of `choices`, or matches the regular expression `pattern`, which is `wanted` in
    words. `none` is the word that stands for None on the command line and in URLs ("all", "same").
    `of` is the field whose choice says, in its `settings`, whether this one decides anything; ""
    where it always does. A value of one that `refers` names something in a store, which nobody
    types. The type of its values, `kind` below, is int, float, bool, str or tuple (of two whole
    numbers), None aside.
    """

    label: str
    help: str
    group: str
    hint: str = ""
    choices: Mapping[str, Choice] = dataclasses.field(default_factory=dict)
    low: float = -math.inf
    high: float = math.inf
    pattern: str = ""
    wanted: str = ""
    none: str = ""
    of: str = ""
    refers: bool = False

    def parse(self, name: str, kind: type, text: str) -> Any:
        """The value that `text` says, from the command line or a URL. Raises `ConfigError`; bounds
        are checked by `check`.
        """
        text = text.strip()
        if self.none and text.lower() == self.none:
            return None
        try:
            if kind is bool:
                return _WORDS[text.lower()]
            if kind is tuple:
                return tuple(int(part) for part in text.split(","))
            return kind(text)
        except (ValueError, KeyError) as error:
            raise self._wrong(name, kind, text) from error

    def format(self, value: Any) -> str:
        """The inverse of `parse`."""
        if value is None:
            return self.none
        if isinstance(value, (tuple, list)):
            return ",".join(str(part) for part in value)
        if isinstance(value, bool):
            return "true" if value else "false"
        return repr(value) if isinstance(value, float) else str(value)

    def check(self, name: str, kind: type, value: Any) -> Any:
        """`value` in this field's own type. Raises `ConfigError` if it is not allowed."""
        parts: tuple[Any, ...]
        if value is None and self.none:
            return None
        if kind is tuple:
            if not isinstance(value, (tuple, list)) or len(value) != 2:
                raise self._wrong(name, kind, value)
            parts = tuple(value)
        else:
            parts = (value,)
        if kind is float:
            # 1 is 1.0, and -0.0 is 0.0
            parts = tuple(
                p + 0.0 if type(p) in (int, float) and abs(p) < 2**53 else p for p in parts
            )
        if not all(self._allows(int if kind is tuple else kind, part) for part in parts):
            raise self._wrong(name, kind, value)
        return parts if kind is tuple else parts[0]

    def _allows(self, kind: type, part: Any) -> bool:
        if type(part) is not kind or (self.choices and part not in self.choices):
            return False
        if isinstance(part, str) and self.pattern:
            return re.fullmatch(self.pattern, part) is not None
        # not so for a nan
        return not isinstance(part, (int, float)) or self.low <= part <= self.high

    def _wrong(self, name: str, kind: type, value: Any) -> ConfigError:
        if self.choices:
            wanted = message("one of {names}", names=tuple(self.choices))
        elif self.wanted:
            wanted = message(self.wanted)
        elif kind is bool:
            wanted = message("true or false")
        else:
            wanted = number_from(kind, self.low, self.high)
            if self.none:
                wanted = message("{wanted}, or {word}", wanted=wanted, word=self.none)
        return ConfigError(
            message(
                "{name} cannot be {value}: {help}.",
                name=name,
                value=repr(value),
                help=message(self.help),
            ),
            message("Choose {wanted}.", wanted=wanted),
            field=name,
        )


_RANGES = {
    int: N_("a whole number from {low} to {high}"),
    float: N_("a number from {low} to {high}"),
    tuple: N_("two whole numbers, such as 16,32, from {low} to {high}"),
}


def number_from(kind: type, low: float, high: float) -> Message:
    """What a value of this `kind`, int, float or a tuple of ints, has to be, in words."""
    return message(_RANGES[kind], low=f"{low:g}", high=f"{high:.10g}")

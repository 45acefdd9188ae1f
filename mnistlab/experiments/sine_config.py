"""The settings of the sine → cosine regressor, without torch, so that the command line can list
them without importing it.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from mnistlab.errors import ConfigError
from mnistlab.i18n import N_, Message, _, message
from mnistlab.options import number_from

CELLS = ("rnn", "gru", "lstm")
State = Any  # None (zeros), a tensor (1, 1, H), or an LSTM's pair of them


@dataclass(frozen=True)
class Treatment:
    """What happens to the hidden state between windows: in words, marked for translation, to the
    state itself, and in the code twin.
    """

    label: str
    between: Callable[[State], State]
    code: str
    comment: str = ""  # of the code, marked for translation

    def line(self) -> str:
        """The line of the code twin."""
        return "  ".join(filter(None, (self.code, self.comment and f"# {_(self.comment)}")))


def _detached(state: State) -> State:
    return tuple(map(_detached, state)) if isinstance(state, tuple) else state.detach()


CUT_OFF = N_("keep its numbers, cut it off from the past")
STATES: dict[str, Treatment] = {
    "carry+detach": Treatment(
        N_("carried over, detached"),
        _detached,
        "state = state.detach()",
        CUT_OFF,
    ),
    "carry": Treatment(
        N_("carried over, not detached"),
        lambda state: state,
        "",
        N_("the state stays tied to the graph of this window: the next backward pass fails"),
    ),
    "reset": Treatment(
        N_("reset for each window"), lambda state: None, "state = None", N_("forget")
    ),
}
_BOUNDS: dict[str, tuple[float, float]] = {
    "hidden": (1, 1024),
    "lr": (1e-6, 10.0),
    "time_steps": (2, 200),
    "windows": (1, 2_000),
    "width": (0.01, 100.0),
    "seed": (0, 2**32 - 1),
}
_CHOICES: dict[str, Collection[str]] = {"cell": CELLS, "state": STATES}


@dataclass(frozen=True)
class SineConfig:
    """A recurrent network that predicts cos(t) from sin(t), window by window. Validated; raises
    `ConfigError`.
    """

    cell: str = "rnn"
    hidden: int = 32
    lr: float = 0.02  # of Adam
    time_steps: int = 10  # in each window
    windows: int = 100  # in order, with an update after each
    width: float = math.pi  # of a window, its end excluded
    state: str = "carry+detach"
    seed: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            if field.type is float and type(value) is int:
                object.__setattr__(self, name, value := float(value))
            if name in _CHOICES and value not in _CHOICES[name]:
                raise _wrong(name, value, message("one of {names}", names=tuple(_CHOICES[name])))
            if name in _BOUNDS and (
                type(value) is not field.type or not _BOUNDS[name][0] <= value <= _BOUNDS[name][1]
            ):
                raise _wrong(name, value, number_from(type(field.default), *_BOUNDS[name]))

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed. Raises `ConfigError` for a wrong value."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """All fields, JSON-safe."""
        return asdict(self)


SINE_PRESETS = {"sine-rnn": SineConfig()}  # as published


def _wrong(name: str, value: Any, wanted: Message) -> ConfigError:
    return ConfigError(
        message("{name} cannot be {value} in the sine experiment.", name=name, value=repr(value)),
        message("Choose {wanted}.", wanted=wanted),
        field=name,
    )

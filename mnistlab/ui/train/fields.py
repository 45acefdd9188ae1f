"""The widgets of the form of a training, one for each field of `TrainConfig` that counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnistlab.config import FIELDS, counts, option, value_type
from mnistlab.ui.kit import labels
from mnistlab.ui.kit.i18n import _, labelled
from mnistlab.ui.kit.page import Page

ROWS = (  # what is asked first, row by row; the rest is behind "more"
    ("dataset",),
    ("arch",),
    ("channels",),
    ("kernel", "pooling"),
    ("hidden", "layers"),
    ("optimizer", "lr"),
    ("batch_size", "epochs"),
    ("seed",),
    ("device",),
    ("parent",),
    ("drawings",),
)
FIRST = tuple(name for row in ROWS for name in row)
REMARKS = ("batch_size", "device")  # below whose rows something is said
STEPS = {
    "lr": 0.001,
    "weight_decay": 0.0001,
    "momentum": 0.05,
    "dropout": 0.05,
    "label_smoothing": 0.05,
    "schedule_gamma": 0.05,
    "target_accuracy": 0.01,
    "augment_rotation": 1.0,
}


@dataclass(frozen=True)
class Fields:
    """The widgets of one generation, which change `draft`; they begin with `base`. Those `locked`
    show the values given there, and nobody can change them.
    """

    page: Page
    draft: dict[str, Any]
    base: dict[str, Any]
    generation: int
    devices: dict[str, str]
    locked: Mapping[str, Any]

    def draw(self) -> dict[str, DeltaGenerator]:
        """First the few that matter most, then the rest of each group behind "more". Returns the
        places below the fields of `REMARKS`, for what can be said once all fields are known.
        """
        places: dict[str, DeltaGenerator] = {}
        for row in ROWS:
            names = [name for name in row if self._is_asked(name)]
            if "channels" in names or len(names) == 1:
                self._field(names[0])
            elif names:
                for column, name in zip(st.columns(len(names)), names, strict=True):
                    with column:
                        self._field(name)
            places |= {name: st.container() for name in names if name in REMARKS}
        for group, title in labels.MORE.items():
            if any(self._is_more(name, group) for name in FIELDS):
                more = st.expander(_(title), key=f"form.more.{group}", on_change="rerun")
                if more.open:  # closed, its twenty widgets would only cost time
                    with more:
                        for name in FIELDS:
                            if self._is_more(name, group):
                                self._field(name)
        return places

    def _is_asked(self, name: str) -> bool:
        """Whether the form has a widget for it: what refers to the store, only to be taken away."""
        return counts(name, self.draft) and not (option(name).refers and self.draft[name] is None)

    def _is_more(self, name: str, group: str) -> bool:
        return option(name).group == group and name not in FIRST and counts(name, self.draft)

    def _field(self, name: str) -> None:
        key, is_locked = f"form.{self.generation}.{name}", name in self.locked
        if is_locked:  # a widget of its own, which the browser cannot have changed
            key = f"{key}.locked.{self.locked[name]}"
        if key not in st.session_state and f"{key}.0" not in st.session_state:
            # a widget that was not there before begins with what the form says; from then on it
            # knows itself
            self.base[name] = self.draft[name]
        how = {"key": key, "help": labels.field_help(name)}
        how |= self.page.offer(name, labels.field_label(name))
        drawn = self._draw(name, self.base[name], how)
        self.draft[name] = self.locked[name] if is_locked else drawn

    def _draw(self, name: str, value: Any, how: dict[str, Any]) -> Any:
        """The widget of a field that shows `value`, and what it says now."""
        known, kind, label = option(name), value_type(name), labels.field_label(name)
        if name == "device":
            devices = self.devices
            names = list(devices) if value in devices else [*devices, value]
            return st.selectbox(
                label,
                names,
                names.index(value),
                lambda d: labelled(d, devices[d]) if d in devices else d,
                **how,
            )
        if known.choices:
            return st.selectbox(
                label,
                list(known.choices),
                list(known.choices).index(value),
                lambda choice: labels.choice_label(name, choice),
                **how,
            )
        if kind is bool:
            return st.checkbox(label, value, **how)
        if kind is tuple:
            label = _("Channels of convolution {n}")
            return [
                _number(column, label.format(n=part + 1), value[part], name, int, how, f".{part}")
                for part, column in enumerate(st.columns(2))
            ]
        if known.refers:
            return st.text_input(label, value, **how) or None
        return _number(st, label, value, name, kind, how)


def _number(
    where: Any, label: str, value: Any, name: str, kind: type, how: dict[str, Any], part: str = ""
) -> Any:
    """A number input; where None is a value of the field, an empty box stands for it. It has no
    bounds of its own: the browser would keep what is beyond them to itself, and Start would train
    the number before.
    """
    step, none = STEPS.get(name, 1) if kind is float else 1, option(name).none
    how = how | {"key": f"{how['key']}{part}"}
    if none and how["key"] not in st.session_state:
        # and not as the default, to which an emptied box would go back
        st.session_state[how["key"]] = value
    shown = where.number_input(
        label,
        None,
        None,
        None if none else value,
        kind(step),
        "%g" if kind is float else None,
        placeholder=_(labels.NONE[none]) if none else None,
        **how,
    )
    return value if shown is None and not none else shown

"""One gate over the rows as a curve, that of the unit that closes most unless another is chosen."""

import streamlit as st

from mnistlab.analysis.gate_closing import Closing, closing
from mnistlab.analysis.gates import GATES
from mnistlab.analysis.recurrent import LayerTrace
from mnistlab.figures.gate_curve import gate_curve_figure
from mnistlab.figures.recurrent import GATE_NAMES
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import N_, _, sentences
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import one_of, whole

CLOSED = {  # what it means that the gate is closed
    "input": N_("Closed, it keeps what the row says out of the cell."),
    "forget": N_("Closed, the cell forgets what it held."),
    "output": N_("Closed, the cell keeps its contents to itself."),
    "reset": N_("Closed, the candidate ignores what the unit remembered."),
    "update": N_("Closed, the unit replaces what it remembered by the candidate."),
}
FIRST = ("forget", "update")  # the gate that decides what is remembered
LETTERS = {
    letter: word for gates in GATES.values() for letter, word in gates.items() if word in CLOSED
}
PARAMETERS = {"gate": one_of(*LETTERS), "unit": whole(0, 10**6)}


def one_gate(page: Page, kind: str, layer: LayerTrace) -> None:
    """The curve of a gate of `layer`, in a network of `kind`; nothing where there are no gates."""
    letters = [letter for letter in GATES[kind] if letter in LETTERS]
    if not letters:
        return
    first = next(letter for letter in letters if LETTERS[letter] in FIRST)
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        letter = page.choose(
            "gate",
            _("One gate over the rows"),
            letters,
            first,
            widget=st.segmented_control,
            resets=("unit",),
            format_func=_name,
        )
    values = layer.gates[letter]
    most = closing(values, layer.direction)
    with right:
        unit = page.choose(
            "unit",
            _("Unit"),
            range(values.shape[1]),
            most.unit,
            format_func=lambda unit: (
                _("{unit}: closes most").format(unit=unit) if unit == most.unit else f"{unit}"
            ),
        )
    found = most if unit == most.unit else closing(values, layer.direction, unit)
    chart(gate_curve_figure(values[:, unit], found, _name(letter)), "gate")
    st.markdown(sentences(_in_words(found, most, _name(letter)), _(CLOSED[LETTERS[letter]])))


def _name(letter: str) -> str:
    return _(GATE_NAMES[LETTERS[letter]]).format(letter=letter)


def _in_words(found: Closing, most: Closing, name: str) -> str:
    if found.before <= found.after:
        said = _("In unit {unit}, the {name} never falls.")
    elif found.unit == most.unit:
        said = _(
            "Of all units, **unit {unit}** closes most: its {name} falls from **{before:.2f}** "
            "after row {open_row} to **{after:.2f}** after row {closed_row}."
        )
    else:
        said = _(
            "In unit {unit}, the {name} falls from **{before:.2f}** after row {open_row} to "
            "**{after:.2f}** after row {closed_row}. Unit {most} closes more than any other."
        )
    return said.format(
        unit=found.unit,
        name=name,
        before=found.before,
        after=found.after,
        open_row=found.open_row,
        closed_row=found.closed_row,
        most=most.unit,
    )

"""Answers that no widget of Streamlit takes: a drawing, a cell of a matrix, a point of a curve. All
of them can be given with the keyboard, too.
"""

from typing import Any

from mnistlab.questions import Question
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _

_component = component(
    __file__,
    *("ink", "../network/elements", "../network/transform", "../network/strokes"),
    *("../network/pen_cursor", "../network/board"),
    *("drawing_board", "matrix", "curve_point"),
)


def pointing(question: Question, value: Any, key: str) -> Any:
    """Let the reader draw or point, at first as in `value`, an answer or None. Returns what they
    say, which is still to be checked; None while they say nothing.
    """
    data = {
        **question.model_dump(mode="json", include={"kind", "rows", "columns", "x", "y", "at"}),
        "value": value,
        "words": _words(),
    }
    # the browser begins anew where it has lost the part: so does what it said
    return _component(key=key, data=data, default={"value": value}, on_value_change=_wait)["value"]


def _wait() -> None:
    """Nothing happens before the reader presses the button."""


def _words() -> dict[str, str]:
    return {
        "board": _("Draw here"),
        "undo": _("Undo"),
        "clear": _("Clear"),
        "keys": _(
            "With the keyboard: arrows move the pen, the space bar puts it down and lifts it."
        ),
        "matrix": _("Choose a cell"),
        "cell": _("row {row}, column {column}"),
        "plot": _("Put a point where you expect the curve, or type it below"),
    }

"""What a class can be asked, and what an answer has to be. One table: `KINDS`.

Answers are JSON: a text, the number of a choice, a number, the 28×28 bytes of a drawing as
hexadecimal digits, [row, column] of a cell, [x, y] of a point.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from mnistlab.choices.base import N_, Choice
from mnistlab.errors import ClassError
from mnistlab.store.nicknames import is_rude

PIXELS = 28 * 28
WORDS_LENGTH = 500
CHOICE_LENGTH = 200
TEXT_LENGTH = 200  # of an answer
MOST_CHOICES = 10
MOST_LINES = 20  # rows or columns of a matrix
MEASURES = {  # of a run: what an answer can be compared with -> its label
    "loss": N_("Loss on the test images"),
    "accuracy": N_("Accuracy on the test images"),
    "confusion": N_("Most common confusion"),
}


@dataclass(frozen=True)
class Axis:
    """An axis of a curve, from `low` to `high`."""

    title: str
    low: float
    high: float


@dataclass(frozen=True)
class Question:
    """A question. What is compared with the answers: `right`, an answer, where it is known; else
    the `measure` (a key of `MEASURES`) of the run `run_id` at `step`.
    """

    kind: str  # a key of `KINDS`
    words: str
    choices: tuple[str, ...] = ()
    low: float | None = None  # of a number
    high: float | None = None
    unit: str = ""
    rows: tuple[str, ...] = ()  # of a matrix: what they are called
    columns: tuple[str, ...] = ()
    x: Axis | None = None  # of a curve
    y: Axis | None = None
    at: float | None = None  # the x of every answer; None: it is part of the answer
    right: Any = None
    mistake: str = ""  # a key of `MISTAKES`, if it is the question of the mistakes page
    run_id: str = ""
    measure: str = ""
    step: int | None = None

    def record(self) -> dict[str, Any]:
        """As JSON, without what is not set."""
        empty = ("", None, ())
        return {name: value for name, value in asdict(self).items() if value not in empty}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Question":
        """From `record()`; what a newer version added is left out."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in record.items() if name in known}
        for name in ("choices", "rows", "columns"):
            values[name] = tuple(values.get(name, ()))
        for name in ("x", "y"):
            values[name] = Axis(**values[name]) if values.get(name) else None
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Kind(Choice):
    """One kind of question. `lacks(question)`: in a sentence, what it lacks; "" if nothing.
    `answer(question, value)`: the value as it is stored; raises what `checked_answer` catches.
    `wanted`: what an answer has to be, in words.
    """

    lacks: Callable[[Question], str]
    answer: Callable[[Question, Any], Any]
    wanted: str


def checked_question(question: Question) -> Question:
    """The question as it is stored. Raises `ClassError`."""
    words = " ".join(question.words.split())
    if not words or len(words) > WORDS_LENGTH:
        raise ClassError(f"A question has 1 to {WORDS_LENGTH} letters.", "Write another one.")
    if question.kind not in KINDS:
        kinds = ", ".join(KINDS)
        raise ClassError(f"There is no kind of question {question.kind!r}.", f"Take one: {kinds}.")
    if question.measure and question.measure not in MEASURES:
        measures = ", ".join(MEASURES)
        raise ClassError(f"There is no measure {question.measure!r}.", f"Take one: {measures}.")
    if missing := KINDS[question.kind].lacks(question):
        raise ClassError(missing, "Change the question.")
    question = replace(question, words=words)
    if question.right is None:
        return question
    return replace(question, right=checked_answer(question, question.right))


def checked_answer(question: Question, value: Any) -> Any:
    """An answer to `question` as it is stored. Raises `ClassError`."""
    kind = KINDS[question.kind]
    try:
        return kind.answer(question, value)
    except (ValueError, TypeError, OverflowError) as error:
        raise ClassError("This is no answer to the question.", kind.wanted) from error


# -- the kinds -------------------------------------------------------------------------------------


def _choices_lacking(question: Question) -> str:
    texts = question.choices
    if not 2 <= len(texts) <= MOST_CHOICES or len(set(texts)) < len(texts):
        return f"Such a question has 2 to {MOST_CHOICES} answers, each of them different."
    if not all(0 < len(text) <= CHOICE_LENGTH for text in texts):
        return f"Each answer to choose from has 1 to {CHOICE_LENGTH} letters."
    return ""


def _bounds_lacking(question: Question) -> str:
    return "" if _is_range(question.low, question.high) else "The lowest number has to be lower."


def _matrix_lacking(question: Question) -> str:
    sizes = len(question.rows), len(question.columns)
    if all(1 <= size <= MOST_LINES for size in sizes):
        return ""
    return f"A matrix has 1 to {MOST_LINES} rows and columns."


def _axes_lacking(question: Question) -> str:
    axes = question.x, question.y
    if not all(axis is not None and _is_range(axis.low, axis.high) for axis in axes):
        return "Both axes need a lowest and a highest value."
    if question.at is not None and not _within(question.at, question.x):
        return "The place on the x axis has to lie on it."
    return ""


def _text(question: Question, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    text = " ".join(value.split())
    if not text or len(text) > TEXT_LENGTH or not text.isprintable():
        raise ValueError(text)
    if is_rude(text):
        raise ClassError("This answer may hurt somebody.", "Say it in other words.")
    return text


def _choice(question: Question, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    if value not in range(len(question.choices)):
        raise ValueError(value)
    return value


def _number(question: Question, value: Any) -> float:
    number = _real(value)
    if not _within(number, Axis("", question.low or 0.0, question.high or 0.0)):
        raise ValueError(value)
    return number


def _drawing(question: Question, value: Any) -> str:
    pixels = bytes.fromhex(value)
    if len(pixels) != PIXELS or not any(pixels):
        raise ValueError("no drawing")
    return pixels.hex()


def _cell(question: Question, value: Any) -> list[int]:
    row, column = value
    for place, lines in ((row, question.rows), (column, question.columns)):
        if isinstance(place, bool) or not isinstance(place, int) or place not in range(len(lines)):
            raise ValueError(place)
    return [row, column]


def _point(question: Question, value: Any) -> list[float]:
    x, y = map(_real, value)
    if not (_within(x, question.x) and _within(y, question.y)):
        raise ValueError(value)
    return [x if question.at is None else question.at, y]


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _within(number: float, axis: Axis | None) -> bool:
    return axis is not None and axis.low <= number <= axis.high  # which NaN is not


def _is_range(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and math.isfinite(high - low) and low < high


def _complete(question: Question) -> str:
    return ""


KINDS: dict[str, Kind] = {
    "choices": Kind(
        label=N_("One of several answers"),
        lacks=_choices_lacking,
        answer=_choice,
        wanted="Choose one of its answers.",
    ),
    "text": Kind(
        label=N_("Words"),
        lacks=_complete,
        answer=_text,
        wanted=f"Write 1 to {TEXT_LENGTH} letters.",
    ),
    "number": Kind(
        label=N_("A number"),
        lacks=_bounds_lacking,
        answer=_number,
        wanted="Give a number within its bounds.",
    ),
    "drawing": Kind(
        label=N_("A drawing"), lacks=_complete, answer=_drawing, wanted="Draw something."
    ),
    "cell": Kind(
        label=N_("A cell of a matrix"),
        lacks=_matrix_lacking,
        answer=_cell,
        wanted="Choose a cell of the matrix.",
    ),
    "point": Kind(
        label=N_("A point of a curve"),
        lacks=_axes_lacking,
        answer=_point,
        wanted="Choose a point between its axes.",
    ),
}

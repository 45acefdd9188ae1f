"""What a step may ask: one class for each kind of question."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_WORDS = 500  # letters of a question
MOST_LETTERS = 2_000  # of an explanation, and of an answer in words
PIXELS = 28 * 28
DIGITS = tuple("0123456789")

Words = Annotated[str, Field(min_length=1, max_length=MOST_WORDS)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


class Wrong(ValueError):
    """A mistake that several fields make together; `field` is the one to look at."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Strict(BaseModel):
    """A part of a lesson: what is not in its table is a mistake."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )


class Asked(Strict):
    """What all kinds have. `explanation`: Markdown, shown once the reader has answered and seen
    what the step wants to be seen.
    """

    words: Words
    explanation: str = Field(default="", max_length=MOST_LETTERS)

    def is_right(self, answer: Any) -> bool | None:
        """Whether `answer` is right; None where nothing is right or wrong."""
        return None

    def accepts(self, answer: Any) -> bool:
        """Whether `answer`, as it is kept (JSON), is one to this question."""
        raise NotImplementedError


class Text(Asked):
    """An answer in words. `right`: what a good one says, to compare with."""

    kind: Literal["text"]
    right: str = Field(default="", max_length=MOST_LETTERS)

    def accepts(self, answer: Any) -> bool:
        return isinstance(answer, str) and 0 < len(answer.strip()) <= MOST_LETTERS


class Choices(Asked):
    """One of several answers, kept as its number from 0."""

    kind: Literal["choices"]
    choices: tuple[Label, ...] = Field(min_length=2, max_length=10)
    right: str

    @model_validator(mode="after")
    def _right_is_a_choice(self) -> Self:
        if len(set(self.choices)) < len(self.choices):
            raise Wrong("choices", "Two of the choices are the same.")
        if self.right not in self.choices:
            sentence = f"right has to be one of the choices, word for word, not {self.right!r}."
            raise Wrong("right", sentence)
        return self

    def is_right(self, answer: Any) -> bool:
        return bool(answer == self.choices.index(self.right))

    def accepts(self, answer: Any) -> bool:
        return _is_whole(answer) and answer in range(len(self.choices))


class Number(Asked):
    """A number from `low` to `high`. It is right if it is at most `within` away from `right`."""

    kind: Literal["number"]
    low: float
    high: float
    unit: str = Field(default="", max_length=20)
    right: float
    within: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _right_is_between(self) -> Self:
        _check_between(self.low, self.right, self.high, "right")
        return self

    def is_right(self, answer: Any) -> bool:
        return abs(answer - self.right) <= self.within + 1e-9

    def accepts(self, answer: Any) -> bool:
        return _is_real(answer) and self.low <= answer <= self.high


class Drawing(Asked):
    """A drawing, kept as the hexadecimal digits of 28×28 bytes. None is right or wrong."""

    kind: Literal["drawing"]

    def accepts(self, answer: Any) -> bool:
        try:
            pixels = bytes.fromhex(answer)
        except (TypeError, ValueError):
            return False
        return len(pixels) == PIXELS and any(pixels)


class Cell(Asked):
    """A cell of a matrix, kept as [row, column], numbers from 0. `right`: what its row and its
    column are called.
    """

    kind: Literal["cell"]
    rows: tuple[Label, ...] = Field(default=DIGITS, min_length=1, max_length=20)
    columns: tuple[Label, ...] = Field(default=DIGITS, min_length=1, max_length=20)
    right: tuple[str, str] | None = None
    row_title: Label = "row"
    column_title: Label = "column"

    @model_validator(mode="after")
    def _right_is_a_cell(self) -> Self:
        if self.right is not None:
            for name, names in zip(self.right, (self.rows, self.columns), strict=True):
                if name not in names:
                    sentence = f"right says {name!r}, but there are {', '.join(names)}."
                    raise Wrong("right", sentence)
        return self

    def is_right(self, answer: Any) -> bool | None:
        if self.right is None:
            return None
        return list(answer) == self.place(self.right)

    def place(self, names: tuple[str, str]) -> list[int]:
        """[row, column], as numbers from 0, of the cell with these names."""
        row, column = names
        return [self.rows.index(row), self.columns.index(column)]

    def accepts(self, answer: Any) -> bool:
        return (
            isinstance(answer, list | tuple)
            and len(answer) == 2
            and all(map(_is_whole, answer))
            and answer[0] in range(len(self.rows))
            and answer[1] in range(len(self.columns))
        )


class Axis(Strict):
    """An axis of a curve."""

    title: Label
    low: float
    high: float

    @model_validator(mode="after")
    def _low_is_lower(self) -> Self:
        if not self.low < self.high:
            raise Wrong("low", "low has to be lower than high.")
        return self


class Point(Asked):
    """Where a curve will be: its y at the place `at` of the x axis, kept as [x, y]. It is right if
    it is at most `within` away from `right`.
    """

    kind: Literal["point"]
    x: Axis
    y: Axis
    at: float
    right: float | None = None
    within: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _on_the_axes(self) -> Self:
        _check_between(self.x.low, self.at, self.x.high, "at")
        if self.right is not None:
            _check_between(self.y.low, self.right, self.y.high, "right")
        return self

    def is_right(self, answer: Any) -> bool | None:
        return None if self.right is None else abs(answer[1] - self.right) <= self.within + 1e-9

    def accepts(self, answer: Any) -> bool:
        return (
            isinstance(answer, list | tuple)
            and len(answer) == 2
            and all(map(_is_real, answer))
            and answer[0] == self.at
            and self.y.low <= answer[1] <= self.y.high
        )


Question = Annotated[Text | Choices | Number | Drawing | Cell | Point, Field(discriminator="kind")]


def _check_between(low: float, value: float, high: float, name: str) -> None:
    if not low < high:
        raise Wrong("low", "low has to be lower than high.")
    if not low <= value <= high:
        raise Wrong(name, f"{name} has to lie between {low:g} and {high:g}.")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

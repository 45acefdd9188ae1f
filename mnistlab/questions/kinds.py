"""The kinds of questions, one class for each: it is its entry in `KINDS`."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mnistlab.i18n import N_, message
from mnistlab.questions.base import KINDS, MOST_LETTERS, Label, Question, Strict, Wrong
from mnistlab.questions.checks import check_between, check_range, place, real

TEXT_LENGTH = 200  # of an answer, unless its question says otherwise
MOST_CHOICES = 10
MOST_LINES = 20  # rows or columns of a matrix
PIXELS = 28 * 28
DIGITS = tuple("0123456789")


class Choices(Question):
    """One of several answers, kept as its number from 0."""

    label = N_("One of several answers")
    lacking = message(
        "Such a question has 2 to {most} answers, each of them different, with 1 to 200 letters.",
        most=MOST_CHOICES,
    )
    wanted = message("Choose one of its answers.")

    kind: Literal["choices"]
    choices: tuple[Label, ...] = Field(min_length=2, max_length=MOST_CHOICES)
    right: str | None = None

    @model_validator(mode="after")
    def _right_is_a_choice(self) -> Self:
        if len(set(self.choices)) < len(self.choices):
            raise Wrong("choices", message("Two of the choices are the same."))
        if self.right is not None and self.right not in self.choices:
            sentence = message(
                "right has to be one of the choices, word for word, not {right}.",
                right=repr(self.right),
            )
            raise Wrong("right", sentence)
        return self

    @property
    def right_answer(self) -> int | None:
        return None if self.right is None else self.choices.index(self.right)

    def checked(self, answer: Any) -> int:
        return place(answer, self.choices)

    def in_words(self, answer: Any) -> str:
        return self.choices[answer]


class Text(Question):
    """An answer in words, of so many `letters` at most. `right`: what a good one says, to compare
    with.
    """

    label = N_("Words")
    lacking = message("The answer to such a question has letters.")
    wanted = message("Write a few words.")

    kind: Literal["text"]
    letters: int = Field(default=TEXT_LENGTH, ge=1, le=MOST_LETTERS)
    right: str | None = Field(default=None, max_length=MOST_LETTERS)

    def is_right(self, answer: Any) -> None:
        return None

    def checked(self, answer: Any) -> str:
        if not isinstance(answer, str):
            raise TypeError(answer)
        text = " ".join(answer.split())
        if not text or len(text) > self.letters or not text.isprintable():
            raise ValueError(text)
        return text

    def in_words(self, answer: Any) -> str:
        return str(answer)


class Number(Question):
    """A number from `low` to `high`. It is right if it is at most `within` away from `right`."""

    label = N_("A number")
    lacking = message("The lowest number has to be lower than the highest one.")
    wanted = message("Give a number within its bounds.")

    kind: Literal["number"]
    low: float
    high: float
    unit: str = Field(default="", max_length=20)
    right: float | None = None
    within: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _right_is_between(self) -> Self:
        check_range(self.low, self.high)
        check_between(self.low, self.right, self.high, "right")
        return self

    def is_right(self, answer: Any) -> bool | None:
        return None if self.right is None else abs(answer - self.right) <= self.within + 1e-9

    def checked(self, answer: Any) -> float:
        return real(answer, self.low, self.high)

    def in_words(self, answer: Any) -> str:
        return f"{answer:g} {self.unit}".rstrip()


class Drawing(Question):
    """A drawing, kept as the hexadecimal digits of 28×28 bytes. None is right or wrong."""

    label = N_("A drawing")
    lacking = message("No drawing is right or wrong.")
    wanted = message("Draw something.")

    kind: Literal["drawing"]
    right: None = None

    def checked(self, answer: Any) -> str:
        pixels = bytes.fromhex(answer)
        if len(pixels) != PIXELS or not any(pixels):
            raise ValueError("no drawing")
        return pixels.hex()

    def in_words(self, answer: Any) -> str:
        return ""


class Cell(Question):
    """A cell of a matrix, kept as [row, column], numbers from 0. `right`: what its row and its
    column are called.
    """

    label = N_("A cell of a matrix")
    lacking = message("A matrix has 1 to {most} rows and columns.", most=MOST_LINES)
    wanted = message("Choose a cell of the matrix.")

    kind: Literal["cell"]
    rows: tuple[Label, ...] = Field(default=DIGITS, min_length=1, max_length=MOST_LINES)
    columns: tuple[Label, ...] = Field(default=DIGITS, min_length=1, max_length=MOST_LINES)
    right: tuple[str, str] | None = None
    row_title: Label = "row"
    column_title: Label = "column"

    @model_validator(mode="after")
    def _right_is_a_cell(self) -> Self:
        for name, names in zip(self.right or (), (self.rows, self.columns), strict=False):
            if name not in names:
                raise Wrong(
                    "right",
                    message(
                        "right says {name}, but there are {names}.",
                        name=repr(name),
                        names=tuple(names),
                    ),
                )
        return self

    @property
    def right_answer(self) -> list[int] | None:
        if self.right is None:
            return None
        row, column = self.right
        return [self.rows.index(row), self.columns.index(column)]

    def checked(self, answer: Any) -> list[int]:
        row, column = answer
        return [place(row, self.rows), place(column, self.columns)]

    def in_words(self, answer: Any) -> str:
        return f"{self.rows[answer[0]]} → {self.columns[answer[1]]}"


class Axis(Strict):
    """An axis of a curve."""

    title: Label
    low: float
    high: float

    @model_validator(mode="after")
    def _low_is_lower(self) -> Self:
        check_range(self.low, self.high)
        return self


class Point(Question):
    """Where a curve will be, kept as [x, y]: its y at the place `at` of the x axis, or anywhere. It
    is right if its y is at most `within` away from `right`.
    """

    label = N_("A point of a curve")
    lacking = message("Both axes need a title, a lowest and a highest value.")
    wanted = message("Choose a point between its axes.")

    kind: Literal["point"]
    x: Axis
    y: Axis
    at: float | None = None
    right: float | None = None
    within: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _right_is_on_the_axes(self) -> Self:
        check_between(self.x.low, self.at, self.x.high, "at")
        check_between(self.y.low, self.right, self.y.high, "right")
        if self.right is not None and self.at is None:
            raise Wrong("at", message("Say at which place of the x axis this is right, with at."))
        return self

    @property
    def right_answer(self) -> list[float] | None:
        return None if self.right is None or self.at is None else [self.at, self.right]

    def is_right(self, answer: Any) -> bool | None:
        return None if self.right is None else abs(answer[1] - self.right) <= self.within + 1e-9

    def checked(self, answer: Any) -> list[float]:
        x, y = answer
        x, y = real(x, self.x.low, self.x.high), real(y, self.y.low, self.y.high)
        return [x if self.at is None else self.at, y]

    def in_words(self, answer: Any) -> str:
        x, y = answer
        return f"{self.x.title}: {x:g}, {self.y.title}: {y:.4g}"


if TYPE_CHECKING:
    AnyQuestion = Question
else:  # as a lesson's file has it: what else there may be depends on its kind
    AnyQuestion = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]

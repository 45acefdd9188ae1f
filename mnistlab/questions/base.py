"""What all questions have, and the table of their kinds."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from mnistlab.errors import ClassError
from mnistlab.i18n import N_, Message, Text, message

WORDS_LENGTH = 500  # of a question
MOST_LETTERS = 2_000  # of an explanation, and of any answer
MEASURES = {  # of a run: what an answer can be compared with -> its label
    "loss": N_("Loss on the test images"),
    "accuracy": N_("Accuracy on the test images"),
    "confusion": N_("Most common confusion"),
}


def _in_one_line(text: Any) -> Any:
    return " ".join(text.split()) if isinstance(text, str) else text


Words = Annotated[str, BeforeValidator(_in_one_line), Field(min_length=1, max_length=WORDS_LENGTH)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


class Wrong(ValueError):
    """A mistake that several fields make together; `field` is the one to look at."""

    def __init__(self, field: str, sentence: Text) -> None:
        super().__init__(sentence)
        self.field = field


class Strict(BaseModel):
    """A part of a lesson: what is not in its table is a mistake."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )


class Question(Strict):
    """What all kinds have. `explanation`: Markdown, shown once the reader of a lesson has answered
    and seen what its step wants to be seen. Where `right` is not known, a class's answers are
    compared with the `measure` of the run `run_id` at `step`. `mistake`: the key in `MISTAKES` of
    the one that the mistakes page asks.
    """

    label: ClassVar[str]  # what the kind is called
    lacking: ClassVar[Message]  # what such a question has to have, in a sentence
    wanted: ClassVar[Message]  # what its answers have to be, in a sentence

    kind: str
    words: Words
    right: Any = None
    explanation: str = Field(default="", max_length=MOST_LETTERS)
    mistake: str = ""
    run_id: str = ""
    measure: str = ""
    step: int | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **arguments: Any) -> None:
        """Make the class an entry. Raises `TypeError` where it lacks something."""
        if missing := _NEEDED - cls.__dict__.keys():
            raise TypeError(f"{cls.__name__} lacks {', '.join(sorted(missing))}.")
        (kind,) = cls.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
        KINDS[kind] = cls

    @field_validator("measure")
    @classmethod
    def _measure_exists(cls, measure: str) -> str:
        if measure and measure not in MEASURES:
            raise ValueError(
                message(
                    "There is no measure {name}: they are {names}.",
                    name=repr(measure),
                    names=tuple(MEASURES),
                )
            )
        return measure

    @abstractmethod
    def checked(self, answer: Any) -> Any:
        """`answer` as it is stored. Raises `ValueError`, `TypeError` or `OverflowError` if it is
        none to this question.
        """

    @abstractmethod
    def in_words(self, answer: Any) -> str:
        """A stored answer as a reader would say it; "" for a drawing."""

    def accepts(self, answer: Any) -> bool:
        """Whether `answer` is one to this question."""
        try:
            self.checked(answer)
        except (ValueError, TypeError, OverflowError):
            return False
        return True

    @property
    def right_answer(self) -> Any:
        """The answer that is right, as it is stored; None where it is not known."""
        return self.right

    def is_right(self, answer: Any) -> bool | None:
        """Whether `answer` is right; None where nothing is right or wrong."""
        right = self.right_answer
        return None if right is None else bool(answer == right)

    def hidden(self) -> Self:
        """The question without what is right."""
        return self.model_copy(update={"right": None, "explanation": ""})

    def record(self) -> dict[str, Any]:
        """As JSON, without what is not set."""
        return self.model_dump(mode="json", exclude_defaults=True)


_NEEDED = {"label", "lacking", "wanted", "checked", "in_words"}
KINDS: dict[str, type[Question]] = {}  # in the order in which a teacher may choose them


def made(kind: str, words: str, **fields: Any) -> Question:
    """A question that somebody asks. Raises `ClassError` for one that nobody could answer."""
    if kind not in KINDS:
        raise ClassError(
            message("There is no kind of question {kind}.", kind=repr(kind)),
            message("Take one: {names}.", names=tuple(KINDS)),
        )
    try:
        return KINDS[kind](kind=kind, words=words, **fields)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        if details["loc"] == ("words",):
            sentence = message("A question has 1 to {most} letters.", most=WORDS_LENGTH)
            raise ClassError(sentence, message("Write another one.")) from error
        ours = details.get("ctx", {}).get("error")
        raise ClassError(
            ours.args[0] if ours else KINDS[kind].lacking, message("Change the question.")
        ) from error


def of_record(record: Mapping[str, Any]) -> Question:
    """From `Question.record()`; what a newer version added is left out."""
    kind = KINDS[record["kind"]]
    return kind(**{name: value for name, value in record.items() if name in kind.model_fields})

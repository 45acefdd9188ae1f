"""What a lesson consists of. `Lesson.model_json_schema()` says the same for other programs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from urllib.parse import parse_qsl, urlencode

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from mnistlab.config import TrainConfig, parse_value
from mnistlab.errors import ConfigError
from mnistlab.i18n import Text, message
from mnistlab.questions import AnyQuestion
from mnistlab.questions.base import Strict, Wrong

HOME = "home"  # how a link names the page that has no name
MOST_STEPS = 60
RIGHT = ("choices", "number")  # kinds whose readers learn whether they were right
_LINK = re.compile(r"(?P<page>[a-z_]+)(?:\?(?P<query>\S+))?")


@dataclass(frozen=True)
class Link:
    """A page, "" for the home page, and its parameters."""

    page: str
    query: Mapping[str, str]

    def __str__(self) -> str:
        query = urlencode(self.query, safe=",")
        return (self.page or HOME) + (f"?{query}" if query else "")


class Pages(Protocol):
    """What the dashboard knows of its pages, for checking a lesson."""

    def problem_of(self, page: str, query: Mapping[str, str]) -> Text:
        """What is wrong with a link, in a sentence; "" if nothing is."""
        ...

    def problem_of_words(self, words: str) -> Text:
        """What is wrong with a link that stands by itself in a line of `words`."""
        ...

    def controls_of(self, page: str) -> frozenset[str]:
        """The parameters of a page, by which its controls are locked."""
        ...


def _link(value: Any, info: ValidationInfo) -> Link:
    match = _LINK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            message("A link is a page and its choices, such as train?preset=tutorial-cnn or home.")
        )
    page, query = match["page"], match["query"] or ""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise ValueError(
            message("The choices of a link are name=value&name=value, not {query}.", query=query)
        ) from error
    link = Link("" if page == HOME else page, dict(pairs))
    if (pages := _pages(info)) and (problem := pages.problem_of(link.page, link.query)):
        raise ValueError(problem)
    return link


def _pages(info: ValidationInfo) -> Pages | None:
    return (info.context or {}).get("pages")


LinkField = Annotated[Link, BeforeValidator(_link), WithJsonSchema({"type": "string"})]


class Seen(Strict):
    """What has to have happened before the reader goes on: their question is `answered`, the chosen
    run is `trained` (with these settings, if some are named), each of these views is `visited`, a
    digit is `drawn`.
    """

    answered: bool = False
    trained: bool | dict[str, str] = False
    visited: tuple[LinkField, ...] = Field(default=(), max_length=10)
    drawn: bool = False

    @field_validator("trained")
    @classmethod
    def _settings_exist(cls, trained: bool | dict[str, str]) -> bool | dict[str, str]:
        if isinstance(trained, dict):
            try:
                TrainConfig().replace(
                    **{name: parse_value(name, trained[name]) for name in trained}
                )
            except ConfigError as error:
                raise ValueError(error.message) from error
        return trained


class Step(Strict):
    """One step: words beside a page."""

    title: str = Field(min_length=1, max_length=80)
    words: str = Field(min_length=1, max_length=5_000)  # Markdown
    link: LinkField  # where the step takes place
    locked: tuple[str, ...] = Field(default=(), max_length=40)  # parameters of the page
    question: AnyQuestion | None = None
    seen: Seen = Seen()

    @field_validator("words")
    @classmethod
    def _links_lead_somewhere(cls, words: str, info: ValidationInfo) -> str:
        if (pages := _pages(info)) and (problem := pages.problem_of_words(words)):
            raise ValueError(problem)
        return words

    @field_validator("locked")
    @classmethod
    def _controls_exist(cls, locked: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        pages, link = _pages(info), info.data.get("link")
        if pages and link is not None:
            known = pages.controls_of(link.page)
            for name in locked:
                if name not in known:
                    raise ValueError(
                        message(
                            "The page {page} has no control {name}, but {names}.",
                            page=link.page or HOME,
                            name=repr(name),
                            names=sorted(known),
                        )
                    )
        return locked

    @field_validator("question")
    @classmethod
    def _says_what_is_right(cls, question: AnyQuestion | None) -> AnyQuestion | None:
        if question is not None and question.kind in RIGHT and question.right is None:
            raise Wrong("right", message("Such a question needs its right answer, called right."))
        return question

    @field_validator("seen")
    @classmethod
    def _can_be_seen(cls, seen: Seen, info: ValidationInfo) -> Seen:
        if seen.answered and info.data.get("question", "wrong") is None:
            raise Wrong("answered", message("answered is true, but this step asks no question."))
        if (link := info.data.get("link")) is not None:
            for name in info.data.get("locked", ()):
                _check_free(name, link, seen.visited)
        return seen


def _check_free(name: str, link: Link, visited: tuple[Link, ...]) -> None:
    """Raises `Wrong` where one has to see what the control `name`, which is locked, hides."""
    for other in visited:
        shown = other.query.get(name) if other.page == link.page else None
        if shown not in (None, link.query.get(name)):
            raise Wrong(
                "visited",
                message(
                    "{other} cannot be seen: the step has locked {name}.", other=other, name=name
                ),
            )


class Lesson(Strict):
    """A lesson. `minutes`: how long a reader takes; `audience` is called `for` in the file."""

    title: str = Field(min_length=1, max_length=80)
    language: str = Field(pattern=r"^[a-z]{2}$")
    minutes: int = Field(ge=1, le=600)
    audience: str = Field(alias="for", min_length=1, max_length=300)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MOST_STEPS)

    def step(self, at: int) -> Step:
        """Step number `at`, from 1; the last one where there are fewer."""
        return self.steps[min(max(at, 1), len(self.steps)) - 1]

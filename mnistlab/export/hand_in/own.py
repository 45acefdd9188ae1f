"""What a hand-in holds besides the run: plain values, whoever made them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnistlab.i18n import language, translation

if TYPE_CHECKING:
    from mnistlab.store.drawings import Drawing


@dataclass(frozen=True)
class Answer:
    """What somebody said to a question, in words. `first`: before the class saw the answers of the
    others; `right`: what is right; `picture`: what was drawn, as the URL of a PNG; "" where there
    is nothing to say.
    """

    question: str
    answer: str
    first: str = ""
    right: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Step:
    """One step of a lesson: its title, whether its reader came so far, and what they answered."""

    title: str
    done: bool
    answers: Sequence[Answer] = ()


@dataclass(frozen=True)
class Lesson:
    """A lesson that was begun."""

    title: str
    steps: Sequence[Step]


@dataclass(frozen=True)
class Own:
    """What is the author's own."""

    author: str = ""
    of_class: str = ""  # the name of the class that they are in
    drawings: "Sequence[Drawing]" = ()
    answers: Sequence[Answer] = ()
    lessons: Sequence[Lesson] = ()


@dataclass(frozen=True)
class Words:
    """In which language the file speaks: gettext's two functions, and the language's code."""

    gettext: Callable[[str], str] = str
    ngettext: Callable[[str, str, int], str] = lambda one, many, count: one if count == 1 else many
    language: str = "en"


def spoken() -> Words:
    """The words of the language that is spoken here."""
    catalogue = translation()
    return Words(catalogue.gettext, catalogue.ngettext, language())

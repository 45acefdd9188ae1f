"""Which lessons there are: those that come with mnistlab, and those in a folder of one's own."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mnistlab.errors import LessonError, LessonMistake
from mnistlab.i18n import message

SHIPPED = Path(__file__).parent
DEFAULT_LANGUAGE = "en"
NAME = re.compile(r"[\w-]{1,60}")


@dataclass(frozen=True)
class Shelved:
    """A lesson's file. `own`: in the folder that `MNISTLAB_LESSONS` names."""

    name: str
    path: Path
    own: bool


def shelf(language: str) -> dict[str, Shelved]:
    """All lessons by name, in order: those in the folder of one's own, which may replace others,
    then those that come with mnistlab, in `language` where they are translated. Raises
    `LessonError` if the folder cannot be read.
    """
    found = {each.name: each for each in _own()}
    shipped = {path.stem: path for path in sorted((SHIPPED / DEFAULT_LANGUAGE).glob("*.yaml"))}
    shipped |= {path.stem: path for path in (SHIPPED / language).glob("*.yaml")}
    for name, path in shipped.items():
        found.setdefault(name, Shelved(name, path, own=False))
    return found


def _own() -> list[Shelved]:
    folder = os.environ.get("MNISTLAB_LESSONS")
    if not folder:
        return []
    try:
        paths = sorted(each for each in Path(folder).iterdir() if each.suffix in (".yaml", ".yml"))
    except OSError as error:
        sentence = message("The folder of lessons cannot be read ({error}).", error=error.strerror)
        raise LessonError(folder, [LessonMistake(0, sentence)]) from error
    return [Shelved(path.stem, path, own=True) for path in paths if NAME.fullmatch(path.stem)]

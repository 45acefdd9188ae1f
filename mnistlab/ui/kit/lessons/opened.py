"""The lesson that the reader has open: its file, the step, and how far they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mnistlab.i18n import Text
from mnistlab.lessons import Lesson, Link, Shelved, Step, read_lesson, shelf
from mnistlab.store.lesson_progress import Progress, change_progress, progress_in
from mnistlab.store.people import Role
from mnistlab.ui.kit import addresses, state, texts
from mnistlab.ui.kit.i18n import _, language
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import READERS_OWN

ALWAYS_FREE = (*READERS_OWN, "lesson", "at")  # so that one can read a lesson, go on, and leave it


class KnownPages:
    """The pages of the dashboard, for checking a lesson; see `lessons.Pages`."""

    def problem_of(self, page: str, query: Mapping[str, str]) -> Text:
        return addresses.problem_of(page, query)

    def problem_of_words(self, words: str) -> Text:
        links = [part for part in texts.split_links(words) if not isinstance(part, str)]
        problems = (addresses.problem_of(page, query) for _label, page, query in links)
        return next((problem for problem in problems if problem), "")

    def controls_of(self, page: str) -> frozenset[str]:
        return addresses.names_of(page)


@dataclass(frozen=True)
class Opened:
    """A lesson that is open on `page`, at step number `at`."""

    page: Page
    name: str
    lesson: Lesson
    at: int
    owner: str
    progress: Progress

    @property
    def step(self) -> Step:
        return self.lesson.step(self.at)

    @property
    def is_last(self) -> bool:
        return self.at == len(self.lesson.steps)

    @property
    def is_here(self) -> bool:
        """Whether the reader is on the step's page, and has not chosen another view of it."""
        return shows(self.page, self.step.link)

    def kept(self) -> Progress:
        """How far they are by now, which a fragment of the page has to ask."""
        return progress_in(self.page.store, self.owner, self.name) or Progress()


def opened_on(page: Page) -> Opened | None:
    """The lesson that the URL names; None if it names none, or one that is not here. Raises
    `LessonError` for one with mistakes, `StoreError`.
    """
    name = page.query.get("lesson")
    if name is None:
        return None
    known = shelf(language())
    if name not in known:
        message = _("There is no lesson {name} here.")
        page.query.problems.append(message.format(name=name))
        page.query.reset("lesson", "at")
        return None
    lesson, owner = read(known[name]), state.drawer()
    progress = progress_in(page.store, owner, name) or Progress()
    at = min(page.query.get("at", progress.at), len(lesson.steps))
    page.query.set("at", at)
    if progress.at != at:
        progress = change_progress(page.store, owner, name, lambda kept: _move(kept, at))
    return Opened(page, name, lesson, at, owner, progress)


def lock_controls(opened: Opened) -> None:
    """Leave the controls of the step's page as its link has them, where the step wants that. A
    teacher may change them: they show the step to others.
    """
    step = opened.step
    if step.link.page == opened.page.name and state.person().role is not Role.TEACHER:
        free = {*ALWAYS_FREE, *(() if "run" in step.link.query else ("run",))}
        opened.page.query.lock(set(step.locked) - free, step.link.query)


def shows(page: Page, link: Link) -> bool:
    """Whether `page` is where `link` leads, as far as the link says; a training's settings, which
    its form takes out of the link, aside.
    """
    if page.name != link.page:
        return False
    shown, known = page.query.shown(), page.query.table
    first = next(iter(addresses.views_of(page.name)), "")
    shown.setdefault("view", first)  # a default is not in the URL
    return all(shown.get(name) == text for name, text in link.query.items() if name in known)


def read(shelved: Shelved) -> Lesson:
    """The lesson, read again whenever its file has changed. Raises `LessonError`."""
    try:
        status = shelved.path.stat()
    except OSError:  # gone since the shelf was looked at: reading it says so
        return read_lesson(shelved.path, KnownPages())
    return _read(shelved.path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, changed: int, size: int) -> Lesson:
    return read_lesson(path, KnownPages())


def _move(progress: Progress, at: int) -> None:
    progress.at = at

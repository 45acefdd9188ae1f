"""How far somebody is in a lesson, and what they answered on the way."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from mnistlab.store.concurrency import insert_new, take_turns
from mnistlab.store.people import check_still_here
from mnistlab.store.queries import Queries
from mnistlab.store.tables import LESSON_PROGRESS


@dataclass
class Progress:
    """Steps are numbers from 1; in `answers` and `visited` they are text, as JSON wants it.
    `answers`: step -> what was said first, and latest. `visited`: step -> links.
    """

    at: int = 1  # where they are
    reached: int = 1  # the furthest that they were
    finished: bool = False
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    visited: dict[str, list[str]] = field(default_factory=dict)

    def answer(self, step: int) -> Any:
        """What was said last at this step; None if nothing was."""
        return self.answers.get(str(step), {}).get("latest")

    def keep_answer(self, step: int, value: Any) -> None:
        """Keep this answer; what was said first stays."""
        kept = self.answers.setdefault(str(step), {"first": value})
        kept["latest"] = value

    def visit(self, step: int, link: str) -> None:
        """Note that this was seen during the step."""
        if link not in (seen := self.visited.setdefault(str(step), [])):
            seen.append(link)


def progress_in(store: Queries, owner: str, lesson: str) -> Progress | None:
    """How far `owner` is in the lesson; None if they never began. Raises `StoreError`."""
    with store._read() as connection:
        body = connection.scalar(sa.select(LESSON_PROGRESS.c.body).where(_mine(owner, lesson)))
    return None if body is None else _progress(body)


def all_progress(store: Queries, owner: str) -> dict[str, Progress]:
    """Lesson -> how far `owner` is in it, latest first. Raises `StoreError`."""
    rows = sa.select(LESSON_PROGRESS).where(LESSON_PROGRESS.c.owner == owner)
    with store._read() as connection:
        found = connection.execute(rows.order_by(LESSON_PROGRESS.c.changed.desc())).all()
    return {row.lesson: _progress(row.body) for row in found}


def change_progress(
    store: Queries, owner: str, lesson: str, change: Callable[[Progress], None]
) -> Progress:
    """`change` what is kept, also while another tab does; returns what is kept then. Raises
    `NotAllowed` where the class of whoever acts has ended, `StoreError`.
    """
    with store._write() as connection:
        take_turns(connection, f"the lessons of {owner}")
        check_still_here(connection, store.person)
        new = {"owner": owner, "lesson": lesson, "changed": time.time(), "body": {}}
        connection.execute(insert_new(connection, LESSON_PROGRESS).values(new))
        mine = _mine(owner, lesson)
        body = connection.scalar(sa.select(LESSON_PROGRESS.c.body).where(mine))
        progress = _progress(body or {})
        change(progress)
        progress.reached = max(progress.reached, progress.at)
        values = {"body": asdict(progress), "changed": time.time()}
        connection.execute(sa.update(LESSON_PROGRESS).where(mine).values(values))
    return progress


def forget_progress(store: Queries, owner: str, lesson: str) -> None:
    """Let the lesson begin anew. Raises `StoreError`."""
    with store._write() as connection:
        connection.execute(sa.delete(LESSON_PROGRESS).where(_mine(owner, lesson)))


def _mine(owner: str, lesson: str) -> sa.ColumnElement[bool]:
    return sa.and_(LESSON_PROGRESS.c.owner == owner, LESSON_PROGRESS.c.lesson == lesson)


def _progress(body: dict[str, Any]) -> Progress:
    known = {each.name for each in fields(Progress)}
    return Progress(**{name: value for name, value in body.items() if name in known})

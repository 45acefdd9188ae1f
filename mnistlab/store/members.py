"""The students of a class: how they join, what they are called, where they are."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import ClassError, NotAllowed
from mnistlab.i18n import message
from mnistlab.store.classes import Class, require_teacher
from mnistlab.store.concurrency import take_turns
from mnistlab.store.nicknames import alike, is_rude, tidied
from mnistlab.store.people import Person, Role, check_acting, check_present
from mnistlab.store.queries import Queries
from mnistlab.store.rules import check_rule
from mnistlab.store.tables import CLASSES, MEMBERS

MOST_MEMBERS = 100  # of one class
NICKNAME_LENGTH = 24
NOTED = frozenset(  # by a student, of themselves
    {"page", "query", "run_id", "hand", "drawing", "shown", "asked", "followed"}
)


@dataclass(frozen=True, eq=False)
class Member:
    """A student. Times in seconds since 1970; `hand` is None while it is down; `drawing`: 28×28
    bytes, the last one that they drew.
    """

    id: str
    class_id: str
    nickname: str
    number: int  # in the class, from 1
    joined: float
    page: str
    query: Mapping[str, str]
    run_id: str
    seen: float
    hand: float | None
    drawing: bytes | None = field(repr=False)
    asked: float | None
    shown: Mapping[str, Any] | None
    removed: bool = False
    followed: int = 0  # `Pace.brought` when they were last brought to a page


def join(store: Queries, of: Class, nickname: str) -> Member:
    """Become a student of this class. Raises `ClassError` for a nickname that is taken or unfit, or
    if the class is full.
    """
    nickname = checked_nickname(nickname)
    member_id, now = uuid.uuid4().hex, time.time()
    with store._write() as connection:
        take_turns(connection, f"the class {of.id}")
        if connection.scalar(sa.select(CLASSES.c.id).where(CLASSES.c.id == of.id)) is None:
            raise ClassError(
                message("This class has just ended."), message("Ask the teacher for another code.")
            )
        names = connection.execute(
            sa.select(MEMBERS.c.nickname, MEMBERS.c.number, MEMBERS.c.removed).where(
                MEMBERS.c.class_id == of.id
            )
        ).all()
        if sum(not row.removed for row in names) >= MOST_MEMBERS:
            raise ClassError(
                message("The class is full: {most} are in it.", most=MOST_MEMBERS),
                message("Ask the teacher."),
            )
        _check_free(nickname, [row.nickname for row in names])
        connection.execute(
            sa.insert(MEMBERS).values(
                id=member_id,
                class_id=of.id,
                nickname=nickname,
                number=max((row.number for row in names), default=0) + 1,
                joined=now,
                seen=now,
            )
        )
    return member(store, member_id)


def checked_nickname(nickname: str) -> str:
    """The nickname as it is kept. Raises `ClassError`."""
    as_typed, nickname = " ".join(nickname.split()), tidied(nickname)
    if not nickname or len(nickname) > NICKNAME_LENGTH or not as_typed.isprintable():
        raise ClassError(
            message("A nickname has 1 to {most} letters.", most=NICKNAME_LENGTH),
            message("Choose another one."),
        )
    if is_rude(nickname):
        raise ClassError(
            message("This nickname may hurt somebody."), message("Choose another one.")
        )
    return nickname


def _check_free(nickname: str, taken: list[str]) -> None:
    if alike(nickname) in map(alike, taken):
        raise ClassError(
            message("Somebody is called {nickname} already.", nickname=nickname),
            message("Choose another nickname."),
        )


def member(store: Queries, member_id: str) -> Member:
    """The student with this id. Raises `ClassError` if there is none, or if they were removed."""
    with store._read() as connection:
        row = connection.execute(sa.select(MEMBERS).where(MEMBERS.c.id == member_id)).first()
    if row is None or row.removed:
        raise ClassError(
            message("You are in no class any more."), message("Join again with its code.")
        )
    return _member(row)


def with_id(store: Queries, member_id: str) -> Member:
    """The student with this id, also one who was removed. Raises `ClassError` if there is none."""
    with store._read() as connection:
        row = connection.execute(sa.select(MEMBERS).where(MEMBERS.c.id == member_id)).first()
    if row is None:
        raise ClassError(message("There is no such student here."), message("Open the page again."))
    return _member(row)


def members(store: Queries, class_id: str) -> list[Member]:
    """The students of a class, in the order in which they joined, without those removed. Raises
    `NotAllowed` if whoever acts is not in this class.
    """
    rows = sa.select(MEMBERS).where(MEMBERS.c.class_id == class_id, MEMBERS.c.removed.is_(False))
    with store._read() as connection:
        if store.person.role is not Role.OPERATOR:
            check_present(connection, store.person)
            if store.person.class_id != class_id:
                raise NotAllowed(
                    message("You are not in this class."), message("Join it with its code.")
                )
        return [_member(row) for row in connection.execute(rows.order_by(MEMBERS.c.number))]


def student(of: Member, earlier: frozenset[str] = frozenset()) -> Person:
    """Who this student is on the store."""
    return Person(Role.STUDENT, of.id, earlier, of.class_id)


def call(store: Queries, person: Person, member_id: str, nickname: str) -> None:
    """Give a student another nickname: their own, or any if `person` teaches the class. Raises
    `NotAllowed`, `ClassError`.
    """
    check_acting(store.person, person)
    nickname = checked_nickname(nickname)
    with store._write() as connection:
        take_turns(connection, f"the class {person.class_id}")
        if person.role is Role.STUDENT and person.name == member_id:
            check_rule(connection, person, "rename")
        else:
            require_teacher(connection, person)
        others = sa.select(MEMBERS.c.nickname).where(
            MEMBERS.c.class_id == person.class_id, MEMBERS.c.id != member_id
        )
        _check_free(nickname, list(connection.scalars(others)))
        _update(connection, person.class_id, member_id, nickname=nickname)


def remove(store: Queries, teacher: Person, member_id: str) -> None:
    """Take a student out of the class; their runs and drawings stay until it ends. Raises
    `NotAllowed`, `ClassError`.
    """
    check_acting(store.person, teacher)
    with store._write() as connection:
        require_teacher(connection, teacher)
        _update(connection, teacher.class_id, member_id, removed=True)


def note(store: Queries, person: Person, **values: Any) -> None:
    """Note of this student what they do: `page`, `query`, `run_id`, `hand`, `drawing`, `shown`,
    `asked`, `followed`. Raises `NotAllowed` if they are none, `ClassError` if they are it no more,
    and `ValueError` for anything else to note.
    """
    check_acting(store.person, person)
    if values.keys() - NOTED:
        raise ValueError(f"{', '.join(sorted(values.keys() - NOTED))} cannot be noted.")
    if person.role is not Role.STUDENT:
        raise NotAllowed(
            message("Only a student of a class may do this."), message("Join one with its code.")
        )
    with store._write() as connection:
        _update(connection, person.class_id, person.name, seen=time.time(), **values)


def _update(connection: sa.Connection, class_id: str, member_id: str, **values: Any) -> None:
    mine = sa.update(MEMBERS).where(
        MEMBERS.c.id == member_id, MEMBERS.c.class_id == class_id, MEMBERS.c.removed.is_(False)
    )
    if connection.execute(mine.values(**values)).rowcount == 0:
        raise ClassError(
            message("This student is in the class no more."), message("Open the page again.")
        )


def _member(row: sa.Row) -> Member:
    return Member(
        row.id,
        row.class_id,
        row.nickname,
        row.number,
        row.joined,
        row.page,
        row.query or {},
        row.run_id,
        row.seen,
        row.hand,
        row.drawing,
        row.asked,
        row.shown,
        row.removed,
        row.followed,
    )

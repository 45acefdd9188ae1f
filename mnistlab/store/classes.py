"""Classes: a teacher makes one, students join it by its code, and all of it goes when it ends.

Nobody has an account. A secret says who the teacher is; the store keeps its SHA-256, and as it has
256 random bits, nothing slower is needed. A signed cookie says who a student is (`server.people`).
"""

import hmac
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from mnistlab.errors import ClassError, NotAllowed
from mnistlab.i18n import message
from mnistlab.store.concurrency import insert_new, take_turns
from mnistlab.store.pace import Pace as Pace
from mnistlab.store.people import Person, Role, check_acting, teaches
from mnistlab.store.queries import Queries
from mnistlab.store.tables import CLASSES, KEYS

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another: no I, L or O
CODE_LENGTH = 6  # 148 million codes
MOST_CLASSES = 1000  # on one installation
NAME_LENGTH = 80
KEY_BYTES = 32


@dataclass(frozen=True)
class Rules:
    """What the students of a class may do."""

    draw: bool = True  # keep drawings
    train: bool = True  # start runs of their own
    rename: bool = True  # change their nickname


@dataclass(frozen=True)
class Class:
    """A class. `secret`: the SHA-256 of its teacher's secret."""

    id: str
    code: str
    secret: str = field(repr=False)
    name: str
    language: str
    created: float
    rules: Rules
    pace: Pace


def make_class(
    store: Queries, name: str, language: str, rules: Rules | None = None
) -> tuple[Class, str]:
    """A new class, and its teacher's secret, which is shown once and never again. Raises
    `ClassError` for a name that is empty or too long, or where there are `MOST_CLASSES`, and
    `StoreError`.
    """
    name = checked_name(name)
    secret, class_id = secrets.token_urlsafe(32), uuid.uuid4().hex
    with store._write() as connection:
        take_turns(connection, "the classes")
        if (
            connection.scalar(sa.select(sa.func.count()).select_from(CLASSES)) or 0
        ) >= MOST_CLASSES:
            raise ClassError(
                message(
                    "There are {most} classes here, as many as there can be.", most=MOST_CLASSES
                ),
                message("End those that are over."),
            )
        connection.execute(
            sa.insert(CLASSES).values(
                id=class_id,
                code=_free_code(connection),
                secret=hashed(secret),
                name=name,
                language=language,
                created=time.time(),
                rules=asdict(rules or Rules()),
                pace={},
            )
        )
    return class_of(store, class_id), secret


def checked_name(name: str) -> str:
    """The name of a class as it is kept. Raises `ClassError`."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise ClassError(
            message("A class needs a name of 1 to {most} letters.", most=NAME_LENGTH),
            message("Give another one."),
        )
    return name


def class_of(store: Queries, class_id: str) -> Class:
    """The class with this id. Raises `ClassError` if there is none, `StoreError`."""
    return _one(store, CLASSES.c.id == class_id)


def class_with_code(store: Queries, code: str) -> Class:
    """The class that students join by `code`, in any case, with or without blanks. Raises
    `ClassError` if there is none, `StoreError`.
    """
    letters = "".join(code.split()).replace("-", "").upper()
    if set(letters) - set(LETTERS):
        raise _no_class()
    return _one(store, CLASSES.c.code == letters)


def taught_by(store: Queries, secret: str) -> Class:
    """The class of the teacher with this secret. Raises `NotAllowed` if there is none."""
    try:
        found = _one(store, CLASSES.c.secret == hashed(secret))
    except ClassError as error:
        raise NotAllowed(
            message(
                "This is not the link of a teacher any more: its class has ended, or has "
                "another link."
            ),
            message("Ask whoever has the new one."),
        ) from error
    # the index compares as it likes; what decides takes the same time for every secret
    if not hmac.compare_digest(found.secret, hashed(secret)):
        raise NotAllowed(
            message("This is not the link of a teacher."), message("Ask whoever has it.")
        )
    return found


def renew_secret(store: Queries, teacher: Person) -> str:
    """Another secret for the class of `teacher`; the one before opens nothing any more. Raises
    `NotAllowed`.
    """
    secret = secrets.token_urlsafe(32)
    change_class(store, teacher, secret=hashed(secret))
    return secret


def set_pace(store: Queries, teacher: Person, pace: Pace) -> Pace:
    """Lead the class; returns the pace with its number. Raises `NotAllowed`."""
    body = {name: value for name, value in asdict(pace).items() if name != "number"}
    change_class(store, teacher, pace=body, pace_number=CLASSES.c.pace_number + 1)
    return class_of(store, teacher.class_id).pace


def change_class(store: Queries, teacher: Person, **values: Any) -> None:
    """Change these columns of the class. Raises `NotAllowed` if it is not this teacher's."""
    check_acting(store.person, teacher)
    with store._write() as connection:
        require_teacher(connection, teacher)
        mine = sa.update(CLASSES).where(CLASSES.c.id == teacher.class_id)
        connection.execute(mine.values(**values))


def require_teacher(connection: sa.Connection, person: Person) -> None:
    """Raises `NotAllowed` if `person` does not teach their class."""
    if not teaches(connection, person):
        raise NotAllowed(
            message("Only the teacher of the class may do this."),
            message("Open the teacher's link."),
        )


def teacher(of: Class, earlier: frozenset[str] = frozenset()) -> Person:
    """Who teaches this class."""
    return Person(Role.TEACHER, of.id, earlier, of.id, of.secret)


def hashed(secret: str) -> str:
    """A teacher's secret as it is stored."""
    return sha256(secret.encode()).hexdigest()


def signing_key(store: Queries) -> bytes:
    """The key with which servers over this store sign cookies: made by the first that asks."""
    key = sa.select(KEYS.c.value).where(KEYS.c.name == "cookies")
    with store._read() as connection:
        known = connection.scalar(key)
    if known is None:
        with store._write() as connection:
            row = {"name": "cookies", "value": secrets.token_bytes(KEY_BYTES)}
            connection.execute(insert_new(connection, KEYS).values(row))
            known = connection.scalar(key)
    assert known is not None
    return known


def _free_code(connection: sa.Connection) -> str:
    taken = set(connection.scalars(sa.select(CLASSES.c.code)))
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if code not in taken:
            return code


def _one(store: Queries, which: sa.ColumnElement[bool]) -> Class:
    with store._read() as connection:
        row = connection.execute(sa.select(CLASSES).where(which)).first()
    if row is None:
        raise _no_class()
    pace = {**_known(Pace, row.pace), "number": row.pace_number}
    pace["controls"] = tuple(pace.get("controls", ()))
    return Class(
        row.id,
        row.code,
        row.secret,
        row.name,
        row.language,
        row.created,
        Rules(**_known(Rules, row.rules)),
        Pace(**pace),
    )


def _no_class() -> ClassError:
    return ClassError(
        message("There is no class with this code."),
        message("Look at the code again: it has six letters."),
    )


def _known(kind: type, record: Mapping[str, Any]) -> dict[str, Any]:
    """What this version knows of a stored record."""
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in record.items() if name in names}

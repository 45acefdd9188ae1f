"""Labelled drawings: a small test set for each person. A class sees those of its students, whose
teacher may also change and delete them. Each function raises `NotAllowed` where one may not.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from mnistlab.errors import DrawingError, NotAllowed
from mnistlab.i18n import message
from mnistlab.store import Store
from mnistlab.store.concurrency import take_turns
from mnistlab.store.people import Person, Role, check_present, check_still_here, is_of_class
from mnistlab.store.rules import check_rule
from mnistlab.store.tables import DRAWINGS

MOST = 500  # drawings that one person may keep
SHAPE = (28, 28)  # rows and columns
LABELS = range(10)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A saved picture, uint8 (28, 28), and its true class, 0 to 9."""

    id: int
    label: int
    image: np.ndarray


def save_drawing(store: Store, owner: str, image: np.ndarray, label: int) -> int:
    """Keep `image`, uint8 (28, 28), as a `label` in the test set of `owner`, and return its id.

    Raises `DrawingError` once there are `MOST` of them, `ValueError` for another shape or label,
    `NotAllowed` where the class of whoever acts has ended, `StoreError`.
    """
    if image.shape != SHAPE or image.dtype != np.uint8 or label not in LABELS:
        raise ValueError(f"{image.dtype} {image.shape}, label {label}")
    with store._write() as connection:
        _check_owner(connection, store.person, owner)
        check_rule(connection, store.person, "draw")
        take_turns(connection, f"the drawings of {owner}")
        check_still_here(connection, store.person)
        count = (
            connection.scalar(sa.select(sa.func.count()).where(DRAWINGS.c.session == owner)) or 0
        )
        if count >= MOST:
            raise DrawingError(
                message(
                    "You have saved {most} drawings, as many as one person may keep.", most=MOST
                ),
                message("Download them, then delete some."),
            )
        values = {
            "session": owner,
            "created": time.time(),
            "label": int(label),
            "image": image.tobytes(),
        }
        return connection.execute(
            sa.insert(DRAWINGS).values(values).returning(DRAWINGS.c.id)
        ).scalar_one()


def drawings(store: Store, owner: str) -> list[Drawing]:
    """What `owner` has saved, the oldest first. Raises `StoreError`."""
    columns = (DRAWINGS.c.id, DRAWINGS.c.label, DRAWINGS.c.image)
    with store._read() as connection:
        _check_reader(connection, store.person, owner)
        rows = connection.execute(
            sa.select(*columns).where(DRAWINGS.c.session == owner).order_by(DRAWINGS.c.id)
        ).all()
    return [
        Drawing(row.id, row.label, np.frombuffer(row.image, np.uint8).reshape(SHAPE))
        for row in rows
    ]


def drawings_of(
    store: Store, owners: Collection[str], most: int = MOST
) -> dict[str, list[Drawing]]:
    """Owner -> what they have saved, the oldest first, of each no more than the `most` latest; of
    those who have saved something. Raises `StoreError`.
    """
    columns = (DRAWINGS.c.session, DRAWINGS.c.id, DRAWINGS.c.label, DRAWINGS.c.image)
    with store._read() as connection:
        for owner in owners:
            _check_reader(connection, store.person, owner)
        rows = connection.execute(
            sa.select(*columns).where(DRAWINGS.c.session.in_(owners)).order_by(DRAWINGS.c.id)
        ).all()
    saved: dict[str, list[Drawing]] = {}
    for row in rows:
        image = np.frombuffer(row.image, np.uint8).reshape(SHAPE)
        saved.setdefault(row.session, []).append(Drawing(row.id, row.label, image))
    return {owner: found[-most:] for owner, found in saved.items()}


def relabel_drawing(store: Store, owner: str, drawing: int, label: int) -> None:
    """Say what the drawing with the id `drawing` is, if it is `owner`'s: another class, 0 to 9.
    Raises `ValueError` for another label, `StoreError`.
    """
    if label not in LABELS:
        raise ValueError(f"label {label}")
    with store._write() as connection:
        _check_owner(connection, store.person, owner)
        check_rule(connection, store.person, "draw")
        its = sa.and_(DRAWINGS.c.id == drawing, DRAWINGS.c.session == owner)
        connection.execute(sa.update(DRAWINGS).where(its).values(label=int(label)))


def delete_drawing(store: Store, owner: str, drawing: int) -> None:
    """Forget the drawing with the id `drawing`, if it is `owner`'s. Raises `StoreError`."""
    with store._write() as connection:
        _check_owner(connection, store.person, owner)
        connection.execute(
            sa.delete(DRAWINGS).where(DRAWINGS.c.id == drawing, DRAWINGS.c.session == owner)
        )


def _check_owner(connection: sa.Connection, person: Person, owner: str) -> None:
    """Whether `person` may change the drawings of `owner`. Raises `NotAllowed`."""
    if person.role is Role.OPERATOR:
        return
    check_present(connection, person)
    if person.owns(owner):
        return
    if person.role is Role.TEACHER and is_of_class(connection, person, owner):
        return
    raise NotAllowed(
        message("These drawings are somebody else's."), message("Draw some of your own.")
    )


def _check_reader(connection: sa.Connection, person: Person, owner: str) -> None:
    """Whether `person` may see the drawings of `owner`. Raises `NotAllowed`."""
    if person.role is Role.OPERATOR:
        return
    check_present(connection, person)
    if not (person.owns(owner) or is_of_class(connection, person, owner)):
        raise NotAllowed(
            message("These drawings are somebody else's."), message("Draw some of your own.")
        )

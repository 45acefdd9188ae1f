"""A class with a teacher and students, as the store keeps it."""

from dataclasses import dataclass

import numpy as np

from mnistlab.store import Store
from mnistlab.store.classes import Class, make_class, teacher
from mnistlab.store.drawings import save_drawing
from mnistlab.store.members import Member, join, student
from mnistlab.store.people import Person


@dataclass(frozen=True)
class Room:
    """A class, and who is in it."""

    of: Class
    secret: str
    members: tuple[Member, ...]

    @property
    def teacher(self) -> Person:
        return teacher(self.of)

    def student(self, place: int) -> Person:
        return student(self.members[place])


def room(store: Store, name: str = "Year 10", nicknames: tuple[str, ...] = ("Ada", "Max")) -> Room:
    """A new class with these students."""
    of, secret = make_class(store, name, "en")
    return Room(of, secret, tuple(join(store, of, nickname) for nickname in nicknames))


def draw(store: Store, owner: str, label: int = 3, count: int = 1) -> None:
    """Keep drawings, each another one, in the name `owner`."""
    for number in range(count):
        image = np.zeros((28, 28), np.uint8)
        image[4:24, 10 + number % 8 : 14 + number % 8] = 255
        image[number // 8] = 1
        save_drawing(store, owner, image, label)

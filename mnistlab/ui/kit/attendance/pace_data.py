"""What every browser of a class asks for each second: one small answer for all of them."""

from dataclasses import asdict
from typing import Any

from mnistlab.store import Store
from mnistlab.store.classes import Class, class_of
from mnistlab.store.wall import signals


def pace_data(store: Store, class_id: str) -> dict[str, Any]:
    """What is new in a class. Where `number` changes, each of its pages is drawn anew; `hands` and
    `asked` are the numbers of the students whom these are about: see `Signals`. Raises
    `ClassError`, `StoreError`.
    """
    of = class_of(store, class_id)
    return {
        "number": pace_number(store, of),
        "look_up": of.pace.look_up,
        **asdict(signals(store, class_id)),
    }


def pace_number(store: Store, of: Class) -> str:
    """Stands for all that a student's page shows of the class: it changes with each part."""
    parts = [
        of.pace.number,
    ]
    return "-".join(str(part) for part in parts)

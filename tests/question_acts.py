"""What can be done with a question to a class, for the table of who may what (tests/rights.py)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from mnistlab.questions import made
from mnistlab.store import Store
from mnistlab.store.answers import answer, count, results
from mnistlab.store.people import Person
from mnistlab.store.questions import FEWEST, ask, close, compare, current, show
from mnistlab.store.tables import ANSWERS

QUESTION = made("choices", "Which is it?", choices=("this", "that"))


def ask_with_answers(store: Store, teacher: Person) -> None:
    """Ask the class, and let just so many have answered that the answers may be shown."""
    question_id = ask(store, teacher, QUESTION).id
    row = {"question_id": question_id, "created": 1.0, "changed": 1.0, "first": 0, "latest": 0}
    with store._write() as connection:
        rows = [{**row, "member_id": f"member {number}"} for number in range(FEWEST)]
        connection.execute(sa.insert(ANSWERS), rows)


def _asked(store: Store, person: Person) -> int:
    now = current(store, person)
    assert now is not None
    return now.id


def _on_it(does: Callable[..., Any], *arguments: Any) -> Callable[[Store, Person], Any]:
    return lambda store, person: does(store, person, _asked(store, person), *arguments)


DEEDS: dict[str, Callable[[Store, Person], Any]] = {
    "asks another one": lambda store, person: ask(store, person, QUESTION),
    "compares its answers with a run": _on_it(compare, "0123456789ab"),
    "shows its answers": _on_it(show),
    "closes it": _on_it(close),
    "answers it": _on_it(answer, 1),
}
LOOKS: dict[str, Callable[[Store, Person], Any]] = {
    "counts its answers": _on_it(count),
    "sees its answers before they are shown": _on_it(results),
}
MAY = {
    **dict.fromkeys(DEEDS, frozenset({"teacher"})),
    "answers it": frozenset({"ann", "bob"}),
    "counts its answers": frozenset({"operator", "teacher", "ann", "bob"}),
    "sees its answers before they are shown": frozenset[str](),
}

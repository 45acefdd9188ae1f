"""The rules of a class, where its students act: whether they may start runs, keep drawings, and
change their nickname. Its teacher sets them.
"""

from dataclasses import asdict

import sqlalchemy as sa

from mnistlab.errors import NotAllowed
from mnistlab.i18n import N_, message
from mnistlab.store.classes import Rules, change_class
from mnistlab.store.people import Person, Role, check_present
from mnistlab.store.queries import Queries
from mnistlab.store.tables import CLASSES

FORBIDDEN = {
    "train": N_("In this class, only the teacher starts runs now."),
    "draw": N_("In this class, drawings are not saved now."),
    "rename": N_("In this class, only the teacher changes names now."),
}  # field of `Rules` -> what a student is told where it is off


def check_rule(connection: sa.Connection, person: Person, rule: str) -> None:
    """Whether `person` may act, and whether `rule`, a field of `Rules`, lets them if they are a
    student. Raises `NotAllowed`.
    """
    check_present(connection, person)
    if person.role is not Role.STUDENT:
        return
    row = sa.select(CLASSES.c.rules).where(CLASSES.c.id == person.class_id)
    if not (connection.scalar(row) or {}).get(rule, getattr(Rules(), rule)):
        raise NotAllowed(message(FORBIDDEN[rule]), message("Ask the teacher."))


def set_rules(store: Queries, teacher: Person, rules: Rules) -> None:
    """What the students of the teacher's class may do from now on. Raises `NotAllowed`."""
    change_class(store, teacher, rules=asdict(rules))

"""Who acts on the store, and what they may change of somebody else's.

`Store.acting_as(person)` is the store as this person may use it; without it, it is that of whoever
sits at the machine: the terminal, a script, a test.
"""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa

from mnistlab.errors import NotAllowed
from mnistlab.i18n import N_, message
from mnistlab.store.tables import CLASSES, MEMBERS, RUNS


class Role(StrEnum):
    """What somebody is here."""

    OPERATOR = "operator"  # at the machine itself; may do everything
    TEACHER = "teacher"  # of one class, by its secret
    STUDENT = "student"  # of one class, by its code
    VISITOR = "visitor"  # everybody else


class Action(StrEnum):
    """What can be done to a run."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    DELETE = "delete"
    RENAME = "rename"
    PIN = "pin"
    REORDER = "move in the queue"


WORDS = {  # of an action, for sentences
    Action.PAUSE: N_("pause"),
    Action.RESUME: N_("resume"),
    Action.STOP: N_("stop"),
    Action.DELETE: N_("delete"),
    Action.RENAME: N_("rename"),
    Action.PIN: N_("pin"),
    Action.REORDER: N_("move in the queue"),
}
# what one may do to one's own runs; the rest is for teachers and for whoever sits at the machine
OWN = frozenset({Action.PAUSE, Action.RESUME, Action.STOP, Action.DELETE, Action.RENAME})


@dataclass(frozen=True)
class Person:
    """Somebody who acts. `name`: in which their runs and drawings are kept (`RUNS.c.session`); that
    of a student is their member id, that of a teacher the id of the class. `earlier`: names of the
    same browser from before it joined.
    """

    role: Role = Role.OPERATOR
    name: str = ""
    earlier: frozenset[str] = field(default_factory=frozenset)
    class_id: str = ""
    proof: str = field(default="", repr=False)  # of a teacher: the hash of the secret they showed

    def owns(self, session: str) -> bool:
        """Whether a run or drawing that is kept in the name `session` is theirs."""
        return bool(session) and (session == self.name or session in self.earlier)


OPERATOR = Person()


def check_run(connection: sa.Connection, person: Person, action: Action, row: sa.Row) -> None:
    """Whether `person` may do this to the run of this `row`, inside the transaction that does it.
    Raises `NotAllowed`.
    """
    if person.role is Role.OPERATOR:
        return
    check_present(connection, person)
    is_own = person.owns(row.session)
    if is_own and action in OWN:
        return
    if person.role is Role.TEACHER and (is_own or is_of_class(connection, person, row.session)):
        return
    raise not_allowed(action, row, own=is_own)


def check_present(connection: sa.Connection, person: Person) -> None:
    """Raises `NotAllowed` if `person` acts as somebody whom they are not any more: a student who
    was taken out of the class, a teacher whose link was replaced, either after the class has ended.
    """
    if person.role is Role.TEACHER and not teaches(connection, person):
        raise NotAllowed(
            message("Your link to this class has been replaced, or the class has ended."),
            message("Open the new link."),
        )
    if person.role is Role.STUDENT and not is_member(connection, person.class_id, person.name):
        raise NotAllowed(
            message("You are in the class no more."), message("Join again with its code.")
        )


def check_operator(person: Person) -> None:
    """Raises `NotAllowed`: only whoever runs the server, and its workers, may."""
    if person.role is not Role.OPERATOR:
        raise NotAllowed(message("Only whoever runs the server may do this."))


def check_acting(acting: Person, person: Person) -> None:
    """Whether who is bound to a store, `acting`, may act in it as `person`: only as themselves.
    Raises `NotAllowed`.
    """
    who, whom = ((each.role, each.name, each.class_id) for each in (acting, person))
    if acting.role is not Role.OPERATOR and who != whom:
        raise NotAllowed(message("You may not do this in the name of somebody else."))


def teaches(connection: sa.Connection, person: Person) -> bool:
    """Whether the secret that this teacher showed is still that of the class."""
    if person.role is not Role.TEACHER:
        return False
    secret = connection.scalar(sa.select(CLASSES.c.secret).where(CLASSES.c.id == person.class_id))
    return secret is not None and hmac.compare_digest(secret.encode(), person.proof.encode())


def is_member(connection: sa.Connection, class_id: str, name: str) -> bool:
    """Whether a student who is in this class has this name."""
    return connection.execute(_members(class_id).where(MEMBERS.c.id == name)).first() is not None


def is_of_class(connection: sa.Connection, person: Person, name: str) -> bool:
    """Whether runs and drawings in the name `name` are those of the class of `person`: its
    students', also of those who were taken out, and its teacher's.
    """
    if not person.class_id:
        return False
    ever = sa.select(MEMBERS.c.id).where(
        MEMBERS.c.class_id == person.class_id, MEMBERS.c.id == name
    )
    return name == person.class_id or connection.execute(ever).first() is not None


def check_still_here(connection: sa.Connection, person: Person) -> None:
    """Raises `NotAllowed` if the class of `person` has ended, or they are out of it. Until this
    transaction is over it cannot end: so nothing is added that its end would miss.
    """
    if person.role is Role.STUDENT:
        member = sa.select(MEMBERS.c.id).where(
            MEMBERS.c.id == person.name, MEMBERS.c.removed.is_(False)
        )
    elif person.role is Role.TEACHER:
        member = sa.select(CLASSES.c.id).where(CLASSES.c.id == person.class_id)
    else:
        return
    if connection.execute(member.with_for_update(read=True)).first() is None:
        raise NotAllowed(
            message("You are in no class any more: yours may have ended."),
            message("Load the page."),
        )


def visible(person: Person) -> sa.ColumnElement[bool]:
    """Of `RUNS`: those that `person` finds in lists. A class sees its own and those of the machine;
    who is in no class does not see those of the classes. A link opens any run: equal settings are
    the same run, whoever asked for it first.
    """
    if person.role is Role.OPERATOR:
        return sa.true()
    own = RUNS.c.session.in_(["", *person.earlier])
    if person.class_id:
        ever = sa.select(MEMBERS.c.id).where(MEMBERS.c.class_id == person.class_id)
        of_class = sa.or_(RUNS.c.session == person.class_id, RUNS.c.session.in_(ever))
        return sa.or_(own, sa.and_(_is_present(person), of_class))
    everybody = sa.union_all(sa.select(MEMBERS.c.id), sa.select(CLASSES.c.id))
    return sa.or_(own, RUNS.c.session == person.name, RUNS.c.session.not_in(everybody))


def _is_present(person: Person) -> sa.ColumnElement[bool]:
    """What `check_present` checks, inside a query."""
    if person.role is Role.TEACHER:
        this_class = sa.and_(CLASSES.c.id == person.class_id, CLASSES.c.secret == person.proof)
        return sa.select(CLASSES.c.id).where(this_class).exists()
    return _members(person.class_id).where(MEMBERS.c.id == person.name).exists()


def _members(class_id: str) -> sa.Select:
    here = sa.and_(MEMBERS.c.class_id == class_id, MEMBERS.c.removed.is_(False))
    return sa.select(MEMBERS.c.id).where(here)


def not_allowed(action: Action, row: sa.Row, own: bool = False) -> NotAllowed:
    """The error of somebody who may not do this to the run of `row`."""
    if own:
        return NotAllowed(
            message("You may not {action} run {id}.", action=message(WORDS[action]), id=row.id),
            message("Only a teacher, or whoever runs the server, may."),
        )
    return NotAllowed(
        message(
            "Run {id} is somebody else's: you may not {action} it.",
            id=row.id,
            action=message(WORDS[action]),
        ),
        message("Change a setting, such as the seed, to train one of your own."),
    )

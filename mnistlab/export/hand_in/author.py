"""What the author of a hand-in drew, answered and went through, as the store knows it."""

from mnistlab.export.hand_in.answers import answers_of
from mnistlab.export.hand_in.lessons import lessons_of
from mnistlab.export.hand_in.own import Own
from mnistlab.store import RunRecord, Store
from mnistlab.store.classes import class_of
from mnistlab.store.drawings import drawings
from mnistlab.store.members import Member, member, student
from mnistlab.store.people import Person, Role


def own_part(store: Store, person: Person, run: RunRecord | None = None) -> Own:
    """What is the own of `person`; at the machine itself, the drawings of whoever owns `run`.
    Raises `StoreError`, `ClassError`.
    """
    if person.role is Role.STUDENT:
        return part_of(store, member(store, person.name))
    names = [person.name, *sorted(person.earlier - {person.name})]
    if person.role is Role.OPERATOR and not person.name and run is not None:
        names = [run.session]
    owners = [name for name in names if name]
    return Own(
        drawings=[each for owner in owners for each in drawings(store, owner)],
        lessons=[each for owner in owners for each in lessons_of(store, owner)],
    )


def part_of(store: Store, author: Member, answers: bool = True) -> Own:
    """What is the own of this student; without `answers`, none of what they said."""
    of = class_of(store, author.class_id)
    return Own(
        author.nickname,
        of.name,
        drawings(store, author.id),
        answers_of(store, student(author)) if answers else (),
        lessons_of(store, author.id, of.language) if answers else (),
    )

"""The class that the visitor of the page is in."""

from dataclasses import dataclass

from mnistlab.store import Store
from mnistlab.store.classes import Class, class_of
from mnistlab.store.members import Member, member
from mnistlab.store.people import Person, Role
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import Parameter
from mnistlab.ui.kit.url import text as any_text

PARAMETERS: dict[str, Parameter] = {"join": any_text()}  # the code of a class


@dataclass(frozen=True)
class Room:
    """The class that `person` is in. `me`: the student; None for the teacher."""

    page: Page
    person: Person
    of: Class
    me: Member | None

    @property
    def store(self) -> Store:
        return self.page.store

    @property
    def sentence(self) -> str:
        """What this page is for, to whoever is here."""
        if self.me is None:
            return _("See what everybody does, lead them, ask them, and collect what they made.")
        return _(
            "Learn on any page. Your teacher sees which one you are on, how your network learns, "
            "your last drawing and your hand."
        )


def membership(page: Page) -> Room | None:
    """The class of the visitor; None if they are in none. Raises `ClassError`, `StoreError`."""
    person = state.person()
    if not person.class_id:
        return None
    of = class_of(page.store, person.class_id)
    me = member(page.store, person.name) if person.role is Role.STUDENT else None
    return Room(page, person, of, me)

"""What whoever acts on the store may do to a run, and in whose name: see `people`."""

import time

import sqlalchemy as sa

from mnistlab.errors import NotAllowed
from mnistlab.store.limits import is_at_limit
from mnistlab.store.people import Action, Role, check_run, is_member, not_allowed, teaches
from mnistlab.store.queries import Queries
from mnistlab.store.rules import check_rule
from mnistlab.store.runs import Status
from mnistlab.store.tables import RUNS

# who asks for what somebody else paused or stopped gets it once it has lain for so long
LEFT_SECONDS = 3600.0
TRAINING = (Action.RESUME,)  # which the rule `train` of a class is about


class Permission(Queries):
    """The store as it asks who acts."""

    def refusal(self, action: Action, *run_ids: str) -> NotAllowed | None:
        """Why whoever acts may not do this to one of these runs; None if they may, to all of them:
        for a page, which leaves out a button that would only say so. Raises `StoreError`.
        """
        if self.person.role is Role.OPERATOR:
            return None
        with self._read() as connection:
            for row in connection.execute(sa.select(RUNS).where(RUNS.c.id.in_(run_ids))):
                try:
                    self._check(connection, action, row)
                except NotAllowed as error:
                    return error
        return None

    def may(self, action: Action, *run_ids: str) -> bool:
        """Whether whoever acts may do this to all of these runs. Raises `StoreError`."""
        return self.refusal(action, *run_ids) is None

    def _check(self, connection: sa.Connection, action: Action, row: sa.Row) -> None:
        """Raises `NotAllowed`."""
        check_run(connection, self.person, action, row)
        if action in TRAINING:
            check_rule(connection, self.person, "train")

    def _may(self, connection: sa.Connection, action: Action, row: sa.Row) -> bool:
        try:
            self._check(connection, action, row)
        except NotAllowed:
            return False
        return True

    def _name(self, session: str) -> str:
        """In whose name a run is asked for as `session`: nobody asks in the name of another."""
        if self.person.role is Role.OPERATOR:
            return session or self.person.name
        return self.person.name

    def _name_of(self, connection: sa.Connection, session: str) -> str:
        """The same for a new run: a teacher may ask in the name of a student of theirs."""
        class_id = self.person.class_id
        is_taught = teaches(connection, self.person) and is_member(connection, class_id, session)
        return session if is_taught else self._name(session)

    def _owner(self, row: sa.Row, session: str) -> str:
        """In whose name a run goes on that whoever acts may resume: a teacher lets a student's stay
        the student's.
        """
        at_the_machine = self.person.role is Role.OPERATOR
        return session if at_the_machine or self.person.owns(row.session) else row.session

    def _new_owner(self, connection: sa.Connection, row: sa.Row, session: str) -> str:
        """In whose name a run goes on that was cut short, once whoever acts asks for it, as
        `session`. Raises `NotAllowed` if somebody else keeps it as it is.
        """
        if self._may(connection, Action.RESUME, row):
            return self._owner(row, session)
        if row.status not in (Status.PAUSED, Status.STOPPED):
            if is_at_limit(connection, row.session):
                raise not_allowed(Action.RESUME, row)
            return row.session  # its worker died, or it failed: its owner wants it, too
        if row.ended is not None and time.time() - row.ended < LEFT_SECONDS:
            raise not_allowed(Action.RESUME, row)
        return session

"""The attempts of workers on machines that may go at any time: what such a worker lost is queued
again by itself, as long as that helps.
"""

from typing import Any

import sqlalchemy as sa

from mnistlab.store.claims import Claims
from mnistlab.store.concurrency import clock
from mnistlab.store.people import check_operator
from mnistlab.store.runs import Claim, Status
from mnistlab.store.tables import CHECKPOINTS, RUNS

# in the environment of a run: at which step its last attempt began, and whether the one before had
# begun there too
BEGAN, AGAIN = "attempt_began", "attempt_again"
_STEP = sa.func.coalesce(CHECKPOINTS.c.step, 0).label("step")
_KEPT = sa.select(RUNS.c.id, RUNS.c.environment, _STEP).outerjoin_from(
    RUNS, CHECKPOINTS, CHECKPOINTS.c.run_id == RUNS.c.id
)


class Attempts(Claims):
    """The store as such workers use it, and those who look after them."""

    def attempt_next(self, device_kind: str) -> tuple[Claim, dict[str, Any]] | None:
        """As `claim_next`, for a worker whose run goes on by itself if the worker is lost. Returns
        also what it has to `describe` with the rest of its environment.
        """
        with self._claiming() as (connection, token):
            claim = self._claim_next(connection, token, [device_kind])
            if claim is None:
                return None
            this_run = RUNS.c.id == claim.run_id
            row = connection.execute(_KEPT.where(this_run)).one()
            before = row.environment or {}
            note = {BEGAN: row.step, AGAIN: before.get(BEGAN) == row.step}
            connection.execute(sa.update(RUNS).where(this_run).values(environment=before | note))
        return claim, note

    def resume_lost(self, seconds: float) -> list[str]:
        """Queue the runs again whose attempt was interrupted within the last `seconds`, and return
        their ids.

        One that ends its worker twice at the same checkpoint (because memory runs out, maybe) stays
        interrupted.
        """
        check_operator(self.person)
        with self._read() as connection:
            if not _lost(connection, seconds):
                return []
        with self._write() as connection:
            ids = _lost(connection, seconds)
            # as long in the queue as before: it was its turn
            queued = {"status": Status.QUEUED, "reason": "", "ended": None}
            still = sa.and_(RUNS.c.id.in_(ids), RUNS.c.status == Status.INTERRUPTED)
            again = sa.update(RUNS).where(still).values(**queued).returning(RUNS.c.id)
            return list(connection.scalars(again))


def _lost(connection: sa.Connection, seconds: float) -> list[str]:
    """Ids of the runs that were interrupted within the last `seconds` and are worth another."""
    lately = RUNS.c.ended > clock(connection) - seconds
    rows = connection.execute(_KEPT.where(RUNS.c.status == Status.INTERRUPTED, lately))
    return [row.id for row in rows if _is_worth_another(row)]


def _is_worth_another(row: sa.Row) -> bool:
    noted = row.environment or {}
    return BEGAN in noted and (row.step > noted[BEGAN] or not noted[AGAIN])

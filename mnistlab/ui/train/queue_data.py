"""The queue as small JSON, for the server's live route and for a page that is drawn anew."""

from collections.abc import Sequence
from typing import Any

from mnistlab.store import ACTIVE, RunRecord, Status, Store
from mnistlab.ui.kit import words
from mnistlab.ui.kit.i18n import _, ngettext

SHOWN = 5  # of those that wait; the reader's own are always shown


def queue_of(store: Store, active: list[RunRecord] | None = None) -> dict[str, Any]:
    """`queue_data` as whoever acts on `store` may see it; `active`: the runs that they find there,
    if they are known already. Raises `StoreError`.
    """
    outside = _("a run outside your class") if store.person.class_id else _("a run of a class")
    active = store.runs(*ACTIVE) if active is None else active
    return queue_data(active, store.elsewhere(), outside)


def queue_data(
    active: list[RunRecord], elsewhere: Sequence[int | None] = (), outside: str = ""
) -> dict[str, Any]:
    """`summary`: how many runs train and how many wait. `runs`: id, text, whether it is running,
    whether it is one of the first, and whether a teacher moved it ahead, in the order of their
    turns.

    `active` are those that the reader may open, `elsewhere` the places in the queue of all others,
    None for each that is trained: of them the reader learns no more, and they are called `outside`.
    """
    places = [*(run.place for run in active), *elsewhere]
    waiting = sum(place is not None for place in places)
    running = len(places) - waiting
    summary = _("{training}, {waiting}").format(
        training=ngettext("{n} run is training", "{n} runs are training", running).format(
            n=running
        ),
        waiting=ngettext("{n} is waiting.", "{n} are waiting.", waiting).format(n=waiting),
    )
    by_start = sorted(active, key=lambda run: run.started or 0)
    runs = [(run.place or 0, _row(run)) for run in by_start]
    runs += [(place or 0, _row_elsewhere(place, outside)) for place in elsewhere]
    runs.sort(key=lambda run: run[0])
    return {"summary": summary if runs else "", "runs": [row for _place, row in runs]}


def _row(run: RunRecord) -> dict[str, Any]:
    where = (
        _("running, step {step:,} of {total:,}").format(step=run.step, total=run.total_steps)
        if run.status == Status.RUNNING
        else _("place {place}").format(place=run.place)
    )
    return {
        "id": run.id,
        "text": f"{words.title_of(run)} · {where}",
        "running": run.status == Status.RUNNING,
        "first": (run.place or 0) <= SHOWN,
        "ahead": run.ahead > 0,
    }


def _row_elsewhere(place: int | None, outside: str) -> dict[str, Any]:
    where = _("running") if place is None else _("place {place}").format(place=place)
    return {
        "id": None,
        "text": f"{outside} · {where}",
        "running": place is None,
        "first": (place or 0) <= SHOWN,
        "ahead": False,
    }

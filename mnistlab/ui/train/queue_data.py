"""The queue as small JSON, for the server's live route and for a page that is drawn anew."""

from typing import Any

from mnistlab.run_names import run_name
from mnistlab.store import RunRecord, Status
from mnistlab.ui.kit.i18n import _, ngettext

SHOWN = 5  # of those that wait; the reader's own are always shown


def queue_data(active: list[RunRecord]) -> dict[str, Any]:
    """`summary`: how many of the `active` runs train and how many wait. `runs`: id, text, whether
    it is running, and whether it is one of the first, in the order of their turns.
    """
    active = sorted(active, key=lambda run: (run.place or 0, run.started or 0))
    waiting = sum(run.status == Status.QUEUED for run in active)
    running = len(active) - waiting
    summary = (
        ngettext("{n} run is training", "{n} runs are training", running).format(n=running)
        + ", "
        + ngettext("{n} is waiting.", "{n} are waiting.", waiting).format(n=waiting)
    )
    runs = []
    for run in active:
        where = (
            _("running, step {step:,} of {total:,}").format(step=run.step, total=run.total_steps)
            if run.status == Status.RUNNING
            else _("place {place}").format(place=run.place)
        )
        runs.append(
            {
                "id": run.id,
                "text": f"{run_name(run.config)} · {where}",
                "running": run.status == Status.RUNNING,
                "first": (run.place or 0) <= SHOWN,
            }
        )
    return {"summary": summary if active else "", "runs": runs}

"""How far the training is that the home page shows."""

from mnistlab.store import RunRecord
from mnistlab.ui.kit import server, state
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _

_component = component(__file__, "poll", "progress_bar")


def progress(run: RunRecord) -> None:
    """A bar and a sentence that follow `run`. The browser asks the server itself, and asks for a
    rerun only when the run's state changes, or when there are the first weights to look at.
    """
    kept = bool(state.store().snapshot_steps(run.id))
    data = {
        "run": run.id,
        "url": server.live_address("runs", run.id),
        "state": f"{run.status.value} {str(kept).lower()}",
        "starting": _("Starting …"),
    }
    _component(key="home.progress", data=data, on_state_change=lambda: None)

"""What a page works with: the store, the executor, this session's name, and the curves of a run, read little by little.

Nothing here matters if it is lost: the store on disk is the truth.
"""

import os
import uuid
from typing import Any

import streamlit as st

from mnistlab import executors, train
from mnistlab.config import TrainConfig
from mnistlab.events import Diverged, Evaluated, Event, Finished, Paused, Progress
from mnistlab.executors.base import cores
from mnistlab.store import ACTIVE, RunRecord, Status, Store, store_url
from mnistlab.ui.i18n import _

CURVES_KEPT = 12  # runs whose curves a session keeps in memory


def session_id() -> str:
    """This session's anonymous name, by which the queue is fair."""
    if "session" not in st.session_state:
        st.session_state["session"] = uuid.uuid4().hex
    return st.session_state["session"]


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(url: str) -> Store:
    return Store(url)


@st.cache_resource(max_entries=4, show_spinner=False)
def _executor(url: str, kind: str) -> Any:
    return executors.get_executor(_store(url))


def store() -> Store:
    """The store that `MNISTLAB_STORE` names. Raises `StoreError`."""
    return _store(store_url())


def executor() -> Any:
    """The executor that `MNISTLAB_EXECUTOR` names, over `store()`. Raises `ExecutorError`."""
    return _executor(store_url(), os.environ.get("MNISTLAB_EXECUTOR", ""))


def start(config: TrainConfig) -> RunRecord:
    """Ask for a run in this session's name. Raises `QueueFull`, `StoreError`, `ExecutorError`."""
    return executor().start(config, session_id())


def startable(run: RunRecord | None) -> bool:
    """Whether to `start` it trains anything: it is new, was cut short, or failed, unless it diverged. `None`: there is no such run yet."""
    if run is None:
        return True
    return run.status not in (*ACTIVE, Status.FINISHED) and not diverged(run)


def diverged(run: RunRecord) -> bool:
    """Whether its training ended for that reason. Trained once more, it would do so again."""
    return run.status == Status.FAILED and bool(store().events(run.id, [Diverged]))


def resume(run_id: str) -> RunRecord:
    """Let a run go on that was cut short. Raises `QueueFull`, `RunStateError`, `StoreError`, `ExecutorError`."""
    return executor().resume(run_id, session_id())


def history(run_id: str) -> dict[str, Any]:
    """What happened in a run so far: {"progress": [Progress], "evaluated": [Evaluated], "last": Finished, Diverged, Paused or None}.

    Only what is new since the last call of this session is read. Where training went back to a checkpoint, what it forgot is
    forgotten here too.
    """
    kept: dict[str, dict[str, Any]] = st.session_state.setdefault("histories", {})
    known = kept.pop(run_id, None) or {"seq": 0, "progress": [], "evaluated": [], "last": None}
    kept[run_id] = known  # now the most recently used
    while len(kept) > CURVES_KEPT:
        del kept[next(iter(kept))]
    add_events(known, store().events(run_id, after=known["seq"]))
    return known


def add_events(known: dict[str, Any], events: list[tuple[int, Event]]) -> None:
    """Put new `events` into what `history` returns."""
    for seq, event in events:
        known["seq"] = seq
        known["last"] = None
        if isinstance(event, Progress):
            _append(known["progress"], event)
        elif isinstance(event, Evaluated):
            _append(known["evaluated"], event)
        elif isinstance(event, (Finished, Diverged, Paused)):
            known["last"] = event


def _append(series: list[Any], event: Any) -> None:
    while series and series[-1].step >= event.step:
        series.pop()
    series.append(event)


def devices() -> dict[str, str]:
    """The devices of this machine: name -> what it is, in words."""
    found = train.devices()
    return found | {"cpu": _("{cores} cores, {threads} threads for each training").format(cores=cores(), threads=executors.threads())}

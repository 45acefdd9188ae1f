"""What a page works with: who visits it, the store and the executor as they may use them, and a
run's events so far.

Nothing is lost with it: the store on disk is the truth.
"""

import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import streamlit as st
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from mnistlab import cost, executors
from mnistlab.config import TrainConfig
from mnistlab.errors import RunNotFound
from mnistlab.events import Diverged, Evaluated, Event, Progress
from mnistlab.executors.base import acting_as
from mnistlab.machine import cores, on_ray, threads
from mnistlab.store import ACTIVE, RunRecord, Status, Store, store_url
from mnistlab.store.people import Action, Person
from mnistlab.train import devices as torch_devices
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.visitor import COOKIE, is_at_the_machine, visitor

RUNS_KEPT = 12  # whose events a session keeps in memory


def session_id() -> str:
    """This session's anonymous name: each open page has another."""
    if "session" not in st.session_state:
        st.session_state["session"] = uuid.uuid4().hex
    return st.session_state["session"]


def person() -> Person:
    """Who visits, as known since the page was last drawn (see `meet`)."""
    known = st.session_state.get("person")
    return meet() if known is None else known


def meet() -> Person:
    """See who visits: their class may have ended, or they left it. Raises `StoreError`."""
    headers = {name.lower(): value for name, value in st.context.headers.items()}
    at_the_machine = is_at_the_machine(st.context.ip_address, headers)
    cookie = st.context.cookies.get(COOKIE, "")
    met = visitor(_store(store_url()), cookie, client_id(), owner_id(), at_the_machine)
    st.session_state["person"] = met
    return met


def client_id() -> str:
    """This browser's anonymous name, the same in all of its tabs, by which people take turns in the
    queue.

    Streamlit gives each browser a cookie, with a token in it, before it connects. Programs without
    one go by their address. This keeps neighbours fair; it is no defence against an attacker.
    """
    if "client" not in st.session_state:
        st.session_state["client"] = client_name(_cookie(), st.context.ip_address)
    return st.session_state["client"]


def owner_id() -> str:
    """In whose name drawings are saved: this browser's, so that it finds them again after a reload
    and on another server.

    Where a browser keeps no cookies it is the session's: people behind one address do not share
    their drawings.
    """
    return client_name(_cookie(), session_id())


def drawer() -> str:
    """In whose name drawings are saved: the student's, else this browser's."""
    return person().name if person().class_id else owner_id()


def client_name(cookie: str, otherwise: str | None) -> str:
    """An anonymous name, made from the token in `cookie`, or, where there is none, from
    `otherwise`.
    """
    token, _ = decode_xsrf_token_string(cookie)  # the cookie disguises it anew each time
    return sha256(token or f"from {otherwise}".encode()).hexdigest()[:32]


def _cookie() -> str:
    """Any server takes it as it is: the token is not signed, so servers share no secret."""
    return st.context.cookies.get(XSRF_COOKIE_NAME, "")


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(url: str) -> Store:
    return Store(url)


@st.cache_resource(max_entries=4, show_spinner=False)
def _executor(url: str, kind: str) -> Any:
    return executors.get_executor(_store(url))


def store() -> Store:
    """The store that `MNISTLAB_STORE` names, as the visitor may use it. Raises `StoreError`."""
    return _store(store_url()).acting_as(person())


def executor() -> Any:
    """The executor that `MNISTLAB_EXECUTOR` names, over `store()`. Raises `ExecutorError`."""
    kept = _executor(store_url(), os.environ.get("MNISTLAB_EXECUTOR", ""))
    return acting_as(kept, person())


def refusal(action: Action, *runs: RunRecord) -> str | None:
    """Why the visitor may not do this to one of `runs`, as a sentence; None if they may. Raises
    `StoreError`.
    """
    refused = store().refusal(action, *(run.id for run in runs))
    return None if refused is None else str(refused)


def start(config: TrainConfig, until: int | None = None, experiment: str = "") -> RunRecord:
    """Ask for a run in the visitor's name, up to a step if one is given, as a part of an experiment
    (see `training.experiments`) or by itself. Raises `QueueFull`, `StoreError`, `ExecutorError`.
    """
    return executor().start(config, person().name, until, experiment)


def promote(run_id: str, until: int | None) -> RunRecord:
    """Let a run that paused at a step go on to a later one, or to its end (None). Raises as `start`
    does.
    """
    return executor().promote(run_id, person().name, until)


def run_of(config: TrainConfig) -> RunRecord | None:
    """The run of `config`, if it is in the store. Raises `StoreError`."""
    try:
        return store().get(config.run_id)
    except RunNotFound:
        return None


def estimate(config: TrainConfig) -> float | None:
    """Seconds that a training of `config` takes here, as far as finished runs tell. Raises
    `StoreError`.
    """
    return estimates([config])[0]


def estimates(configs: Iterable[TrainConfig]) -> list[float | None]:
    """The same for several trainings."""
    finished = store().runs(Status.FINISHED, limit=cost.RECENT)
    return [cost.estimate(config, finished) for config in configs]


def on_gpu(config: TrainConfig) -> cost.GpuEstimate:
    """What a GPU would make of a training of `config`. Raises `StoreError`."""
    return cost.on_gpu(config, store().runs(Status.FINISHED, limit=cost.RECENT))


def startable(run: RunRecord | None) -> bool:
    """Whether `start` would train it: it is new (`None`), was cut short, or failed without
    diverging.
    """
    if run is None:
        return True
    return run.status not in (*ACTIVE, Status.FINISHED) and not diverged(run)


def diverged(run: RunRecord) -> bool:
    """Whether its training diverged. Trained once more, it would do so again."""
    return run.status == Status.FAILED and bool(store().events(run.id, [Diverged]))


def resume(run_id: str) -> RunRecord:
    """Go on with a run that was cut short. Raises `QueueFull`, `RunStateError`, `StoreError`,
    `ExecutorError`.
    """
    return executor().resume(run_id, person().name)


@dataclass
class Recorded:
    """The events of a run so far that its curves are drawn from, in order of their steps."""

    progress: list[Progress] = field(default_factory=list)
    evaluated: list[Evaluated] = field(default_factory=list)
    seq: int = 0  # of the last event read

    def add(self, events: list[tuple[int, Event]]) -> None:
        """Take in new `events`. Where training went back to a checkpoint, what it forgot is
        forgotten here too.
        """
        for seq, event in events:
            self.seq = seq
            if isinstance(event, Progress):
                _append(self.progress, event)
            elif isinstance(event, Evaluated):
                _append(self.evaluated, event)


def recorded(run_id: str) -> Recorded:
    """The events of a run so far. Only those that are new to this session are read."""
    kept: dict[str, Recorded] = st.session_state.setdefault("recorded", {})
    events = kept.pop(run_id, None) or Recorded()
    kept[run_id] = events  # now the most recently used
    while len(kept) > RUNS_KEPT:
        del kept[next(iter(kept))]
    events.add(store().events(run_id, after=events.seq))
    return events


def _append(series: list[Any], event: Any) -> None:
    while series and series[-1].step >= event.step:
        series.pop()
    series.append(event)


def secrets() -> Mapping[str, Any]:
    """What the installation's `secrets.toml` says; nothing where there is none."""
    return st.secrets if st.secrets.load_if_toml_exists() else {}


def devices() -> dict[str, str]:
    """The devices that a training may ask for: name -> what it is, in words."""
    if on_ray():
        return {"cpu": _("one core of the cluster"), "cuda": _("one GPU of the cluster")}
    return torch_devices() | {
        "cpu": ngettext(
            "{cores} cores, {threads} thread per run",
            "{cores} cores, {threads} threads per run",
            threads(),
        ).format(cores=cores(), threads=threads())
    }

"""A run as it goes: its state, progress, curves, log and buttons. While it is waiting or running,
progress and curves follow it by themselves where the server has live routes; else this polls.
"""

from functools import partial
from typing import Any

import streamlit as st

from mnistlab.errors import MnistlabError, RunNotFound
from mnistlab.events import Evaluated, Progress
from mnistlab.figures.colors import STATUS_COLORS
from mnistlab.logs import LOG_STYLES, log_lines
from mnistlab.models import describe
from mnistlab.run_names import run_name
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.store.people import Action
from mnistlab.ui.kit import labels, state, words
from mnistlab.ui.kit.guard import guard, show_error
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.server import live_address
from mnistlab.ui.kit.state import Recorded
from mnistlab.ui.kit.training.joy import celebrate, watch
from mnistlab.ui.kit.training.run_charts import gradients, loss_and_accuracy
from mnistlab.ui.kit.wish import fulfil, training_button, wish_button
from mnistlab.ui.kit.words import literal, title_of

POLL_SECONDS = 1.0
POLL_SECONDS_WAITING = 3.0  # while other runs come first
BUTTONS = "live"  # the place of what its buttons wish
LOG_EVENTS = 400  # the latest, which the log of a run that goes on is made from
LOG_LINES = 14  # that are seen at once
LOG_HEIGHT = 380  # pixels of a longer log


def live_run(page: Page, compact: bool = False) -> None:
    """The chosen run, live. `compact` leaves out what a first visit does not need."""
    seconds = _poll_seconds(page.run)
    fragment(_watch, run_every=seconds)(page, seconds, compact)


def _poll_seconds(run: RunRecord | None) -> float | None:
    """How long to wait before reading the run again; None once it has ended, or where the browser
    asks by itself for all that is shown.
    """
    if run is None or run.status not in ACTIVE:
        return None
    if live_address() is not None and not _details_are_open():
        return None
    return POLL_SECONDS_WAITING if (run.place or 0) > 1 else POLL_SECONDS


def _details_are_open() -> bool:
    """Whether more of the run is shown than its curves."""
    return any(st.session_state.get(box) for box in ("log", "gradients"))


def _watch(page: Page, seconds: float | None, compact: bool) -> None:
    if page.run is None:
        return
    try:
        if page.run.status in ACTIVE:
            state.executor().ensure()
        run = page.store.get(page.run.id)
    except RunNotFound:
        st.rerun()  # it was deleted meanwhile; the frame says so
    except MnistlabError as error:
        show_error(error)
        return
    if run.status != page.run.status or seconds != _poll_seconds(run):
        st.rerun()  # the sidebar says the status too
    recorded = state.recorded(run.id)
    # always three, so that the charts keep their elements
    head, charts, foot = st.container(), st.container(), st.container()
    with head:
        _headline(run)
        _state(page, run)
    with charts:
        loss_and_accuracy(run, recorded)
    with foot:
        _buttons(page, run, compact)
        if not compact:
            _log(run, recorded)
            gradients(run, recorded)


def _headline(run: RunRecord) -> None:
    status = run.status.value
    word = _(labels.STATUS[status])
    if run.wanted:
        word = _("pausing") if run.wanted == "pause" else _("stopping")
    st.markdown(f"**{literal(title_of(run))}** :{STATUS_COLORS[status]}-badge[{word}]")
    if run.title:
        st.caption(run_name(run.config))
    if st.session_state.get("started.cached") == run.id and run.status == Status.FINISHED:
        st.caption(_("Trained before: this is the stored result."))
    if run.environment is not None and run.environment.get("loaded"):
        st.caption(
            _("Loaded from a file. Its accuracy was measured here; its curves are the file's.")
        )


def _state(page: Page, run: RunRecord) -> None:
    """What there is to say about the run's present state."""
    if run.status in ACTIVE:
        watch(run)
    if run.status == Status.FINISHED and run.final is not None:
        _result(run, run.final)
        celebrate(page, run)
    elif run.status == Status.FAILED:
        st.error(literal(run.reason), icon=":material/error:")
    elif run.status == Status.INTERRUPTED:
        st.warning(literal(run.reason), icon=":material/power_off:")
    elif run.status not in ACTIVE:  # else the curves say how far it is
        sentence = (
            _("Paused after {step:,} of {total:,} steps.")
            if run.status == Status.PAUSED
            else _("Stopped after {step:,} of {total:,} steps. What it learned is kept.")
        )
        st.progress(
            run.step / run.total_steps, sentence.format(step=run.step, total=run.total_steps)
        )
        if run.reason:  # not a person's wish
            st.warning(literal(run.reason), icon=":material/timer_off:")


def _result(run: RunRecord, final: dict[str, Any]) -> None:
    left, right = st.columns(2)
    left.metric(
        _("Accuracy on all {count:,} test images").format(count=final["count"]),
        words.percent(final["test_accuracy"]),
    )
    left.caption(
        _("95 % interval: {interval}").format(
            interval=words.interval(final["correct"], final["count"])
        )
    )
    right.metric(
        _("Training took"),
        words.duration(final["seconds"]["total"]),
        help=_("Including the evaluations."),
    )
    count = sum(stage.parameters for stage in describe(run.config))
    right.caption(_("{count:,} parameters, {step:,} steps").format(count=count, step=run.step))
    predictions = " ".join(
        f":green[{prediction}]" if prediction == label else f":red[**{prediction}**]"
        for prediction, label in zip(final["predictions"], final["labels"], strict=True)
    )
    st.markdown(
        _(
            "The first ten test images are labelled {labels}  \nand the network says {predictions}"
        ).format(labels=" ".join(map(str, final["labels"])), predictions=predictions)
    )


def _buttons(page: Page, run: RunRecord, compact: bool) -> None:
    if run.status in ACTIVE or run.resumable:
        refused = state.refusal(Action.STOP if run.status in ACTIVE else Action.RESUME, run)
        if refused is not None:
            st.caption(literal(refused))
            return
    fulfil(page.name, BUTTONS)
    button = partial(wish_button, page.name, BUTTONS)
    with st.container(horizontal=True):
        if run.status in ACTIVE:
            pause, stop = partial(page.store.pause, run.id), partial(page.store.stop, run.id)
            heard = bool(run.wanted)
            button(_("Pause"), pause, "pause", icon=":material/pause:", disabled=heard)
            button(_("Stop"), stop, "stop", icon=":material/stop:", disabled=heard)
        if run.resumable and not state.diverged(run):
            resume, icon = partial(state.resume, run.id), ":material/play_arrow:"
            button(_("Resume"), resume, "resume", icon=icon, type="primary")
        if run.status == Status.FINISHED and not compact:
            again = run.config.replace(seed=run.config.seed + 1)
            label, how = _("Repeat with the next seed"), {"icon": ":material/repeat:"}
            with guard():
                for repeated in training_button(page.name, label, [again], "repeat", **how):
                    page.choose_run(repeated.id)
                    st.rerun()


def _log(run: RunRecord, recorded: Recorded) -> None:
    box = st.expander(_("Training log"), icon=":material/notes:", key="log", on_change="rerun")
    if not box.open:
        return
    with box:
        style = st.segmented_control(
            _("Format"),
            [style for style in LOG_STYLES if style != "none"],
            default="tutorial",
            required=True,
            format_func=lambda name: _(LOG_STYLES[name].label),
            key="log.style",
        )
        latest = LOG_EVENTS if run.status in ACTIVE else 0  # [-0:] is all of it
        events: list[Progress | Evaluated] = [
            *recorded.progress[-latest:],
            *recorded.evaluated[-latest:],
        ]
        events.sort(key=lambda event: (event.step, not isinstance(event, Progress)))
        lines = log_lines(style, run.config, events)
        if latest:
            lines = lines[-LOG_LINES:]
        st.code(
            "\n".join(lines) or _("Nothing yet."),
            language=None,
            height=LOG_HEIGHT if len(lines) > LOG_LINES else "content",
        )

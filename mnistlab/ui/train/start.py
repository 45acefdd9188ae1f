"""The button Start, which shows the stored run instead where nothing is left to train."""

from contextlib import suppress

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.cost import rough, work
from mnistlab.errors import MnistlabError
from mnistlab.machine import max_seconds
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.train import emulates_bfloat16
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.wish import training_button, wished_at
from mnistlab.ui.train.form import said_by_form

FAR_BEYOND = 2  # times the limit: an estimate may be wrong by less
KEY = "start"
OFFERED = "start.offered"  # in the session: what the button would train, and `_said` then


def start_at_once(page: Page) -> None:
    """Where the button was pressed and the form still says the same, start the training before the
    page is drawn, which is then drawn once. Otherwise `start_button` does, or says why it cannot.
    """
    wished, (config, said) = wished_at(page.name, KEY), st.session_state.get(OFFERED, (None, None))
    if wished is not None and config is not None and said == _said(page):
        with wished.lock, suppress(MnistlabError):  # which comes again at the button
            if not wished.is_over:
                _choose(page, state.start(config))
                wished.is_over = True


def _said(page: Page) -> tuple[object, ...]:
    """What the widgets of the form say, and what the teacher asks of it."""
    return (page.query.lead, said_by_form())


def start_button(page: Page, config: TrainConfig | None, ready: bool) -> None:
    """Start the training of `config` if it is `ready`, or show its run if it was trained before."""
    run = _trained(config)
    if run is None:
        wished = [] if config is None else [config]
        how = {"type": "primary", "icon": ":material/play_arrow:", "width": "stretch"}
        with guard():
            started = training_button(page.name, _("Start"), wished, KEY, disabled=not ready, **how)
            if started:
                _show(page, started[0])
        st.session_state[OFFERED] = (config, _said(page)) if ready else (None, None)
        if config is not None and ready:
            _price(config)
        if config is not None and emulates_bfloat16(config):
            st.caption(
                _(
                    "This will take a while: the processor has no instructions for bfloat16 and "
                    "has to emulate it. In float32, the same run is many times faster."
                )
            )
    elif page.run is not None and page.run.id == run.id:
        _button(_("Start"), disabled=True)
        st.caption(_("This is the run shown here. Change a setting to train another network."))
    else:
        if _button(_show_label(run)):
            _show(page, run)
        st.caption(_("These settings have been trained already: their run is in the store."))


def _price(config: TrainConfig) -> None:
    """How long the training will take, where finished runs tell, and whether that is far more than
    one may take here.
    """
    with guard():
        seconds, most = state.estimate(config), max_seconds()
        if seconds is not None:
            st.caption(
                _("About {time} here, as similar networks took.").format(time=rough(seconds))
            )
        if most is not None and (seconds or work(config)) > FAR_BEYOND * most:
            sentence = _(
                "This looks like more than the {time} that one run may train here. Then it is "
                "stopped, and keeps what it learned. Fewer epochs or a smaller network take less."
            )
            st.warning(sentence.format(time=rough(most)), icon=":material/timer:")


def no_run(page: Page, config: TrainConfig | None) -> None:
    """What stands in place of a run while none is chosen."""
    if config is not None and _trained(config) is None:
        page.text("intro")
    else:
        st.caption(_("No run is chosen."))
    page.link_to_runs()


def _trained(config: TrainConfig | None) -> RunRecord | None:
    """The run of `config` in the store, unless `start` would train it."""
    run = None if config is None else state.run_of(config)
    return None if run is None or state.startable(run) else run


def _button(label: str, disabled: bool = False) -> bool:
    return st.button(
        label,
        type="primary",
        icon=":material/play_arrow:",
        disabled=disabled,
        width="stretch",
        key=KEY,
    )


def _show_label(run: RunRecord) -> str:
    if run.status in ACTIVE:
        return _("Show the run in progress")
    if run.status == Status.FINISHED:
        return _("Show the finished run")
    return _("Show how it diverged")


def _show(page: Page, run: RunRecord) -> None:
    _choose(page, run)
    st.rerun()


def _choose(page: Page, run: RunRecord) -> None:
    st.session_state["started.cached"] = run.id if run.status == Status.FINISHED else ""
    page.choose_run(run.id)
    page.run = run

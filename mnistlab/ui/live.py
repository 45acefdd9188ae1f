"""A run as it goes: its state, progress, curves, log and buttons. It polls the store while anything is going on."""

from typing import Any

import streamlit as st

from mnistlab.errors import MnistlabError, RunNotFound
from mnistlab.events import Progress
from mnistlab.figures import curves
from mnistlab.figures.colors import CLASS_COLORS, STATUS_COLORS, TEST, TRAIN, VALIDATION
from mnistlab.logs import LOG_STYLES, log_lines
from mnistlab.models import describe
from mnistlab.names import run_name
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.ui import labels, state, words
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import _

POLL_SECONDS = 1.0
PATIENT_SECONDS = 3.0  # between two looks at a run that has others before it
LOG_EVENTS = 400  # of the latest events, for the log of a run that goes on; of one that has ended, all
LOG_LINES = 14  # that are seen at once
LOG_HEIGHT = 380  # pixels of a longer log


def live_run(page: Page, compact: bool = False) -> None:
    """The chosen run, live. `compact` leaves out what a first visit does not need."""
    pace = _pace(page.run)
    st.fragment(_watch, run_every=pace)(page, pace, compact)


def _pace(run: RunRecord | None) -> float | None:
    """Seconds between two looks at a run, None once it goes on no more."""
    if run is None or run.status not in ACTIVE:
        return None
    return PATIENT_SECONDS if (run.place or 0) > 1 else POLL_SECONDS


def _watch(page: Page, pace: float | None, compact: bool) -> None:
    if page.run is None:
        return
    try:
        if pace is not None:
            state.executor().ensure()
        run = page.store.get(page.run.id)
    except RunNotFound:
        st.rerun()  # it was deleted meanwhile; the frame says so
    except MnistlabError as error:
        st.error(str(error), icon=":material/error:")
        return
    if pace != _pace(run):
        st.rerun()
    known = state.history(run.id)
    head, charts, foot = st.container(), st.container(), st.container()  # always three, so that the charts keep their elements
    with head:
        _headline(run, known)
        _state(run, known)
    with charts:
        _charts(run, known)
    with foot:
        _buttons(page, run, compact)
        if not compact:
            _more(run, known)


def _headline(run: RunRecord, known: dict[str, Any]) -> None:
    status = run.status.value
    word = _(labels.STATUS[status])
    if run.wanted:
        word = _("pausing") if run.wanted == "pause" else _("stopping")
    st.markdown(f"**{run_name(run.config)}** :{STATUS_COLORS[status]}-badge[{word}]")
    if st.session_state.get("started.cached") == run.id and run.status == Status.FINISHED:
        st.caption(_("This network was trained before: shown from the store."))
    if run.environment is not None and run.environment.get("loaded"):
        st.caption(_("Loaded from a file. Its accuracy was measured here; its curve is as the file tells."))


def _state(run: RunRecord, known: dict[str, Any]) -> None:
    """What there is to say about the run's present state."""
    if run.status == Status.FINISHED and run.final is not None:
        _result(run, run.final)
    elif run.status == Status.QUEUED:
        waiting = len(state.store().queue())
        st.progress(
            0.0, _("Waiting: place {place} of {waiting} in the queue.").format(place=run.place, waiting=max(waiting, run.place or 1))
        )
    elif run.status == Status.RUNNING:
        _progress(run, known)
    elif run.status == Status.FAILED:
        st.error(run.reason, icon=":material/error:")
    elif run.status == Status.INTERRUPTED:
        st.warning(run.reason, icon=":material/power_off:")
    else:
        words_ = (
            _("Paused after {step:,} of {total:,} steps.")
            if run.status == Status.PAUSED
            else _("Stopped after {step:,} of {total:,} steps. What it learned is kept.")
        )
        st.progress(run.step / run.total_steps, words_.format(step=run.step, total=run.total_steps))


def _progress(run: RunRecord, known: dict[str, Any]) -> None:
    progress: list[Progress] = known["progress"]
    step = max(run.step, progress[-1].step if progress else 0)
    text = _("Step {step:,} of {total:,}").format(step=step, total=run.total_steps)
    if not progress:
        text = _("Starting: the network is being built and the data are being loaded.")
    elif progress[-1].images_per_second:
        latest = progress[-1]
        text += " · " + _("{left} left").format(left=words.duration(latest.seconds_left))
        text += " · " + _("{speed:,} images/s").format(
            speed=round(latest.images_per_second, -2 if latest.images_per_second > 1000 else 0).__int__()
        )
        text += " · " + _("learning rate {lr:.3g}").format(lr=latest.lr)
    st.progress(min(1.0, step / run.total_steps), text)


def _result(run: RunRecord, final: dict[str, Any]) -> None:
    left, right = st.columns(2)
    left.metric(_("Accuracy on all {count:,} test images").format(count=final["count"]), words.percent(final["test_accuracy"]))
    left.caption(_("95 % interval: {interval}").format(interval=words.interval(final["correct"], final["count"])))
    right.metric(_("Training took"), words.duration(final["seconds"]["total"]))
    count = sum(stage.parameters for stage in describe(run.config))
    right.caption(_("{count:,} parameters, {step:,} steps").format(count=count, step=run.step))
    guesses = " ".join(
        f":green[{guess}]" if guess == label else f":red[**{guess}**]"
        for guess, label in zip(final["predictions"], final["labels"], strict=True)
    )
    st.markdown(
        _("The first ten test images are {labels}  \nand are taken for {guesses}").format(
            guesses=guesses, labels=" ".join(map(str, final["labels"]))
        )
    )


def _charts(run: RunRecord, known: dict[str, Any]) -> None:
    if not known["evaluated"]:
        st.caption(_("The curves begin with the first evaluation, before the first step."))
        return
    train, test = curves.losses(known["progress"], known["evaluated"])
    train_name, test_name, validation_name = _("mini-batch"), _("test images"), _("held-out images")
    _chart(
        f"loss.{run.id}",
        {train_name: train, test_name: test},
        curves.spec({train_name: TRAIN, test_name: TEST}, "", _("loss (nats)"), thin_lines=[train_name], height=230),
        _("Loss over {n:,} steps, now {now:.3f} on the test images.").format(n=test[-1][0], now=test[-1][1]),
    )
    accuracy, validation = curves.accuracies(known["evaluated"])
    lines = {test_name: accuracy} | ({validation_name: validation} if validation else {})
    colors = {test_name: TEST, validation_name: VALIDATION}
    latest = known["evaluated"][-1]
    _chart(
        f"accuracy.{run.id}",
        lines,
        curves.spec({name: colors[name] for name in lines}, _("step"), _("accuracy"), "share", height=250),
        _("Accuracy on {count:,} test images over {n:,} steps, now {now:.2%}.").format(
            count=latest.count, n=latest.step, now=latest.test_accuracy
        ),
    )
    now = _("After step {step:,}: {accuracy} on the first {count:,} test images (95 % interval {interval}).").format(
        step=latest.step,
        accuracy=words.percent(latest.test_accuracy),
        count=latest.count,
        interval=words.interval(latest.correct, latest.count),
    )
    zoom = _("Scroll or drag in a curve to zoom, double-click to see all of it again.")
    st.caption(zoom if run.status == Status.FINISHED else f"{now} {zoom}")


def _chart(key: str, lines: dict[str, Any], spec: dict[str, Any], alt: str) -> None:
    """A chart that grows. Its zoom is a selection, because Streamlit resets every other zoom when the data change."""
    st.vega_lite_chart(curves.table(lines), spec, key=key, on_select="rerun", selection_mode=[curves.ZOOM], alt=alt)


def _buttons(page: Page, run: RunRecord, compact: bool) -> None:
    with st.container(horizontal=True):
        if run.status in ACTIVE:
            asked = bool(run.wanted)
            if st.button(_("Pause"), icon=":material/pause:", disabled=asked, key="pause"):
                _do(lambda: page.store.pause(run.id))
            if st.button(_("Stop"), icon=":material/stop:", disabled=asked, key="stop"):
                _do(lambda: page.store.stop(run.id))
        if run.resumable and not state.diverged(run) and st.button(_("Resume"), icon=":material/play_arrow:", type="primary", key="resume"):
            _do(lambda: state.resume(run.id))
        if (
            run.status == Status.FINISHED
            and not compact
            and st.button(_("Repeat with the next seed"), icon=":material/repeat:", key="repeat")
        ):
            _do(lambda: page.choose_run(state.start(run.config.replace(seed=run.config.seed + 1)).id))


def _do(action: Any) -> None:
    """What a button does: then everything is drawn anew, or a sentence says why not."""
    with guard():
        action()
        st.rerun()


def _more(run: RunRecord, known: dict[str, Any]) -> None:
    log = st.expander(_("Log, as the tutorials print it"), icon=":material/notes:", key="log", on_change="rerun")
    if log.open:
        with log:
            styles = {"tutorial": _("CNN tutorial"), "case": _("case study"), "official": _("PyTorch example")}
            style = st.segmented_control(
                _("Format"),
                [style for style in LOG_STYLES if style in styles],
                default="tutorial",
                required=True,
                format_func=styles.__getitem__,
                key="log.style",
            )
            latest = LOG_EVENTS if run.status in ACTIVE else 0  # [-0:] is all of it
            told = [*known["progress"][-latest:], *known["evaluated"][-latest:]]
            lines = log_lines(style, run.config, sorted(told, key=lambda event: (event.step, not isinstance(event, Progress))))
            if latest:
                lines = lines[-LOG_LINES:]
            st.code("\n".join(lines) or _("Nothing yet."), language=None, height=LOG_HEIGHT if len(lines) > LOG_LINES else "content")
    gradients = st.expander(_("Gradients of each layer"), icon=":material/ssid_chart:", key="gradients", on_change="rerun")
    if gradients.open:
        with gradients:
            norms = curves.gradient_norms(known["progress"])
            colors = dict(zip(norms, CLASS_COLORS, strict=False))
            st.caption(_("The length of each layer's gradient. Near zero a layer hardly learns; shooting up announces divergence."))
            if norms:
                _chart(
                    f"gradients.{run.id}",
                    norms,
                    curves.spec(colors, _("step"), _("gradient norm"), "log"),
                    _("Gradient norm of {n} layers over the steps.").format(n=len(norms)),
                )

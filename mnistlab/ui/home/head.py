"""What there is to say about the network on the home page, and to do with it."""

from typing import Any

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.figures.colors import STATUS_COLORS
from mnistlab.models import describe
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.ui.home.arrival import begin_anew, is_own
from mnistlab.ui.home.progress import progress
from mnistlab.ui.kit import chosen_run, labels, state, words
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.training.joy import celebrate, watch
from mnistlab.ui.kit.wish import training_button
from mnistlab.ui.kit.words import literal

# in the session, the run that was last trained from here; and the same if it was stored already
STARTED, REPLAYED = "home.started", "home.replayed"


def head(page: Page, run: RunRecord | None) -> None:
    """The state of `run`, and its buttons; without one, those of an untrained network."""
    if run is None:
        _untrained(page)
    elif run.status in ACTIVE:
        _training(run)
    elif run.final is None:
        _cut_short(page, run)
    elif page.run is None:
        _welcome_back(page, run, run.final)
    else:
        _finished(run, run.final)
        celebrate(page, run)


def _untrained(page: Page) -> None:
    config = chosen_run.first_config()
    text, button = st.columns([4, 1], vertical_alignment="center")
    text.markdown(
        _(
            "**This network has learned nothing yet.** Its {count:,} weights are random numbers. "
            "Draw a digit, and see what it makes of it. Then train it: {what_it_takes}."
        ).format(
            count=sum(stage.parameters for stage in describe(config)),
            what_it_takes=_what_it_takes(config),
        )
    )
    with button:
        _train_button(page, config)
    if config.dataset != "mnist":
        st.caption(
            _(
                "MNIST is not on this machine yet, but scikit-learn's small digits are: it learns "
                "from {n:,} of those."
            ).format(n=config.train_count)
        )


def _train_button(page: Page, config: TrainConfig) -> None:
    label = _("Train it")
    how = {"type": "primary", "icon": ":material/play_arrow:", "width": "stretch"}
    with guard():
        for run in training_button(page.name, label, [config], "first_run", **how):
            st.session_state[STARTED] = run.id
            st.session_state[REPLAYED] = run.id if run.status == Status.FINISHED else ""
            page.choose_run(run.id)
            st.rerun()


def _what_it_takes(config: TrainConfig) -> str:
    images, seconds = config.total_steps * config.batch_size, state.estimate(config)
    if seconds is None:
        return _("{n:,} handwritten digits take seconds").format(n=images)
    return _("{n:,} handwritten digits take about {time}").format(
        n=images, time=words.duration(seconds)
    )


def _training(run: RunRecord) -> None:
    watch(run)
    _name(run, _("It is learning. Watch what it makes of your digit, or draw another one."))
    progress(run)


def _finished(run: RunRecord, final: dict[str, Any]) -> None:
    replayed = st.session_state.get(REPLAYED) == run.id
    _name(run, _("Trained before: this is the stored result, played again.") if replayed else "")
    st.markdown(
        _(
            "Accuracy on all {count:,} test images: **{accuracy}** (95 % interval {interval}), "
            "after {time} of training. Move the slider to see how it learned."
        ).format(
            count=final["count"],
            accuracy=words.percent(final["test_accuracy"]),
            interval=words.interval(final["correct"], final["count"]),
            time=words.duration(final["seconds"]["total"]),
        )
    )


def _welcome_back(page: Page, run: RunRecord, final: dict[str, Any]) -> None:
    whose = _("Your last network:") if is_own(run) else _("The newest network here:")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(
            f"{whose} **{literal(words.title_of(run))}**  \n{_said_of(run, final)}", width="content"
        )
        with st.container(horizontal=True, width="content"):
            if st.button(
                _("Continue"), type="primary", icon=":material/arrow_forward:", key="continue"
            ):
                page.go("feature_maps", run=run.id)
            st.button(
                _("Begin with an untrained network"),
                icon=":material/restart_alt:",
                key="anew",
                on_click=begin_anew,
                args=(page,),
            )


def _said_of(run: RunRecord, final: dict[str, Any]) -> str:
    """How good it is, and how old."""
    return _("{accuracy} accuracy on all {count:,} test images, {ago}").format(
        accuracy=words.percent(final["test_accuracy"]),
        count=final["count"],
        ago=words.ago(run.ended or run.created),
    )


def _cut_short(page: Page, run: RunRecord) -> None:
    """A run that has ended before its end."""
    if page.run is None:
        st.markdown(_("Your last network:"))
    _name(run)
    st.markdown(
        _("It has done {step:,} of {total:,} steps. {reason}").format(
            step=run.step, total=run.total_steps, reason=literal(run.reason)
        )
    )
    with st.container(horizontal=True):
        if (
            run.resumable
            and not state.diverged(run)
            and st.button(_("Continue"), type="primary", icon=":material/play_arrow:", key="resume")
        ):
            with guard():
                page.choose_run(state.resume(run.id).id)
                st.rerun()
        page.link("train", _("See its status"), run=run.id)


def _name(run: RunRecord, sentence: str = "") -> None:
    status = run.status.value
    badge = f":{STATUS_COLORS[status]}-badge[{_(labels.STATUS[status])}]"
    st.markdown(f"**{literal(words.title_of(run))}** {badge} {sentence}".rstrip())

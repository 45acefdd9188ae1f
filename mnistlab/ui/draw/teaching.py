"""Teach it your hand: the chosen network is fine-tuned on the reader's saved drawings, and tested
on those that were held out.
"""

import streamlit as st
import torch

from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.drawing_set import FEWEST, DrawingSet, counts
from mnistlab.errors import RunNotFound
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.figures.fine_tuning import Change, change_figure
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.store.drawings import Drawing, drawings
from mnistlab.store.origins import drawing_set
from mnistlab.train import evaluate
from mnistlab.ui.kit import state
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _, listed, ngettext
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.taught import in_words, table
from mnistlab.ui.kit.training.fine_tune import fine_tune_button, watch_fine_tuning
from mnistlab.ui.kit.words import literal


def learns_digits(run: RunRecord) -> bool:
    """Whether drawings of digits are images of the kind that `run` was trained on."""
    return DATASETS[run.config.dataset].classes == DATASETS["mnist"].classes


def teach(page: Page, run: RunRecord) -> None:
    """How many drawings are still needed, the button, how far the training is, what it changed."""
    st.markdown(f"**{_('Teach it your hand')}**")
    page.text("teach")
    with guard():
        untaught, saved = _untaught(page, run), drawings(page.store, state.drawer())
        tuned = None
        if untaught is None:
            st.caption(
                _("The network that this one was made from has been deleted.")
                if run.config.parent is not None
                else _("This network has seen drawings from its first step on: teach another one.")
            )
        elif untaught.status != Status.FINISHED:
            st.caption(_("This network has not finished its own training yet."))
        elif len(saved) < FEWEST:
            _still_needed(saved)
        else:
            tuned = _taught(page, untaught, saved)
        has_learned = run.config.drawings is not None and run.status == Status.FINISHED
        if has_learned and (tuned is None or tuned.id != run.id):
            _outcome(page, run, _parent(page, run))  # of earlier drawings


def _untaught(page: Page, run: RunRecord) -> RunRecord | None:
    """The network to teach: `run`, or where that was taught already, the one that it was made from,
    because what is held out now may be what that one learned from. None if there is none.
    """
    found: RunRecord | None = run
    while found is not None and found.config.drawings is not None:
        found = _parent(page, found)
    return found


def _parent(page: Page, run: RunRecord) -> RunRecord | None:
    """The run that `run` began with; None if there is none, or it is gone."""
    if run.config.parent is None:
        return None
    try:
        return page.store.get(run.config.parent)
    except RunNotFound:
        return None


def _still_needed(saved: list[Drawing]) -> None:
    missing = FEWEST - len(saved)
    sentence = ngettext(
        "{n} more drawing is needed in your test set above.",
        "{n} more drawings are needed in your test set above.",
        missing,
    ).format(n=missing)
    without = sorted(set(range(10)) - {drawing.label for drawing in saved})
    if saved and without:
        sentence += " " + _("There is none yet of {digits}.").format(digits=listed(without))
    st.progress(len(saved) / FEWEST, sentence)


def _taught(page: Page, parent: RunRecord, saved: list[Drawing]) -> RunRecord | None:
    """What there is of `parent` taught these drawings: a button, its progress, or its result."""
    own = DrawingSet.of((each.image for each in saved), (each.label for each in saved))
    config = fine_tuning(parent.config, own.id)
    tuned = state.run_of(config)
    if tuned is not None and tuned.status == Status.FAILED:
        st.error(literal(tuned.reason), icon=":material/error:")
    if state.startable(tuned):
        _button(page, config, own)
    elif tuned is not None and tuned.status in ACTIVE:
        watch_fine_tuning(page, tuned.id)
    elif tuned is not None and tuned.status == Status.FINISHED:
        _outcome(page, tuned, parent)
    return tuned


def _button(page: Page, config: TrainConfig, own: DrawingSet) -> None:
    learned, count = counts(own.id)
    label = _("Teach it {learned} of your {count} drawings").format(learned=learned, count=count)
    fine_tune_button(page, label, config, own, "draw.teach")
    st.caption(
        _(
            "It takes seconds, and makes a network of its own: this one stays as it is. The new "
            "run keeps a copy of your drawings, even if you delete them here, and everybody who "
            "can open the run can see them."
        )
    )


def _outcome(page: Page, tuned: RunRecord, parent: RunRecord | None) -> None:
    """How well the network of `tuned` did before and after."""
    learned, count = counts(tuned.config.drawings or "")
    st.markdown(
        _(
            "It learned from {learned} of {count} drawings, and was tested on the other "
            "{held_out}, which it never saw:"
        ).format(learned=learned, count=count, held_out=count - learned)
    )
    changes = [_on_drawings(tuned), _on_test_images(tuned, parent)]
    left, right = st.columns([5, 4], gap="medium", vertical_alignment="center")
    with left:
        chart(change_figure(changes), f"draw.teach.{tuned.id}")
    with right:
        st.markdown(table(changes))
        st.markdown(in_words(*changes))
        st.caption(_("In brackets: 95 % intervals. The more drawings are held out, the narrower."))
    with st.container(horizontal=True):
        if parent is not None:
            both = f"{parent.id},{tuned.id}"
            page.link("draw", _("Draw for both networks"), ":material/draw:", compare=both)
            page.link(
                "evaluation",
                _("Compare both on the test images"),
                run=tuned.id,
                step=None,
                view="compare",
                other=parent.id,
            )
        page.link("train", _("Open the new run"), run=tuned.id, step=None)


def _on_drawings(tuned: RunRecord) -> Change:
    before, after, count = _held_out(tuned)
    return Change(_("Held-out drawings"), count, before, after)


def _on_test_images(tuned: RunRecord, parent: RunRecord | None) -> Change:
    # the parent's predictions are in the store; those of the same weights at step 0 are not
    before = cached.judgement(tuned, 0) if parent is None else cached.judgement(parent, parent.step)
    after = cached.judgement(tuned, tuned.step).accuracy
    name = _("{dataset} test images").format(dataset=_(DATASETS[tuned.config.dataset].name))
    return Change(name, after.count, before.accuracy.correct, after.correct)


@cached.cache_by_run(max_entries=cached.SOME)
def _held_out(tuned: RunRecord) -> tuple[int, int, int]:
    """(right before, right after, how many there are) of the drawings that were held out."""
    own = drawing_set(state.store(), tuned.config.drawings or "")
    held_out = torch.tensor(own.held_out)
    images = torch.from_numpy(own.images)[held_out][:, None]
    labels = torch.tensor(own.labels)[held_out]
    before, after = (
        evaluate(cached.model(tuned, step), images, labels, tuned.config)[1]
        for step in (0, tuned.step)
    )
    return before, after, len(labels)

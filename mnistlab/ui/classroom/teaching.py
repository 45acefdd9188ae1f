"""Teach a network the class's hands: it is fine-tuned on half of the drawings, and tested on the
other half.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
import torch

from mnistlab.analysis.handwriting import HALVES, halves
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.drawing_set import FEWEST, DrawingSet, counts
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.figures.fine_tuning import Change, change_figure
from mnistlab.run_names import run_name
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.train import evaluate
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.networks import Network
from mnistlab.ui.kit import state
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.taught import in_words, table
from mnistlab.ui.kit.training.fine_tune import fine_tune_button, watch_fine_tuning
from mnistlab.ui.kit.url import Parameter, one_of
from mnistlab.ui.kit.url import text as any_text
from mnistlab.ui.kit.words import literal

SPLITS = {
    "drawing": N_("half of the drawings of everybody"),
    "hand": N_("all drawings of half of the class"),
}
PARAMETERS: dict[str, Parameter] = {"halves": one_of(*HALVES), "teach": any_text()}


def teach(
    room: Room,
    readers: Sequence[Network],
    images: np.ndarray,
    labels: np.ndarray,
    hands: np.ndarray,
    called: Mapping[int, str],
) -> None:
    """Fine-tune one of the networks on half of the drawings, uint8 (D, 28, 28) with `labels` and
    `hands` (D,), and show how well it reads the other half, before and after.
    """
    with st.container(border=True), guard():
        st.markdown(f"**{_('Teach a network our hands')}**")
        network, by = _choose(room, readers, called)
        learned = halves(images, labels, hands, by)
        if min(int(learned.sum()), int((~learned).sum())) < FEWEST:
            st.caption(
                _(
                    "Each half needs at least {fewest} drawings; now they have {learned} and "
                    "{tested}."
                ).format(fewest=FEWEST, learned=learned.sum(), tested=(~learned).sum())
            )
            return
        own = DrawingSet.of(images[learned], labels[learned].tolist())
        config = fine_tuning(network.config, own.id)
        tuned = state.run_of(config)
        if tuned is not None and tuned.status == Status.FAILED:
            st.error(literal(tuned.reason), icon=":material/error:")
        if state.startable(tuned):
            _button(room, config, own, int((~learned).sum()))
        elif tuned is not None and tuned.status in ACTIVE:
            watch_fine_tuning(room.page, tuned.id)
        elif tuned is not None and tuned.status == Status.FINISHED:
            _outcome(room, network.run, tuned, images[~learned], labels[~learned])


def _choose(
    room: Room, readers: Sequence[Network], called: Mapping[int, str]
) -> tuple[Network, str]:
    left, right = st.columns(2)
    by_id = {each.run.id: each for each in readers}

    def describe(run_id: str) -> str:
        each = by_id[run_id]
        return f"{called[each.number]}: {run_name(each.config)}"

    run_id = room.page.choose(
        "teach", _("Network"), list(by_id), widget=left.selectbox, format_func=describe
    )
    by = room.page.choose(
        "halves",
        _("It learns from"),
        list(HALVES),
        widget=right.selectbox,
        format_func=lambda name: _(SPLITS[name]),
    )
    return by_id[run_id], by


def _button(room: Room, config: TrainConfig, own: DrawingSet, tested: int) -> None:
    learned, _count = counts(own.id)
    if room.me is not None and not room.of.rules.train:
        st.caption(_("Your teacher starts it."))
        return
    label = _("Teach it, and test it on the {n} others").format(n=tested)
    fine_tune_button(room.page, label, config, own, "class.teach.start")
    st.caption(
        _(
            "It takes seconds, and makes a network of its own. Of its half it learns from {n} "
            "drawings; the rest of that half watches it learn."
        ).format(n=learned)
    )


def _outcome(
    room: Room, before: RunRecord, tuned: RunRecord, images: np.ndarray, labels: np.ndarray
) -> None:
    """How well it reads the half that it did not learn from, and what it has forgotten."""
    right = [_right(run, images.tobytes(), labels.tobytes()) for run in (before, tuned)]
    name = _("{dataset} test images").format(dataset=_(DATASETS[tuned.config.dataset].name))
    known = [cached.judgement(run, run.step).accuracy for run in (before, tuned)]
    changes = [
        Change(_("The other half"), len(labels), *right),
        Change(name, known[0].count, known[0].correct, known[1].correct),
    ]
    left, beside = st.columns([5, 4], gap="medium", vertical_alignment="center")
    with left:
        chart(change_figure(changes), f"class.teach.{tuned.id}")
    with beside:
        st.markdown(table(changes))
        st.markdown(in_words(*changes))
    with st.container(horizontal=True):
        room.page.link("train", _("Open the new run"), run=tuned.id, step=None)


@cached.cache_by_run(max_entries=cached.SOME)
def _right(run: RunRecord, pixels: bytes, classes: bytes) -> int:
    """How many of the drawings, uint8 (D, 28, 28), `run` reads, whose `classes` are int64 (D,)."""
    labels = torch.from_numpy(np.frombuffer(classes, np.int64).copy())
    images = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(-1, 1, 28, 28)
    return evaluate(cached.model(run, run.step), images, labels, run.config)[1]

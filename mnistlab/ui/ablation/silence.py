"""Silence maps, units or pixels, and see what the network still gets right."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnistlab.analysis.evaluation import Accuracy, Comparison, Judgement, compare
from mnistlab.figures import confusion as figures
from mnistlab.figures.inside import two_answers_figure
from mnistlab.models import Stage
from mnistlab.ui.ablation.lab import (
    Lab,
    choose_stage,
    has_maps,
    keep_box,
    keep_parts,
    with_choices,
)
from mnistlab.ui.ablation.maps import input_box, map_tiles
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _, clauses, listed, ngettext

PATIENCE = 1.5  # seconds that a rerun waits before it shows progress


def silence_parts(lab: Lab) -> None:
    """The maps of a stage, to be clicked, and what the network is without them."""
    lab = with_choices(lab)
    name = choose_stage(lab, with_input=True)
    if name == "input":
        st.caption(_("Drag over the picture: these pixels become black in every test image."))
        input_box(lab.picture.array, lab.silence.box, lambda box: keep_box(lab, box))
    else:
        _tiles(lab, name)
    _what_is_silent(lab)
    if not lab.silence:
        st.info(
            _("Nothing is silent: the network gets {share} of the test images right.").format(
                share=words.percent(lab.intact.accuracy.share)
            ),
            icon=":material/volume_up:",
        )
        return
    job = lab.jobs.silence(state.session_id(), lab.silence)
    silenced: Judgement | None = wait_for(job, _("Testing it on all test images"), PATIENCE)
    if silenced is not None:
        _effect(lab, silenced)


def _tiles(lab: Lab, name: str) -> None:
    stage = lab.stages[name]
    st.caption(
        _("Click a map to silence it, and again to switch it back on.")
        if has_maps(stage)
        else _("Click a unit to silence it, and again to switch it back on.")
    )

    def changed(channels: Sequence[int]) -> None:
        keep_parts(lab, lab.with_silent(name, channels))

    named = _("map {n}") if has_maps(stage) else _("unit {n}")
    map_tiles(lab.maps[name], named, lab.silent_in(name), changed)


def _what_is_silent(lab: Lab) -> None:
    """What is silent, in words, and a button that switches it back on."""
    if not lab.silence:
        return
    said = []
    for name, stage in lab.stages.items():
        if silent := lab.silent_in(name):
            said.append(_parts(name, stage, silent))
    if (box := lab.silence.box) is not None:
        top, left, bottom, right = box
        said.append(
            _("pixels of rows {top} to {bottom}, columns {left} to {right}").format(
                top=top, bottom=bottom - 1, left=left, right=right - 1
            )
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_("**Silent:** {parts}").format(parts=clauses(said)))
        st.button(
            _("Switch everything back on"),
            icon=":material/volume_up:",
            key="ablation.reset",
            on_click=lambda: lab.page.query.reset("off", "box"),
        )


def _parts(name: str, stage: Stage, silent: Sequence[int]) -> str:
    """Those that are `silent`, in words; of many, the first twelve."""
    what = (
        ngettext("{stage}, map {numbers}", "{stage}, maps {numbers}", len(silent))
        if has_maps(stage)
        else ngettext("{stage}, unit {numbers}", "{stage}, units {numbers}", len(silent))
    )
    more = " …" if len(silent) > 12 else ""
    return what.format(stage=name, numbers=listed(silent[:12]) + more)


def _effect(lab: Lab, silenced: Judgement) -> None:
    """The accuracy, the answer for this picture and the confusion, before and after."""
    difference = compare(lab.intact, silenced)
    before, after = lab.intact.accuracy, silenced.accuracy
    with st.container(horizontal=True):
        _accuracy(_("Whole network"), before, None)
        _accuracy(_("With these parts silent"), after, 100 * (after.share - before.share))
    _verdict(difference)
    if (index := lab.picture.index) is not None:
        names = (_("whole network"), _("This picture now"))
        answers = lab.intact.probabilities[index], silenced.probabilities[index]
        chart(two_answers_figure(*answers, names, lab.dataset.class_names), "ablation.answer")
    limit = _largest_mistake(lab.intact, silenced)
    for column, title, judgement in zip(
        st.columns(2),
        (_("Whole network"), _("With these parts silent")),
        (lab.intact, silenced),
        strict=True,
    ):
        figure = figures.confusion_figure(
            judgement.confusion(), errors_only=True, classes=lab.dataset.class_names, largest=limit
        )
        with column:
            chart(figures.compact(figure).update_layout(title=title), f"ablation.{title}")


def _largest_mistake(*judgements: Judgement) -> int:
    """The largest count off the diagonal: both matrices share one colour scale."""
    return max(
        1, *(int((m := each.confusion())[~np.eye(len(m), dtype=bool)].max()) for each in judgements)
    )


def _accuracy(label: str, accuracy: Accuracy, change: float | None) -> None:
    with st.container(width=260, gap=None):
        _metric(label, words.percent(accuracy.share), change)
        st.caption(
            _("95 % interval: {interval}").format(
                interval=words.interval(accuracy.correct, accuracy.count)
            )
        )


def _metric(label: str, share: str, change: float | None) -> None:
    if change is None:
        st.metric(label, share)
        return
    points = _("{n} points").format(n=words.signed(change, "+.2f"))
    # Streamlit takes only a hyphen for a fall, so it is told the direction
    if change < 0:
        st.metric(label, share, delta=points, delta_color="red", delta_arrow="down")
    else:
        st.metric(label, share, delta=points)


def _verdict(difference: Comparison) -> None:
    """Whether the difference is more than chance, in words."""
    lost, gained = len(difference.only_a), len(difference.only_b)
    if lost + gained == 0:
        st.markdown(_("No answer changes from right to wrong, or from wrong to right."))
        return
    counts = ngettext(
        "{n:,} image that was right is now wrong",
        "{n:,} images that were right are now wrong",
        lost,
    ).format(n=lost)
    more = ngettext(
        "{n:,} that was wrong is now right", "{n:,} that were wrong are now right", gained
    ).format(n=gained)
    verdict = (
        _("That is more than chance explains: these parts matter.")
        if difference.better == "a"
        else _("That is more than chance explains: the network is better off without them.")
        if difference.better == "b"
        else _("Chance easily explains so small a difference.")
    )
    st.markdown(
        _("{counts}; {more}. {verdict}").format(counts=counts, more=more, verdict=verdict),
        help=difference.in_words(_("The whole network"), _("the silenced one")),
    )

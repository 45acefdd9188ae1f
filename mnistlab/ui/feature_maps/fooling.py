"""Fool it: the smallest change of the picture that changes the network's answer."""

import numpy as np
import streamlit as st

from mnistlab.analysis.adversarial import METHODS, NORMS, Adversarial, probabilities
from mnistlab.analysis.intervals import probability
from mnistlab.figures.inside import two_answers_figure
from mnistlab.figures.made_pictures import LEVELS, adversarial_figure
from mnistlab.store import RunRecord
from mnistlab.ui.feature_maps.jobs import PictureJobs
from mnistlab.ui.feature_maps.look import Look
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.chosen_run import to_choose_from
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.words import literal

PATIENCE = 0.5  # seconds that a rerun waits before it shows progress


def fool(look: Look) -> None:
    """The smallest change that changes the answer, and whether it fools another network too."""
    method, norm, towards = _choose(look)
    jobs = PictureJobs(look.page.store, look.run, look.step)
    job = jobs.fool(state.session_id(), look.picture.pixels, method, norm, towards)
    found: Adversarial | None = wait_for(
        job, _("Searching for the smallest change that is enough"), PATIENCE
    )
    if not job.finished():
        return
    if found is None:
        wanted = _("something else") if towards is None else look.classes[towards]
        st.info(
            _("No change of this picture was found after which the network says {wanted}.").format(
                wanted=wanted
            ),
            icon=":material/shield:",
        )
        chart(
            two_answers_figure(
                look.probabilities,
                look.probabilities,
                (_("as it is"), _("Unchanged")),
                look.classes,
            ),
            "fool.answers",
        )
        return
    chart(adversarial_figure(found, look.classes), "fool.pictures")
    _size(look, found)
    names = (_("before"), _("After the change"))
    chart(two_answers_figure(found.before, found.after, names, look.classes), "fool.answers")
    _other_run(look, found)


def _choose(look: Look) -> tuple[str, str, int | None]:
    """The method, the norm, and the class that the network is to say."""
    others = [None, *(number for number in range(10) if number != look.answer)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=220):
            towards = look.page.choose(
                "towards",
                _("Make it say"),
                others,
                format_func=lambda number: (
                    _("anything else") if number is None else look.classes[number]
                ),
            )
        method = look.page.choose(
            "attack",
            _("Method"),
            list(METHODS),
            widget=st.segmented_control,
            format_func=lambda name: _(METHODS[name]),
        )
        norm = look.page.choose(
            "norm",
            _("Size of the change"),
            list(NORMS),
            widget=st.segmented_control,
            format_func=lambda name: _(NORMS[name].label),
        )
    return method, norm, towards


def _size(look: Look, found: Adversarial) -> None:
    """The change and its size in words."""
    before, after = found.answers
    largest = float(np.abs(found.change).max()) * LEVELS
    text = _(
        "Instead of **{before}** ({share}), the network now says **{after}** ({new}). No pixel "
        "changes by more than **{largest:.1f}** of {levels} grey levels."
    ).format(
        before=look.classes[before],
        after=look.classes[after],
        share=probability(float(found.before[before])),
        new=probability(float(found.after[after])),
        largest=largest,
        levels=LEVELS,
    )
    whole = float(np.square(found.change).sum())
    text += " " + _(
        "The squares of all changes add up to {count:.1f}, as if {count:.1f} pixels had turned "
        "from black to white (1² each); the root of that sum, {length:.2f}, is the length of the "
        "change."
    ).format(length=whole**0.5, count=whole)
    st.markdown(text)


def _other_run(look: Look, found: Adversarial) -> None:
    """Whether another network is fooled by the same picture."""
    runs = {
        run.id: run
        for run in to_choose_from(look.page.store.runs())
        if run.config.dataset == look.run.config.dataset and run.started and run.id != look.run.id
    }
    if not runs:
        st.caption(_("Train another network on the same data to see whether it is fooled, too."))
        return
    with st.container(width=420):
        other = look.page.choose(
            "other",
            _("Does the same picture fool another network?"),
            [None, *runs],
            format_func=({None: _("Choose one")} | words.run_lines(runs)).__getitem__,
        )
    if other is not None:
        _say_of(look, found, runs[other])


def _say_of(look: Look, found: Adversarial, run: RunRecord) -> None:
    steps = look.page.store.snapshot_steps(run.id)
    if not steps:
        st.caption(_("No weights of this network are stored."))
        return
    model = cached.model(run, steps[-1])
    before, after = (
        probabilities(model, picture, run.config) for picture in (found.original, found.changed)
    )
    said, now = int(before.argmax()), int(after.argmax())
    sentence = (
        _("{name} is fooled, too: it says **{now}** ({share}) instead of **{said}**.")
        if said != now
        else _("{name} is not fooled: it says **{now}** ({share}) before and after.")
    )
    st.markdown(
        sentence.format(
            name=literal(words.title_of(run)),
            now=look.classes[now],
            said=look.classes[said],
            share=probability(float(after[now])),
        )
    )

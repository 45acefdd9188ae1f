"""Two networks on the same test images: A is the chosen run, B the one it is compared with."""

import streamlit as st

from mnistlab.analysis.evaluation import compare
from mnistlab.export.view_notebook import Code, can_open
from mnistlab.figures import confusion as figures
from mnistlab.store import RunRecord
from mnistlab.ui.evaluation import notebook
from mnistlab.ui.evaluation.confusion import AT_ONCE, COLUMNS
from mnistlab.ui.evaluation.judged_run import JudgedRun, images
from mnistlab.ui.kit import chosen_run, words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.words import literal

ONLY = {"a": N_("Only A gets these right"), "b": N_("Only B gets these right")}


def two_runs(judged: JudgedRun) -> None:
    """This network and another one, or itself at another step, on the same images."""
    page = judged.page
    other = _choose_other(judged)
    if other is None:
        return
    difference = compare(judged.judgement, other.judgement)
    for letter, each in (("A", judged), ("B", other)):
        accuracy = each.judgement.accuracy
        st.markdown(
            _(
                "**{letter}**: {name}, step {step:,}: accuracy {share} (95 % interval {interval})"
            ).format(
                letter=letter,
                name=literal(words.title_of(each.run)),
                step=each.step,
                share=words.percent(accuracy.share),
                interval=words.interval(accuracy.correct, accuracy.count),
            )
        )
    st.info(difference.in_words(), icon=":material/balance:")
    left, right = st.columns(COLUMNS)
    with left:
        figure = figures.difference_figure(difference, classes=judged.classes)
        chart(figures.compact(figure), "difference")
    with right:
        only = page.choose(
            "only",
            _("Images"),
            list(ONLY),
            widget=st.segmented_control,
            format_func=lambda name: _(ONLY[name]),
            label_visibility="collapsed",
        )
        places = difference.only_a if only == "a" else difference.only_b
        if not len(places):
            st.caption(_("There are no such images."))
        images(judged, places, f"only.{only}", AT_ONCE, other)


def has_code(judged: JudgedRun) -> bool:
    """Whether there is another network that a notebook can train anew."""
    other = _other(judged)
    return other is not None and can_open(other[0].config)


def as_code(judged: JudgedRun) -> Code:
    """The view as code."""
    other = _other(judged)
    assert other is not None
    return notebook.two_runs(judged, other[0].config, other[1])


def _other(judged: JudgedRun) -> tuple[RunRecord, int] | None:
    """The other run of the URL and its step; None where it names none."""
    run_id, page = judged.page.query.get("other", judged.run.id), judged.page
    steps = page.store.snapshot_steps(run_id)
    if not steps or run_id == judged.run.id:
        return None
    step = page.query.get("other_step", steps[-1])
    return (page.store.get(run_id), step) if step in steps else None


def _choose_other(judged: JudgedRun) -> JudgedRun | None:
    """Another run on the same data set, or this one at another step; None if it has no stored
    weights.
    """
    page, store = judged.page, judged.page.store
    runs = {
        run.id: run
        for run in chosen_run.to_choose_from(store.runs())
        if run.step > 0 and run.config.dataset == judged.dataset.name
    } | {judged.run.id: judged.run}
    options = [run_id for run_id in runs if run_id != judged.run.id] + [judged.run.id]

    lines = words.run_lines(runs) | {judged.run.id: _("this network at another step")}

    left, right = st.columns(2)
    other = page.choose(
        "other",
        _("Compare with"),
        options,
        widget=left.selectbox,
        resets=("other_step",),
        format_func=lines.__getitem__,
    )
    steps = store.snapshot_steps(other)
    if not steps:
        st.caption(_("No weights of this network are stored."))
        return None
    start = steps[0 if other == judged.run.id else -1]
    step: int = start
    if len(steps) > 1:
        step = page.choose(
            "other_step",
            _("Training step of B"),
            steps,
            start,
            widget=right.select_slider,
            format_func=lambda step: f"{step:,}",
        )
    return JudgedRun(page, runs[other], step, judged.dataset, cached.judgement(runs[other], step))

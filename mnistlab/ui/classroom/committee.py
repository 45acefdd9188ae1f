"""The committee: all networks of an experiment answer together."""

import statistics
from collections.abc import Mapping, Sequence

import streamlit as st

from mnistlab.analysis.committee import Committee
from mnistlab.analysis.evaluation import Accuracy, Comparison
from mnistlab.experiments.together import Experiment, Part
from mnistlab.figures.shares import growth_spec, growth_table
from mnistlab.store import Status
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.networks import committee_job
from mnistlab.ui.kit import words
from mnistlab.ui.kit.charts import vega_chart
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _

FEWEST = 3  # members


def committee_of(
    room: Room, experiment: Experiment, found: Sequence[Part], called: Mapping[int, str]
) -> None:
    """The committee of the networks of all parts, once nothing is being trained any more."""
    if experiment.field == "dataset" or any(
        part.run is not None and part.run.status in (Status.QUEUED, Status.RUNNING)
        for part in found
    ):
        return
    runs = {part.number: part.run for part in found if part.is_finished and part.run is not None}
    if len(runs) < FEWEST:
        return
    with st.container(border=True):
        st.markdown(f"**{_('The committee')}**")
        st.caption(
            _(
                "All networks look at each test image, and the mean of their probabilities is "
                "the answer of the committee."
            )
        )
        job = committee_job(room, list(runs.values()))
        result = wait_for(job, _("The committee meets"), patience=0.3)
        if result is not None:
            _show(result, [called[number] for number in runs])


def _show(result: Committee, names: Sequence[str]) -> None:
    count, shares = len(result.members), [each.share for each in result.members]
    mean = statistics.fmean(shares)
    left, right = st.columns([4, 5], vertical_alignment="center")
    with left:
        st.metric(_("Accuracy of the committee"), words.percent(result.accuracy.share))
        st.caption(_("95 % interval {interval}").format(interval=_interval(result.accuracy)))
        st.markdown(_beaten(result, count))
        st.markdown(
            _("Its members: {mean} on average; the best, {name}, {best}.").format(
                mean=words.percent(mean),
                name=words.literal(names[result.best]),
                best=words.percent(result.members[result.best].share),
            )
        )
    with right:
        vega_chart(
            growth_table(result.growth),
            growth_spec(_("members of the committee"), _("test accuracy"), mean),
            key="class.committee.growth",
            alt=_(
                "Accuracy of the committee of the first member, of the first two, and so on up to "
                "{n}, with its 95 % interval; dashed: the mean of the members"
            ).format(n=count),
        )
    with st.expander(_("Is it really better, or only lucky?"), icon=":material/balance:"):
        st.markdown(_tested(_("The best member"), result.against_best))
        st.markdown(_tested(_("The member in the middle"), result.against_middle))
        st.caption(
            _(
                "McNemar's exact test: if both were equally good, each image that only one of them "
                "gets right would be a coin toss, and p is how often a split at least this uneven "
                "would come up. The best was chosen by these very images, so it also was lucky."
            )
        )


def _beaten(result: Committee, count: int) -> str:
    if result.equalled:
        return _("It beats **{n} of {total}** members, and equals {equal}.").format(
            n=result.beaten, total=count, equal=result.equalled
        )
    return _("It beats **{n} of {total}** members.").format(n=result.beaten, total=count)


def _tested(name: str, comparison: Comparison) -> str:
    """McNemar's test of a member (a) and the committee (b)."""
    said = _("{name} alone gets {a} right, the committee alone {b} (p = {p:.2g})").format(
        name=name,
        a=len(comparison.only_a),
        b=len(comparison.only_b),
        p=comparison.p_value,
    )
    if comparison.better == "b":
        return _("{said}: the committee is better.").format(said=said)
    if comparison.better == "a":
        return _("{said}: the committee is worse.").format(said=said)
    return _("{said}: chance easily explains that.").format(said=said)


def _interval(accuracy: Accuracy) -> str:
    return words.interval(accuracy.correct, accuracy.count)

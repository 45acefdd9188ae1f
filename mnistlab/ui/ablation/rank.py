"""Which map or unit matters most: each of a stage silent alone."""

import streamlit as st

from mnistlab.analysis.ablation_ranking import Ranking
from mnistlab.figures.ablation import ranking_figure
from mnistlab.ui.ablation.lab import Lab, choose_stage, has_maps, keep_parts, part, with_choices
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _, ngettext

PATIENCE = 0.5  # seconds that a rerun waits before it shows progress


def which_matters(lab: Lab) -> None:
    """Each map or unit of a stage silent alone, the most important one first."""
    lab = with_choices(lab)
    name = choose_stage(lab, with_input=False)
    job = lab.jobs.ranking(state.session_id(), name, lab.intact)
    ranking: Ranking | None = wait_for(
        job, _("Testing {stage} on all test images").format(stage=name), PATIENCE
    )
    if ranking is None:
        return
    chart(ranking_figure(ranking, part(lab.stages[name])), f"ranking.{name}")
    _say(lab, ranking, has_maps(lab.stages[name]))


def _say(lab: Lab, ranking: Ranking, maps: bool) -> None:
    """The ranking in words, and a way to silence the ones that matter least."""
    first = int(ranking.order[0])
    sentence = (
        _("Without map **{first}**, {share} of the test images are still right, not {whole}.")
        if maps
        else _("Without unit **{first}**, {share} of the test images are still right, not {whole}.")
    )
    st.markdown(
        sentence.format(
            first=first,
            share=words.percent(ranking.correct[first] / ranking.intact.count),
            whole=words.percent(ranking.intact.share),
        )
    )
    unsure = [int(channel) for channel in ranking.order[::-1] if not ranking.beyond_chance[channel]]
    if not unsure:
        return
    st.markdown(
        ngettext(
            "For **{n}** of them (grey) the difference may well be chance. Among {count} tries, "
            "one may look important by luck alone, so only a very clear difference counts "
            "(McNemar's test).",
            "For **{n}** of them (grey) the difference may well be chance. Among {count} tries, "
            "one may look important by luck alone, so only a very clear difference counts "
            "(McNemar's test).",
            len(unsure),
        ).format(n=len(unsure), count=len(ranking.order))
    )
    label = _("Silence all grey ones together")
    if len(unsure) > 1 and st.button(label, icon=":material/volume_off:", key="ablation.grey"):
        keep_parts(lab, lab.with_silent(ranking.stage, unsure))
        lab.page.query.set("view", "silence")
        st.rerun()

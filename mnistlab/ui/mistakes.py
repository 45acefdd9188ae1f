"""The mistakes, one at a time: predict, run both, compare, and only then read why."""

import math

import streamlit as st

from mnistlab.experiments.loop import Outcome
from mnistlab.experiments.mistakes import FLOOR, MEASURES, MISTAKES, Mistake, Pair, run_pair
from mnistlab.figures.mistakes import curves_figure
from mnistlab.ui import words
from mnistlab.ui.background import worker
from mnistlab.ui.charts import chart
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import _
from mnistlab.ui.url import one_of, whole
from mnistlab.ui.waiting import wait_for

PARAMETERS = {"mistake": one_of(*MISTAKES), "answer": whole(0, max(len(each.answers) for each in MISTAKES.values()) - 1)}
LEVELS = {"softmax-twice": (FLOOR, "ln(e + 9) − 1"), "no-zero-grad": (math.log(10), "ln 10"), "learning-rate-10": (math.log(10), "ln 10")}


def choose(page: Page) -> str:
    """Which mistake; its name is in the URL. Another one begins without an answer."""
    before = page.query.get("mistake", next(iter(MISTAKES)))
    name = page.choose("mistake", _("Which mistake?"), list(MISTAKES), format_func=lambda name: _(MISTAKES[name].title))
    if name != before:
        page.query.set("answer", None)
    return name


def code(mistake: Mistake) -> None:
    """The line as it should be, beside the line with the mistake."""
    for column, title, lines in zip(st.columns(2), (_("As it should be"), _("With the mistake")), mistake.code, strict=True):
        with column:
            st.caption(title)
            st.code(lines or "# " + _("this line is missing"), language="python", wrap_lines=True)


def prediction(page: Page, name: str) -> int | None:
    """The reader's prediction, once it is final: then it is in the URL, and both sides may be run."""
    mistake = MISTAKES[name]
    final = page.query.get("answer")
    if final is not None and final >= len(mistake.answers):
        final = None
        page.query.set("answer", None)
    st.markdown(f"**{_(mistake.question)}**")
    key = f"mistakes.answer.{name}"
    if final is not None:
        st.session_state[key] = final
    answer = st.radio(
        _("Your prediction"), range(len(mistake.answers)), index=None, key=key, disabled=final is not None,
        format_func=lambda index: _(mistake.answers[index]), label_visibility="collapsed",
    )  # fmt: skip
    if final is None:
        if st.button(_("Run both and compare"), type="primary", icon=":material/play_arrow:", disabled=answer is None, key="mistakes.run"):
            page.query.set("answer", answer)
            st.rerun()
    elif st.button(_("Predict again"), type="tertiary", icon=":material/replay:", key="mistakes.again"):
        page.query.set("answer", None)
        st.session_state.pop(key)
        st.rerun()
    return final


def outcome(page: Page, name: str, answer: int) -> None:
    """What came of both sides; while they run, how far they are."""
    job = worker.job(("mistake", name), lambda tell: run_pair(name, tell))
    pair: Pair | None = wait_for(job, _("Both trainings run"))
    if pair is None:
        return
    mistake = MISTAKES[name]
    _verdict(mistake, answer)
    numbers(mistake, pair)
    for side in (pair.correct, pair.mistaken):
        if side.error:
            st.caption(_("What it said:"))
            st.code(side.error, language="text", wrap_lines=True)
    if mistake.curve:
        names = _("as it should be"), _("with the mistake")
        chart(curves_figure(pair.correct, pair.mistaken, mistake.curve, names, LEVELS.get(name)), f"mistakes.{name}")
    if not pair.as_claimed:
        st.warning(
            _("On this machine it came out otherwise than the explanation below says. Believe the figures."), icon=":material/science:"
        )
    st.markdown(f"**{_('Why')}**")
    page.lesson(name)


def numbers(mistake: Mistake, pair: Pair) -> None:
    """What was measured on both sides, beside each other."""
    lines = [f"| | {_('As it should be')} | {_('With the mistake')} |", "| :-- | --: | --: |"]
    for measure in mistake.compare:
        label, kind = MEASURES[measure]
        lines.append(
            f"| {_(label)} | :green[**{written(pair.correct, measure, kind)}**] | :red[**{written(pair.mistaken, measure, kind)}**] |"
        )
    st.markdown("\n".join(lines))


def written(side: Outcome, measure: str, kind: str) -> str:
    """A measured number in words; what there is not, because it failed, is a dash."""
    value = side.numbers.get(measure)
    if value is None:
        return "–"
    if not math.isfinite(value):
        return _("not a finite number")
    return {
        "percent": lambda: words.percent(value), "bytes": lambda: _("{n:,.0f} MB").format(n=value / 1e6), "nats": lambda: f"{value:,.2f}",
        "plain": lambda: f"{value:.3f}", "count": lambda: f"{value:.0f}",
    }[kind]()  # fmt: skip


def _verdict(mistake: Mistake, answer: int) -> None:
    if answer == mistake.right:
        st.success(_("As you predicted."), icon=":material/check:")
    else:
        st.info(_("Not as you predicted: {answer}").format(answer=_(mistake.answers[mistake.right])), icon=":material/lightbulb:")

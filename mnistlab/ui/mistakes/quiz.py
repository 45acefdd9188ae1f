"""The mistakes, one at a time: predict, train both versions, compare, and only then read why."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnistlab.experiments.mistakes import MEASURES, MISTAKES, Mistake, Pair, run_pair
from mnistlab.figures.mistakes import curves_figure
from mnistlab.i18n import message
from mnistlab.store.answers import own_answer
from mnistlab.store.questions import SHOWN
from mnistlab.ui.kit import state
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute.background import worker
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.questions.of_mistakes import asked_of
from mnistlab.ui.kit.url import Parameter, key_of, whole
from mnistlab.ui.mistakes.measured import measured, show_measured
from mnistlab.ui.mistakes.measures import as_text


def _answer(text: str) -> int:
    """The number of an answer, also to a mistake that was added later; see `Parameter`."""
    return whole(0, max(len(mistake.answers) for mistake in MISTAKES.values()) - 1).parse(text)


PARAMETERS = {
    "mistake": key_of(MISTAKES),
    "answer": Parameter(_answer, message("the number of an answer, from 0")),
}


def choose(page: Page) -> str:
    """The choice of a mistake, by its name in the URL. Choosing another one clears the answer."""
    return page.choose(
        "mistake",
        _("Mistake"),
        list(MISTAKES),
        resets=("answer",),
        format_func=lambda name: _(MISTAKES[name].title),
    )


def code(name: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The correct line beside the line with the mistake. Returns the places below them."""
    correct, mistaken = (
        _line(column, title, lines)
        for column, title, lines in zip(
            st.columns(2),
            (_("Correct"), _("With the mistake")),
            MISTAKES[name].code,
            strict=True,
        )
    )
    return correct, mistaken


def _line(column: DeltaGenerator, title: str, lines: str) -> DeltaGenerator:
    with column:
        st.caption(title)
        st.code(lines or "# " + _("this line is missing"), language="python", wrap_lines=True)
        return st.container(gap="xsmall")


def beforehand(places: tuple[DeltaGenerator, DeltaGenerator], name: str, is_told: bool) -> None:
    """What was measured beforehand, in the `places` below the lines. What the mistake does is there
    only once the reader `is_told`, because they have predicted it.
    """
    if name not in measured():  # it was added, and is yet to be measured
        return
    mistake, both = MISTAKES[name], measured()[name]
    with places[0]:
        show_measured(mistake, both[0], both if is_told else both[:1])
        st.caption(_("Measured beforehand. Your own training takes its place."))
    with places[1]:
        if is_told:
            show_measured(mistake, both[1], both)
        else:
            st.caption(_("And with the mistake? Predict it below, then train it."))


def prediction(page: Page, name: str) -> int | None:
    """The reader's prediction, once it is final; then it is in the URL. While their class is asked
    the same question, what they answer there, above the page, is their prediction here.
    """
    mistake = MISTAKES[name]
    final = page.query.get("answer")
    if final is not None and final >= len(mistake.answers):
        final = None
        page.query.set("answer", None)
    asked = asked_of(page.store, state.person(), name)
    if asked is not None:
        own = own_answer(page.store, state.person(), asked.id)
        final = None if own is None else own.latest
        page.query.set("answer", final if asked.status == SHOWN else None)
        _predicted(name, final)
        if asked.status != SHOWN:
            st.caption(
                _(
                    "Your class is asked this: answer above. What happens is shown once your "
                    "teacher shows the answers."
                )
            )
            return None
        if final is None:
            st.caption(_("Your class is asked this: answer above."))
        return final
    return _own_prediction(page, name, final)


def _own_prediction(page: Page, name: str, final: int | None) -> int | None:
    """The choice, and the buttons that make it final or take it back."""
    answer = _predicted(name, final, disabled=final is not None)
    if final is None:
        if st.button(
            _("Train both and compare"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=answer is None,
            key="mistakes.run",
        ):
            page.query.set("answer", answer)
            st.rerun()
        st.caption(
            _(
                "Pick an answer first: a prediction that turns out wrong teaches more than an "
                "explanation does."
            )
        )
    elif st.button(
        _("Predict again"), type="tertiary", icon=":material/replay:", key="mistakes.again"
    ):
        page.query.set("answer", None)
        st.session_state.pop(_key(name))
        st.rerun()
    return final


def _predicted(name: str, final: int | None, disabled: bool = True) -> int | None:
    """The question and its answers. Returns the chosen one."""
    mistake = MISTAKES[name]
    st.markdown(f"**{_(mistake.question)}**")
    if final is not None or disabled:
        st.session_state[_key(name)] = final
    return st.radio(
        _("Your prediction"),
        range(len(mistake.answers)),
        index=None,
        key=_key(name),
        disabled=disabled,
        format_func=lambda index: _(mistake.answers[index]),
        label_visibility="collapsed",
    )


def _key(name: str) -> str:
    return f"mistakes.answer.{name}"


def results(
    page: Page, name: str, answer: int, places: tuple[DeltaGenerator, DeltaGenerator]
) -> None:
    """The results of both versions; while they train, their progress, and in the `places` below
    the lines what was measured beforehand.
    """
    job = worker.job(("mistake", name), lambda report: run_pair(name, report))
    pair: Pair | None = wait_for(job, _("Training both versions"))
    if pair is None:
        beforehand(places, name, is_told=True)
        return
    mistake = MISTAKES[name]
    _verdict(mistake, answer)
    numbers(mistake, pair)
    for side in (pair.correct, pair.mistaken):
        if side.error:
            st.caption(_("The error message:"))
            st.code(str(side.error), language="text", wrap_lines=True)
    if mistake.curve:
        names = _("correct"), _("with the mistake")
        chart(
            curves_figure(pair.correct, pair.mistaken, mistake.curve, names, mistake.level),
            f"mistakes.{name}",
        )
    if not pair.as_claimed:
        st.warning(
            _("On this machine the result differs from the explanation below. Trust the figures."),
            icon=":material/science:",
        )
    st.markdown(f"**{_('Why')}**")
    page.text(name)


def numbers(mistake: Mistake, pair: Pair) -> None:
    """The measurements of both versions side by side."""
    lines = [f"| | {_('Correct')} | {_('With the mistake')} |", "| :-- | --: | --: |"]
    for measure in mistake.compare:
        label, kind = MEASURES[measure]
        lines.append(
            f"| {_(label)} | :green[**{as_text(pair.correct, measure, kind)}**] | "
            f":red[**{as_text(pair.mistaken, measure, kind)}**] |"
        )
    st.markdown("\n".join(lines))


def _verdict(mistake: Mistake, answer: int) -> None:
    if answer == mistake.right:
        st.success(_("Just as you predicted."), icon=":material/check:")
    else:
        st.info(
            _("Not what you predicted. The answer: {answer}").format(
                answer=_(mistake.answers[mistake.right])
            ),
            icon=":material/lightbulb:",
        )

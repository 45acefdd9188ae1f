"""The panel of the open lesson, above the title of every page: the step's words and question, what
is still to be seen, and the way back, on and out.
"""

from html import escape

import streamlit as st

from mnistlab.errors import LessonError
from mnistlab.store.pace import Pace
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.lessons import leading, moves
from mnistlab.ui.kit.lessons.asking import ask
from mnistlab.ui.kit.lessons.class_question import (
    ask_button,
    asked_now,
    with_answer_to_class,
)
from mnistlab.ui.kit.lessons.conditions import conditions, note_visit, place
from mnistlab.ui.kit.lessons.moves import finish, go_on, go_to, leave
from mnistlab.ui.kit.lessons.opened import Opened, lock_controls, opened_on
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.presenting import presents
from mnistlab.ui.kit.words import literal

LOOK_SECONDS = 2.0  # so often it looks whether what the step wants was seen meanwhile
WIDTHS = [6, 5]  # of the words and of the question beside them
PROGRESS = (  # Streamlit's own is called "progress", whatever it is about and in every language
    '<div class="lesson-progress" role="progressbar" aria-label="{named}" aria-valuemin="0" '
    'aria-valuemax="1" aria-valuenow="{share:.2f}"><div style="width: {share:.1%}"></div></div>'
)
DONE, OPEN = ":green[:material/check_circle:]", ":material/radio_button_unchecked:"
STYLE = """<style>
.st-key-lesson { border-left: 4px solid var(--st-primary-color, #0b63a5) }
.st-key-lesson, .st-key-lesson [data-testid="stVerticalBlock"] { gap: 0.5rem }
.st-key-lesson [data-testid="stMarkdown"] :is(p, li) { font-size: 0.9rem; line-height: 1.5 }
.st-key-lesson h3 { font-size: 1.15rem; padding: 0 0 0.6rem }
.st-key-lesson [data-testid="stAlertContainer"] { padding: 8px 12px }
.st-key-lesson_head { row-gap: 0.4rem }
.st-key-lesson_head p { margin: 0 }
.st-key-lesson_head button { min-height: 24px; padding: 0 }
.lesson-progress { height: 8px; border-radius: 4px; background: #8883; overflow: hidden }
.lesson-progress div { height: 100%; background: var(--st-primary-color, #0b63a5) }
.st-key-lesson_ways { padding-bottom: 6px }
.st-key-lesson_ways p { margin: 0 }
.st-key-lesson [data-testid="stHorizontalBlock"] { row-gap: 0.5rem }
[data-testid="stMainBlockContainer"] { padding-top: 4.25rem }
@media (min-width: 768px) {
  [data-testid="stMainBlockContainer"] { padding-left: 2rem; padding-right: 2rem }
}
</style>"""  # smaller than the page, which is what it speaks of


def open_lesson(page: Page) -> Opened | LessonError | None:
    """The lesson that is open on `page`, whose controls are locked as its step wants it; what is
    wrong in its file; or None. Raises `StoreError`.
    """
    try:
        opened = opened_on(page)
    except LessonError as error:
        return error
    if opened is not None:
        lock_controls(opened)
    return opened


def lesson_panel(page: Page, opened: Opened | LessonError | None) -> None:
    """Draw it, if a lesson is open. Raises `StoreError`."""
    if isinstance(opened, LessonError):
        show_mistakes(page, opened)
        return
    if opened is None:
        return
    waits = must_look(opened, conditions(opened, opened.progress))
    st.html(STYLE + moves.script(opened), unsafe_allow_javascript=True)
    fragment(_panel, run_every=LOOK_SECONDS if waits else None)(opened, waits)


def must_look(opened: Opened, wanted: dict[str, bool]) -> bool:
    """Whether something may be seen meanwhile, of which this panel is not told."""
    question = opened.step.question
    if question is not None and question.kind == "drawing":
        return not all(wanted.values())
    return any(not done for what, done in wanted.items() if what != _("Answer the question"))


def show_mistakes(page: Page, error: LessonError) -> None:
    """What is wrong in a lesson's file, line by line, for whoever is writing it."""
    with st.container(border=True, key="lesson_mistakes"):
        lines = [f"**{literal(error.file)}**"]
        for mistake in error.mistakes:
            where = _("Line {line}: ").format(line=mistake.line) if mistake.line else ""
            lines.append(f"- {where}{literal(mistake.sentence)}")
        st.error("\n".join(lines), icon=":material/error:")
        if page.query.get("lesson") is not None and st.button(
            _("Leave the lesson"), type="tertiary", key="lesson.leave"
        ):
            page.query.reset("lesson", "at")
            page.go("lessons", lesson=None, at=None)


def _panel(opened: Opened, waited: bool) -> None:
    with guard():
        asked = asked_now(opened)
        progress = with_answer_to_class(opened, note_visit(opened, opened.kept()), asked)
        wanted = conditions(opened, progress)
        pace = leading.pace_through(opened.page, opened.name)
        with st.container(border=True, key="lesson"):
            _head(opened, pace)
            if opened.step.question is None:
                _words(opened)
            else:
                words, question = st.columns(WIDTHS, gap="large")
                with words:
                    _words(opened)
                with question:
                    answered = _("Answer the question")
                    rest = [done for what, done in wanted.items() if what != answered]
                    ask(opened, progress, asked, all(rest))
                    ask_button(opened)
            _ways(opened, wanted, pace)
        if waited and not must_look(opened, wanted):
            st.rerun()  # nothing has to be looked for any more


def _head(opened: Opened, pace: Pace | None) -> None:
    count = len(opened.lesson.steps)
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key="lesson_head",
    ):
        where = _("{title} · step {at} of {count}")
        title = opened.lesson.title
        st.caption(where.format(title=literal(title), at=opened.at, count=count))
        if not _is_held(pace) and st.button(
            _("Leave the lesson"), type="tertiary", icon=":material/close:", key="lesson.leave"
        ):
            leave(opened)
    named = escape(where.format(title=title, at=opened.at, count=count))
    st.html(PROGRESS.format(named=named, share=opened.at / count))


def _is_held(pace: Pace | None) -> bool:
    """Whether the class is led at this `pace`, and nobody can go on alone."""
    return pace is not None and pace.locked


def _words(opened: Opened) -> None:
    st.header(opened.step.title, anchor=False)
    for part in texts.split_links(opened.step.words):
        if isinstance(part, str):
            st.markdown(part)
        else:
            label, page, query = part
            opened.page.link(page, label, ":material/arrow_forward:", **query)
    if not opened.is_here and st.button(
        _("Show me: {place}").format(place=place(opened.step.link)),
        icon=":material/my_location:",
        key="lesson.here",
    ):
        go_to(opened.page, opened.name, opened.lesson, opened.at)


def _checklist(wanted: dict[str, bool]) -> None:
    """What the step wants, and which of it is done."""
    st.markdown(
        "  \n".join(
            _("{icon} Done: {what}").format(icon=DONE, what=literal(what))
            if done
            else _("{icon} To do: {what}").format(icon=OPEN, what=literal(what))
            for what, done in wanted.items()
        )
    )


def _ways(opened: Opened, wanted: dict[str, bool], pace: Pace | None) -> None:
    """Back and on; for a student whose teacher holds the class, neither. Each step has buttons of
    its own, so that who clicks twice moves one step.
    """
    if _is_held(pace):
        st.caption(_("Your teacher leads the class: the next step comes by itself."))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_ways"):
        back = st.button(
            _("Back"),
            icon=":material/arrow_back:",
            disabled=opened.at == 1,
            key=f"lesson.back.{opened.at}",
        )
        onward = st.button(
            _("Finish") if opened.is_last else _("Next"),
            type="primary",
            icon=":material/check:" if opened.is_last else ":material/arrow_forward:",
            disabled=not (all(wanted.values()) or leading.leads() or presents()),
            key=f"lesson.next.{opened.at}",
        )
        if wanted:
            _checklist(wanted)
        if pace is not None and (led := leading.led_to(pace)) != opened.at:
            st.caption(_("Your teacher is at step {at}.").format(at=led))
    if back:
        _move(opened, -1)
    if onward:
        if opened.is_last:
            finish(opened)
        _move(opened, 1)


def _move(opened: Opened, by: int) -> None:
    if leading.leads():
        locks = bool(st.session_state.get(leading.LOCKS))
        leading.lead(opened.page, opened.name, opened.lesson, opened.at + by, locks)
    go_on(opened, by)

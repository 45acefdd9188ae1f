"""What every page does for a visitor who is in a class: it notes where a student is, and shows the
class above the title.
"""

import time

from mnistlab.store.classes import class_of
from mnistlab.store.members import Member, member, note
from mnistlab.store.people import Role
from mnistlab.ui.kit import state
from mnistlab.ui.kit.attendance.bar import class_bar
from mnistlab.ui.kit.attendance.lead import lead_bar
from mnistlab.ui.kit.attendance.question import class_question
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.parts import fragment

SHOW_QUESTIONS = {"mistakes"}  # pages that are about the class's question themselves
SEEN_SECONDS = 20.0  # a student who stays where they are is noted again after so long


def attend(page: Page) -> None:
    """Draw the bar of the class, if the visitor is in one, and what it is asked. Raises
    `ClassError`, `StoreError`.
    """
    person = state.person()
    if not person.class_id:
        return
    if person.role is Role.STUDENT:
        # of what is new in the class, only a part of the page is drawn, unless more of it shows it
        by_itself = page.name not in SHOW_QUESTIONS and page.query.get("lesson") is None
        (fragment(_to_student) if by_itself else _to_student)(page, by_itself)
    else:
        of = class_of(page.store, person.class_id)
        class_bar(page, of, None)
        lead_bar(page, of)


def _to_student(page: Page, in_part: bool) -> None:
    """Note where the student is, and draw the class's line and question as they are now; `in_part`
    of the page already, or not.
    """
    person = state.person()
    with guard():
        me = member(page.store, person.name)
        _note_place(page, me)
        class_bar(page, class_of(page.store, person.class_id), me)
    # while somebody chooses, the page below is left alone
    (class_question if in_part else fragment(class_question))(page)


def _note_place(page: Page, me: Member) -> None:
    run_id = "" if page.run is None else page.run.id
    query = page.query.shown()
    same = (page.name, query, run_id) == (me.page, me.query, me.run_id)
    if not same or time.time() - me.seen > SEEN_SECONDS:
        note(page.store, state.person(), page=page.name, query=query, run_id=run_id)

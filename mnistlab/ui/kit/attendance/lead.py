"""How the teacher leads the class, wherever they are: below the class's line, on every page."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from mnistlab.store.classes import Class, set_pace
from mnistlab.store.pace import Pace
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _, listed, ngettext, sentences
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.url import READERS_OWN


def lead_bar(page: Page, of: Class) -> None:
    """Where the class is led, in words, and the buttons that change it."""
    pace = of.pace
    with st.container(border=True, gap="small"):
        st.markdown(f":material/near_me: {in_words(pace)}")
        with st.container(horizontal=True, gap="small"):
            for each in _acts(page, pace):
                _button(page, each)


@dataclass(frozen=True)
class Act:
    """A button that leads the class differently."""

    key: str
    label: str
    icon: str
    change: Callable[[], Pace]
    help: str


def _acts(page: Page, pace: Pace) -> list[Act]:
    """What can be done now."""
    bring = Act(
        "bring",
        _("Bring everybody here"),
        "groups",
        lambda: bring_here(page, pace),
        _("To this page, with what you have chosen in it."),
    )
    lock = Act(
        "lock",
        _("Lock the page"),
        "lock",
        lambda: lock_here(page, pace),
        _("Brings everybody to this page, and keeps them on it."),
    )
    unlock = Act(
        "unlock",
        _("Unlock the page"),
        "lock_open",
        lambda: pace.lock(False),
        _("Everybody may leave the page, and choose another view of it."),
    )
    cover = Act(
        "look_up",
        _("Look up!"),
        "visibility_off",
        lambda: pace.cover(True),
        _("Covers the students' screens: they see one sentence, and lose nothing."),
    )
    uncover = Act(
        "look",
        _("Show screens again"),
        "visibility",
        lambda: pace.cover(False),
        _("Everybody goes on where they were."),
    )
    let_go = Act(
        "let_go",
        _("Let go"),
        "directions_walk",
        pace.let_go,
        _("Nothing is locked or covered any more: everybody goes where they like."),
    )
    now = [bring, unlock if pace.locked else lock, uncover if pace.look_up else cover]
    return [*now, let_go] if pace.leads else now


def in_words(pace: Pace) -> str:
    """The present state, in a sentence or two."""
    said = []
    if pace.look_up:
        said.append(_("**Screens are covered.**"))
    if pace.page not in PAGES:
        if not pace.look_up:
            said.append(_("Everybody goes where they like."))
    else:
        sentence = (
            _("Everybody has to stay on **{page}**.")
            if pace.locked
            else _("You brought everybody to **{page}**.")
        )
        said.append(sentence.format(page=_(PAGES[pace.page].label)))
    if pace.controls:
        labels = listed(pace.offered.get(name, name) for name in pace.controls)
        sentence = ngettext(
            "Locked control: {names}.", "Locked controls: {names}.", len(pace.controls)
        )
        said.append(sentence.format(names=labels))
    return sentences(*said)


def bring_here(page: Page, pace: Pace) -> Pace:
    """Everybody is brought to the link of this page, as its teacher sees it; on the page of the
    class, students have views of their own.
    """
    if page.name == "class":
        return pace.bring(page.name, {}, {})
    query = {name: text for name, text in st.query_params.items() if name not in READERS_OWN}
    return pace.bring(page.name, query, page.controls)


def lock_here(page: Page, pace: Pace) -> Pace:
    """Nobody leaves this page, where everybody is brought if they were not."""
    return (pace if pace.page == page.name else bring_here(page, pace)).lock(True)


def change_pace(page: Page, pace: Pace) -> None:
    """Lead the class like this from now on, and draw the page anew."""
    set_pace(page.store, state.person(), pace)
    st.rerun()


def _button(page: Page, act: Act) -> None:
    icon = f":material/{act.icon}:"
    if st.button(act.label, icon=icon, key=f"lead.{act.key}", help=act.help):
        with guard():
            change_pace(page, act.change())

"""Lead the class from its own page: to any page, with controls that nobody may change."""

import streamlit as st

from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.attendance.lead import change_pace
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.page import guard


def lead(room: Room) -> None:
    """A page to bring everybody to, and the controls of the one where they are."""
    pace = room.of.pace
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        _page(room)
    with right, st.container(border=True):
        if pace.page is None:
            st.markdown(f"**{_('Lock controls')}**")
            st.caption(_("Bring everybody to a page first."))
        else:
            _controls(room)


def _page(room: Room) -> None:
    """A page to bring everybody to, as it is when it is opened."""
    st.markdown(f"**{_('Bring everybody to a page')}**")
    names = [name for name in PAGES if name != "class"]
    chosen = st.selectbox(
        _("Page"), names, format_func=lambda name: _(PAGES[name].label), key="lead.page"
    )
    if st.button(_("Bring everybody there"), icon=":material/groups:", key="lead.there"):
        with guard():
            change_pace(room.page, room.of.pace.bring(chosen, {}, {}))
    st.caption(
        _(
            "To bring them to a view with everything that is chosen in it, open it, and press "
            "“Bring everybody here” above its title."
        )
    )


def _controls(room: Room) -> None:
    """The controls of the page where everybody was brought, to be locked one by one."""
    pace = room.of.pace
    assert pace.page is not None
    st.markdown(f"**{_('Lock controls')}**")
    if not pace.offered:
        st.caption(
            _("Open {page}, and press “Bring everybody here”: then its controls are here.").format(
                page=_(PAGES[pace.page].label)
            )
        )
        return
    chosen = st.multiselect(
        _("Nobody may change, on {page}").format(page=_(PAGES[pace.page].label)),
        list(pace.offered),
        list(pace.controls),
        format_func=lambda name: pace.offered[name],
        placeholder=_("Choose controls"),
        key=f"lead.controls.{pace.number}",
    )
    if set(chosen) != set(pace.controls):
        with guard():
            change_pace(room.page, pace.lock_controls(chosen))
    st.caption(_("They stay as they are in your link."))

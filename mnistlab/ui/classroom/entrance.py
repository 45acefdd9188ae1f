"""The way into a class: students join with a code and a nickname, a teacher makes one."""

import json

import streamlit as st

from mnistlab.store.classes import NAME_LENGTH, make_class, teacher
from mnistlab.store.guesses import Guesses
from mnistlab.store.members import NICKNAME_LENGTH, join, student
from mnistlab.store.people import Person
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import LANGUAGES, _, language
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.server import class_address, teacher_link
from mnistlab.ui.kit.visitor import ticket_of
from mnistlab.ui.kit.words import literal

CODE_PLACEHOLDER = "ABC DEF"
GUESSES = Guesses()  # not in a cache of Streamlit's, which any browser may clear


def entrance(page: Page) -> None:
    """Both ways in, side by side, or, for who opened the link to join, theirs; where the server has
    no routes, why there is none.
    """
    if class_address("enter") is None:
        st.info(
            _(
                "There are no classes here, because this server has no routes of its own. Start it "
                "with: mnistlab serve."
            ),
            icon=":material/info:",
        )
        return
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch"):
        st.header(_("Join a class"), anchor=False)
        _join(page)
    if page.query.get("join"):
        return
    with right, st.container(border=True, height="stretch"):
        st.header(_("Teach a class"), anchor=False)
        _make(page)


def _join(page: Page) -> None:
    with st.form("join", border=False):
        code = st.text_input(
            _("Code"), page.query.get("join", ""), placeholder=CODE_PLACEHOLDER, max_chars=12
        )
        nickname = st.text_input(_("Nickname"), max_chars=NICKNAME_LENGTH)
        st.caption(_("No account, no e-mail. Your teacher and your class see this name."))
        joins = st.form_submit_button(_("Join"), type="primary", icon=":material/login:")
    if joins:
        with guard():
            of = GUESSES.class_with_code(page.store, code, st.context.ip_address)
            go_in(page, student(join(page.store, of, nickname)))


def _make(page: Page) -> None:
    if made := st.session_state.get("class.made"):
        _show_secret(page, *made)
        return
    if _must_log_in():
        st.caption(_("Teachers log in here first."))
        st.button(_("Log in"), on_click=st.login, icon=":material/key:")
        return
    with st.form("make", border=False):
        name = st.text_input(
            _("Name of the class"), placeholder=_("Year 10, Tuesday"), max_chars=NAME_LENGTH
        )
        spoken = st.selectbox(
            _("Language"),
            list(LANGUAGES),
            index=list(LANGUAGES).index(language()),
            format_func=LANGUAGES.__getitem__,
        )
        makes = st.form_submit_button(_("Make a class"), icon=":material/add:")
    if makes:
        with guard():
            of, secret = make_class(page.store, name, spoken)
            st.session_state["class.made"] = (of.name, secret, ticket_of(page.store, teacher(of)))
            st.rerun()


def _show_secret(page: Page, name: str, secret: str, ticket: str) -> None:
    st.markdown(
        _(
            "**{name}** is ready. This is your own link: whoever has it is the teacher. Keep it "
            "before you go on, because it is shown only now."
        ).format(name=literal(name))
    )
    st.code(teacher_link(secret), language=None, wrap_lines=True)
    if st.button(_("Open the class"), type="primary", icon=":material/arrow_forward:"):
        del st.session_state["class.made"]
        _redirect(ticket)


def go_in(page: Page, person: Person) -> None:
    """Give the browser the cookie of `person`, and open the page anew."""
    _redirect(ticket_of(page.store, person))


def _redirect(ticket: str) -> None:
    address = json.dumps(f"{class_address('enter')}?as={ticket}")
    st.html(f"<script>location.replace({address})</script>", unsafe_allow_javascript=True)
    st.caption(_("Opening the class …"))
    st.stop()


def _must_log_in() -> bool:
    """Whether this installation knows its teachers, and the visitor has not said who they are."""
    return "auth" in state.secrets() and not st.user.is_logged_in

"""What a run is called: a title of one's own, instead of its settings."""

import streamlit as st

from mnistlab.run_names import run_name
from mnistlab.store import RunRecord
from mnistlab.store.people import Action
from mnistlab.store.requests import TITLE_LENGTH
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard


def rename(page: Page, run: RunRecord) -> None:
    """A form that gives `run` a title, for whoever may."""
    if state.refusal(Action.RENAME, run) is not None:
        return
    with (
        st.popover(_("Rename"), icon=":material/edit:"),
        st.form(f"rename {run.id}", border=False),
    ):
        title = st.text_input(
            _("Title"), run.title, max_chars=TITLE_LENGTH, placeholder=run_name(run.config)
        )
        st.caption(_("Others see it, too. Without a title, the settings name the run."))
        if st.form_submit_button(_("Rename"), icon=":material/check:"):
            with guard():
                page.store.rename(run.id, title)
                st.rerun()

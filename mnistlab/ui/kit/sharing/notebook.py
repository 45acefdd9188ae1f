"""The view that a page shows as a notebook."""

import streamlit as st

from mnistlab.export.view_notebook import Code, can_open, view_notebook
from mnistlab.store import RunRecord
from mnistlab.ui.kit.i18n import _


def offer_notebook(
    name: str, title: str, code: Code, run: RunRecord | None, step: int | None
) -> None:
    """A button for the notebook `name`.ipynb, if the run can be opened there; None: it needs
    none. The file is made when somebody asks for it.
    """
    if run is not None and not can_open(run.config):
        return
    address, config = st.context.url or "", None if run is None else run.config
    st.download_button(
        _("This view as a notebook"),
        lambda: view_notebook(title, address, code, config, step),
        f"{name}.ipynb",
        "application/x-ipynb+json",
        key="view.notebook",
        type="tertiary",
        icon=":material/code:",
        on_click="ignore",
    )

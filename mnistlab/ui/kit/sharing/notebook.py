"""The view that a page shows as a notebook."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import streamlit as st

from mnistlab.export.view_notebook import Code, can_open, view_notebook
from mnistlab.i18n import as_here
from mnistlab.store import RunRecord
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.sharing.copy_link import COMPLETE


def offer_notebook(
    name: str,
    title: str,
    code: Callable[[], Code],
    run: RunRecord | None,
    step: int | None,
    shown: Mapping[str, str],
) -> None:
    """A button for the notebook `name`.ipynb of a view whose link has the parameters `shown`, if
    its `run` can be opened there (None: it needs none). The file, and its `code`, are made when
    somebody asks for it.
    """
    if run is not None and not can_open(run.config):
        return
    address = f"{st.context.url}?{urlencode({**st.session_state[COMPLETE], **shown})}"
    config = None if run is None else run.config
    st.download_button(
        _("This view as a notebook"),
        as_here(lambda: view_notebook(title, address, code(), config, step)),
        f"{name}.ipynb",
        "application/x-ipynb+json",
        key="view.notebook",
        type="tertiary",
        icon=":material/code:",
        on_click="ignore",
    )

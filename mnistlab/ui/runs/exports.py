"""Downloading a run as a file, and loading such a file back."""

from functools import partial

import streamlit as st

from mnistlab.export import CODE, EXPORTS
from mnistlab.export.importing import import_run
from mnistlab.i18n import as_here
from mnistlab.store import RunRecord
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.words import literal, title_of

ACROSS = 3  # files in a row


def downloads(page: Page, run: RunRecord) -> None:
    """A button for each file of this run. A file is made when it is asked for."""
    has_weights = bool(page.store.snapshot_steps(run.id))
    with st.container(border=True):
        st.markdown(f"**{_('Download')}** · {literal(title_of(run))}")
        offered = {
            name: export
            for name, export in EXPORTS.items()
            if (has_weights or name in CODE) and export.applies(run.config)
        }
        rows = range(0, len(offered), ACROSS)
        places = [column for _row in rows for column in st.columns(ACROSS, gap="small")]
        for place, (name, export) in zip(places, offered.items(), strict=False):
            place.download_button(
                _(export.label),
                partial(as_here(export.made_from), page.store, run),
                f"mnistlab-{run.id}{export.suffix}",
                export.mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"export.{name}",
                width="stretch",
            )


def upload(page: Page) -> None:
    """Load a safetensors file that was downloaded here or elsewhere, and choose its run."""
    box = st.expander(
        _("Load a run from a file"), icon=":material/upload:", key="upload.box", on_change="rerun"
    )
    if not box.open:
        return
    with box:
        st.caption(
            _(
                "A safetensors file written by mnistlab, here or on another machine. Its network "
                "is evaluated again on all test images."
            )
        )
        file = st.file_uploader(
            _("Weights with their configuration"), ["safetensors"], key="upload.file"
        )
        if file is None or st.session_state.get("upload.done") == file.file_id:
            return
        with guard(), st.spinner(_("Evaluating the network …")):
            run, new = import_run(page.store, file.getvalue(), state.person().name)
            st.session_state["upload.done"] = file.file_id
            page.choose_run(run.id)
            page.query.set("compare", None)
            st.toast(
                _("Loaded: {name}.").format(name=literal(title_of(run)))
                if new
                else _("This run was here already; it is now the chosen one.")
            )
            st.rerun()

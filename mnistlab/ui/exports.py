"""Taking a run along as a file, and loading such a file back."""

from functools import partial

import streamlit as st

from mnistlab.export import CODE, EXPORTS
from mnistlab.export.loading import load_run
from mnistlab.names import run_name
from mnistlab.store import RunRecord
from mnistlab.ui import state
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import N_, _

LABELS = {
    "script": N_("Script (Python)"),
    "notebook": N_("Notebook (Jupyter)"),
    "onnx": N_("Network (ONNX)"),
    "safetensors": N_("Weights (safetensors)"),
}


def downloads(page: Page, run: RunRecord) -> None:
    """A button for each file that this run has, its curve aside; the files are made when they are asked for."""
    began = bool(page.store.snapshot_steps(run.id))
    with st.container(border=True):
        st.markdown(f"**{_('Take it along')}** · {run_name(run.config)}")
        with st.container(horizontal=True):
            for name, label in LABELS.items():
                export = EXPORTS[name]
                if began or name in CODE:
                    st.download_button(
                        _(label), partial(export.made_from, page.store, run), f"mnistlab-{run.id}{export.suffix}", export.mime,
                        icon=":material/download:", on_click="ignore", key=f"export.{name}",
                    )  # fmt: skip


def upload(page: Page) -> None:
    """Takes a safetensors file that was downloaded here or elsewhere, and chooses its run."""
    box = st.expander(_("Load a run from a file"), icon=":material/upload:", key="upload.box", on_change="rerun")
    if not box.open:
        return
    with box:
        st.caption(
            _("A safetensors file that mnistlab wrote, here or on another machine. Its network is measured again on all test images.")
        )
        file = st.file_uploader(_("Weights with their configuration"), ["safetensors"], key="upload.file")
        if file is None or st.session_state.get("upload.done") == file.file_id:
            return
        with guard(), st.spinner(_("Measuring the network …")):
            run, new = load_run(page.store, file.getvalue(), state.session_id())
            st.session_state["upload.done"] = file.file_id
            page.choose_run(run.id)
            page.query.set("compare", None)
            st.toast(_("Loaded: {name}.").format(name=run_name(run.config)) if new else _("This run is here already: it is chosen now."))
            st.rerun()

"""A run as plain PyTorch code."""

import streamlit as st

from mnistlab.export.script import diverged_at, script, threads_of
from mnistlab.store import RunRecord, Status
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.state import store
from mnistlab.ui.kit.training.code_twin import show_code


def run_twin(run: RunRecord) -> None:
    """The code of `run`, behind an expander."""
    box = st.expander(
        _("Equivalent PyTorch code"), icon=":material/code:", key="twin.run", on_change="rerun"
    )
    if box.open:
        with box:
            diverged_step = diverged_at(store(), run)
            if diverged_step is not None:
                st.caption(_("This run diverged; the code stops at the same step."))
            elif run.status == Status.FAILED:
                st.caption(_("This run failed part-way; the code runs to the end."))
            show_code(script(run.config, threads_of(run), diverged_step), (), run.id)

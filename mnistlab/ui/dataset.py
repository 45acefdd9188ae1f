"""A data set that is not here yet: said plainly, and fetched on request."""

import streamlit as st

from mnistlab import data
from mnistlab.names import DATASET_NAMES
from mnistlab.ui.frame import guard
from mnistlab.ui.i18n import _


def data_ready(dataset: str) -> bool:
    """Whether `dataset` can be used. If not, this says why, and offers to download it."""
    problem = data.problem(dataset)
    if problem is None:
        return True
    st.warning(str(problem), icon=":material/cloud_off:")
    name = DATASET_NAMES[dataset]
    if st.button(_("Download {name}").format(name=name), icon=":material/download:", key=f"download.{dataset}"):
        bar = st.progress(0.0, _("Connecting …"))

        def show(file: str, done: int, total: int) -> None:
            bar.progress(
                min(1.0, done / total) if total else 0.0,
                _("{file}: {done:.1f} of {total:.1f} MB").format(file=file, done=done / 1e6, total=total / 1e6),
            )

        with guard():
            data.download(dataset, on_progress=show)
            st.rerun()
    return False

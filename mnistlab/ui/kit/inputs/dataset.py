"""A data set that is not here yet: the page says so, and offers the download."""

import streamlit as st

from mnistlab import data
from mnistlab.choices import DATASETS
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.words import literal


def data_ready(dataset: str) -> bool:
    """Whether `dataset` is here. If not, this says why, and offers to download it."""
    problem = data.problem(dataset)
    if problem is None:
        return True
    st.warning(literal(str(problem)), icon=":material/cloud_off:")
    name = _(DATASETS[dataset].name)
    if st.button(
        _("Download {name}").format(name=name),
        icon=":material/download:",
        key=f"download.{dataset}",
    ):
        bar = st.progress(0.0, _("Connecting …"))

        def show(file: str, done: int, total: int) -> None:
            bar.progress(
                min(1.0, done / total) if total else 0.0,
                _("{file}: {done:.1f} of {total:.1f} MB").format(
                    file=file, done=done / 1e6, total=total / 1e6
                ),
            )

        with guard():
            data.download(dataset, on_progress=show)
            st.rerun()
    return False

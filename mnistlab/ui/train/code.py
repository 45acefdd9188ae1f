"""The form's configuration as plain PyTorch code."""

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.errors import MnistlabError
from mnistlab.export.script import script
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.training.code_twin import change_in_words, last_change, show_code
from mnistlab.ui.kit.words import literal


def form_twin(config: TrainConfig | None) -> None:
    """The code of the form's configuration, behind an expander; the lines affected by the last
    change are highlighted.
    """
    box = st.expander(
        _("Equivalent PyTorch code"), icon=":material/code:", key="twin", on_change="rerun"
    )
    if config is None:
        return
    try:
        code = script(config)
    except MnistlabError as error:  # a setting of the installation that cannot be read
        box.error(literal(str(error)), icon=":material/error:")
        return
    changed, removed = last_change("form", code)
    if box.open:
        with box:
            st.caption(change_in_words(changed, removed))
            show_code(code, changed, config.run_id)

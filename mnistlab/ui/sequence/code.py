"""The sine experiment as plain PyTorch code."""

import streamlit as st

from mnistlab.experiments.sine_config import SineConfig
from mnistlab.export.sine_script import sine_script
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.training.code_twin import change_in_words, last_change, show_code


def sine_twin(config: SineConfig) -> None:
    """The code of the sine experiment `config`, behind an expander; the lines affected by the last
    change are highlighted.
    """
    box = st.expander(
        _("Equivalent PyTorch code"), icon=":material/code:", key="twin.sine", on_change="rerun"
    )
    code = sine_script(config)
    changed, removed = last_change("sine", code)
    if box.open:
        with box:
            if config.state == "carry":
                st.caption(
                    _(
                        "This code fails just as the training above does. Try it, and fix it with "
                        "one line."
                    )
                )
            st.caption(change_in_words(changed, removed))
            show_code(code, changed, f"sine-{config.cell}")

"""The network as PyTorch prints it."""

import pandas as pd
import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.figures.architecture import shape_text
from mnistlab.models import describe, printed
from mnistlab.ui.kit.i18n import _


def network_summary(config: TrainConfig) -> None:
    """`print(net)`, and the same as a table, behind an expander."""
    box = st.expander(
        _("The network as PyTorch prints it"),
        icon=":material/list_alt:",
        key="summary",
        on_change="rerun",
    )
    if box.open:
        with box:
            _summary(config)


def _summary(config: TrainConfig) -> None:
    stages = describe(config)
    st.code(printed(config), language=None, wrap_lines=True)
    st.dataframe(
        pd.DataFrame(
            {
                _("Stage"): [stage.name for stage in stages],
                _("Output"): [shape_text(stage.shape) for stage in stages],
                _("Parameters"): [stage.parameters for stage in stages],
                _("Counted"): [stage.terms for stage in stages],
            }
        ),
        hide_index=True,
        height="content",
        alt=_("Stages of the network, their outputs and parameter counts"),
        column_config={
            _("Parameters"): st.column_config.NumberColumn(format="localized"),
            _("Counted"): st.column_config.TextColumn(
                help=_(
                    "The sizes of the weights, then those of the biases. Of a recurrent layer: for "
                    "each gate, weights of the input and of the hidden state, and two biases."
                )
            ),
        },
    )

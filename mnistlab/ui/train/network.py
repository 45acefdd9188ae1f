"""A network as a strip of its stages."""

import streamlit as st

from mnistlab.figures.architecture import architecture
from mnistlab.models import Stage
from mnistlab.ui.kit.i18n import _


def network(stages: tuple[Stage, ...]) -> None:
    """Draw `stages` with their shapes and parameter counts."""
    st.html(architecture(stages, _("{count} parameters")))
    total = sum(stage.parameters for stage in stages)
    st.caption(
        _(
            "**{total:,} parameters** in total. Below each stage: its output shape (channels × "
            "height × width) and its number of parameters."
        ).format(total=total)
    )

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
            "**{total:,} parameters** in total. Below each stage: its output shape ({sizes}) and "
            "its number of parameters."
        ).format(total=total, sizes=_sizes(stages))
    )


def _sizes(stages: tuple[Stage, ...]) -> str:
    """What the numbers of the shapes are, in the order in which they come."""
    names = {3: _("channels × height × width"), 2: _("rows × units")}
    lengths = dict.fromkeys(len(stage.shape) for stage in stages)
    return _(", then ").join(names[length] for length in lengths if length in names)

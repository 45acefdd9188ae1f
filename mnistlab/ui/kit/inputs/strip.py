"""A network as a strip of small pictures, one for each stage; click one to choose it."""

from collections.abc import Callable, Sequence

import streamlit as st

from mnistlab.analysis.feature_maps import FeatureMaps
from mnistlab.figures.architecture import shape_text
from mnistlab.figures.thumbnails import thumbnail
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _

_component = component(__file__)


def strip(
    maps: FeatureMaps, chosen: str, names: Sequence[str], clicked: Callable[[str], None], key: str
) -> None:
    """Draw the stages of `maps` called `names`, with `chosen` marked. `clicked` is called with the
    name of a clicked stage, before the next rerun.
    """
    stages = [
        {
            "name": stage.name,
            "shape": shape_text(stage.shape),
            "picture": thumbnail(stage),
            "bars": stage.shape == (10,),
        }
        for stage in maps.stages
        if stage.name in names
    ]
    data = {"stages": stages, "chosen": chosen, "label": _("Stages of the network")}
    _component(
        key=key, data=data, on_stage_change=lambda: clicked(str(st.session_state[key]["stage"]))
    )

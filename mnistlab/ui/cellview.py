"""One cell of a stage in full: where it looks, and how its number comes about."""

import numpy as np
import streamlit as st

from mnistlab.analysis.cells import ConvCell, ConvChannel, FlattenUnit, LinearUnit, PoolChannel, SoftmaxUnit
from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.analysis.receptive_field import receptive_fields
from mnistlab.figures import cells as shown
from mnistlab.figures.feature_maps import field_figure
from mnistlab.figures.inside import cell_figure
from mnistlab.ui import cached
from mnistlab.ui.charts import chart, clickable
from mnistlab.ui.i18n import _
from mnistlab.ui.inside import Look


def strongest(stage: StageMaps) -> tuple[int, ...]:
    """Where the highest value of a stage is: (channel, row, column), or (unit,), or (unit, row of the image)."""
    values = np.nan_to_num(stage.array)
    place = tuple(int(i) for i in np.unravel_index(int(values.argmax()), values.shape))
    return place[::-1] if len(place) == 2 else place


def cell_card(look: Look, stage: StageMaps) -> None:
    """The card under the maps: one cell, or one unit, and its arithmetic."""
    if stage.kind == "input":
        return
    if stage.array.ndim == 2 or stage.kind == "last-step":
        st.caption(_("Each of these numbers goes through gates, row by row: see “Gates and states”."))
        return
    with st.container(border=True):
        st.subheader(_("One number in full"), anchor=False)
        place = _choose_place(look, stage)
        if stage.array.ndim == 3:
            _where(look, stage, *place)
        _how(look, stage, *place)


def _choose_place(look: Look, stage: StageMaps) -> tuple[int, ...]:
    """(channel, row, column) or (unit,): what is in the URL, or the highest of all."""
    names = ("map", "row", "col")[: stage.array.ndim]
    labels = (_("Map"), _("Row"), _("Column")) if len(names) == 3 else (_("Unit"),)
    default = list(strongest(stage))
    if (
        "map" in st.query_params
        and stage.array.ndim == 3
        and (wanted := look.page.query.get("map")) is not None
        and wanted < stage.shape[0]
    ):
        default[1:] = [int(i) for i in np.unravel_index(int(np.nan_to_num(stage.array[wanted]).argmax()), stage.shape[1:])]
    place = []
    for column, name, label, size, start in zip(st.columns(len(names)), names, labels, stage.shape, default, strict=True):
        with column:
            place.append(look.page.choose(name, label, range(size), start))
    return tuple(place)


def _where(look: Look, stage: StageMaps, channel: int, row: int, col: int) -> None:
    left, right = st.columns(2)
    with left:
        clicked = clickable(cell_figure(stage, channel, row, col), f"cell.{stage.name}.{channel}")
        if clicked is not None and (int(clicked[1]), int(clicked[2])) != (row, col):
            look.page.query.set("row", int(clicked[1]))
            look.page.query.set("col", int(clicked[2]))
            st.rerun(scope="fragment")
    with right:
        field = receptive_fields(cached.model(look.run, look.step), stage.name).at(row, col)
        name = _("{stage}, row {row}, column {col}").format(stage=stage.name, row=row, col=col)
        figure = field_figure(look.maps["input"].array[0], field, name).update_layout(height=340, margin={"l": 5, "r": 5, "t": 45, "b": 5})
        chart(figure.update_xaxes(visible=False).update_yaxes(visible=False), "field")


def _how(look: Look, stage: StageMaps, channel: int, row: int = 0, col: int = 0) -> None:
    found = cached.arithmetic(look.run, look.step, look.picture.pixels, stage.name, channel)
    if isinstance(found, ConvChannel):
        cell = found.cell(row, col)
        st.html(shown.conv_html(cell, _input_channel(cell), gray=found.source == "input"))
    elif isinstance(found, PoolChannel):
        st.html(shown.pool_html(found.cell(row, col)))
    elif isinstance(found, LinearUnit):
        st.html(shown.linear_html(found))
    elif isinstance(found, FlattenUnit):
        st.html(shown.flatten_html(found))
    elif isinstance(found, SoftmaxUnit):
        st.html(shown.softmax_html(found, look.classes))


def _input_channel(cell: ConvCell) -> int:
    """Which input channel's patch and kernel are shown: the one that adds most, until the reader chooses another."""
    if len(cell.channels) == 1:
        return 0
    largest = int(np.abs(cell.sums).argmax())
    key = f"input.{cell.stage}.{cell.channel}"
    if st.session_state.get(key) is not None and st.session_state[key] not in cell.channels:
        del st.session_state[key]
    chosen = st.selectbox(
        _("Input channel to see in full"), [None, *cell.channels], key=key,
        format_func=lambda channel: _("the one that counts most: {largest}").format(largest=cell.channels[largest]) if channel is None else str(channel),
    )  # fmt: skip
    return largest if chosen is None else cell.channels.index(chosen)

"""One cell of a stage: its receptive field, and how its value is computed."""

from typing import Any

import numpy as np
import streamlit as st

from mnistlab.analysis.cells import (
    ConvCell,
    ConvChannel,
    FlattenUnit,
    LinearUnit,
    PoolChannel,
    SoftmaxUnit,
)
from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.analysis.receptive_field import ReceptiveField, receptive_fields
from mnistlab.figures import cells as cell_figures
from mnistlab.figures.inside import cell_figure
from mnistlab.figures.receptive_fields import field_figure
from mnistlab.ui.feature_maps.look import Look
from mnistlab.ui.kit.charts import chart, clickable
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _


def strongest(stage: StageMaps) -> tuple[int, ...]:
    """The place of the highest value of a stage: (channel, row, column), or (unit,), or (unit, row
    of the image).
    """
    values = np.nan_to_num(stage.array)
    place = tuple(int(i) for i in np.unravel_index(int(values.argmax()), values.shape))
    return place[::-1] if len(place) == 2 else place


def cell_card(look: Look, stage: StageMaps) -> None:
    """The card below the maps: one cell, or one unit, and its arithmetic."""
    if stage.kind == "input":
        return
    if stage.array.ndim == 2 or stage.kind == "last-step":
        st.caption(_("These values are computed row by row: see “Gates and states”."))
        return
    with st.container(border=True):
        st.header(_("How one value is computed"), anchor=False)
        place = _choose_place(look, stage)
        if stage.array.ndim == 3:
            _receptive_field(look, stage, *place)
        _arithmetic(look, stage, *place)


def _choose_place(look: Look, stage: StageMaps) -> tuple[int, ...]:
    """(channel, row, column) or (unit,): from the URL, or the highest value."""
    names = ("map", "row", "col")[: stage.array.ndim]
    labels = (_("Map"), _("Row"), _("Column")) if len(names) == 3 else (_("Unit"),)
    default = list(strongest(stage))
    if (
        "map" in st.query_params
        and stage.array.ndim == 3
        and (wanted := look.page.query.get("map")) is not None
        and wanted < stage.shape[0]
    ):
        default[1:] = [
            int(i)
            for i in np.unravel_index(
                int(np.nan_to_num(stage.array[wanted]).argmax()), stage.shape[1:]
            )
        ]
    place = []
    for column, name, label, size, start in zip(
        st.columns(len(names)), names, labels, stage.shape, default, strict=True
    ):
        with column:
            place.append(look.page.choose(name, label, range(size), start))
    return tuple(place)


def _receptive_field(look: Look, stage: StageMaps, channel: int, row: int, col: int) -> None:
    left, right = st.columns(2)
    with left:
        figure = cached.figure(cell_figure, stage, channel, row, col)
        clicked = clickable(figure, f"cell.{stage.name}.{channel}")
        if clicked is not None and (int(clicked[1]), int(clicked[2])) != (row, col):
            look.page.query.set("row", int(clicked[1]))
            look.page.query.set("col", int(clicked[2]))
            st.rerun(scope="fragment")
    with right:
        field = receptive_fields(cached.model(look.run, look.step), stage.name).at(row, col)
        name = _("{stage}, row {row}, column {col}").format(stage=stage.name, row=row, col=col)
        chart(cached.figure(_field_figure, look.maps["input"].array[0], field, name), "field")


def _field_figure(image: np.ndarray, field: ReceptiveField, name: str) -> Any:
    figure = field_figure(image, field, name)
    figure.update_layout(height=340, margin={"l": 5, "r": 5, "t": 45, "b": 5})
    return figure.update_xaxes(visible=False).update_yaxes(visible=False)


def _arithmetic(look: Look, stage: StageMaps, channel: int, row: int = 0, col: int = 0) -> None:
    result = cached.arithmetic(look.run, look.step, look.picture.pixels, stage.name, channel)
    if isinstance(result, ConvChannel):
        cell = result.cell(row, col)
        st.html(
            cell_figures.conv_html(cell, _input_channel(look, cell), gray=result.source == "input")
        )
    elif isinstance(result, PoolChannel):
        st.html(cell_figures.pool_html(result.cell(row, col)))
    elif isinstance(result, LinearUnit):
        st.html(cell_figures.linear_html(result))
    elif isinstance(result, FlattenUnit):
        st.html(cell_figures.flatten_html(result))
    elif isinstance(result, SoftmaxUnit):
        st.html(cell_figures.softmax_html(result, look.classes))


def _input_channel(look: Look, cell: ConvCell) -> int:
    """The input channel whose patch and kernel are shown: the one with the largest contribution,
    until the reader chooses another.
    """
    if len(cell.channels) == 1:
        return 0
    largest = int(np.abs(cell.sums).argmax())
    chosen = look.page.choose(
        "channel",
        _("Input channel"),
        [None, *cell.channels],
        format_func=lambda channel: (
            _("{largest}, with the largest contribution").format(largest=cell.channels[largest])
            if channel is None
            else str(channel)
        ),
    )
    return largest if chosen is None else cell.channels.index(chosen)

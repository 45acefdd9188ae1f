"""The table behind a figure holds the numbers that the figure draws."""

import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mnistlab.figures.curves import spec
from mnistlab.figures.data_table import HELPER, columns_of, table, with_table
from mnistlab.figures.grids import Shades, grid, titled


def test_points_of_several_traces_have_their_names_and_the_axes_titles():
    figure = go.Figure()
    figure.add_scatter(x=[1, 2], y=np.array([0.5, 0.25], np.float32), name="<b>A</b>")
    figure.add_scatter(x=[1], y=[0.1], name="B", customdata=[[3, 7]], meta=columns_of("n", None))
    figure.add_scatter(x=[9], y=[9], meta=HELPER)
    figure.update_xaxes(title="step").update_yaxes(title="loss")
    found = table(figure)
    assert list(found.columns) == ["series", "step", "loss", "n"]
    assert found["series"].tolist() == ["A", "A", "B"]
    assert found["loss"].tolist() == pytest.approx([0.5, 0.25, 0.1])
    assert found["n"].isna().tolist() == [True, True, False]
    pd.testing.assert_frame_equal(table(json.loads(figure.to_json())), found)  # as it is sent


def test_intervals_and_named_ticks_are_written_out():
    figure = go.Figure(
        go.Scatter(x=[98.0], y=[1.17], error_x={"array": [1.0], "arrayminus": [2.0]}, name="now")
    )
    figure.update_yaxes(tickvals=[0, 1], ticktext=["all", "your<br>digits"], title="images")
    assert table(figure).to_dict("records") == [
        {"x": 98.0, "images": "your digits", "95 % interval from": 96.0, "to": 99.0}
    ]


def test_heat_map_is_rows_by_columns_and_two_of_different_sizes_have_a_row_for_each_cell():
    z = np.arange(6).reshape(2, 3)
    one = go.Figure(go.Heatmap(z=z, x=["a", "b", "c"], name="z"))
    one.update_yaxes(title="true class")
    found = table(one)
    assert list(found.columns) == ["true class", "a", "b", "c"]
    assert found[["a", "b", "c"]].to_numpy().tolist() == z.tolist()
    two = one.add_heatmap(z=[[10]], name="other")
    assert table(two)["value"].tolist() == [0, 3, 1, 4, 2, 5, 10]


@pytest.mark.parametrize("selectable", [False, True])
def test_pictures_of_a_grid_are_told_apart_and_keep_their_own_values(selectable: bool):
    pictures = np.random.default_rng(0).normal(size=(5, 3, 4)).astype(np.float32)
    shades = Shades.of(-1, 1)
    labels = [f"map {n}" for n in range(5)]
    drawn = grid(pictures, labels, shades, "", colors_of=pictures * 9, selectable=selectable)
    found = table(titled(drawn, "", ""))
    assert found["series"].tolist() == np.repeat(labels, 3).tolist()
    numbers = found.drop(columns=["series", "row"]).to_numpy(float)
    np.testing.assert_allclose(numbers.reshape(5, 3, 4), pictures)


def test_a_figure_can_have_a_table_of_its_own():
    figure = with_table(go.Figure(go.Scatter(x=[1], y=[2])), {"input map": [0], "output map": [3]})
    assert table(figure).to_dict("list") == {"input map": [0], "output map": [3]}


def test_a_specification_names_the_columns_of_its_data():
    data = pd.DataFrame({"step": [0, 10], "value": [2.3, 0.1], "series": ["A", "A"], "other": 0})
    drawn = spec({"A": "#000000"}, "training step", "loss (nats)")
    found = table(drawn, data)
    assert list(found.columns) == ["training step", "loss (nats)", "curve"]
    assert found["loss (nats)"].tolist() == [2.3, 0.1]
    sent = drawn | {"data": {"values": data.to_dict("records")}}
    pd.testing.assert_frame_equal(table(sent), found)

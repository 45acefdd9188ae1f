"""What the figures of a sweep say is what they are given."""

import numpy as np
import pytest

from mnistlab.figures.grids import alt_text
from mnistlab.figures.sweep import CELL, NAMED, WIDTH, Axis, heat_map, parallel

ROWS = Axis("Network", ("CNN", "LSTM"))
COLUMNS = Axis("Learning rate", ("0.001", "0.01", "0.1"))
MEANS = np.array([[0.5, 0.97, np.nan], [0.4, 0.9, 0.1]])
TEXTS = [["50.00", "97.00", ""], ["40.00", "90.00", "10.00"]]


def test_heat_map_has_each_mean_at_its_place_and_takes_clicks_where_there_is_one() -> None:
    figure = heat_map(MEANS, TEXTS, ROWS, COLUMNS, "test accuracy", (0, 1))
    heat, squares = figure.data
    np.testing.assert_allclose(heat.z, MEANS * 100)
    assert heat.text[1][2] == "10.00"
    cells = [tuple(cell) for cell in squares.customdata]
    assert set(cells) == {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)}
    places = zip(squares.y, squares.x, strict=True)
    assert [(y, round(x)) for y, x in places] == cells
    left, *_, right = sorted(x for x, cell in zip(squares.x, cells, strict=True) if cell == (0, 1))
    assert left - 0.5 == pytest.approx(1.5 - right)  # from one side of the cell to the other
    assert 0 < left - 0.5 < CELL / WIDTH * len(COLUMNS.values)
    assert figure.layout.xaxis.ticktext == COLUMNS.values
    assert figure.layout.yaxis.ticktext == ROWS.values
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].y0) == (0.5, -0.5)
    assert alt_text(figure) == (
        "Heat map of the mean test accuracy by Network and Learning rate. The best, 97.00 %: "
        "Network CNN, Learning rate 0.01."
    )


def test_heat_map_of_one_setting_is_a_row_and_of_nothing_trained_says_so() -> None:
    row = heat_map(MEANS[:1], TEXTS[:1], Axis("", ("",)), COLUMNS, "test accuracy")
    assert alt_text(row).endswith("by Learning rate. The best, 97.00 %: Learning rate 0.01.")
    none = heat_map(np.full((1, 3), np.nan), [[""] * 3], Axis("", ("",)), COLUMNS, "test accuracy")
    assert alt_text(none).endswith("None is trained yet.")


def test_parallel_coordinates_have_an_axis_for_each_setting_and_one_for_the_accuracy() -> None:
    axes = [("Network", ["LSTM", "CNN"]), ("Hidden units", ["–", "16"]), ("Layers", ["10", "9"])]
    figure = parallel(axes, np.array([0.4, 0.9]), "test accuracy")
    network, hidden, layers, share = figure.data[0].dimensions
    for dimension, (title, values) in zip((network, hidden, layers), axes, strict=True):
        assert dimension.label == title
        assert [dimension.ticktext[place] for place in dimension.values] == values
    assert list(layers.ticktext) == ["9", "10"]
    assert list(share.values) == pytest.approx([40, 90])
    assert alt_text(figure).endswith("The best, 90.00 %: Network CNN, Hidden units 16, Layers 9.")


def test_many_numbers_are_a_logarithmic_scale() -> None:
    numbers = [10.0**-power for power in range(NAMED + 1)]
    figure = parallel([("lr", list(map(str, numbers)))], np.linspace(0, 1, NAMED + 1), "accuracy")
    assert list(figure.data[0].dimensions[0].values) == pytest.approx(np.log10(numbers))

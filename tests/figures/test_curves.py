"""Curves: what is kept when they are thinned, means over seeds, and specifications that let a zoom
live.
"""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.events import Evaluated, Progress
from mnistlab.figures import curves


@given(count=st.integers(0, 5_000), points=st.integers(3, 700))
def test_thinned_series_has_at_most_so_many_points_and_keeps_both_ends(
    count: int, points: int
) -> None:
    series = list(range(count))
    thinned = curves.thin(series, points)
    assert len(thinned) <= points
    assert thinned == sorted(set(thinned))
    assert thinned[:1] == series[:1]
    assert thinned[-1:] == series[-1:]
    if count <= points - 1:
        assert thinned == series


@given(count=st.integers(700, 5_000))
def test_points_stay_where_they_are_while_a_series_grows(count: int) -> None:
    before, after = curves.thin(list(range(count))), curves.thin(list(range(count + 1)))
    assert set(after[:-1]) <= {*before, count - 1} or set(before[:-1]) <= set(after)


def progress(step: int, loss: float = 1.0) -> Progress:
    return Progress(step, 0, loss, 0.001, {"conv1": 2.0 * step, "out": 1.0}, 100.0, 1.0)


def evaluated(step: int, accuracy: float, validation: float | None = None) -> Evaluated:
    return Evaluated(step, 0, 2.0, 1.5, accuracy, round(accuracy * 100), 100, validation)


def test_curves_say_what_the_events_say() -> None:
    train, test = curves.losses(
        [progress(0, 2.3), progress(10, 0.5)], [evaluated(0, 0.1), evaluated(10, 0.9)]
    )
    assert train == [(0, 2.3), (10, 0.5)]
    assert test == [(0, 1.5), (10, 1.5)]
    assert curves.accuracies([evaluated(0, 0.1, 0.2), evaluated(10, 0.9)]) == (
        [(0, 0.1), (10, 0.9)],
        [(0, 0.2)],
    )
    assert curves.gradient_norms([progress(1), progress(2)]) == {
        "conv1": [(1, 2.0), (2, 4.0)],
        "out": [(1, 1.0), (2, 1.0)],
    }


def test_table_leaves_out_what_is_not_a_number() -> None:
    table = curves.table(
        {"a": [(0, 1.0), (1, float("nan")), (2, float("inf"))], "b": [], "c": [(3, 4.0)]}
    )
    assert list(zip(table["step"], table["value"], table["series"], strict=True)) == [
        (0, 1, "a"),
        (3, 4, "c"),
    ]


def test_band_is_mean_and_sample_deviation_at_common_steps() -> None:
    one, two, three = (
        [(0, 0.1), (5, 0.5), (10, 0.9)],
        [(0, 0.2), (10, 0.8)],
        [(0, 0.6), (10, 0.7), (15, 1.0)],
    )
    band = curves.band([one, two, three])
    assert list(band["step"]) == [0, 10]
    for row, values in zip(band.itertuples(), ([0.1, 0.2, 0.6], [0.9, 0.8, 0.7]), strict=True):
        mean, deviation = statistics.mean(values), statistics.stdev(values)
        assert (row.mean, row.low, row.high) == pytest.approx(
            (mean, mean - deviation, mean + deviation)
        )
    with pytest.raises(ValueError, match="two"):
        curves.band([one])


def test_specification_depends_on_the_names_alone_so_that_the_chart_keeps_its_element() -> None:
    colors = {"mini-batch": "#111111", "test images": "#222222"}
    assert curves.spec(colors, "step", "loss") == curves.spec(colors, "step", "loss")
    assert "data" not in curves.spec(colors, "step", "loss")
    assert curves.spec(colors, "step", "loss")["params"] == [
        {"name": curves.ZOOM, "select": {"type": "interval"}, "bind": "scales"}
    ]

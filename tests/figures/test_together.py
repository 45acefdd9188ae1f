"""The pictures of what a class trained together say what they are given."""

import numpy as np
import pandas as pd
import pytest

from mnistlab.analysis.evaluation import Accuracy
from mnistlab.analysis.intervals import wilson
from mnistlab.events import Evaluated
from mnistlab.figures.shares import growth_spec, growth_table, rows_spec, rows_table
from mnistlab.figures.together import (
    COLUMNS,
    Dot,
    distribution_spec,
    dots_table,
    training_spec,
    training_table,
    values_spec,
)

DOTS = [Dot("Ada", 0.1, 90, 100, "done"), Dot("you", 0.01, 80, 100, "mine")]


def evaluated(step: int, share: float) -> Evaluated:
    return Evaluated(step, 0, 1.0, 1.0, share, round(100 * share), 100)


def test_dots_have_their_intervals_and_their_rank_from_the_weakest() -> None:
    table = dots_table(DOTS)
    assert list(table["rank"]) == [2, 1]
    assert list(table["share"]) == [0.9, 0.8]
    assert (table["low"][0], table["high"][0]) == wilson(90, 100)
    assert list(dots_table([])) == list(table)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_numbers_have_an_axis_for_all_values_from_the_beginning(scale: str) -> None:
    spec = values_spec("Learning rate", "accuracy", scale, [0.001, 0.1, 0.01])
    axes = [layer["encoding"]["x"] for layer in spec["layer"]]
    assert {axis["title"] for axis in axes} == {"Learning rate"}
    assert all(axis["scale"]["type"] == scale for axis in axes)
    assert all(axis["scale"]["domain"] == [0.001, 0.1] for axis in axes)
    fields = {layer["encoding"]["y"]["field"] for layer in spec["layer"]}
    assert fields <= set(dots_table(DOTS))
    assert spec["layer"][0]["transform"] == [{"filter": "datum.state != 'so far'"}]


def test_choices_stand_in_their_order_each_once() -> None:
    spec = values_spec("Optimiser", "accuracy", "ordinal", ["SGD", "Adam", "SGD"])
    axes = [layer["encoding"]["x"] for layer in spec["layer"]]
    assert all(axis["scale"]["domain"] == ["SGD", "Adam"] for axis in axes)


def test_the_mean_of_the_distribution_leaves_out_who_still_trains() -> None:
    mean = distribution_spec("networks", "accuracy")["layer"][0]
    assert mean["transform"][0] == {"filter": "datum.state != 'so far'"}


def test_each_part_of_a_training_has_its_last_evaluation_and_none_before_it_is_done() -> None:
    events = [evaluated(0, 0.1), evaluated(10, 0.5), evaluated(20, 0.8)]
    table = training_table({"a": (events, 20), "b": (events[:2], 20), "c": ([], 20)})
    whole, half = table[table["value"] == "a"], table[table["value"] == "b"]
    assert len(whole) == COLUMNS
    assert len(half) == COLUMNS // 2
    assert whole["share"].iloc[-1] == 0.8
    assert whole["share"].iloc[0] == 0.1
    assert whole["share"].iloc[COLUMNS // 2 - 1] == 0.5
    spec = training_spec(["a", "b", "c"], "done", "seed", "accuracy")
    assert spec["encoding"]["y"]["scale"]["domain"] == ["a", "b", "c"]


def test_the_growth_of_a_committee_has_a_row_for_each_size() -> None:
    growth = [Accuracy.of(np.arange(10) < right) for right in (7, 8, 9)]
    table = growth_table(growth)
    expected = {"members": [1, 2, 3], "share": [0.7, 0.8, 0.9]}
    pd.testing.assert_frame_equal(table[["members", "share"]], pd.DataFrame(expected))
    layers = growth_spec("members", "accuracy", 0.75)["layer"]
    assert layers[-1]["encoding"]["y"] == {"datum": 0.75}


def test_rows_keep_their_order_and_mine_stands_out() -> None:
    rows = {"you": (0.5, 0.3, 0.7), "Ada": (0.9, 0.8, 1.0)}
    table = rows_table(rows)
    assert list(table["name"]) == ["you", "Ada"]
    spec = rows_spec(list(rows), "read", "you")
    assert spec["encoding"]["y"]["sort"] == ["you", "Ada"]
    assert spec["encoding"]["color"]["condition"]["test"] == {"field": "name", "equal": "you"}

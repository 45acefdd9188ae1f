"""Logarithmic axes have their numbers written out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.figures.axes import log_axis


def test_over_many_decades_powers_of_ten_are_written_and_within_few_also_twos_and_fives():
    wide, narrow = log_axis([1e-6, 40_000_000_000]), log_axis([0.2, 0.9])
    assert [
        wide["ticktext"][wide["tickvals"].index(10.0**power)] for power in (-6, -2, 0, 4, 9)
    ] == [
        "10<sup>−6</sup>",
        "0.01",
        "1",
        "10,000",
        "10<sup>9</sup>",
    ]
    assert {"0.2", "0.5", "1"} <= set(narrow["ticktext"])
    assert "0.5" not in wide["ticktext"]


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=20))
def test_ticks_reach_beyond_both_ends_and_say_their_value(values: list[float]):
    axis = log_axis([0.0, -1.0, *values])
    assert axis["tickvals"][0] <= min(values)
    assert axis["tickvals"][-1] >= max(values)
    for value, text in zip(axis["tickvals"], axis["ticktext"], strict=True):
        plain = text.replace(",", "").replace("</sup>", "").replace("−", "-")
        digit, _, power = plain.rpartition("10<sup>") if "<sup>" in plain else (plain, "", "")
        said = (
            float(digit)
            if not power
            else (float(digit.split(" ")[0]) if digit else 1.0) * 10.0 ** int(power)
        )
        assert said == pytest.approx(value)


def test_nothing_positive_has_an_axis_too():
    assert math.isfinite(log_axis([0.0])["tickvals"][0])

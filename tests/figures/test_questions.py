"""What a class answered is in the figures as it was given, beside what the experiment gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.figures.colors import GOOD
from mnistlab.figures.grids import alt_text
from mnistlab.figures.guesses import numbers_figure, points_figure
from mnistlab.figures.questions import cells_figure, choices_figure, drawings

CHOICES = ("it learns", "it does <nothing>", "it fails, with a message that is rather long")


def test_bars_count_each_choice_and_mark_the_right_one() -> None:
    figure = choices_figure(CHOICES, [0, 0, 2, 2, 2], [0, 0, 2, 2, 2], right=2)
    (bars,) = figure.data
    assert list(bars.x) == [2, 0, 3]
    assert [label.startswith("✓") for label in bars.y] == [False, False, True]
    assert [color == GOOD for color in bars.marker.color] == [False, False, True]
    assert bars.y[1] == "it does &lt;nothing>"
    assert "<br>" in bars.y[2]
    assert alt_text(figure) == (
        "What 5 students chose. it learns: 2; it does <nothing>: 0; it fails, with a message that "
        "is rather long: 3. Right is: it fails, with a message that is rather long."
    )


def test_bars_show_before_and_now_once_somebody_has_changed_their_mind() -> None:
    figure = choices_figure(CHOICES, [0, 0, 0, 0, 1], [0, 1, 1, 1, 1, 2])
    before, now = figure.data
    assert (before.name, list(before.x)) == ("before", [4, 1, 0])
    assert (now.name, list(now.x)) == ("now", [1, 4, 1])
    assert before.marker.opacity < now.marker.opacity
    assert figure.layout.title.text == "6 answers (pale: before)"
    assert not any(label.startswith("✓") for label in now.y)


def test_histogram_counts_every_number_once_and_has_the_measured_one() -> None:
    said = [0.0, 10.0, 10.0, 97.5, 100.0]
    figure = numbers_figure(said, said, (0, 100), "%", right=97.5)
    (bars,) = figure.data
    assert sum(bars.y) == 5
    edges = {tuple(each): count for each, count in zip(bars.customdata, bars.y, strict=True)}
    assert {edge: count for edge, count in edges.items() if count} == {
        (0, 10): 1,
        (10, 20): 2,
        (90, 100): 1,
        (100, 110): 1,
    }
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 97.5
    assert figure.layout.annotations[0].text == "measured: 97.5"
    assert figure.layout.xaxis.title.text == "%"
    assert alt_text(figure) == (
        "Histogram of what 5 students answered: from 0 to 100, half of them below 10. The "
        "experiment gives 97.5."
    )


def test_histogram_of_one_and_the_same_number_lies_within_its_bounds() -> None:
    (bars,) = numbers_figure([], [3.0] * 5, (0, 12)).data
    np.testing.assert_array_equal(bars.x, np.arange(13) + 0.5)
    np.testing.assert_array_equal(bars.y, 5 * (np.arange(13) == 3))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_histogram_loses_no_answer(before: list[float], now: list[float]) -> None:
    figure = numbers_figure(before, now, (-1e6, 1e6))
    assert sum(figure.data[-1].y) == len(now)
    assert len(figure.data[0].x) <= 15


def test_cells_are_counted_at_their_places_and_the_right_one_is_framed() -> None:
    rows, columns = tuple("abc"), tuple("xyzw")
    said = [[0, 3], [2, 1], [2, 1], [2, 1], [1, 0]]
    figure = cells_figure(rows, columns, said, right=[1, 2])
    heat, texts = figure.data
    expected = np.zeros((3, 4))
    for row, column in said:
        expected[row, column] += 1
    np.testing.assert_array_equal(heat.z, expected)
    written = dict(zip(zip(texts.y, texts.x, strict=True), texts.text, strict=True))
    assert written == {(0, 3): 1, (2, 1): 3, (1, 0): 1}
    frame = figure.layout.shapes[0]
    assert (frame.y0, frame.y1, frame.x0, frame.x1) == (0.5, 1.5, 1.5, 2.5)
    assert figure.layout.xaxis.ticktext == columns
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first row on top
    assert alt_text(figure) == (
        "Heat map of the cells that 5 students chose: most often row c, column y (3). Right is row "
        "b, column z."
    )


def test_points_lie_over_the_curve_of_the_experiment() -> None:
    curve = [(0, 2.3), (500, 0.4), (900, 3.1), (901, float("nan"))]
    said = [[500.0, 0.2], [500.0, 1.5], [500.0, 0.2]]
    figure = points_figure(
        ("step", "loss"), ((0, 1000), (0, 2.5)), said, said, curve, right=(500, 0.4)
    )
    line, answers, measured = figure.data
    assert list(zip(line.x, line.y, strict=True)) == curve[:3]
    assert [list(point) for point in zip(answers.x, answers.y, strict=True)] == said
    assert (measured.x, measured.y, measured.name) == ((500,), (0.4,), "measured: 0.4")
    low, high = figure.layout.yaxis.range
    assert low <= 0
    assert high > 3.1  # also where the curve leaves the bounds of the question
    assert alt_text(figure) == (
        "Where 3 students see the curve: loss from 0.2 to 1.5, half of them below 0.2. The "
        "experiment gives 0.4 at 500."
    )


def test_points_without_an_experiment_are_shown_alone() -> None:
    figure = points_figure(("x", "y"), ((0, 1), (0, 1)), [[0, 0]], [[0.5, 1]])
    assert [trace.name for trace in figure.data] == ["before", "now"]


@pytest.mark.parametrize("count", [5, 30])
def test_drawings_are_side_by_side_each_with_its_words(count: int) -> None:
    shown = drawings([bytes([0] * 783 + [255])] * count)
    assert shown.count("<img") == count
    assert f'alt="Drawing {count} of {count}"' in shown

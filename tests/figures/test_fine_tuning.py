"""Before and after: what the figure says is what was counted."""

import pytest

from mnistlab.analysis.intervals import wilson
from mnistlab.figures.fine_tuning import Change, change_figure
from mnistlab.figures.grids import alt_text

CHANGES = [Change("Held-out drawings", 10, 4, 9), Change("MNIST test images", 10_000, 9_807, 9_790)]


def test_each_point_is_a_share_and_its_bar_the_interval() -> None:
    figure = change_figure(CHANGES)
    before, after = figure.data
    assert before.x == pytest.approx((40, 98.07))
    assert after.x == pytest.approx((90, 97.9))
    for trace, counts in ((before, [4, 9_807]), (after, [9, 9_790])):
        for place, correct in enumerate(counts):
            low, high = wilson(correct, CHANGES[place].count)
            x, plus, minus = trace.x[place], trace.error_x.array, trace.error_x.arrayminus
            assert (x - minus[place], x + plus[place]) == pytest.approx((100 * low, 100 * high))


def test_it_is_told_in_words() -> None:
    figure = change_figure(CHANGES)
    assert "Held-out drawings: 40.00 % before, 90.00 % after" in alt_text(figure)
    assert figure.data[0].customdata[1].startswith("9,807 of 10,000 correct")

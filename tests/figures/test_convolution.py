"""What the figures of the page `convolution` say."""

import numpy as np
import pytest
from torch import nn

from mnistlab.analysis.evaluation import Accuracy
from mnistlab.analysis.intervals import wilson
from mnistlab.analysis.invariance import AMOUNTS, Robustness
from mnistlab.figures.convolution import (
    AXES,
    COLORS,
    groups_figure,
    robustness_figure,
    shift_change_figure,
    small_pictures,
)
from mnistlab.figures.grids import alt_text


@pytest.mark.parametrize(
    ("channels", "outputs", "groups"), [(4, 4, 2), (3, 3, 3), (4, 4, 1), (4, 8, 4), (6, 3, 3)]
)
def test_groups_figure_has_a_line_for_each_kernel_between_the_maps_that_torch_connects(
    channels, outputs, groups
):
    figure = groups_figure(channels, outputs, groups, 1, "said", ("in", "out"))
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    layer = nn.Conv2d(channels, outputs, 1, groups=groups)
    drawn = {
        tuple(int(word) for word in line.hovertemplate.replace("<extra></extra>", "").split()[1::3])
        for line in lines
    }
    into, out = channels // groups, outputs // groups
    assert len(lines) == len(drawn) == layer.weight.shape[0] * layer.weight.shape[1]
    assert drawn == {
        (group * into + c, group * out + o)
        for group in range(groups)
        for c in range(into)
        for o in range(out)
    }
    assert {line.line.width for line in lines if " → out 1<" in line.hovertemplate} == {4}
    assert sum(line.line.width == 4 for line in lines) == into
    assert len({line.line.color for line in lines}) == groups
    assert alt_text(figure) == "said"


def test_shift_change_figure_holds_every_curve_and_says_the_numbers_at_the_chosen_shift():
    found = {
        "max": np.array([0, 0.25, 0.5], np.float32),
        "none": np.array([0, 0.75, 1.25], np.float32),
    }
    figure = shift_change_figure((0, 1, 2), found, {"max": "Max", "none": "None"}, 1)
    assert [trace.name for trace in figure.data] == ["Max", "None"]
    for trace, values in zip(figure.data, found.values(), strict=True):
        assert list(trace.x) == [0, 1, 2]
        assert np.array_equal(trace.y, values)
    assert "At 1 pixels: Max 0.25, None 0.75." in alt_text(figure)


def robust(change, rights, count=200):
    accuracies = [Accuracy.of(np.arange(count) < right) for right in rights]
    return Robustness(change, AMOUNTS[change], tuple(accuracies))


@pytest.mark.parametrize("change", AMOUNTS)
def test_robustness_figure_draws_every_network_with_its_wilson_intervals(change):
    count = len(AMOUNTS[change])
    rights = {name: [(7 * i + 13 * k) % 201 for i in range(count)] for k, name in enumerate(COLORS)}
    found = {name: robust(change, each) for name, each in rights.items()}
    figure = robustness_figure(found, {name: name.upper() for name in COLORS}, change)
    assert [trace.name for trace in figure.data] == [name.upper() for name in COLORS]
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == len(COLORS)
    for trace, each in zip(figure.data, rights.values(), strict=True):
        bounds = np.array([wilson(right, 200) for right in each])
        shares = np.array(each) / 200
        assert list(trace.x) == list(AMOUNTS[change])
        assert np.allclose(trace.y, shares)
        assert np.allclose(trace.customdata, bounds)
        assert np.allclose(trace.y + trace.error_y.array, bounds[:, 1])
        assert np.allclose(trace.y - trace.error_y.arrayminus, bounds[:, 0])
    assert figure.layout.xaxis.title.text == AXES[change]
    assert f"{100 * max(rights['max']) / 200:.1f} % at best" in alt_text(figure)


def test_small_pictures_share_one_range_and_cannot_be_broken_out_of():
    markup = small_pictures([np.zeros((2, 2)), np.ones((2, 2))], ["<b>", "two"])
    assert markup.count("<img") == 2
    assert "&lt;b&gt;" in markup
    assert "<b>" not in markup

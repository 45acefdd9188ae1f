"""What the figures of a step of learning say."""

import math

import numpy as np
import pytest

from mnistlab.analysis.gradient_factors import Window
from mnistlab.analysis.optimizer_step import WholeStep
from mnistlab.analysis.weight_gradient import GradientSum
from mnistlab.figures.backpropagation import norms_figure, step_figure, terms_figure
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.grids import alt_text

RANDOM = np.random.default_rng(0)
NAMES = ("input", "gradient")


def total(*places: int, window: Window | None = None, bias: bool = False) -> GradientSum:
    arriving, factor = (RANDOM.normal(size=(3, *places)) for _ in range(2))
    parameter = "bias" if bias else "weight"
    return GradientSum("conv", parameter, (0, 0, 1, 2), (0, 0, 1, 2), 0.5, arriving, factor, window)


def test_three_maps_and_the_window_of_the_largest_product() -> None:
    window = Window(0, RANDOM.normal(size=(3, 8, 8)), (-1, -1), (1, 2), (3, 3), (2, 2))
    chosen = total(4, 4, window=window)
    figure = terms_figure(chosen, 1, NAMES)
    maps = [trace.z for trace in figure.data]
    assert np.allclose(maps[0], window.map[1])
    assert np.allclose(maps[1] * chosen.factor[1], maps[2], atol=1e-6)
    row, col = np.unravel_index(np.abs(maps[2]).argmax(), (4, 4))
    box, own, *places = [(shape.y0, shape.x0) for shape in figure.layout.shapes]
    assert box == (2 * row - 1.5, 2 * col - 1.5)
    assert own == (2 * row - 0.5, 2 * col + 0.5)
    assert places == [(row - 0.5, col - 0.5)] * 2
    assert alt_text(figure).endswith(f"The products add up to {chosen.of_images[1]:.6g}.")


def test_a_bias_shows_only_what_arrives_and_time_steps_are_bars() -> None:
    (only,) = terms_figure(total(4, 4, bias=True), 0, NAMES).data
    assert only.type == "heatmap"
    chosen = total(28)
    bars = terms_figure(chosen, 2, NAMES).data
    assert [bar.type for bar in bars] == ["bar"] * 3
    assert sum(bars[2].y) == pytest.approx(chosen.of_images[2], abs=1e-5)


def test_two_numbers_need_no_figure_unless_one_is_a_pixel() -> None:
    assert terms_figure(total(), 0, NAMES) is None
    window = Window(0, RANDOM.normal(size=(3, 5, 6)), (3, 4))
    (shape,) = terms_figure(total(window=window), 0, NAMES).layout.shapes
    assert (shape.y0, shape.x0) == (2.5, 3.5)


def test_a_step_that_raises_the_loss_is_marked_and_what_is_out_of_bounds_is_said() -> None:
    (bars,) = step_figure(WholeStep(0.5, 0.4, 30.0, -0.1)).data
    assert list(bars.marker.color[1:]) == [GOOD, BAD]
    assert list(bars.text) == ["0.5", "0.4", "30 (cut off)"]
    assert list(bars.textposition) == ["outside", "outside", "inside"]
    assert list(bars.x) == [0.5, 0.4, 2.0]
    figure = step_figure(WholeStep(0.5, math.nan, math.inf, -0.1))
    assert alt_text(figure).count("not a finite number") == 2
    assert list(figure.data[0].marker.color[1:]) == [BAD, BAD]


def test_norms_say_where_the_gradient_shrinks() -> None:
    figure = norms_figure(["out", "conv1"], [0.5, 0.01], "conv1")
    assert alt_text(figure) == "From the loss backwards: out 0.5, conv1 0.01."
    assert list(figure.data[0].marker.opacity) == [0.45, 1.0]

"""Convolution and pooling, step by step, against torch, SciPy and naive loops."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d
from torch import nn
from torch.nn import functional as F

from mnistlab.analysis.convolution import (
    Geometry,
    convolution,
    pooling,
    shift_change,
    shifted,
)
from mnistlab.analysis.kernels import (
    CHANNELS,
    KERNELS,
    as_channels,
    base_kernel,
    flipped,
    weight_of,
)
from mnistlab.choices import POOLINGS
from mnistlab.errors import AnalysisError
from mnistlab.models.layers import StochasticPool2d

LENGTHS = st.integers(1, 12)


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@st.composite
def geometries(draw, pooled=False):
    size = draw(st.integers(1, 5))
    padding = draw(st.integers(0, size // 2 if pooled else 4))
    return Geometry(
        size,
        draw(st.integers(1, 4)),
        padding,
        draw(st.integers(1, 3)),
        pooled and draw(st.booleans()),
    )


def fits(geometry, *lengths):
    try:
        return all(geometry.output_size(length) for length in lengths)
    except AnalysisError:
        return False


# -- output sizes ----------------------------------------------------------------------------------


@given(LENGTHS, geometries())
@settings(max_examples=150, deadline=None)
def test_output_size_is_that_of_torchs_convolution_and_what_torch_refuses_is_refused(
    length, geometry
):
    layer = nn.Conv1d(1, 1, geometry.size, geometry.stride, geometry.padding, geometry.dilation)
    try:
        wanted = layer(torch.zeros(1, 1, length)).shape[-1]
    except RuntimeError:
        with pytest.raises(AnalysisError, match="does not fit"):
            geometry.output_size(length)
    else:
        assert geometry.output_size(length) == wanted


@given(LENGTHS, geometries(pooled=True))
@settings(max_examples=250, deadline=None)
def test_output_size_is_that_of_torchs_max_pooling_also_rounded_up(length, geometry):
    layer = nn.MaxPool1d(
        geometry.size,
        geometry.stride,
        geometry.padding,
        geometry.dilation,
        ceil_mode=geometry.ceil_mode,
    )
    try:
        wanted = layer(torch.zeros(1, 1, length)).shape[-1]
    except RuntimeError:
        with pytest.raises(AnalysisError, match="does not fit"):
            geometry.output_size(length)
    else:
        assert geometry.output_size(length) == wanted


@given(LENGTHS, geometries(pooled=True))
@settings(max_examples=150, deadline=None)
def test_formula_with_its_numbers_gives_the_output_size(length, geometry):
    assume(fits(geometry, length))
    up = geometry.ceil_mode
    found = re.fullmatch(
        r"\\left\\l(?:floor|ceil) \\frac\{(.+)\}\{(\d+)\} \\right\\r(floor|ceil) \+ 1( - 1)? = "
        r"(\d+)",
        geometry.formula(length),
    )
    above, below, rounding, correction, result = found.groups()
    assert rounding == ("ceil" if up else "floor")
    counted = (
        (math.ceil if up else math.floor)(eval(above.replace("\\cdot", "*")) / int(below))
        + 1
        - bool(correction)
    )
    assert counted == int(result) == geometry.output_size(length)


# -- convolution -----------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_every_step_of_a_convolution_is_that_of_a_naive_loop_and_their_end_is_torchs(data):
    geometry, groups = data.draw(geometries()), data.draw(st.integers(1, 3))
    into, per_group = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    height, width = data.draw(LENGTHS), data.draw(LENGTHS)
    assume(fits(geometry, height, width))
    x, bias = noise(groups * into, height, width), noise(groups * per_group, seed=1)
    weight = noise(groups * per_group, into, geometry.size, geometry.size, seed=2)
    channel = data.draw(st.integers(0, groups * per_group - 1))
    walk = convolution(x, weight, bias, geometry, groups, channel)

    layer = F.conv2d(
        x[None], weight, bias, geometry.stride, geometry.padding, geometry.dilation, groups
    )[0, channel]
    assert np.array_equal(walk.output, layer.numpy())
    assert walk.channels == tuple(
        range(channel // per_group * into, channel // per_group * into + into)
    )
    assert np.allclose(walk.sums.sum(-1) + walk.bias, walk.output, atol=1e-5)
    place = (
        data.draw(st.integers(0, layer.shape[0] - 1)),
        data.draw(st.integers(0, layer.shape[1] - 1)),
    )
    for seen, source in enumerate(walk.channels):
        for i in range(geometry.size):
            for j in range(geometry.size):
                row = place[0] * geometry.stride + i * geometry.dilation
                col = place[1] * geometry.stride + j * geometry.dilation
                y, z = row - geometry.padding, col - geometry.padding
                inside = 0 <= y < height and 0 <= z < width
                number = x[source, y, z] if inside else torch.tensor(0.0)
                assert walk.pixels[row, col] == inside
                assert walk.inputs[seen, row, col] == number
                assert walk.products[(*place, seen, i, j)] == number * weight[channel, seen, i, j]


@given(st.integers(1, 5), st.integers(5, 9), st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_with_a_flipped_kernel_it_is_the_convolution_of_mathematics(size, length, seed):
    x, kernel = noise(length, length, seed=seed), noise(size, size, seed=seed + 1)
    walk = convolution(x[None], flipped(kernel)[None, None], geometry=Geometry(size))
    assert np.allclose(walk.output, convolve2d(x, kernel, "valid"), atol=1e-5)


# -- pooling ---------------------------------------------------------------------------------------


@given(LENGTHS, LENGTHS, geometries(pooled=True), st.sampled_from(["max", "mean"]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_pooling_weighs_its_window_as_torch_does(height, width, geometry, kind, include):
    assume(fits(geometry, height, width) and (kind == "max" or geometry.dilation == 1))
    x, g = noise(height, width), geometry
    layers = {
        "max": nn.MaxPool2d(g.size, g.stride, g.padding, g.dilation, ceil_mode=g.ceil_mode),
        "mean": nn.AvgPool2d(g.size, g.stride, g.padding, g.ceil_mode, include),
    }
    walk, wanted = pooling(x, kind, geometry, include), layers[kind](x[None])[0].numpy()
    assert np.array_equal(walk.output, wanted)
    assert np.allclose(walk.products.sum((-1, -2, -3)), wanted, atol=1e-6)
    assert np.allclose(walk.sums[..., 0], wanted, atol=1e-6)
    assert (walk.inputs[0][~walk.pixels] == (-np.inf if kind == "max" else 0)).all()
    assert np.array_equal(walk.inputs[0][walk.pixels].reshape(height, width), x.numpy())
    if kind == "max":
        assert (walk.weights.sum((-1, -2, -3)) == 1).all()


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 3), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_stochastic_pooling_shows_the_probabilities_and_the_result_of_the_layer(
    height, width, size, seed
):
    assume(size <= min(height, width))
    x = noise(height, width, seed=seed).relu()
    walk = pooling(x, "stochastic", Geometry(size, size))
    assert np.array_equal(walk.output, StochasticPool2d(size).eval()(x[None, None])[0, 0].numpy())
    for row in range(height // size):
        for col in range(width // size):
            window = x[row * size : row * size + size, col * size : col * size + size]
            chances = window / window.sum() if window.any() else window
            assert np.allclose(walk.weights[row, col, 0], chances, atol=1e-6)
            assert walk.output[row, col] == pytest.approx(float((chances * window).sum()), abs=1e-5)


def test_no_pooling_gives_every_number_on():
    x = noise(5, 6)
    assert np.array_equal(pooling(x, "none", Geometry(3, 2, 1)).output, x.numpy())


@pytest.mark.parametrize(
    ("kind", "geometry", "said"),
    [
        ("stochastic", Geometry(2, 1), "a stride equal to the window size"),
        ("stochastic", Geometry(2, 2, 1), "and no padding"),
        ("mean", Geometry(2, 2, dilation=2), "no dilation"),
        ("max", Geometry(3, 1, 2), "a padding of at most 1"),
        ("max", Geometry(9, 1), "does not fit into 8 pixels"),
    ],
)
def test_a_pooling_that_cannot_be_is_refused_in_words(kind, geometry, said):
    with pytest.raises(AnalysisError, match=said):
        pooling(torch.zeros(8, 8), kind, geometry)


# -- what survives a shift -------------------------------------------------------------------------


@given(st.integers(0, 6), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_shift_change_is_the_mean_relative_length_of_what_changes(distance, size):
    images = noise(3, 9, 9).abs()
    layers = {
        "none": nn.Identity(),
        "max": nn.MaxPool2d(size),
        "mean": nn.AvgPool2d(size),
        "stochastic": StochasticPool2d(size).eval(),
    }
    found = shift_change(images, [0, distance], size)
    assert list(found) == list(POOLINGS)
    for kind, layer in layers.items():
        shares = []
        for image in images:
            moved = torch.zeros_like(image)
            moved[:, distance:] = image[:, : 9 - distance]
            before, after = layer(image[None, None]), layer(moved[None, None])
            shares.append(float((after - before).norm() / before.norm()))
        assert found[kind][0] == 0
        assert found[kind][1] == pytest.approx(np.mean(shares), abs=1e-5)


def test_a_shift_as_long_as_the_stride_moves_what_is_pooled_and_changes_nothing_else():
    x = F.pad(noise(8, 4).abs(), (0, 4))
    for kind in ("max", "mean", "stochastic"):
        before, after = (
            pooling(image, kind, Geometry(2, 2)).output for image in (x, shifted(x, 2))
        )
        assert np.array_equal(after[:, 1:], before[:, :-1])


# -- kernels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_kernels_do_what_they_are_called(size):
    even = torch.full((1, 9, 9), 0.5)
    x = noise(1, 9, 9)

    def of(name, picture):
        return convolution(picture, KERNELS[name](size)[None, None], geometry=Geometry(size)).output

    middle = slice((size - 1) // 2, (size - 1) // 2 + 10 - size)
    assert np.array_equal(of("identity", x), x[0, middle, middle].numpy())
    assert np.allclose(of("blur", x), F.avg_pool2d(x, size, 1)[0], atol=1e-5)
    for name, wanted in {"blur": 0.5, "sharpen": 0.5, "edges": 0.0, "upright": 0.0}.items():
        assert np.allclose(of(name, even), wanted, atol=1e-5), name
    assert np.allclose(of("sharpen", x), of("identity", x) + of("edges", x), atol=1e-4)


def test_upright_edges_are_positive_where_the_ink_ends_and_negative_where_it_begins():
    stroke = torch.zeros(1, 7, 9)
    stroke[:, :, 3:6] = 1
    row = convolution(stroke, KERNELS["upright"](3)[None, None]).output[2]
    assert row.tolist() == [0, -3, -3, 0, 3, 3, 0]


@pytest.mark.parametrize("channels", CHANNELS)
def test_pictures_of_every_number_of_channels_stay_between_0_and_1_and_all_groups_fit(channels):
    picture = as_channels(torch.rand(28, 28), channels)
    assert picture.shape == (channels, 28, 28)
    assert 0 <= picture.min() <= picture.max() <= 1
    kernel = noise(3, 3)
    for groups in [g for g in range(1, channels + 1) if channels % g == 0]:
        weight = weight_of(kernel, channels, groups)
        assert weight.shape == nn.Conv2d(channels, channels, 3, groups=groups).weight.shape
        for o in range(channels):
            walk = convolution(
                picture, weight, geometry=Geometry(3, padding=1), groups=groups, channel=o
            )
            assert len(walk.channels) == channels // groups
            assert all(
                (weight[o, seen] == torch.from_numpy(np.rot90(kernel.numpy(), o).copy())).all()
                for seen in range(channels // groups)
            )


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("output", range(4))
def test_an_edited_kernel_goes_back_to_what_it_was_made_from(output, flip):
    kernel = noise(3, 3)
    weight = weight_of(kernel, 4, 2)
    laid = (flipped(weight) if flip else weight)[output, 1]
    assert torch.equal(base_kernel(laid, output, flip), kernel)
    assert (output, flip) in ((0, False), (2, True)) or not torch.equal(laid, kernel)

"""What the figures of a look inside a network say: data, colour ranges, titles, words."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mnistlab.analysis.attribution import METHODS, attribute
from mnistlab.analysis.feature_maps import (
    StageMaps,
    feature_maps,
    gradient_maps,
    kernels,
    weight_images,
)
from mnistlab.analysis.inspection import Target
from mnistlab.analysis.receptive_field import ReceptiveField, receptive_fields
from mnistlab.analysis.top_activations import top_activations
from mnistlab.config import TrainConfig
from mnistlab.figures.attribution import attribution_figure
from mnistlab.figures.colors import CLASS_COLORS, DIVERGING, GRAY, SEQUENTIAL
from mnistlab.figures.feature_maps import COLOR_RANGES, describe, stage_figure
from mnistlab.figures.grids import alt_text
from mnistlab.figures.kernels import kernel_figure, weight_image_figure
from mnistlab.figures.receptive_fields import field_figure, top_activations_figure
from mnistlab.models import build

CONFIG = TrainConfig(dataset="digits", channels=(3, 4))
CONFIGS = [
    CONFIG,
    CONFIG.replace(arch="lenet5", normalize="zscore"),
    CONFIG.replace(arch="lstm", hidden=5),
    CONFIG.replace(arch="mlp", hidden=70),
]


def network(config):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return build(config)


def tiles(figure, count, shape):
    """The pictures of a grid, taken apart again by their labels' places."""
    z, labels = figure.data[0].z, figure.data[1]
    assert len(labels.text) == count
    height, width = shape
    tops, lefts = np.asarray(labels.y) + 0.5, np.asarray(labels.x) - (width - 1) / 2
    return [
        z[int(top) : int(top) + height, int(left) : int(left) + width]
        for top, left in zip(tops, lefts, strict=True)
    ]


def colors(trace):
    return tuple(color for _, color in trace.colorscale)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.arch)
def test_every_stage_is_drawn_with_its_own_numbers(config, digits):
    maps = feature_maps(network(config), digits.test_images[0], config)
    for stage in maps.stages:
        for color_range in COLOR_RANGES:
            figure = stage_figure(stage, color_range, maps.range)
            assert stage.name in figure.layout.title.text
            assert alt_text(figure) == describe(stage)
            data = figure.data[0]
            if stage.array.ndim == 3:
                cells = data.customdata[~np.isnan(data.z)]
                assert len(cells) == stage.array.size
                channel, row, col = cells[:, :3].astype(int).T
                assert np.array_equal(stage.array[channel, row, col], cells[:, 3])
            elif stage.array.ndim == 2:
                assert np.array_equal(data.z, stage.array)
            elif len(stage.array) == 10:
                assert np.array_equal(data.y, stage.array)
                assert tuple(data.marker.color) == CLASS_COLORS
                assert figure.layout.xaxis.title.text == "class"
            else:
                shown = data.z[~np.isnan(data.z)]
                assert np.array_equal(shown, stage.array)
                assert np.array_equal(data.customdata.ravel()[: len(shown)], np.arange(len(shown)))


def test_maps_lie_side_by_side_and_do_not_touch(digits):
    stage = feature_maps(network(CONFIG), digits.test_images[0], CONFIG)["conv2"]
    figure = stage_figure(stage)
    for channel, tile in enumerate(tiles(figure, 4, (14, 14))):
        assert np.array_equal(tile, stage.array[channel])
    assert np.isfinite(figure.data[0].z).sum() == stage.array.size
    rows, columns = figure.data[0].z.shape
    assert figure.layout.yaxis.range == (rows - 0.5, -0.5)  # downwards
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.meta["ratio"] == rows / columns


SIGNED = StageMaps("conv1", "conv", np.array([[[-1, 2]], [[0, 0]], [[0.5, -4]]], np.float32))
POSITIVE = StageMaps("relu1", "activation", np.array([[[1, 2]], [[0, 0]]], np.float32))


def test_signed_values_diverge_from_zero_and_others_begin_there():
    signed, positive = stage_figure(SIGNED).data[0], stage_figure(POSITIVE).data[0]
    assert (signed.zmin, signed.zmax, colors(signed)) == (-4, 4, DIVERGING)
    assert (positive.zmin, positive.zmax, colors(positive)) == (0, 2, SEQUENTIAL)


def test_one_colour_range_for_the_network():
    signed, positive = (
        stage_figure(stage, "network", (-9.0, 5.0)).data[0] for stage in (SIGNED, POSITIVE)
    )
    assert (signed.zmin, signed.zmax) == (-9, 9)
    assert (positive.zmin, positive.zmax) == (0, 9)


def test_a_colour_range_for_each_map_fills_it_and_leaves_a_dead_map_at_zero():
    figure = stage_figure(SIGNED, "map")
    found = tiles(figure, 3, (1, 2))
    assert np.array_equal(found, [[[-0.5, 1]], [[0, 0]], [[0.125, -1]]])
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1, 1)
    assert figure.data[0].colorbar.ticktext == ("−largest in its map", "0", "largest in its map")
    values = figure.data[0].customdata[..., 3]
    # hover still tells the real ones
    assert sorted(values[np.isfinite(values)]) == [-4, -1, 0, 0, 0.5, 2]


@pytest.mark.parametrize("color_range", COLOR_RANGES)
def test_the_input_is_grey_as_a_picture(color_range, digits):
    stage = feature_maps(network(CONFIGS[1]), digits.test_images[0], CONFIGS[1])["input"]
    data = stage_figure(stage, color_range, (-50.0, 50.0)).data[0]
    assert colors(data) == GRAY
    assert (data.zmin, data.zmax) == pytest.approx(stage.range)


def test_cells_of_a_grid_can_be_chosen(digits):
    stage = feature_maps(network(CONFIG), digits.test_images[0], CONFIG)["pool2"]
    heatmap, _, points = stage_figure(stage, selectable=True).data
    assert heatmap.hoverinfo == "skip"
    assert points.type == "scattergl"
    assert len(points.x) == stage.array.size
    for x, y, (channel, row, col, value) in zip(points.x, points.y, points.customdata, strict=True):
        assert heatmap.z[y, x] == value == stage.array[int(channel), int(row), int(col)]


def test_gradients_say_that_they_are_gradients(digits):
    stage = gradient_maps(network(CONFIG), digits.test_images[0], CONFIG, Target(3))["conv1"]
    figure = stage_figure(stage, quantity="gradient")
    assert figure.data[0].colorbar.title.text == "gradient"
    assert alt_text(figure).startswith(
        "The gradient of stage conv1: 3 maps of 28×28, with values from "
    )


@pytest.mark.parametrize("color_range", COLOR_RANGES)
def test_gradients_at_the_input_diverge_from_white_at_zero_as_everywhere(color_range, digits):
    maps = gradient_maps(network(CONFIG), digits.test_images[0], CONFIG, Target(3))
    assert maps["input"].range[0] < 0 < maps["input"].range[1]
    data = stage_figure(maps["input"], color_range, maps.range, quantity="gradient").data[0]
    assert colors(data) == DIVERGING
    assert data.zmin == -data.zmax


def test_a_stage_in_words():
    assert describe(SIGNED) == (
        "The activation of stage conv1: 3 maps of 1×2, with values from -4 to 2. The value of "
        "largest magnitude is in channel 2. 1 of the maps is zero everywhere."
    )
    assert describe(StageMaps("softmax", "softmax", np.array([0.25, 0.75], np.float32))).endswith(
        "The highest is unit 1."
    )


def test_a_network_gone_astray_is_drawn_without_its_numbers():
    stage = replace(SIGNED, array=np.full((2, 2, 2), np.nan, np.float32))
    for color_range in COLOR_RANGES:
        assert np.isnan(stage_figure(stage, color_range).data[0].z).all()


def test_kernels_of_the_first_convolution_are_a_grid():
    found = kernels(network(CONFIG))["conv1"]
    figure = kernel_figure(found, "conv1")
    assert np.array_equal(tiles(figure, 3, (5, 5)), found[:, 0])
    assert figure.data[0].zmax == -figure.data[0].zmin == np.abs(found).max()
    assert figure.layout.title.text == "conv1: 3 kernels of 5×5"


def test_kernels_of_the_second_have_a_row_for_each_output_channel():
    found = kernels(network(CONFIG))["conv2"]
    figure = kernel_figure(found, "conv2")
    assert np.array_equal(tiles(figure, 12, (5, 5)), found.reshape(12, 5, 5))
    assert figure.data[1].text[:4] == ("0 → 0", "1 → 0", "2 → 0", "0 → 1")
    assert len(set(figure.data[1].y[:3])) == 1 != len(set(figure.data[1].y[:4]))


def test_the_kernels_of_one_channel_are_one_for_each_input():
    found = kernels(network(CONFIG))["conv2"]
    figure = kernel_figure(found, "conv2", channel=1)
    assert np.array_equal(tiles(figure, 3, (5, 5)), found[1])
    assert figure.data[0].zmax == np.abs(found).max()  # comparable between channels
    assert "channel 1" in alt_text(figure)


def test_weights_of_an_mlp_are_pictures():
    found = weight_images(network(CONFIGS[3]))
    figure = weight_image_figure(found, "linear1")
    assert np.array_equal(tiles(figure, 70, (28, 28)), found)
    assert "70 units" in alt_text(figure)


def test_the_receptive_field_is_outlined_around_its_pixels(digits):
    image = digits.test_images[0, 0].numpy()
    field = receptive_fields(network(CONFIG), "conv2").at(0, 5)
    figure = field_figure(image, field, "conv2, channel 3, row 0, column 5")
    (shape,) = figure.layout.shapes
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == (3.5, 17.5, -0.5, 7.5)
    assert alt_text(figure) == (
        "The input image. conv2, channel 3, row 0, column 5 sees rows 0 to 7 and columns 4 to 17."
    )
    assert np.array_equal(figure.data[0].z, image)


def test_a_cell_that_sees_only_padding_has_no_outline():
    figure = field_figure(
        np.zeros((28, 28)), ReceptiveField((), ()), "conv1, channel 0, row 0, column 0"
    )
    assert figure.layout.shapes == ()
    assert "only padding" in alt_text(figure)


def test_the_most_exciting_pictures_are_cropped_to_what_the_cell_sees(digits):
    images = digits.test_images[:40]
    found = top_activations(network(CONFIG), images, CONFIG, "pool2", 1)
    figure = top_activations_figure(found, images.numpy())
    size = (found.boxes[:, 2:] - found.boxes[:, :2]).max(0)
    for tile, index, (top, left, bottom, right) in zip(
        tiles(figure, len(found.indices), size), found.indices, found.boxes, strict=True
    ):
        crop = images[index, 0, top:bottom, left:right].numpy()
        assert np.array_equal(tile[np.isfinite(tile)], crop.ravel())
    assert figure.data[1].text[0] == f"#{found.indices[0]}: {found.values[0]:.3g}"
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 255)
    assert "pool2, map 1" in figure.layout.title.text


def test_or_shown_whole_with_that_part_outlined(digits):
    images = digits.test_images[:40]
    found = top_activations(network(CONFIG), images, CONFIG, "conv2", 1)
    figure = top_activations_figure(found, images.numpy(), cropped=False)
    assert np.array_equal(tiles(figure, 9, (28, 28)), images[found.indices, 0].numpy())
    for shape, top_label, left_label, box in zip(
        figure.layout.shapes, figure.data[1].y, figure.data[1].x, found.boxes, strict=True
    ):
        corner_y, corner_x = top_label + 0.5, left_label - 13.5
        assert np.allclose(
            (
                shape.y0 - corner_y + 0.5,
                shape.x0 - corner_x + 0.5,
                shape.y1 - corner_y + 0.5,
                shape.x1 - corner_x + 0.5,
            ),
            box,
        )


@pytest.mark.parametrize("method", METHODS)
def test_an_attribution_lies_over_the_picture(method, digits):
    image = digits.test_images[0]
    found = attribute(network(CONFIG), image, CONFIG, Target(3, against=7), method)
    figure = attribution_figure(image[0].numpy(), found)
    below, above = figure.data
    assert np.array_equal(below.z, image[0].numpy())
    assert np.array_equal(above.z, found.pixels)
    assert above.zmax == -above.zmin > 0
    clear = [color for place, color in above.colorscale if place == 0.5]
    assert clear[0].endswith(", 0.000)")
    assert "3 rather than 7" in figure.layout.title.text
    row, col = np.unravel_index(np.abs(found.pixels).argmax(), (28, 28))
    assert f"row {row}, column {col}" in alt_text(figure)

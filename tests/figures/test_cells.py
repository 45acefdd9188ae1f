"""The arithmetic as HTML says the numbers that were computed; small pictures show the values that
they stand for.
"""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from analysis.networks import CONFIGS, CONVOLUTIONAL, image, network
from PIL import Image

from mnistlab.analysis.arithmetic import arithmetic
from mnistlab.analysis.cells import ConvChannel, FlattenUnit, LinearUnit, PoolChannel
from mnistlab.analysis.feature_maps import StageMaps, feature_maps
from mnistlab.figures.cells import (
    ROUNDED,
    conv_html,
    flatten_html,
    linear_html,
    number,
    pool_html,
    softmax_html,
)
from mnistlab.figures.grids import Shades
from mnistlab.figures.thumbnails import paint, thumbnail


@pytest.mark.parametrize("name", [*CONVOLUTIONAL, "mlp"])
def test_arithmetic_of_every_stage_ends_in_the_number_of_its_map(name: str) -> None:
    config = CONFIGS[name]
    model = network(config)
    for stage in feature_maps(model, image(), config).stages[1:]:
        found = arithmetic(model, image(), config, stage.name, 1)
        value = float(stage.array[1] if stage.array.ndim == 1 else stage.array[1, 0, 0])
        if isinstance(found, ConvChannel):
            text = conv_html(found.cell(0, 0), 0)
        elif isinstance(found, PoolChannel):
            text = pool_html(found.cell(0, 0))
        elif isinstance(found, LinearUnit):
            text = linear_html(found)
        elif isinstance(found, FlattenUnit):
            text = flatten_html(found)
        else:
            text = softmax_html(found, "0123456789")
        assert f">{number(value, 5)}</b>" in text, stage.name
        # rounded factors need not add up to the sum that is shown
        assert text.count(ROUNDED) == (not isinstance(found, FlattenUnit)), stage.name


def test_every_product_of_a_patch_is_told_exactly() -> None:
    config = CONFIGS["cnn"]
    found = arithmetic(network(config), image(), config, "conv2", 2)
    assert isinstance(found, ConvChannel)
    cell = found.cell(5, 6)
    text = conv_html(cell, 1)
    for values in (cell.patches[1], cell.kernels[1], cell.products[1]):
        for (row, col), value in np.ndenumerate(values):
            assert f'title="row {row}, column {col}: {float(value):.7g}"' in text


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ([[0, 0], [0, 0]], "All the numbers in this window are 0, so nothing is lost."),
        ([[2, 2], [2, 2]], "All the numbers in this window are equal, so nothing is lost."),
        ([[1, 3], [0, 2]], "Another one (outlined) is larger, so this number is dropped."),
        ([[1, 0], [0, 1]], "It is as large as the outlined one"),
        ([[1, 0], [0, 2]], "It is the largest, so this number is passed on."),
    ],
)
def test_what_max_pooling_does_with_a_number_is_told(window: list[list[int]], said: str) -> None:
    config = CONFIGS["cnn"]
    found = arithmetic(network(config), image(), config, "conv1", 1)
    assert isinstance(found, ConvChannel)
    cell = found.cell(1, 1)
    assert cell.pool is not None
    assert cell.pool.pooling == "max"
    numbers = np.array(window, np.float32)
    weights = np.zeros(numbers.size)
    weights[numbers.argmax()] = 1
    pool = replace(cell.pool, window=numbers, weights=weights.reshape(numbers.shape))
    text = conv_html(replace(cell, pool=pool), 0)
    assert said in text
    assert text.count("so nothing is lost") == ("nothing is lost" in said or "as large" in said)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (-1.5, 3, "−1.5"),
        (0.00012, 2, "1e−4"),
        (0.00012, 5, "0.00012"),
        (12.3456, 3, "12.3"),
    ],
)
def test_number_is_short_and_readable(value: float, digits: int, text: str) -> None:
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1, 28, 28), (28, 28)),
        ((2, 14, 14), (14, 14)),
        ((16, 5, 5), (15, 15)),
        ((120, 1, 1), (3, 3)),
        ((28, 64), (64, 28)),
        ((1568,), (40, 40)),
        ((1,), (1, 1)),
        ((10,), (40, 20)),
    ],
)
def test_thumbnail_shows_up_to_nine_maps_all_rows_or_all_units(
    shape: tuple[int, ...], size: tuple[int, int]
) -> None:
    values = np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    head, packed = thumbnail(StageMaps("stage", "conv", values)).split(",")
    assert head == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(packed))).size == size


def test_colours_are_those_of_the_scale_at_its_ends_and_in_the_middle() -> None:
    gray = paint(np.array([0.0, 127.5, 255.0]), Shades.of(0, 255, gray=True))
    assert gray.tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    low, zero, high = paint(np.array([-2.0, 0.0, 2.0]), Shades.of(-2, 1)).tolist()
    assert (low, zero, high) == ([0x21, 0x66, 0xAC], [0xF7, 0xF7, 0xF7], [0xB2, 0x18, 0x2B])

"""Which pictures excite a map most, against a plain search."""

import numpy as np
import pytest
import torch

from mnistlab.analysis.feature_maps import feature_maps
from mnistlab.analysis.receptive_field import receptive_fields
from mnistlab.analysis.top_activations import top_activations
from mnistlab.errors import NotApplicable

from .networks import CONFIGS, network


@pytest.mark.parametrize(
    ("name", "stage", "channel"),
    [
        ("cnn", "conv1", 2),
        ("cnn", "pool2", 0),
        ("cnn-all", "gelu2", 3),
        ("lenet5", "s4", 5),
        ("cnn", "out", 4),
        ("lstm", "lstm", 3),
        ("mlp", "relu1", 2),
    ],
)
def test_the_pictures_are_those_with_the_highest_values(name, stage, channel, digits):
    config = CONFIGS[name]
    model, images = network(config), digits.test_images[:60]
    found = top_activations(model, images, config, stage, channel, batch=17)
    arrays = [feature_maps(model, image, config)[stage].array for image in images]
    maps = [array[:, channel] if array.ndim == 2 else array[channel] for array in arrays]
    peaks = np.array([map_.max() for map_ in maps])
    np.testing.assert_allclose(found.values, np.sort(peaks)[::-1][:9], atol=1e-5)
    np.testing.assert_allclose(peaks[found.indices], found.values, atol=1e-5)
    assert len(set(found.indices.tolist())) == 9
    for index, row, col, value, box in zip(
        found.indices, found.rows, found.cols, found.values, found.boxes, strict=True
    ):
        map_ = maps[index]
        if map_.ndim == 2:
            assert map_[row, col] == pytest.approx(value, abs=1e-5)
            assert tuple(box) == receptive_fields(model, stage).at(row, col).box
        else:
            assert map_.ndim == 0 or map_[row] == pytest.approx(value, abs=1e-5)
            assert (row >= 0) == (map_.ndim == 1)
            assert (col, *box) == (-1, 0, 0, 28, 28)


def test_of_equal_pictures_the_first_counts():
    config = CONFIGS["cnn"]
    images = torch.full((30, 1, 28, 28), 200, dtype=torch.uint8)
    assert top_activations(
        network(config), images, config, "relu2", 1, batch=7
    ).indices.tolist() == list(range(9))


def test_the_size_of_a_batch_changes_nothing(digits):
    config = CONFIGS["cnn"]
    found = [
        top_activations(network(config), digits.test_images[:100], config, "conv2", 1, batch=batch)
        for batch in (8, 100)
    ]
    assert np.array_equal(found[0].indices, found[1].indices)
    assert np.array_equal(found[0].boxes, found[1].boxes)


def test_fewer_pictures_than_asked_for_are_all_shown(digits):
    config = CONFIGS["cnn"]
    assert sorted(
        top_activations(
            network(config), digits.test_images[:4], config, "conv2", 1
        ).indices.tolist()
    ) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("stage", "channel", "message"),
    [("conv7", 0, "no stage"), ("conv1", 3, "no channel 3"), ("out", -1, "no unit -1")],
)
def test_what_there_is_not_is_told(stage, channel, message, digits):
    with pytest.raises(NotApplicable, match=message):
        top_activations(
            network(CONFIGS["cnn"]), digits.test_images[:4], CONFIGS["cnn"], stage, channel
        )

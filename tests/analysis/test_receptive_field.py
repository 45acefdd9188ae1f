"""Receptive fields, against where the gradient of a random network is not zero."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mnistlab.analysis.receptive_field import ReceptiveField, receptive_fields
from mnistlab.errors import NotApplicable
from mnistlab.models import describe

from .networks import CONFIGS, CONVOLUTIONAL, cnn_configs, network


def seen_by_gradient(model: nn.Sequential, stage: str, row: int, col: int) -> np.ndarray:
    """Which pixels a cell depends on, (28, 28) bool: the network made linear, with positive
    weights, so that nothing cancels.
    """
    x = torch.zeros(1, 1, 28, 28, requires_grad=True)
    value = x
    for name, module in model.named_children():
        if isinstance(module, nn.Conv2d):
            value = nn.functional.conv2d(
                value, torch.ones_like(module.weight), None, module.stride, module.padding
            )
        elif "pool" in name or name in ("s2", "s4"):
            value = nn.functional.avg_pool2d(value, 2)
        if name == stage:
            break
    (gradient,) = torch.autograd.grad(value[0, 0, row, col], x)
    return (gradient[0, 0] != 0).numpy()


def as_mask(field: ReceptiveField) -> np.ndarray:
    mask = np.zeros((28, 28), bool)
    mask[np.ix_(field.rows, field.cols)] = True
    return mask


def check(config, stage_index, row, col):
    model = network(config)
    maps = [stage for stage in describe(config)[1:] if len(stage.shape) == 3]
    stage = maps[stage_index % len(maps)]
    row, col = row % stage.shape[1], col % stage.shape[2]
    field = receptive_fields(model, stage.name).at(row, col)
    wanted = seen_by_gradient(model, stage.name, row, col)
    assert np.array_equal(as_mask(field), wanted)
    rows, cols = np.nonzero(wanted)
    assert field.box == (
        (rows.min(), cols.min(), rows.max() + 1, cols.max() + 1) if len(rows) else (0, 0, 0, 0)
    )


@settings(max_examples=80, deadline=None)
@given(cnn_configs(), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_a_cell_sees_exactly_the_pixels_that_have_a_gradient(config, stage_index, row, col):
    check(config, stage_index, row, col)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CONVOLUTIONAL), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100)
)
def test_so_it_is_in_the_fixed_networks(name, stage_index, row, col):
    check(CONFIGS[name], stage_index, row, col)


def test_the_corner_of_the_tutorials_network_is_cut_off_at_the_padding():
    fields = receptive_fields(network(CONFIGS["cnn"]), "conv2")
    assert fields.at(0, 0).box == (0, 0, 8, 8)
    assert fields.at(7, 7).box == (8, 8, 22, 22)
    assert fields.at(13, 13).box == (20, 20, 28, 28)


def test_a_cell_on_padding_alone_sees_nothing():
    config = CONFIGS["cnn"].replace(kernel=1, padding=14)
    field = receptive_fields(network(config), "conv1").at(0, 20)
    assert (field.rows, field.cols, field.box) == ((), (), (0, 0, 0, 0))


def test_a_stride_beyond_the_kernel_leaves_holes():
    config = CONFIGS["cnn"].replace(kernel=1, padding=0, stride=3)
    assert receptive_fields(network(config), "pool1").at(0, 0).rows == (0, 3)


def test_kernels_and_strides_may_differ_between_rows_and_columns():
    model = nn.Sequential()
    model.add_module("conv1", nn.Conv2d(1, 2, (3, 5), stride=(2, 1), padding=(0, 2)))
    for row, col in [(0, 0), (5, 9), (12, 27)]:
        field = receptive_fields(model, "conv1").at(row, col)
        assert np.array_equal(as_mask(field), seen_by_gradient(model, "conv1", row, col))


def test_the_input_sees_itself():
    assert receptive_fields(network(CONFIGS["cnn"]), "input").at(4, 9) == ReceptiveField((4,), (9,))


@pytest.mark.parametrize(
    ("name", "stage"), [("cnn", "flatten"), ("cnn", "out"), ("lstm", "lstm"), ("mlp", "linear1")]
)
def test_units_have_no_position_in_the_image(name, stage):
    with pytest.raises(NotApplicable, match="no position"):
        receptive_fields(network(CONFIGS[name]), stage)


@pytest.mark.parametrize(("row", "col"), [(-1, 0), (28, 0), (0, 28)])
def test_a_cell_outside_the_map_is_told(row, col):
    with pytest.raises(NotApplicable, match="Choose 0 to 27"):
        receptive_fields(network(CONFIGS["cnn"]), "conv1").at(row, col)

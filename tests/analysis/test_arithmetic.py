"""The arithmetic of every number of a network, done again in float64 and compared with what torch
computed.
"""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistlab.analysis.arithmetic import arithmetic
from mnistlab.analysis.cells import ConvChannel, FlattenUnit, LinearUnit, PoolChannel, SoftmaxUnit
from mnistlab.analysis.feature_maps import feature_maps
from mnistlab.analysis.inspection import jsonable
from mnistlab.errors import NotApplicable
from mnistlab.models import describe

from .networks import CONFIGS, CONVOLUTIONAL, cnn_configs, image, network, trained

MEANINGS = {  # what the formulas shown to the reader say
    "max(0, x)": lambda x, n: max(0, x),
    "x if x > 0 else 0.01 x": lambda x, n: x if x > 0 else 0.01 * x,
    "x Φ(x)": lambda x, n: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "tanh(x)": lambda x, n: math.tanh(x),
    "1 / (1 + exp(−x))": lambda x, n: 1 / (1 + math.exp(-x)),
    "1.7159 tanh(2x / 3)": lambda x, n: 1.7159 * math.tanh(2 * x / 3),
    "γ (x − mean) / √(variance + ε) + β": lambda x, n: (
        n["γ"] * (x - n["mean"]) / math.sqrt(n["variance"] + n["ε"]) + n["β"]
    ),
    "x": lambda x, n: x,
}


def near(found: float, wanted: float, scale: float = 0.0) -> bool:
    return abs(found - wanted) <= 1e-5 * max(1.0, abs(wanted), scale)


def check_steps(steps, value, maps, place):
    for step in steps:
        wanted = MEANINGS[step.formula](value, step.numbers)
        assert near(step.value, wanted, abs(value)), step
        assert step.value == maps[step.stage].array[place]
        value = step.value


def check_conv(found: ConvChannel, maps, row, col):
    cell = found.cell(row, col)
    place = (found.channel, row, col)
    before = maps[found.source].array
    size = cell.kernels.shape[1:]
    for (i, j), inside in np.ndenumerate(cell.inside):
        r, c = cell.top + i, cell.left + j
        assert inside == (0 <= r < before.shape[1] and 0 <= c < before.shape[2])
        wanted = before[list(cell.channels), r, c] if inside else 0
        assert np.array_equal(cell.patches[:, i, j], np.broadcast_to(wanted, len(cell.channels)))
    assert np.array_equal(cell.products, cell.patches * cell.kernels)
    products = cell.patches.astype(np.float64) * cell.kernels
    scale = np.abs(products).sum()
    assert all(near(s, p, scale) for s, p in zip(cell.sums, products.sum((1, 2)), strict=True))
    assert near(cell.value, products.sum() + cell.bias, scale)
    assert cell.value == maps[found.stage].array[place]
    assert cell.products.shape == (len(cell.channels), *size)
    check_steps(cell.then, cell.value, maps, place)
    if cell.pool is not None:
        inside = (
            cell.pool.top <= row < cell.pool.top + 2 and cell.pool.left <= col < cell.pool.left + 2
        )
        assert inside
        assert cell.pool.window[row - cell.pool.top, col - cell.pool.left] == (
            cell.then[-1].value if cell.then else cell.value
        )
        check_pool(found.pool, maps, cell.pool.row, cell.pool.col)


def check_pool(found: PoolChannel, maps, row, col):
    cell = found.cell(row, col)
    assert np.array_equal(
        cell.window,
        maps[found.source].array[found.channel, cell.top : cell.top + 2, cell.left : cell.left + 2],
    )
    terms = cell.weights.astype(np.float64) * cell.window
    assert near(cell.value, cell.scale * terms.sum() + cell.bias, np.abs(terms).sum())
    assert cell.value == maps[found.stage].array[found.channel, row, col]
    if found.pooling == "max":
        assert cell.weights.sum() == 1
        assert cell.window[cell.weights == 1] == cell.window.max()
    elif found.pooling == "mean":
        assert (cell.weights == 0.25).all()
    elif found.pooling == "stochastic":
        positive = cell.window.clip(0)
        np.testing.assert_allclose(cell.weights, positive / (positive.sum() or 1), atol=1e-6)
    else:
        assert (cell.weights == 1).all()
    check_steps(cell.then, cell.value, maps, (found.channel, row, col))


def check_unit(found: LinearUnit, maps):
    products = found.inputs.astype(np.float64) * found.weights
    assert near(found.value, products.sum() + found.bias, np.abs(products).sum())
    assert found.value == maps[found.stage].array[found.unit]
    assert math.prod(found.source_shape) == len(found.inputs)
    assert np.array_equal(found.inputs, maps[found.source].array.ravel())
    np.testing.assert_allclose(found.products, products, rtol=1e-6)
    check_steps(found.then, found.value, maps, found.unit)


def check(model, config, stage_index, channel, row, col):
    maps = feature_maps(model, image(), config)
    stage = maps.stages[1 + stage_index % (len(maps.stages) - 1)]
    found = arithmetic(model, image(), config, stage.name, channel := channel % stage.shape[0])
    if isinstance(found, ConvChannel | PoolChannel):
        row, col = row % stage.shape[1], col % stage.shape[2]
        (check_conv if isinstance(found, ConvChannel) else check_pool)(found, maps, row, col)
        assert found.channel == channel
    elif isinstance(found, LinearUnit):
        check_unit(found, maps)
    elif isinstance(found, FlattenUnit):
        assert maps[found.source].array[found.index] == found.value == stage.array[channel]
    else:
        assert isinstance(found, SoftmaxUnit)
        assert near(
            found.value,
            math.exp(found.logits[channel]) / sum(math.exp(logit) for logit in found.logits),
        )
        assert near(found.value, found.exponentials[channel] / found.total)
    shown_stages = {found.stage, *(step.stage for step in getattr(found, "then", ()))}
    assert stage.name in shown_stages or stage.kind == "dropout"


cells = st.tuples(
    st.integers(0, 100), st.integers(0, 10_000), st.integers(0, 100), st.integers(0, 100)
)


@settings(max_examples=150, deadline=None)
@given(cnn_configs(), st.integers(0, 5), cells)
def test_any_cell_of_any_cnn_is_the_sum_that_is_shown(config, seed, cell):
    check(network(config, seed), config, *cell)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([*CONVOLUTIONAL, "mlp"]), cells)
def test_so_it_is_in_the_fixed_networks(name, cell):
    check(network(CONFIGS[name]), CONFIGS[name], *cell)


@settings(max_examples=40, deadline=None)
@given(cells)
def test_and_in_a_trained_one(cell):
    check(*trained(), *cell)


def test_the_stages_after_a_sum_are_told_with_it():
    config = CONFIGS["cnn-all"]
    found = arithmetic(network(config), image(), config, "gelu1", 1)
    assert isinstance(found, ConvChannel)
    assert (found.stage, [step.stage for step in found.then], found.pool.stage) == (
        "conv1",
        ["norm1", "gelu1"],
        "pool1",
    )


def test_a_cell_that_no_window_takes_has_no_pooling():
    config = CONFIGS["cnn"].replace(kernel=4, padding=0)  # conv1: 25 x 25
    found = arithmetic(network(config), image(), config, "conv1", 0)
    assert found.cell(23, 23).pool is not None
    assert found.cell(24, 3).pool is None


def test_c3_of_lenet5_sums_over_the_maps_of_its_table():
    config = CONFIGS["lenet5"]
    found = arithmetic(network(config), image(), config, "c3", 7)
    assert found.channels == (1, 2, 3, 4)
    assert found.cell(2, 2).sums.shape == (4,)
    assert [step.stage for step in found.then] == ["tanh3"]
    assert found.pool.pooling == "subsample"


def test_the_top_contributions_of_a_unit_are_its_largest_products():
    config = CONFIGS["cnn"]
    found = arithmetic(network(config), image(), config, "out", 3)
    top = found.top(5)
    assert [index for index, _ in top] == sorted(
        range(len(found.products)), key=lambda i: (-abs(found.products[i]), i)
    )[:5]
    assert found.source_shape == (4, 7, 7)


@pytest.mark.parametrize("name", [*CONVOLUTIONAL, "mlp"])
def test_all_of_it_can_be_sent_to_the_browser(name):
    config = CONFIGS[name]
    for stage in describe(config)[1:]:
        found = arithmetic(network(config), image(), config, stage.name, 0)
        for part in [found, found.cell(0, 0)] if hasattr(found, "cell") else [found]:
            sent = json.loads(json.dumps(jsonable(part), allow_nan=False))
            assert sent["stage"] == part.stage
            assert np.array_equal(np.array(sent["value"], np.float32), np.float32(part.value))


def test_what_is_no_finite_number_is_sent_as_nothing():
    assert jsonable(
        {"a": np.array([1, np.nan], np.float32), "b": float("inf"), "c": (np.int64(2),)}
    ) == {
        "a": [1.0, None],
        "b": None,
        "c": [2],
    }


@pytest.mark.parametrize(
    ("name", "stage", "channel", "message"),
    [
        ("cnn", "conv9", 0, "no stage called"),
        ("cnn", "conv1", 3, "no channel 3"),
        ("cnn", "relu1", -1, "no channel -1"),
        ("cnn", "out", 10, "no unit 10"),
        ("cnn", "softmax", 10, "no class 10"),
        ("cnn", "input", 0, "given, not computed"),
        ("lstm", "lstm", 0, "gates"),
    ],
)
def test_what_cannot_be_shown_is_told_in_a_sentence(name, stage, channel, message):
    with pytest.raises(NotApplicable, match=message):
        arithmetic(network(CONFIGS[name]), image(), CONFIGS[name], stage, channel)


@pytest.mark.parametrize(("row", "col"), [(-1, 0), (28, 0), (0, 28)])
def test_a_cell_outside_the_map_is_told(row, col):
    with pytest.raises(NotApplicable, match="Choose 0 to 27"):
        arithmetic(network(CONFIGS["cnn"]), image(), CONFIGS["cnn"], "conv1", 0).cell(row, col)

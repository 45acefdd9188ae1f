import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import nn
from torch.nn import functional as F

from mnistlab.models.layers import (
    C3_TABLE,
    LastStep,
    Rows,
    ScaledTanh,
    StochasticPool2d,
    Subsample,
    TableConv2d,
)

# (N, C, H, W)
SIZES = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(2, 9), st.integers(2, 9))


def random_tensor(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def windows(x, k=2):
    """Every pooling window as (place in the output, its values), by a naive loop."""
    n, c, h, w = x.shape
    for place in (
        torch.cartesian_prod(
            torch.arange(n), torch.arange(c), torch.arange(h // k), torch.arange(w // k)
        )
        .reshape(-1, 4)
        .tolist()
    ):
        i, j, y, z = place
        yield tuple(place), x[i, j, y * k : y * k + k, z * k : z * k + k].flatten()


# -- stochastic pooling ----------------------------------------------------------------------------


@given(SIZES, st.integers(0, 100), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_stochastic_pooling_in_evaluation_is_the_weighted_mean(shape, seed, k):
    x = random_tensor(shape, seed).relu()
    out = StochasticPool2d(k).eval()(x)
    assert out.shape == (*shape[:2], shape[2] // k, shape[3] // k)
    for place, values in windows(x, k):
        expected = sum(float(v) * float(v) / float(values.sum()) for v in values if v > 0)
        assert float(out[place]) == pytest.approx(expected, rel=1e-5)


@given(SIZES, st.integers(0, 100), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_stochastic_pooling_in_training_draws_one_of_the_positive_values_of_its_window(
    shape, seed, k
):
    x = random_tensor(shape, seed).relu()
    torch.manual_seed(seed)
    out = StochasticPool2d(k)(x)
    for place, values in windows(x, k):
        assert out[place] in (values[values > 0] if values.any() else values)


def test_stochastic_pooling_draws_each_value_in_proportion_to_itself():
    torch.manual_seed(0)
    window = torch.tensor([[1.0, 0.0], [3.0, 6.0]])
    out = StochasticPool2d()(window.expand(20_000, 1, 2, 2)).flatten()
    counts = [int((out == value).sum()) for value in (1, 3, 6)]
    assert sum(counts) == 20_000
    assert stats.chisquare(counts, [2_000, 6_000, 12_000]).pvalue > 0.01


def test_stochastic_pooling_draws_for_each_window_anew():
    torch.manual_seed(0)
    a, b = StochasticPool2d()(
        torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 2, 2).repeat(5_000, 1, 1, 2)
    )[:, 0, 0].T
    table = torch.zeros(4, 4)
    for row, column in zip(a.long() - 1, b.long() - 1, strict=True):
        table[row, column] += 1
    assert stats.chi2_contingency(table.numpy()).pvalue > 0.01


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("x", [torch.zeros(1, 2, 4, 4), -torch.ones(1, 2, 4, 4)])
def test_a_window_without_a_positive_value_is_pooled_to_zero_and_has_a_finite_gradient(training, x):
    x = x.clone().requires_grad_()
    out = StochasticPool2d().train(training)(x)
    assert not out.any()
    out.sum().backward()
    assert x.grad.isfinite().all()


def test_the_gradient_of_stochastic_pooling_goes_to_the_drawn_place_alone():
    torch.manual_seed(0)
    x = random_tensor((3, 2, 6, 6)).relu().requires_grad_()
    out = StochasticPool2d()(x)
    weights = random_tensor(out.shape, 1)
    (out * weights).sum().backward()
    for place, gradient in windows(x.grad):
        values = x.detach()[
            place[0], place[1], 2 * place[2] : 2 * place[2] + 2, 2 * place[3] : 2 * place[3] + 2
        ].flatten()
        if values.any():
            assert gradient.tolist() == ((values == out[place]) * weights[place]).tolist()
        else:
            assert not gradient.any()


# -- LeNet-5's layers ------------------------------------------------------------------------------


@given(
    st.tuples(
        st.integers(1, 3), st.integers(1, 4), st.sampled_from([2, 4, 6]), st.sampled_from([2, 4, 8])
    ),
    st.integers(0, 100),
)
@settings(max_examples=25, deadline=None)
def test_subsampling_is_the_sum_of_each_window_times_a_coefficient_plus_a_bias(shape, seed):
    layer, x = Subsample(shape[1]), random_tensor(shape, seed)
    with torch.no_grad():
        layer.weight.copy_(random_tensor(shape[1], seed + 1))
        layer.bias.copy_(random_tensor(shape[1], seed + 2))
    out = layer(x)
    assert out.shape == (*shape[:2], shape[2] // 2, shape[3] // 2)
    for place, values in windows(x):
        expected = layer.weight[place[1]] * sum(values) + layer.bias[place[1]]
        assert torch.isclose(out[place], expected, atol=1e-5)


def test_the_connection_table_is_that_of_the_paper():
    """LeCun et al. 1998, table I: six maps see 3 neighbours, nine see 4, one sees all; 60
    connections.
    """
    assert [len(seen) for seen in C3_TABLE] == [3] * 6 + [4] * 9 + [6]
    assert len(set(C3_TABLE)) == 16
    for first in range(6):
        assert set(C3_TABLE[first]) == {first % 6, (first + 1) % 6, (first + 2) % 6}
        assert set(C3_TABLE[6 + first]) == {(first + i) % 6 for i in range(4)}
    assert [C3_TABLE[i] for i in range(12, 15)] == [(0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)]
    assert [sum(source in seen for seen in C3_TABLE) for source in range(6)] == [10] * 6


def test_a_table_convolution_is_one_small_convolution_for_each_output_map():
    layer, x = TableConv2d(6, C3_TABLE, 5), random_tensor((2, 6, 14, 14))
    out = layer(x)
    for channel, seen in enumerate(C3_TABLE):
        alone = F.conv2d(
            x[:, list(seen)],
            layer.weight[channel : channel + 1, list(seen)],
            layer.bias[channel : channel + 1],
        )
        assert torch.allclose(out[:, channel : channel + 1], alone, atol=1e-5)


def test_weights_outside_the_table_have_no_influence_and_no_gradient():
    layer, x = TableConv2d(6, C3_TABLE, 5), random_tensor((2, 6, 14, 14))
    before = layer(x)
    before.square().sum().backward()
    unseen = torch.ones_like(layer.weight, dtype=torch.bool)
    for channel, seen in enumerate(C3_TABLE):
        unseen[channel, list(seen)] = False
    assert not layer.weight.grad[unseen].any()
    assert (layer.weight.grad[~unseen] != 0).all()
    with torch.no_grad():
        layer.weight[unseen] = 1000.0
    assert torch.equal(layer(x), before)
    assert layer.parameter_count == int((~unseen).sum()) + layer.bias.numel()


def test_scaled_tanh_is_that_of_the_paper():
    """Appendix A: f(1) = 1, f(-1) = -1, and the second derivative is extreme at 1."""
    f = ScaledTanh()
    assert torch.allclose(
        f(torch.tensor([1.0, -1.0, 0.0])), torch.tensor([1.0, -1.0, 0.0]), atol=1e-4
    )
    assert float(f(torch.tensor(100.0))) == pytest.approx(1.7159)


# -- sequences -------------------------------------------------------------------------------------


def test_row_t_of_the_image_is_time_step_t():
    x = random_tensor((3, 1, 28, 28))
    out = Rows()(x)
    assert out.shape == (3, 28, 28)
    assert torch.equal(out[2, 5], x[2, 0, 5])


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_last_step_is_the_final_hidden_state_of_the_last_layer(kind, layers, bidirectional):
    cell = kind(28, 5, layers, batch_first=True, bidirectional=bidirectional)
    output, state = cell(random_tensor((3, 28, 28)))
    hidden = state[0] if kind is nn.LSTM else state  # (layers * directions, N, hidden)
    expected = torch.cat([hidden[-2], hidden[-1]], dim=1) if bidirectional else hidden[-1]
    assert torch.equal(LastStep(5, bidirectional)((output, state)), expected)

"""States, gates and beliefs recomputed from the weights, against `nn.LSTM`,
`nn.GRU` and `nn.RNN`.
"""

import numpy as np
import pytest
import torch
from torch import nn

from mnistlab.analysis.gates import GATES
from mnistlab.analysis.recurrent import Trace, row_importance, trace
from mnistlab.errors import NotApplicable
from mnistlab.models.layers import LastStep, Rows
from mnistlab.train import predict

from .networks import CONFIGS, RECURRENT, image, network, x_of


def first_layers(module: nn.RNNBase, count: int) -> nn.RNNBase:
    """torch's own layer, with only the first `count` layers of `module`."""
    part = type(module)(
        module.input_size,
        module.hidden_size,
        count,
        batch_first=True,
        bidirectional=module.bidirectional,
    )
    part.load_state_dict(
        {name: tensor for name, tensor in module.state_dict().items() if name in part.state_dict()}
    )
    return part.eval()


@pytest.mark.parametrize("name", RECURRENT)
def test_the_states_of_every_layer_and_direction_are_those_of_torch(name):
    config = CONFIGS[name]
    model = network(config)
    module = getattr(model, config.arch)
    found = trace(model, image(), config)
    assert len(found.layers) == config.layers * (1 + config.bidirectional)
    for part in found.layers:
        with torch.no_grad():
            output, state = first_layers(module, part.layer + 1)(x_of(config)[:, 0])
        backward = part.direction == "backward"
        wanted = output[0, :, config.hidden :] if backward else output[0, :, : config.hidden]
        np.testing.assert_allclose(part.hidden, wanted.numpy(), atol=1e-5)
        if config.arch == "lstm":
            last = state[1][part.layer * (1 + config.bidirectional) + backward, 0]
            np.testing.assert_allclose(part.cell[0 if backward else -1], last.numpy(), atol=1e-5)
        else:
            assert part.cell is None


def before(part, states):
    """Each row's state as it was before that row was read."""
    zero = np.zeros((1, states.shape[1]), np.float32)
    return np.concatenate(
        [states[1:], zero] if part.direction == "backward" else [zero, states[:-1]]
    )


@pytest.mark.parametrize("name", RECURRENT)
def test_the_gates_make_the_states_as_the_formulas_say(name):
    config = CONFIGS[name]
    for part in trace(network(config), image(), config).layers:
        gates = part.gates
        assert list(gates) == list(GATES[config.arch.upper()])
        for letter, values in gates.items():
            assert values.shape == (28, config.hidden)
            assert values.dtype == np.float32
            assert (-1 if letter in "gn" else 0) <= values.min() <= values.max() <= 1
        if config.arch == "lstm":
            np.testing.assert_allclose(
                part.cell, gates["f"] * before(part, part.cell) + gates["i"] * gates["g"], atol=1e-5
            )
            np.testing.assert_allclose(part.hidden, gates["o"] * np.tanh(part.cell), atol=1e-5)
        elif config.arch == "gru":
            np.testing.assert_allclose(
                part.hidden,
                (1 - gates["z"]) * gates["n"] + gates["z"] * before(part, part.hidden),
                atol=1e-5,
            )


def test_the_forget_gate_is_not_the_input_gate():
    """A bias that shuts one gate of torch's shuts the one that is shown."""
    for index, letter in enumerate("ifo"):
        model = network(CONFIGS["lstm"])
        place = {"i": 0, "f": 1, "o": 3}[letter]
        with torch.no_grad():
            model.lstm.bias_ih_l0[place * 7 : (place + 1) * 7] = -100
        gates = trace(model, image(), CONFIGS["lstm"]).layers[0].gates
        assert [bool((gates[other] < 1e-20).all()) for other in "ifo"] == [
            place == index for place in range(3)
        ]


def test_the_reset_gate_is_not_the_update_gate():
    for place, letter in enumerate("rz"):
        model = network(CONFIGS["gru"])
        with torch.no_grad():
            model.gru.bias_ih_l0[place * 6 : (place + 1) * 6] = -100
        gates = trace(model, image(), CONFIGS["gru"]).layers[0].gates
        assert [bool((gates[other] < 1e-20).all()) for other in "rz"] == [
            other == letter for other in "rz"
        ]


@pytest.mark.parametrize("name", RECURRENT)
def test_the_beliefs_after_each_row_are_those_on_an_image_that_ends_there(name):
    config = CONFIGS[name]
    model = network(config)
    found = trace(model, image(), config).probabilities
    with torch.no_grad():
        wanted = [model(x_of(config)[:, :, : t + 1]).softmax(1)[0].numpy() for t in range(28)]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_hidden_row_is_the_image_with_that_row_black(name):
    config = CONFIGS[name]
    model = network(config)
    found = row_importance(model, image(), config)
    pictures = image()[None].repeat(29, 1, 1, 1)
    for row in range(28):
        pictures[1 + row, :, row] = 0
    wanted = predict(model, pictures, config).softmax(1).numpy()
    np.testing.assert_allclose(found.probabilities, wanted[0], atol=1e-5)
    np.testing.assert_allclose(found.hidden, wanted[1:], atol=1e-5)
    np.testing.assert_allclose(found.change, wanted[1:] - wanted[0], atol=1e-5)


@pytest.mark.parametrize("name", ["cnn", "mlp"])
def test_other_networks_read_nothing_row_by_row(name):
    with pytest.raises(NotApplicable, match="row by row"):
        trace(network(CONFIGS[name]), image(), CONFIGS[name])


def test_layers_after_the_last_step_are_part_of_each_rows_prediction():
    torch.manual_seed(0)
    model = nn.Sequential(
        Rows(),
        nn.GRU(28, 5, batch_first=True),
        LastStep(5),
        nn.Linear(5, 7),
        nn.ReLU(),
        nn.Linear(7, 10),
    )
    probabilities = trace(model, image(), CONFIGS["gru"]).probabilities
    expected = [
        model(x_of(CONFIGS["gru"])[:, :, :end]).softmax(1)[0].detach().numpy()
        for end in (1, 14, 28)
    ]
    np.testing.assert_allclose(probabilities[[0, 13, 27]], expected, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_settled_from_the_first_row_after_which_nothing_changes(seed, share):
    rng = np.random.default_rng(seed)
    logits = 4 * rng.normal(size=(10, 3)).cumsum(0)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    read = Trace("RNN", np.zeros((10, 10)), (), shares)
    final = shares[-1].argmax()
    stays = [
        row
        for row in range(1, 11)
        if all(p.argmax() == final and p[final] > share for p in shares[row - 1 :])
    ]
    assert read.settled(share) == min(stays, default=None)

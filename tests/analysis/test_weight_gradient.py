"""A gradient is the sum of its terms, for a thousand weights of all kinds of networks."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnistlab.analysis.backward import Backward, backward
from mnistlab.analysis.gradient_factors import connected, source_of, view_shape
from mnistlab.analysis.optimizer_step import learning_rate, update, whole_step
from mnistlab.analysis.weight_gradient import gradient_sum
from mnistlab.choices import OPTIMIZERS, SCHEDULES
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset, to_input
from mnistlab.errors import AnalysisError, NotApplicable
from mnistlab.events import Progress
from mnistlab.train import train

from .networks import CONFIGS, network

IMAGES, WEIGHTS = 7, 67  # of each network: 15 networks make a thousand weights
NETWORKS = CONFIGS | {
    "separable": TrainConfig(
        dataset="digits",
        channels=(2, 3),
        kernel=3,
        convolutions=2,
        separable=True,
        class_maps=True,
        padding=0,
        batch_norm=True,
        label_smoothing=0.1,
    )
}
SETTINGS = {"weight_decay": 0.03, "momentum": 0.8}


def loss_of(model: nn.Sequential, config: TrainConfig) -> torch.Tensor:
    """The batch's loss, as the training loop writes it."""
    data = load_dataset("digits")
    x, y = to_input(data.train_images[:IMAGES], config), data.train_labels[:IMAGES]
    return F.cross_entropy(model(x), y, label_smoothing=config.label_smoothing)


@cache
def passed(name: str) -> tuple[Backward, nn.Sequential]:
    """What is tested, and the same network with torch's own `.grad`."""
    config, data = NETWORKS[name], load_dataset("digits")
    model = network(config)
    taken_apart = backward(model, data.train_images[:IMAGES], data.train_labels[:IMAGES], config)
    assert all(parameter.grad is None for parameter in model.parameters())
    loss_of(model, config).backward()
    return taken_apart, model


def some_weights(taken_apart: Backward, count: int) -> list[tuple[str, str, tuple[int, ...]]]:
    """Weights by chance, as many of each parameter as of every other."""
    chance, chosen = np.random.default_rng(1), []
    names = [(layer, name) for layer, each in taken_apart.layers.items() for name in each]
    while len(chosen) < count:
        layer, name = names[len(chosen) % len(names)]
        place = tuple(int(chance.integers(n)) for n in view_shape(taken_apart, layer, name))
        if len(place) < 2 or place[1] in connected(taken_apart, layer, name, place[0]):
            chosen.append((layer, name, place))
    return chosen


@pytest.mark.parametrize("name", NETWORKS)
def test_products_of_images_and_places_add_up_to_torchs_gradient(name: str) -> None:
    taken_apart, model = passed(name)
    assert taken_apart.loss == pytest.approx(loss_of(model, NETWORKS[name]).item(), rel=1e-6)
    for layer, parameter, place in some_weights(taken_apart, WEIGHTS):
        gradient = getattr(getattr(model, layer), parameter).grad
        expected = float(gradient.reshape(view_shape(taken_apart, layer, parameter))[place])
        found = gradient_sum(taken_apart, layer, parameter, place)
        scale = np.abs(found.products).sum()
        assert abs(found.total - expected) <= 1e-5 * scale, (layer, parameter, place)
        assert found.of_images.sum() == pytest.approx(found.total, abs=1e-6 * scale + 1e-30)
        if parameter.startswith("bias"):
            assert (found.factor == 1).all()


@pytest.mark.parametrize("name", ["cnn", "cnn-stochastic", "separable", "lenet5", "mlp"])
def test_a_window_shows_the_number_that_the_weight_is_multiplied_by(name: str) -> None:
    taken_apart, _ = passed(name)
    sums = [gradient_sum(taken_apart, *weight) for weight in some_weights(taken_apart, 24)]
    seen = 0
    for found in [each for each in sums if each.window is not None]:
        source = taken_apart.outputs[source_of(taken_apart, found.layer)]
        assert np.array_equal(found.window.map, source[:, found.window.channel])
        height, width = found.window.map.shape[1:]
        for output in np.ndindex(found.factor.shape[1:]):
            row, col = found.window.cell(output)
            top, left, bottom, right = found.window.box(output)
            assert top <= row < bottom
            assert left <= col < right
            inside = 0 <= row < height and 0 <= col < width
            pixel = found.window.map[2, row, col] if inside else 0.0
            assert found.factor[(2, *output)] == pixel
            seen += 1
    assert seen


@pytest.mark.parametrize("equal_steps", [0, 3])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["cnn-all", "lenet5", "lstm", "gru-both", "mlp"])
def test_the_optimisers_lines_end_in_torchs_new_weight(
    name: str, optimizer: str, equal_steps: int
) -> None:
    taken_apart, model = passed(name)
    config, lr = TrainConfig(optimizer=optimizer, **SETTINGS), 0.02
    start = {key: value.clone() for key, value in model.state_dict().items()}
    stepper = OPTIMIZERS[optimizer](config.replace(lr=lr), model.parameters())
    for _ in range(equal_steps + 1):
        model.load_state_dict(start)  # the same weights and gradient each time
        stepper.step()
    after = {key: value.clone() for key, value in model.state_dict().items()}
    model.load_state_dict(start)
    for layer, parameter, place in some_weights(taken_apart, 40):
        shape = view_shape(taken_apart, layer, parameter)
        old, gradient, new = (
            float(each.reshape(shape)[place])
            for each in (
                start[f"{layer}.{parameter}"],
                getattr(getattr(model, layer), parameter).grad,
                after[f"{layer}.{parameter}"],
            )
        )
        found = update(config, old, gradient, lr, equal_steps)
        # float32 beside float64: what a weight is stored with, and how far it moves
        allowed = 1e-7 * abs(old) + 1e-5 * abs(new - old)
        assert abs(found.after - new) <= allowed, (layer, parameter, place)
        assert found.lines[-1].value == found.after


@pytest.mark.parametrize("equal_steps", [0, 3])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_whole_step_changes_the_loss_as_torchs_step_does(
    optimizer: str, equal_steps: int
) -> None:
    data, config = load_dataset("digits"), CONFIGS["cnn-all"].replace(optimizer=optimizer)
    model = network(config)
    images, labels = data.train_images[:IMAGES], data.train_labels[:IMAGES]
    found = whole_step(backward(model, images, labels, config), 0.01, equal_steps)
    start = {key: value.clone() for key, value in model.state_dict().items()}
    before = loss_of(model, config)
    before.backward()
    losses = []
    for lr in (0.01, 0.1):
        stepper = OPTIMIZERS[optimizer](config.replace(lr=lr), model.parameters())
        for _ in range(equal_steps + 1):
            model.load_state_dict(start)
            stepper.step()
        losses.append(loss_of(model, config).item())
        model.load_state_dict(start)
    assert [found.before, found.after, found.far] == pytest.approx(
        [before.item(), *losses], rel=1e-5
    )
    assert found.slope < 0


def test_the_slope_is_what_a_small_step_changes() -> None:
    taken_apart, _ = passed("mlp")
    found = whole_step(taken_apart, 1e-5)
    assert found.after - found.before == pytest.approx(found.slope, rel=0.02)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_learning_rate_is_that_of_the_training(schedule: str) -> None:
    config = TrainConfig(
        dataset="digits",
        arch="mlp",
        hidden=2,
        schedule=schedule,
        train_size=40,
        batch_size=20,
        epochs=3,
        log_every=1,
        eval_every=None,
    )
    events = train(config, load_dataset("digits"))
    rates = {event.step: event.lr for event in events if isinstance(event, Progress)}
    assert len(rates) == 7
    assert {step: learning_rate(config, step) for step in rates} == pytest.approx(rates)


@pytest.mark.parametrize(
    ("layer", "parameter", "place", "said"),
    [
        ("relu1", "weight", (0,), "This network learns no relu1.weight. What it learns: conv1"),
        ("conv1", "weight", (0, 0, 0), "A weight of conv1.weight has 4 numbers."),
        ("conv1", "weight", (0, 0, 5, 0), "There is no number along axis 3 of conv1.weight: 5"),
    ],
)
def test_a_weight_that_is_not_there_is_one_clear_sentence(layer, parameter, place, said) -> None:
    with pytest.raises(NotApplicable) as error:
        gradient_sum(passed("cnn")[0], layer, parameter, place)
    assert str(error.value).startswith(said)


def test_a_map_that_the_table_leaves_out_is_one_clear_sentence() -> None:
    with pytest.raises(NotApplicable, match="Map 0 of c3 has no weights for map 5"):
        gradient_sum(passed("lenet5")[0], "c3", "weight", (0, 5, 0, 0))


def test_a_loss_that_is_not_finite_is_one_clear_sentence() -> None:
    data, model = load_dataset("digits"), network(CONFIGS["mlp"])
    with torch.no_grad():
        model.out.weight.fill_(float("inf"))
    with pytest.raises(AnalysisError, match="NaN or infinite"):
        backward(model, data.train_images[:2], data.train_labels[:2], CONFIGS["mlp"])

"""Moved, turned and zoomed digits, and how many of them a network still knows."""

import numpy as np
import pytest
import torch

from mnistlab.analysis.intervals import wilson
from mnistlab.analysis.invariance import AMOUNTS, UNCHANGED, robustness, transformed
from mnistlab.choices import DATASETS, POOLINGS
from mnistlab.experiments.race import invariance_networks
from mnistlab.models import describe
from mnistlab.train import predict
from tests.analysis.networks import trained


@pytest.fixture(scope="module")
def images(digits):
    return digits.test_images[:60]


@pytest.mark.parametrize("change", AMOUNTS)
def test_no_change_is_among_the_amounts_and_changes_nothing(images, change):
    assert UNCHANGED[change] in AMOUNTS[change]
    assert sorted(AMOUNTS[change]) == list(AMOUNTS[change])
    assert torch.equal(transformed(images, change, UNCHANGED[change]), images)
    assert all(
        not torch.equal(transformed(images, change, amount), images)
        for amount in AMOUNTS[change]
        if amount != UNCHANGED[change]
    )


@pytest.mark.parametrize("amount", [-8, -1, 1, 5])
def test_shifts_move_whole_pixels_and_let_black_in(images, amount):
    right, down = (transformed(images, change, amount) for change in ("right", "down"))
    for row in range(28):
        for moved, source in (
            (right[..., row], images[..., row - amount] if 0 <= row - amount < 28 else None),
            (down[..., row, :], images[..., row - amount, :] if 0 <= row - amount < 28 else None),
        ):
            assert torch.equal(moved, torch.zeros_like(moved) if source is None else source)


def test_turning_goes_against_the_clock(images):
    quarter = transformed(images, "turn", 90).int()
    assert (quarter - torch.rot90(images, 1, (-2, -1)).int()).abs().max() <= 1
    assert (
        transformed(images, "turn", -90).int() - torch.rot90(images, -1, (-2, -1)).int()
    ).abs().max() <= 1


def test_zooming_changes_the_size_of_the_digit_about_the_middle():
    square = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    square[..., 10:18, 10:18] = 255
    rows = torch.arange(28) - 13.5
    for zoom in AMOUNTS["zoom"]:
        ink = transformed(square, "zoom", zoom)[0, 0].double() / 255
        assert float(ink.sum()) == pytest.approx((8 * zoom) ** 2, rel=0.12)
        assert float((ink * rows).sum() / ink.sum()) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("change", AMOUNTS)
def test_accuracy_under_each_change_is_that_of_the_images_taken_one_by_one(digits, change):
    model, config = trained()
    images, labels, told = digits.test_images[:20], digits.test_labels[:20], []
    found = robustness(model, images, labels, config, change, told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    for amount, accuracy in zip(found.amounts, found.accuracies, strict=True):
        answers = [
            int(predict(model, transformed(image[None], change, amount), config).argmax())
            for image in images
        ]
        assert accuracy.correct == sum(
            answer == label for answer, label in zip(answers, labels.tolist(), strict=True)
        )
        assert (accuracy.low, accuracy.high) == wilson(accuracy.correct, 20)
    assert np.array_equal(found.shares, [accuracy.share for accuracy in found.accuracies])


def test_far_changes_cost_a_network_that_knows_the_digits_most_of_them(digits):
    model, config = trained()
    for change in ("right", "down"):
        found = robustness(model, digits.test_images, digits.test_labels, config, change)
        centre = found.amounts.index(UNCHANGED[change])
        assert found.shares[centre] > 0.8
        assert max(found.shares[0], found.shares[-1]) < 0.5


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_six_networks_differ_in_nothing_but_the_network(dataset):
    configs = invariance_networks(dataset)
    assert tuple(configs) == ("none", "max", "mean", "stochastic", "mlp", "lstm")
    assert set(POOLINGS) < set(configs)
    assert len({config.run_id for config in configs.values()}) == 6
    for config in configs.values():
        assert describe(config)
        assert set(config.differences(configs["none"])) <= {
            "arch",
            "pooling",
            "hidden",
            "channels",
            "kernel",
        } | ({"lr"} if config.arch == "lstm" else set())

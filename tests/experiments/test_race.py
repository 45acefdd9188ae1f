"""Races are fair, and what the pages say of learning rates, momentum and batches is so."""

import numpy as np
import pytest
import torch

from mnistlab.config import TrainConfig
from mnistlab.events import Diverged, Evaluated, Finished, Progress, Snapshot
from mnistlab.experiments.descent import START, descend, repeated_half
from mnistlab.experiments.race import (
    GOOD_RATES,
    RACERS,
    batches,
    optimizers,
    rates,
    readers,
    seconds_of,
    seconds_to,
)
from mnistlab.train import train


def test_optimisers_differ_in_nothing_else_and_begin_with_the_same_weights(digits):
    configs = optimizers("digits", 0.03)
    assert list(configs) == list(RACERS)
    assert len({config.replace(optimizer="sgd") for config in configs.values()}) == 1
    starts = [
        next(event for event in train(config, digits) if isinstance(event, Snapshot))
        for config in configs.values()
    ]
    assert {start.step for start in starts} == {0}
    for start in starts[1:]:
        assert all(
            torch.equal(tensor, start.weights[name]) for name, tensor in starts[0].weights.items()
        )


@pytest.mark.parametrize("optimizer", GOOD_RATES)
def test_ten_times_too_high_is_worse_than_good(digits, optimizer):
    ends = [list(train(config, digits))[-1] for config in rates("digits", optimizer).values()]
    low, good, high = ends
    assert isinstance(good, Finished)
    assert good.test_accuracy > 0.9
    assert isinstance(low, Finished)
    assert low.test_loss > good.test_loss
    assert isinstance(high, Diverged) or high.test_loss > 2 * good.test_loss


def test_rates_are_named_by_themselves_and_shared_with_the_race():
    assert list(rates("digits", "adam")) == ["0.001", "0.01", "0.1"]
    assert rates("digits", "adam")["0.1"] == optimizers("digits", 0.1)["adam"]


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_batches_see_as_many_images_each_and_end_with_the_whole_set(dataset):
    configs = batches(dataset)
    assert len({config.epochs for config in configs.values()}) == 1
    assert all(
        config.total_steps == config.epochs * config.steps_per_epoch for config in configs.values()
    )
    *_, last = configs.values()
    assert last.steps_per_epoch == 1
    assert last.batch_size == last.train_count
    assert readers(dataset, 0.01)["lstm"].dataset == dataset


def test_seconds_are_those_of_which_the_run_told():
    def told(step: int, speed: float) -> Progress:
        return Progress(step, 0, 1.0, 0.1, {}, speed, 0.0)

    # 10 steps of 20 images at 100 a second, then 20 at 400
    progress = [told(0, 0.0), told(1, 0.0), told(11, 100.0), told(31, 400.0)]
    assert seconds_of(progress, 20) == pytest.approx({1: 0.0, 11: 2.0, 31: 3.0})


def test_seconds_agree_with_the_runs_own_clock(digits):
    events = list(
        train(TrainConfig(dataset="digits", arch="mlp", hidden=8, epochs=2, log_every=1), digits)
    )
    (end,) = [event for event in events if isinstance(event, Finished)]
    seconds = seconds_of([event for event in events if isinstance(event, Progress)], 50)
    assert 0 < seconds[end.step] <= end.seconds["train"]


# -- the valley ------------------------------------------------------------------------------------


def by_hand(lr: float, momentum: float, nesterov: bool, steps: int) -> np.ndarray:
    place, velocity = np.array(START), np.zeros(2)
    way = [place]
    for _ in range(steps):
        slope = place * [1.0, 25.0]
        velocity = momentum * velocity + slope
        place = place - lr * (slope + momentum * velocity if nesterov else velocity)
        way.append(place)
    return np.stack(way)


@pytest.mark.parametrize(
    ("optimizer", "momentum"), [("sgd", 0.0), ("momentum", 0.9), ("nesterov", 0.9)]
)
def test_ways_down_the_valley_follow_the_formula(optimizer, momentum):
    way = descend(optimizer, 0.02, 0.9, 30)
    assert way == pytest.approx(by_hand(0.02, momentum, optimizer == "nesterov", 30), abs=1e-4)


def test_plain_descent_is_thrown_out_above_two_over_the_steepness():
    assert abs(descend("sgd", 0.07, 0.0, 60)[-1, 1]) < 0.01
    assert len(descend("sgd", 0.09, 0.0, 60)) < 61


def test_nesterov_overshoots_less():
    ways = {name: descend(name, 0.02, 0.9, 60) for name in ("momentum", "nesterov")}
    assert ways["nesterov"][:, 0].max() < ways["momentum"][:, 0].max()


# -- why batches -----------------------------------------------------------------------------------


def test_repeated_data_in_halves_get_there_in_half_the_passes(digits):
    losses = repeated_half(digits, 8)
    assert losses["halves"][:5] == pytest.approx(losses["whole"][::2], rel=1e-4)
    assert losses["halves"][-1] < losses["whole"][-1] < losses["whole"][0]


def test_seconds_to_an_accuracy_are_those_of_the_evaluation_that_reached_it() -> None:
    progress = [
        Progress(step, 0, 1.0, 0.1, {}, speed, 0.0)
        for step, speed in ((1, 0.0), (11, 100.0), (31, 400.0))
    ]
    evaluated = [
        Evaluated(step, 0, 1.0, 1.0, share, round(100 * share), 100)
        for step, share in ((0, 0.1), (11, 0.9), (21, 0.95), (31, 0.99))
    ]
    assert seconds_to(0.9, evaluated, progress, 20) == pytest.approx(2.0)
    assert seconds_to(0.95, evaluated, progress, 20) == pytest.approx(2.5)  # between two reports
    assert seconds_to(0.96, evaluated, progress, 20) == pytest.approx(3.0)
    assert seconds_to(0.995, evaluated, progress, 20) is None
    assert seconds_to(0.9, evaluated, [], 20) is None

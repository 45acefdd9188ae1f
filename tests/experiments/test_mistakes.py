"""Each mistake does what its explanation says it does, and the same experiment without the mistake
does not.
"""

import math
from functools import cache

import pytest
import torch
from torch.nn import functional as F

from mnistlab.experiments.mistakes import FLOOR, MEASURES, MISTAKES, Pair, run_pair
from mnistlab.ui.kit.texts import sections


@cache
def pair(name: str) -> Pair:
    return run_pair(name)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_shows_what_its_explanation_claims(name: str) -> None:
    found = pair(name)
    assert found.as_claimed, (found.correct.numbers, found.mistaken.numbers, found.mistaken.error)
    assert not found.correct.error
    assert set(MISTAKES[name].compare) <= set(MEASURES)
    assert set(MISTAKES[name].compare) <= set(found.correct.numbers)
    assert not MISTAKES[name].curve or (
        found.correct.curves[MISTAKES[name].curve] and found.mistaken.curves[MISTAKES[name].curve]
    )


@pytest.mark.parametrize("name", MISTAKES)
def test_claim_is_not_true_of_a_pair_without_the_mistake(name: str) -> None:
    correct = pair(name).correct
    assert not MISTAKES[name].shows(correct, correct)


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_explained_and_has_one_right_answer(name: str) -> None:
    mistake = MISTAKES[name]
    assert len(sections("en", "mistakes")[name]) > 200
    assert 0 <= mistake.right < len(mistake.answers) == len(set(mistake.answers))
    assert mistake.code[0] != mistake.code[1]


def test_right_answers_are_not_always_at_the_same_place() -> None:
    places = [mistake.right for mistake in MISTAKES.values()]
    assert max(places.count(place) for place in range(3)) < 0.6 * len(places)


def test_least_loss_with_a_softmax_too_many_is_that_of_a_perfect_answer() -> None:
    perfect = F.one_hot(torch.tensor([3]), 10).float()
    assert F.cross_entropy(perfect, torch.tensor([3])).item() == pytest.approx(FLOOR)
    least = min(loss for _, loss in pair("softmax-twice").mistaken.curves["train loss"])
    assert least > FLOOR


def test_without_zero_grad_the_training_first_learns_and_then_loses_it() -> None:
    losses = [loss for _, loss in pair("no-zero-grad").mistaken.curves["train loss"]]
    assert min(losses[:100]) < 1 < math.log(10) < max(losses[100:])


def test_networks_kept_by_test_and_by_validation_images_are_about_equally_good() -> None:
    found = pair("peeking")
    assert found.mistaken.numbers["truth"] == pytest.approx(
        found.correct.numbers["truth"], abs=0.02
    )


def test_one_image_without_its_channel_axis_gets_through_the_convolution_and_fails_later() -> None:
    from mnistlab import models
    from mnistlab.config import TrainConfig

    network = models.build(TrainConfig())
    # taken for one image of one channel
    assert network.conv1(torch.zeros(1, 28, 28)).shape == (16, 28, 28)
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes"):
        network(torch.zeros(1, 28, 28))


def test_experiments_are_repeatable_and_leave_the_random_state_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    told: list[float] = []
    again = run_pair("no-eval-dropout", told.append)
    assert torch.equal(torch.rand(3), expected)
    assert again == pair("no-eval-dropout")
    assert told == sorted(told)
    assert told[-1] == 1

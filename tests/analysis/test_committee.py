"""A committee is the mean of its members' probabilities, counted by hand and by torch."""

import numpy as np
import pytest
import torch

from mnistlab.analysis.committee import answers, committee
from mnistlab.analysis.evaluation import Judgement, compare
from mnistlab.errors import AnalysisError

LABELS = np.array([0, 1, 2, 3])


def judged(*guesses: int, sure: float = 2.0) -> Judgement:
    logits = np.zeros((len(guesses), 10), np.float32)
    logits[range(len(guesses)), list(guesses)] = sure
    return Judgement(LABELS, logits)


def test_answers_are_the_logarithms_of_the_mean_probabilities_as_torch_has_them() -> None:
    members = [np.random.default_rng(seed).normal(0, 5, (50, 10)) for seed in range(4)]
    shares = torch.stack([torch.from_numpy(each).softmax(1) for each in members])
    for size, said in enumerate(answers(members), start=1):
        expected = shares[:size].mean(0)
        np.testing.assert_allclose(np.exp(said), expected.numpy(), rtol=1e-12)
        np.testing.assert_allclose(torch.from_numpy(said).softmax(1), expected, rtol=1e-12)


def test_a_class_that_nobody_deems_possible_is_no_error() -> None:
    sure = np.full((1, 10), -2000.0)
    sure[0, 3] = 0.0
    (said,) = answers([sure])
    assert said.argmax() == 3
    assert said[0, 0] == -np.inf


def test_members_who_err_on_different_images_are_all_beaten() -> None:
    wrong_in_one = [
        judged(9, 1, 2, 3),
        judged(0, 9, 2, 3),
        judged(0, 1, 9, 3),
    ]
    result = committee(wrong_in_one)
    assert result.accuracy.correct == 4
    assert [each.correct for each in result.members] == [3, 3, 3]
    assert (result.beaten, result.equalled) == (3, 0)
    assert [each.correct for each in result.growth] == [3, result.growth[1].correct, 4]
    assert list(result.against_best.only_b) == [0]  # the first of the best errs on image 0
    assert len(result.against_best.only_a) == 0


def test_one_who_is_very_sure_outvotes_two_who_are_not() -> None:
    result = committee([judged(0, 1, 2, 3, sure=9.0), judged(5, 5, 5, 5), judged(5, 5, 5, 5)])
    assert result.accuracy.correct == 4
    assert (result.beaten, result.equalled) == (2, 1)
    assert result.best == 0
    assert result.members[result.middle].correct == 0


def test_the_test_against_the_best_is_mcnemars_of_the_two() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 10, 300)
    members = []
    for _ in range(5):
        logits = random.normal(0, 1, (300, 10))
        logits[range(300), labels] += 1.5
        members.append(Judgement(labels, logits))
    result = committee(members)
    mean = np.mean([torch.from_numpy(each.logits).softmax(1).numpy() for each in members], axis=0)
    expected = compare(members[result.best], Judgement(labels, np.log(mean)))
    assert result.accuracy.correct == int((mean.argmax(1) == labels).sum())
    assert result.against_best.p_value == expected.p_value
    assert result.beaten == 5


def test_nobody_and_different_images_are_one_clear_sentence() -> None:
    with pytest.raises(AnalysisError, match="needs members"):
        committee([])
    other = Judgement(LABELS[::-1].copy(), judged(0, 1, 2, 3).logits)
    with pytest.raises(AnalysisError, match="different images"):
        committee([judged(0, 1, 2, 3), other])

"""What is said of a network's answers, against scikit-learn, SciPy, statsmodels and naive loops."""

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from mnistlab.analysis.evaluation import (
    NORMALIZE,
    Accuracy,
    Judgement,
    compare,
    judge,
    per_class,
    reliability,
)
from mnistlab.errors import AnalysisError
from mnistlab.models import CLASSES
from mnistlab.train import predict
from tests.analysis.networks import CONFIGS, network, trained


def guesses(seed: int, count: int = 600, skill: float = 2.0) -> Judgement:
    """A made-up network that is right now and then."""
    random = np.random.default_rng(seed)
    labels = np.random.default_rng(99).integers(0, CLASSES, count)  # the same images for all
    logits = random.normal(size=(count, CLASSES))
    logits[np.arange(count), labels] += skill
    return Judgement(labels, logits.astype(np.float32))


def certain(answers: list[int] | np.ndarray) -> np.ndarray:
    """Logits of a network that is sure of these answers."""
    return 1000 * np.eye(CLASSES, dtype=np.float32)[answers]


@pytest.fixture(scope="module")
def judged(digits) -> Judgement:
    model, config = trained()
    return judge(model, digits.test_images, digits.test_labels, config)


# -- judging ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGS)
def test_probabilities_are_the_softmax_of_the_networks_own_logits_and_nothing_changes(
    name: str, digits
) -> None:
    config = CONFIGS[name]
    model = network(config).train()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    images, labels = digits.test_images[:40], digits.test_labels[:40]
    found = judge(model, images, labels, config)
    expected = predict(model, images, config).softmax(1).numpy()
    assert np.array_equal(found.probabilities, expected)
    assert np.array_equal(found.predictions, expected.argmax(1))
    assert np.array_equal(found.labels, labels.numpy())
    assert model.training
    assert all(module.training for module in model)
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())


def test_the_largest_logit_is_the_answer_where_rounding_makes_probabilities_equal() -> None:
    logits = np.zeros((1, CLASSES), np.float32)
    logits[0, 7] = 1e-9
    found = Judgement(np.array([7]), logits)
    assert len(set(found.probabilities[0].tolist())) == 1
    assert found.predictions.tolist() == torch.from_numpy(logits).argmax(1).tolist() == [7]


def test_a_diverged_network_is_told_in_a_sentence(digits) -> None:
    config = CONFIGS["mlp"]
    model = network(config)
    model.out.bias.data.fill_(float("nan"))
    with pytest.raises(AnalysisError, match="NaN or infinite"):
        judge(model, digits.test_images[:5], digits.test_labels[:5], config)


def test_accuracy_stands_with_its_wilson_interval(judged: Judgement) -> None:
    right = int((judged.predictions == judged.labels).sum())
    expected = binomtest(right, len(judged.labels)).proportion_ci(0.95, "wilson")
    found = judged.accuracy
    assert (found.correct, found.count, found.share) == (
        right,
        500,
        metrics.accuracy_score(judged.labels, judged.predictions),
    )
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert judged.first(200) == Accuracy.of(judged.predictions[:200] == judged.labels[:200])
    assert judged.first(200).count == 200


# -- confusion -------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalize", NORMALIZE)
def test_confusion_is_scikit_learns(judged: Judgement, normalize: str) -> None:
    matrix = judged.confusion(normalize)
    names = {"counts": None, "by true digit": "true", "by predicted digit": "pred"}
    expected = metrics.confusion_matrix(
        judged.labels, judged.predictions, labels=range(CLASSES), normalize=names[normalize]
    )
    assert np.array_equal(matrix, expected)
    if normalize != "counts":
        np.testing.assert_allclose(matrix.sum(1 if normalize == "by true digit" else 0), 1)


@pytest.mark.parametrize("normalize", NORMALIZE)
def test_confusion_has_ten_rows_also_where_a_class_is_missing(normalize: str) -> None:
    only_threes = Judgement(np.full(5, 3), certain([3, 3, 3, 8, 8]))
    matrix = only_threes.confusion(normalize)
    assert matrix.shape == (CLASSES, CLASSES)
    assert np.isfinite(matrix).all()
    assert (matrix > 0).sum() == 2


def test_each_cell_lists_its_images_and_all_cells_list_every_image_once() -> None:
    found = guesses(1)
    matrix = found.confusion()
    cells = {(t, p): found.cell(t, p) for t in range(CLASSES) for p in range(CLASSES)}
    for (true, predicted), places in cells.items():
        assert len(places) == matrix[true, predicted]
        assert set(found.labels[places]) <= {true}
        assert set(found.predictions[places]) <= {predicted}
        assert (np.diff(found.confidence[places]) <= 0).all()
    assert sorted(np.concatenate(list(cells.values()))) == list(range(600))


def test_mistakes_come_most_confident_first() -> None:
    found = guesses(2)
    wrong = found.mistakes()
    assert set(wrong) == {
        i for i in range(600) if found.probabilities[i].argmax() != found.labels[i]
    }
    assert (np.diff(found.probabilities[wrong].max(1)) <= 0).all()
    assert np.array_equal(found.mistakes(7), wrong[:7])


def test_precision_recall_and_f1_are_scikit_learns(judged: Judgement) -> None:
    found, predictions = per_class(judged), judged.predictions
    for digit in range(CLASSES):
        true, called = judged.labels == digit, predictions == digit
        assert found.support[digit] == true.sum()
        assert found.precision[digit] == pytest.approx(metrics.precision_score(true, called))
        assert found.recall[digit] == pytest.approx(metrics.recall_score(true, called))
        assert found.f1[digit] == pytest.approx(metrics.f1_score(true, called))


def test_what_cannot_be_divided_is_nan_and_not_zero() -> None:
    found = per_class(Judgement(np.array([1, 1, 2]), certain([1, 1, 1])))
    assert found.precision[1] == pytest.approx(2 / 3)
    assert np.isnan(found.precision[2])  # never predicted
    assert found.recall[2] == 0
    assert np.isnan(found.recall[5])  # not among the images


# -- calibration -----------------------------------------------------------------------------------


@pytest.mark.parametrize("bins", [5, 10, 15])
def test_reliability_is_scikit_learns_calibration_curve(bins: int) -> None:
    found = guesses(3)
    curve = reliability(found, bins)
    accuracy, confidence = calibration_curve(
        found.correct, found.confidence.astype(float), n_bins=bins
    )
    filled = curve.counts > 0
    np.testing.assert_allclose(curve.accuracy[filled], accuracy)
    np.testing.assert_allclose(curve.confidence[filled], confidence)
    assert np.isnan(curve.accuracy[~filled]).all()
    assert curve.counts.sum() == 600


def test_expected_calibration_error_is_that_of_a_naive_loop() -> None:
    found, total = guesses(4), 0.0
    for low in np.arange(10) / 10:
        inside = [i for i in range(600) if low < found.probabilities[i].max() <= low + 0.1 + 1e-12]
        if inside:
            right = np.mean([found.predictions[i] == found.labels[i] for i in inside])
            sure = np.mean([float(found.probabilities[i].max()) for i in inside])
            total += len(inside) / 600 * abs(right - sure)
    assert reliability(found).error == pytest.approx(total, abs=1e-9)


def test_a_network_that_is_always_sure_and_right_has_no_calibration_error() -> None:
    labels = np.arange(CLASSES)
    curve = reliability(Judgement(labels, certain(labels)))
    assert curve.error == 0
    assert curve.counts.tolist() == [0] * 9 + [10]
    assert curve.high[-1] == pytest.approx(1)
    assert reliability(Judgement((labels + 1) % 10, certain(labels))).error == 1


# -- two networks ----------------------------------------------------------------------------------


def test_two_networks_are_compared_image_by_image() -> None:
    a, b = guesses(5), guesses(6, skill=3.0)
    found = compare(a, b)
    right_a, right_b = a.predictions == a.labels, b.predictions == b.labels
    assert set(found.only_a) == {i for i in range(600) if right_a[i] and not right_b[i]}
    assert set(found.only_b) == {i for i in range(600) if right_b[i] and not right_a[i]}
    assert found.both_right + found.both_wrong + len(found.only_a) + len(found.only_b) == 600
    assert found.both_right == (right_a & right_b).sum()
    oracle = metrics.confusion_matrix(b.labels, b.predictions) - metrics.confusion_matrix(
        a.labels, a.predictions
    )
    assert np.array_equal(found.difference, oracle)
    fewer, either = min(len(found.only_a), len(found.only_b)), len(found.only_a) + len(found.only_b)
    assert found.p_value == pytest.approx(binomtest(fewer, either, 0.5).pvalue)


def test_mcnemars_test_in_plain_words() -> None:
    a, b = guesses(5), guesses(6, skill=3.5)
    better = compare(a, b)
    assert better.better == "b"
    assert compare(b, a).better == "a"
    words = better.in_words("first", "second")
    assert (
        f"first alone gets {len(better.only_a)} images right, second alone {len(better.only_b)}."
        in words
    )
    assert "second is better" in words
    assert "second is better" in compare(b, a).in_words("second", "first")
    alike = compare(a, guesses(7))
    assert alike.p_value > 0.05
    assert alike.better == ""
    assert "do not show which one is better" in alike.in_words()
    same = compare(a, a)
    assert same.p_value == 1
    assert "nothing tells them apart" in same.in_words()


def test_networks_judged_on_different_images_are_not_compared() -> None:
    a = guesses(1)
    for labels in (np.roll(a.labels, 1), a.labels[:-1]):
        with pytest.raises(AnalysisError, match="different images"):
            compare(a, Judgement(labels, a.logits[: len(labels)]))


def test_the_whole_of_mnist_is_judged(mnist) -> None:
    config = CONFIGS["cnn"].replace(dataset="mnist")
    found = judge(network(config), mnist.test_images, mnist.test_labels, config)
    assert found.accuracy.count == 10_000
    assert found.confusion().sum() == 10_000
    assert found.first().count == 2_000
    assert np.array_equal(found.confusion().sum(1), np.bincount(mnist.test_labels))

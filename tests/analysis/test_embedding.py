"""PCA and t-SNE are scikit-learn's own."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from torch import Tensor, nn

from mnistlab.analysis import embedding
from mnistlab.analysis.embedding import encoder, features
from mnistlab.analysis.projection import animate, pca, tsne
from mnistlab.analysis.projection_quality import knn_accuracy, nearest
from mnistlab.data import load_dataset, to_input
from mnistlab.errors import AnalysisError, NotApplicable
from mnistlab.events import Snapshot
from mnistlab.models import describe
from mnistlab.train import model_from, predict, train
from tests.analysis.networks import CONFIGS, network, trained

FEW = {"iterations": 250, "perplexity": 10.0}


@pytest.fixture(scope="module")
def known(digits) -> tuple[np.ndarray, np.ndarray]:
    """Features (150, D) of a trained network, and labels."""
    model, config = trained()
    return features(model, digits.test_images[:150], config, "flatten"), digits.test_labels[
        :150
    ].numpy()


# -- features --------------------------------------------------------------------------------------


def hooked(model: nn.Sequential, layer: str, x: Tensor) -> Tensor:
    """The oracle: what a forward hook sees."""
    seen = {}
    handle = dict(model.named_children())[layer].register_forward_hook(
        lambda *parts: seen.update(out=parts[2])
    )
    with torch.no_grad():
        model.eval()(x)
    handle.remove()
    return seen["out"][0] if isinstance(seen["out"], tuple) else seen["out"]


@pytest.mark.parametrize("name", CONFIGS)
def test_features_of_every_layer_are_what_a_hook_sees_and_nothing_changes(
    name: str, digits
) -> None:
    config = CONFIGS[name]
    model, images = network(config).train(), digits.test_images[:7]
    before = predict(model, images, config)
    found = {stage.name: features(model, images, config, stage.name) for stage in describe(config)}
    assert model.training
    assert torch.equal(predict(model, images, config), before)
    assert np.array_equal(found.pop("input"), to_input(images, config).flatten(1).numpy())
    for layer, array in found.items():
        expected = hooked(model, layer, to_input(images, config)).flatten(1).numpy()
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, expected, atol=1e-6)


def test_features_do_not_depend_on_the_batches(digits, monkeypatch: pytest.MonkeyPatch) -> None:
    model, config = trained()
    whole = features(model, digits.test_images[:100], config, "pool2")
    monkeypatch.setattr(embedding, "BATCH", 7)
    np.testing.assert_allclose(
        features(model, digits.test_images[:100], config, "pool2"), whole, atol=1e-5
    )


def test_a_layer_that_is_not_there_or_too_large_is_told_in_a_sentence(
    digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, config = trained()
    with pytest.raises(NotApplicable, match="no stage called 'conv9'"):
        encoder(model, config, "conv9")
    monkeypatch.setattr(embedding, "MAX_NUMBERS", 100_000)
    with pytest.raises(AnalysisError, match="at most 127 images"):  # 100,000 / 784
        features(model, digits.test_images[:200], config, "input")


# -- maps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_is_scikit_learns(known, dimensions: int) -> None:
    points, shares = pca(known[0], dimensions)
    oracle = PCA(dimensions, svd_solver="full").fit(known[0].astype(float))
    np.testing.assert_allclose(
        np.abs(points), np.abs(oracle.transform(known[0].astype(float))), rtol=1e-2, atol=1e-2
    )
    np.testing.assert_allclose(shares, oracle.explained_variance_ratio_, rtol=1e-3)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_tsne_is_scikit_learns_bit_for_bit(known, dimensions: int) -> None:
    found = tsne(known[0], dimensions, seed=3, **FEW)
    bare = TSNE(
        dimensions, perplexity=10.0, max_iter=250, init="pca", random_state=3
    ).fit_transform(known[0])
    assert np.array_equal(found, bare)
    assert found.shape == (150, dimensions)
    # of one thread, see above
    assert np.array_equal(tsne(known[0], dimensions, seed=3, threads=2, **FEW), bare)
    random = TSNE(
        dimensions, perplexity=10.0, max_iter=250, init="random", random_state=2
    ).fit_transform(known[0])
    assert np.array_equal(tsne(known[0], dimensions, seed=2, start="random", **FEW), random)


def test_a_layer_of_one_unit_can_be_drawn(known) -> None:
    line = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    points, shares = pca(line)
    np.testing.assert_allclose(np.abs(points[:, 0]), np.abs(line[:, 0] - 0.5), atol=1e-6)
    assert shares == pytest.approx([1, 0])
    assert np.isfinite(tsne(line, 3, perplexity=5, iterations=250)).all()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"perplexity": 150}, "perplexity of 150 is not possible with 150 images"),
        ({"perplexity": 0.5}, "perplexity of 0.5"),
        ({"perplexity": float("nan")}, "perplexity of nan"),
        ({"iterations": 249}, "249 iterations are too few"),
        ({"dimensions": 4}, "cannot have 4 dimensions"),
        ({"start": np.zeros((149, 2))}, r"initial points have the shape \(149, 2\)"),
    ],
)
def test_settings_that_cannot_be_are_told_in_a_sentence(
    known, settings: dict, sentence: str
) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        tsne(known[0], **settings)


@pytest.mark.parametrize("method", [tsne, pca])
def test_features_that_say_nothing_are_told_in_a_sentence(method) -> None:
    random = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    with pytest.raises(AnalysisError, match="same for all images"):
        method(np.ones((60, 5), np.float32))
    nearly = np.full((60, 5), -2.3025853, np.float32)  # as of a network that has died
    nearly[:20, 1] = np.nextafter(nearly[0, 1], np.float32(0))
    for lost in (nearly, np.eye(60, 5, dtype=np.float32) * np.float32(1e-30)):
        with pytest.raises(AnalysisError, match="same for all images"):
            method(lost)
    random[3, 2] = np.inf
    with pytest.raises(AnalysisError, match="NaN or infinite"):
        method(random)


@pytest.fixture(scope="module")
def over_training(digits) -> list[tuple[int, np.ndarray]]:
    """(step, features) of some snapshots of a training."""
    _, config = trained()
    snapshots = [
        event for event in train(config, load_dataset("digits")) if isinstance(event, Snapshot)
    ]
    return [
        (
            s.step,
            features(model_from(config, s.weights), digits.test_images[:200], config, "flatten"),
        )
        for s in snapshots[-4:]
    ]


def moved(frames: list[np.ndarray]) -> float:
    """Median way of a point from frame to frame, as a share of the picture's spread."""
    return float(
        np.mean(
            [
                np.median(np.linalg.norm(b / b.std() - a / a.std(), axis=1))
                for a, b in pairwise(frames)
            ]
        )
    )


def test_an_animation_starts_each_map_from_the_one_before_so_that_points_move_less(
    over_training, digits
) -> None:
    frames = list(animate(over_training, perplexity=20, iterations=300))
    assert [frame.step for frame in frames] == [step for step, _ in over_training]
    again = tsne(over_training[1][1], perplexity=20, iterations=300, start=frames[0].points)
    assert np.array_equal(frames[1].points, again)
    alone = [tsne(found, perplexity=20, iterations=300) for _, found in over_training]
    assert np.array_equal(frames[0].points, alone[0])
    assert moved([frame.points for frame in frames]) < 0.6 * moved(alone)
    labels = digits.test_labels[:200].numpy()
    assert (
        knn_accuracy(nearest(frames[-1].points), labels)
        > knn_accuracy(nearest(alone[-1]), labels) - 0.1
    )


def test_real_digits_form_groups(mnist) -> None:
    images, labels = mnist.test_images[:300], mnist.test_labels[:300].numpy()
    config = CONFIGS["cnn"].replace(dataset="mnist")
    found = features(network(config), images, config, "input")
    points = tsne(found, perplexity=20, iterations=500)
    assert (
        knn_accuracy(nearest(points), labels) > knn_accuracy(nearest(pca(found)[0]), labels) + 0.1
    )

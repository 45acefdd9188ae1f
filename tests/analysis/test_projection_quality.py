"""How far a map can be trusted, against scikit-learn and naive loops."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from mnistlab.analysis.embedding import features
from mnistlab.analysis.projection import pca
from mnistlab.analysis.projection_quality import knn_accuracy, nearest, projection_quality
from mnistlab.errors import AnalysisError
from tests.analysis.networks import trained


@pytest.fixture(scope="module")
def known(digits) -> tuple[np.ndarray, np.ndarray]:
    """Features (150, D) of a trained network, and labels."""
    model, config = trained()
    return features(model, digits.test_images[:150], config, "flatten"), digits.test_labels[
        :150
    ].numpy()


def distances(points: np.ndarray) -> np.ndarray:
    """Of all pairs (N, N); infinitely far from oneself."""
    found = np.linalg.norm(points[:, None].astype(float) - points[None], axis=2)
    np.fill_diagonal(found, np.inf)
    return found


def test_nearest_are_those_of_a_naive_search_without_the_image_itself(known) -> None:
    near, naive = nearest(known[0], 6), distances(known[0])
    np.testing.assert_allclose(near.distances, np.sort(naive, axis=1)[:, :6], rtol=1e-4)
    np.testing.assert_allclose(
        np.take_along_axis(naive, near.indices, axis=1), near.distances, rtol=1e-4
    )


def test_as_many_neighbours_as_others_and_no_more() -> None:
    points = np.eye(5, dtype=np.float32)
    assert nearest(points, 4).indices.shape == (5, 4)
    with pytest.raises(AnalysisError, match="Choose 1 to 4"):
        nearest(points, 5)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_knn_accuracy_is_scikit_learns_leave_one_out(known, k: int) -> None:
    found, labels = known
    expected = cross_val_score(
        KNeighborsClassifier(k, algorithm="brute"), found, labels, cv=LeaveOneOut()
    ).mean()
    # equally near ones may change places
    assert knn_accuracy(nearest(found, k), labels) == pytest.approx(expected, abs=1.5 / len(labels))


def test_projection_quality_of_a_map_is_scikit_learns_and_that_of_naive_loops(known) -> None:
    found, labels = known
    points, _ = pca(found)
    measured = projection_quality(found, points, labels, k=7)
    assert measured.trustworthiness == pytest.approx(trustworthiness(found, points, n_neighbors=7))
    assert measured.knn_full == knn_accuracy(nearest(found, 7), labels)
    assert measured.knn_picture == knn_accuracy(nearest(points, 7), labels)
    assert (measured.k, measured.trusted_points) == (7, 150)
    full, drawn = (np.argsort(distances(each), axis=1)[:, :7] for each in (found, points))
    kept = [len(set(a) & set(b)) / 7 for a, b in zip(full.tolist(), drawn.tolist(), strict=True)]
    # equally near ones may change places
    assert measured.kept == pytest.approx(np.mean(kept), abs=0.002)
    assert projection_quality(found, points, labels, k=7, near=nearest(found, 7)) == measured


def test_projection_quality_of_a_perfect_map_is_1_and_of_a_random_one_little(known) -> None:
    found, labels = known
    points, _ = pca(found)
    perfect = projection_quality(points, points, labels, k=7)
    assert (perfect.kept, perfect.trustworthiness) == (1, 1)
    assert perfect.knn_full == perfect.knn_picture
    shuffled = projection_quality(found, np.random.default_rng(0).permutation(points), labels, k=7)
    assert shuffled.trustworthiness < 0.7
    assert shuffled.kept < 0.2


def test_projection_quality_needs_fewer_neighbours_than_half_the_images(known) -> None:
    with pytest.raises(AnalysisError, match="Choose 1 to 74"):
        projection_quality(known[0], known[0][:, :2], known[1], k=75)

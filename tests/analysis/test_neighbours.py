"""The nearest images against scikit-learn's, by pixels and by features."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from mnistlab.analysis import neighbours
from mnistlab.analysis.embedding import encoder, features
from mnistlab.analysis.neighbours import nearest_images, nearest_rows
from mnistlab.errors import AnalysisError
from tests.analysis.networks import trained


def test_nearest_in_pixels_are_scikit_learns(digits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BATCH", 100)  # several batches
    flat = digits.train_images.flatten(1).double().numpy() / 255
    oracle = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(flat)
    for query in digits.test_images[:20]:
        found = nearest_images(query, digits.train_images, digits.train_labels, k=5)
        distances, indices = oracle.kneighbors(query.flatten().double().numpy()[None] / 255)
        np.testing.assert_allclose(found.distances, distances[0], rtol=1e-5)
        assert np.array_equal(found.indices, indices[0])
        assert np.array_equal(found.labels, digits.train_labels.numpy()[indices[0]])


def test_nearest_in_features_are_scikit_learns(digits) -> None:
    model, config = trained()
    known = features(model, digits.train_images[:400], config, "flatten")
    oracle = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(known.astype(float))
    encode = encoder(model, config, "flatten")
    for image in digits.test_images[:10]:
        found = nearest_images(
            image, digits.train_images[:400], digits.train_labels[:400], k=6, encode=encode
        )
        distances, indices = oracle.kneighbors(
            features(model, image[None], config, "flatten").astype(float)
        )
        np.testing.assert_allclose(found.distances, distances[0], rtol=1e-4)
        assert np.array_equal(found.indices, indices[0])


def test_an_image_is_its_own_nearest_one_and_a_row_leaves_itself_out(digits) -> None:
    found = nearest_images(digits.train_images[7], digits.train_images, digits.train_labels, k=1)
    assert (found.indices[0], found.distances[0]) == (7, 0)
    rows = digits.train_images[:200].flatten(1).numpy().astype(np.float32)
    labels = digits.train_labels[:200].numpy()
    oracle = (
        NearestNeighbors(n_neighbors=4, algorithm="brute")
        .fit(rows.astype(float))
        .kneighbors(return_distance=False)
    )
    for index in range(20):
        assert np.array_equal(nearest_rows(rows, index, labels, k=4).indices, oracle[index])


@pytest.mark.parametrize("k", [0, -1, 11])
def test_more_neighbours_than_there_are_images_is_told_in_a_sentence(k: int) -> None:
    images, labels = (
        torch.zeros(10, 1, 28, 28, dtype=torch.uint8),
        torch.zeros(10, dtype=torch.long),
    )
    with pytest.raises(AnalysisError, match=f"{k} neighbours"):
        nearest_images(images[0], images, labels, k=k)
    with pytest.raises(AnalysisError, match="among 9 images"):
        nearest_rows(np.zeros((10, 3)), 0, labels.numpy(), k=10)

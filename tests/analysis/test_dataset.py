"""Statistics of a data set, against NumPy on all pixels at once."""

import numpy as np
import pytest
import torch

from mnistlab.analysis import dataset as analysis
from mnistlab.choices import DATASETS
from mnistlab.data import Dataset


def test_pixel_statistics_are_those_of_all_pixels_at_once(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "CHUNK", 100)
    pixels = digits.train_images.numpy()
    found = analysis.pixel_statistics(digits.train_images)
    assert np.array_equal(found.histogram, np.bincount(pixels.ravel(), minlength=256))
    assert found.mean == pytest.approx((pixels / 255).mean())
    assert found.deviation == pytest.approx((pixels / 255).std())
    assert found.black == pytest.approx((pixels == 0).mean())
    assert found.nearly_white == pytest.approx((pixels >= 200).sum() / (pixels > 0).sum())
    assert found.after[-1] == len(pixels)
    for count, mean, deviation in zip(found.after, found.means, found.deviations, strict=True):
        assert (mean, deviation) == pytest.approx(
            ((pixels[:count] / 255).mean(), (pixels[:count] / 255).std())
        )


def test_mnists_two_numbers_come_out(mnist: Dataset) -> None:
    found = analysis.pixel_statistics(mnist.train_images)
    assert (
        (round(found.mean, 4), round(found.deviation, 4))
        == (DATASETS["mnist"].mean, DATASETS["mnist"].deviation)
        == (0.1307, 0.3081)
    )


def test_what_the_page_says_of_mnist_is_so(mnist: Dataset) -> None:
    train, test = (
        analysis.class_counts(mnist.train_labels),
        analysis.class_counts(mnist.test_labels),
    )
    assert train[1] / train[5] == pytest.approx(1.25, abs=0.02)  # a quarter more
    assert test[1] / test.sum() == pytest.approx(0.11, abs=0.005)
    means = torch.from_numpy(analysis.mean_images(mnist.train_images, mnist.train_labels)).flatten(
        1
    )
    nearest = torch.cdist(mnist.test_images.flatten(1).float(), means).argmin(1)
    assert (nearest == mnist.test_labels).float().mean().item() == pytest.approx(0.82, abs=0.005)
    assert analysis.pixel_statistics(mnist.train_images).black == pytest.approx(0.8, abs=0.02)


def test_counts_and_means_of_each_class(digits: Dataset) -> None:
    labels, images = digits.train_labels.numpy(), digits.train_images[:, 0].numpy()
    assert np.array_equal(
        analysis.class_counts(digits.train_labels), [(labels == digit).sum() for digit in range(10)]
    )
    expected = np.stack([images[labels == digit].mean(0) for digit in range(10)])
    assert np.allclose(
        analysis.mean_images(digits.train_images, digits.train_labels), expected, atol=1e-3
    )
    assert np.isnan(analysis.mean_images(digits.train_images[:1], digits.train_labels[:1])).any()


def test_members_are_the_images_of_a_class(digits: Dataset) -> None:
    places = analysis.members(digits.test_labels, 4)
    assert (digits.test_labels[places] == 4).all()
    assert len(places) == int((digits.test_labels == 4).sum())
    assert np.array_equal(analysis.members(digits.test_labels, None), np.arange(500))

"""From a stroke to 28×28: against MNIST's own pictures, and step by step."""

import csv
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnistlab.analysis.drawing import (
    BOX,
    canvas_ink,
    centre_of_mass,
    digit_csv,
    drawings_csv,
    normalised,
    prepare,
    read_digit,
    steps,
    to_png,
    value_range,
)
from mnistlab.config import TrainConfig
from mnistlab.data import to_input
from mnistlab.errors import DrawingError
from tests.analysis.strokes import STROKES, stroke


def enlarged(image: np.ndarray, top: int, left: int) -> np.ndarray:
    """`image` (28, 28) ten times as large, somewhere on a canvas of 600×600."""
    canvas = np.zeros((600, 600), np.uint8)
    canvas[top : top + 280, left : left + 280] = np.kron(image, np.ones((10, 10), np.uint8))
    return canvas


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean absolute difference of two pictures, of 255."""
    return float(np.abs(a.astype(float) - b).mean())


def test_real_digits_enlarged_and_moved_come_back(mnist) -> None:
    random = np.random.default_rng(0)
    restored, squeezed = [], []
    for image in mnist.test_images[:200, 0].numpy():
        large = enlarged(image, *random.integers(0, 320, 2))
        back = prepare(large)
        restored.append(difference(back, image))
        squeezed.append(difference(prepare(large, crop=False, fit=False, centre=False), image))
        assert np.abs(np.array(centre_of_mass(back)) - 14).max() <= 0.51
    assert np.mean(restored) < 6  # of 255: what one antialiasing more makes of it
    assert max(restored) < 30
    assert np.mean(squeezed) > 5 * np.mean(restored)


def test_real_digits_are_left_as_they_are(mnist) -> None:
    images = mnist.test_images[:1000, 0].numpy()
    differences = np.array([difference(prepare(image), image) for image in images])
    assert (differences == 0).mean() > 0.9
    assert differences.max() < 1


@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize(
    ("size", "pen", "top", "left"),
    [(260, 30, 10, 10), (160, 8, 100, 20), (60, 6, 215, 215), (40, 4, 2, 238)],
)
def test_a_stroke_of_any_size_and_place_fills_the_box_and_is_centred(
    digit: int, size: int, pen: int, top: int, left: int
) -> None:
    ink = stroke(digit, size, pen, top, left)
    way = steps(ink)
    assert [step.name for step in way] == ["drawing", "crop", "fit", "centre"]
    drawing, crop, fit, centre = (step.image for step in way)
    assert drawing is ink
    assert crop.sum() == ink.sum()
    assert all(crop.take([0, -1], axis).any(1 - axis).all() for axis in (0, 1))  # ink at every edge
    assert max(fit.shape) == BOX
    assert fit.max() == 255
    scale = BOX / max(crop.shape)
    assert fit.shape == tuple(max(1, round(side * scale)) for side in crop.shape)  # proportions
    assert centre.shape == (28, 28)
    assert centre.dtype == np.uint8
    assert centre.sum() == fit.sum()  # no ink is lost
    assert np.abs(np.array(centre_of_mass(centre)) - 14).max() <= 1
    assert np.array_equal(prepare(ink), centre)


def test_a_digit_is_the_same_wherever_it_is_drawn() -> None:
    places = [
        prepare(stroke(5, 80, 8, top, left))
        for top, left in [(0, 0), (100, 100), (199, 3), (3, 199)]
    ]
    assert all(np.array_equal(places[0], other) for other in places)


def test_each_step_can_be_left_out() -> None:
    ink = stroke(3, 60, 6, 10, 200)  # small, in the upper right corner
    alone = prepare(ink, crop=False, fit=False, centre=False)
    rows, columns = np.nonzero(alone)
    assert (rows.max(), columns.min()) < (8, 28)
    assert columns.min() > 18  # it stays small and in its corner
    assert [step.name for step in steps(ink, crop=False, fit=False, centre=False)] == [
        "drawing",
        "place",
    ]
    uncropped = steps(ink, crop=False)
    assert [step.name for step in uncropped] == ["drawing", "fit", "centre"]
    assert uncropped[1].image.shape == (BOX, BOX)  # the whole canvas
    assert np.abs(np.array(centre_of_mass(uncropped[-1].image)) - 14).max() <= 1
    unfitted = prepare(ink, fit=False)
    # as large as 28×28 allows
    assert max(np.ptp(np.nonzero(unfitted)[0]), np.ptp(np.nonzero(unfitted)[1])) > BOX
    boxed = steps(ink, centre=False)
    assert [step.name for step in boxed] == ["drawing", "crop", "fit", "place"]
    rows = np.flatnonzero(boxed[-1].image.any(1))
    assert abs(rows[0] - (27 - rows[-1])) <= 1  # the box is in the middle, whatever its mass


@pytest.mark.parametrize("shape", [(28, 28), (1, 28), (600, 40), (17, 400)])
def test_an_empty_picture_is_told_in_a_sentence(shape: tuple[int, int]) -> None:
    with pytest.raises(DrawingError, match="Nothing is drawn"):
        steps(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("size", [1, 2, 12, 40, 200])
def test_a_single_dot_is_told_in_a_sentence(size: int) -> None:
    image = Image.new("L", (280, 280))
    ImageDraw.Draw(image).ellipse([30, 30, 29 + size, 29 + size], fill=255)
    image.putpixel((30 + size // 2, 30 + size // 2), 255)  # of one pixel, Pillow draws nothing
    with pytest.raises(DrawingError, match="A dot is not enough"):
        steps(np.asarray(image))


def test_no_real_digit_counts_as_a_dot(mnist) -> None:
    assert all(len(steps(image)) == 4 for image in mnist.test_images[:3000, 0].numpy())


def test_what_is_drawn_on_the_canvas_is_laid_on_black() -> None:
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[5:15, 10, :] = 255  # a white stroke
    rgba[5:15, 11] = (255, 255, 255, 128)  # its soft edge
    rgba[0, 0] = (200, 200, 200, 0)  # colour that is transparent is not seen
    ink = canvas_ink(rgba)
    assert ink.shape == (20, 30)
    assert set(ink[5:15, 10]) == {255}
    assert set(ink[5:15, 11]) == {128}
    assert ink.sum() == 10 * (255 + 128)


@pytest.mark.parametrize("normalize", ["none", "zscore"])
def test_a_digits_csv_holds_the_numbers_that_the_network_is_given(digits, normalize: str) -> None:
    config = TrainConfig(dataset="digits", normalize=normalize)
    image = digits.test_images[0, 0].numpy()
    expected = to_input(digits.test_images[:1], config)[0, 0].numpy()
    assert np.array_equal(normalised(image, config), expected)
    values = np.loadtxt(io.StringIO(digit_csv(image, config)), delimiter=",")
    assert values.shape == (28, 28)
    np.testing.assert_allclose(values, expected, atol=1e-6)
    low, high = value_range(config)
    assert low - 1e-6 <= values.min()
    assert values.max() <= high + 1e-6


def test_the_value_range_of_z_scored_mnist_is_that_of_the_tutorial() -> None:
    assert value_range(TrainConfig(normalize="zscore")) == pytest.approx((-0.42, 2.82), abs=0.005)


def test_an_own_test_set_survives_as_csv_and_as_a_sheet(digits) -> None:
    images, labels = digits.test_images[:13, 0].numpy(), digits.test_labels[:13].tolist()
    rows = list(csv.reader(io.StringIO(drawings_csv(images, labels))))
    assert [int(row[0]) for row in rows[1:]] == labels
    assert np.array_equal(np.array([row[1:] for row in rows[1:]], int).reshape(-1, 28, 28), images)
    sheet = np.asarray(Image.open(io.BytesIO(to_png(images))))
    assert sheet.shape == (2 * 28, 10 * 28)
    assert all(
        np.array_equal(sheet[28 * (i // 10) :, 28 * (i % 10) :][:28, :28], image)
        for i, image in enumerate(images)
    )
    assert not sheet[28:, 3 * 28 :].any()


def test_a_digits_png_is_exact_and_reads_back_as_the_same_digit(mnist) -> None:
    image = mnist.test_images[0, 0].numpy()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(to_png(image)))), image)
    assert difference(read_digit(to_png(image)), image) < 1

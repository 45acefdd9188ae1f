"""From a stroke to the network's 28×28, step by step, prepared the way MNIST was.

LeCun, Cortes and Burges: the digit is cropped, scaled to fit into 20×20 pixels with its proportions
kept, and moved so that its centre of mass is in the middle of 28×28. "Ink" is an image as in MNIST:
uint8 (H, W), 0 no ink, 255 full ink.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from mnistlab.analysis.photo import read_ink
from mnistlab.config import TrainConfig
from mnistlab.data import to_input
from mnistlab.errors import DrawingError
from mnistlab.i18n import message

SIZE, BOX = 28, 20  # pixels: an MNIST image, and the box that a digit is fitted into
# row and column of the centre of mass, to half a pixel, as in all of MNIST
MIDDLE = SIZE // 2
FAINT = 8  # ink up to this is ignored when looking for the digit's edges
SHEET_COLUMNS = 10
NOTHING = message("Nothing is drawn yet."), message("Draw one large digit.")


@dataclass(frozen=True, eq=False)
class Step:
    """One step: "drawing", "crop", "fit", and last "centre" or, without centring, "place"."""

    name: str
    image: np.ndarray  # ink, uint8 (H, W); of the last step (28, 28)


def canvas_ink(rgba: np.ndarray) -> np.ndarray:
    """What was drawn with a white pen on the black canvas, uint8 (H, W, 4), as ink (H, W). It may
    be empty: see `steps`.
    """
    picture = Image.fromarray(np.ascontiguousarray(rgba, dtype=np.uint8), "RGBA")
    black = Image.new("RGBA", picture.size, "black")
    return np.asarray(Image.alpha_composite(black, picture).convert("L"))


def read_digit(source: bytes | str | Path) -> np.ndarray:
    """A photo or image file as the network's input, uint8 (28, 28). Raises `DrawingError`."""
    return prepare(read_ink(source))


def prepare(
    ink: np.ndarray, crop: bool = True, fit: bool = True, centre: bool = True
) -> np.ndarray:
    """The last of `steps`: uint8 (28, 28)."""
    return steps(ink, crop, fit, centre)[-1].image


def steps(ink: np.ndarray, crop: bool = True, fit: bool = True, centre: bool = True) -> list[Step]:
    """The steps from `ink`, uint8 (H, W), to 28×28; each of the three can be left out.

    crop: cut the image to the edges of the ink. fit: scale it so that its longer side is 20 pixels
    (left out: 28, if it is larger than that). centre: move it so that the ink's centre of mass is
    in the middle (left out: the middle of the crop is). Raises `DrawingError` if there is no ink,
    or nothing but a dot.
    """
    check(ink)
    taken = [Step("drawing", ink)]
    if crop:
        taken.append(Step("crop", ink[_edges(ink)]))
    if fit:
        taken.append(Step("fit", _scaled(taken[-1].image, BOX)))
    image = taken[-1].image
    if max(image.shape) > SIZE:
        image = _scaled(image, SIZE)
    if not image.any():  # it was faint, and is too small now to be seen
        raise DrawingError(*NOTHING)
    taken.append(
        Step("centre", _placed(image, *_offset_by_mass(image)))
        if centre
        else Step("place", _placed(image, *_offset_by_box(image)))
    )
    return taken


def check(ink: np.ndarray) -> None:
    """Raise `DrawingError` if there is nothing to read in `ink` (H, W)."""
    if not (ink > FAINT).any():
        raise DrawingError(*NOTHING)
    box = ink[_edges(ink)]
    (height, width), solid = box.shape, box > 127
    # a disc fills pi / 4 of its box
    round_and_full = max(height, width) <= 1.5 * min(height, width) and solid.mean() >= 0.7
    if max(height, width) < 3 or (round_and_full and _is_disc(solid)):
        raise DrawingError(
            message("A dot is not enough for a digit."), message("Draw one large digit.")
        )


def centre_of_mass(ink: np.ndarray) -> tuple[float, float]:
    """(row, column) of the ink's centre of mass; pixel i spans i - 0.5 to i + 0.5."""
    row, column = ndimage.center_of_mass(ink)
    return float(row), float(column)


def _is_disc(solid: np.ndarray) -> bool:
    """Whether the ink is one blob close to the ellipse that fills its box, as no stroke of a digit
    is.
    """
    height, width = solid.shape
    y, x = np.ogrid[:height, :width]
    ellipse = ((y - (height - 1) / 2) / (height / 2)) ** 2 + (
        (x - (width - 1) / 2) / (width / 2)
    ) ** 2 <= 1
    return bool((solid & ellipse).sum() >= 0.97 * ellipse.sum())


def _edges(ink: np.ndarray) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero((ink > FAINT).any(1)), np.flatnonzero((ink > FAINT).any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _scaled(image: np.ndarray, longer: int) -> np.ndarray:
    """`image` so that its longer side is `longer` pixels, keeping its proportions; antialiased.

    A thin stroke turns pale as it shrinks, so the strongest ink is brought back to 255, which every
    image in MNIST has. It is resized across, then down: left to itself, each version of Pillow
    chooses its own order, and the browser (`mnistlab/ui/kit/libraries/ink.js`) needs to know it.
    """
    height, width = image.shape
    if max(height, width) == longer:
        return image
    factor = longer / max(height, width)
    narrow = (max(1, round(width * factor)), height)
    size = (narrow[0], max(1, round(height * factor)))
    across = Image.fromarray(image).resize(narrow, Image.Resampling.BILINEAR)
    small = np.asarray(across.resize(size, Image.Resampling.BILINEAR))
    return np.round(small * (255 / max(1, small.max()))).astype(np.uint8)


def _offset_by_box(image: np.ndarray) -> tuple[int, int]:
    return (SIZE - image.shape[0]) // 2, (SIZE - image.shape[1]) // 2


def _offset_by_mass(image: np.ndarray) -> tuple[int, int]:
    """Position of the upper left corner of `image` that puts the centre of mass in the middle
    without losing ink.
    """
    offsets = []
    for mass, edge in zip(centre_of_mass(image), _edges(image), strict=True):
        offsets.append(min(max(round(MIDDLE - mass), -edge.start), SIZE - edge.stop))
    return offsets[0], offsets[1]


def _placed(image: np.ndarray, top: int, left: int) -> np.ndarray:
    """28×28 with `image` at (top, left), cut off at the edges."""
    canvas = np.zeros((SIZE, SIZE), np.uint8)
    cut = image[max(0, -top) : SIZE - top, max(0, -left) : SIZE - left]
    top, left = max(0, top), max(0, left)
    canvas[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return canvas


def normalised(image: np.ndarray, config: TrainConfig) -> np.ndarray:
    """uint8 (28, 28) -> float32 (28, 28): the numbers that the network of `config` receives."""
    return to_input(torch.from_numpy(np.array(image))[None, None], config)[0, 0].numpy()


def value_range(config: TrainConfig) -> tuple[float, float]:
    """Black and white as the network of `config` receives them: (0, 1), or about (-0.42, 2.82) for
    z-scored MNIST.
    """
    low, high = normalised(np.array([[0, 255]], np.uint8), config)[0].tolist()
    return low, high


def digit_csv(image: np.ndarray, config: TrainConfig) -> str:
    """One digit, uint8 (28, 28), as 28 lines of 28 values: those that the network receives (see
    `value_range`), not bytes.
    """
    text = io.StringIO()
    np.savetxt(text, normalised(image, config), delimiter=",", fmt="%.6f")
    return text.getvalue()


def drawings_csv(images: np.ndarray, labels: Sequence[int]) -> str:
    """A small test set, uint8 (N, 28, 28), one line each: its true digit, then its 784 pixels from
    0 (black) to 255 (white).
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["label", *(f"pixel{i}" for i in range(SIZE * SIZE))])
    writer.writerows(
        [int(label), *image.ravel().tolist()] for label, image in zip(labels, images, strict=True)
    )
    return text.getvalue()


def to_png(images: np.ndarray) -> bytes:
    """One digit, uint8 (28, 28), or N of them (N, 28, 28) as a sheet with ten in a row, as a PNG
    file. Exact: no byte is changed.
    """
    if images.ndim == 3:
        rows = math.ceil(len(images) / SHEET_COLUMNS)
        sheet = np.zeros((rows * SHEET_COLUMNS, SIZE, SIZE), np.uint8)
        sheet[: len(images)] = images
        images = (
            sheet.reshape(rows, SHEET_COLUMNS, SIZE, SIZE)
            .transpose(0, 2, 1, 3)
            .reshape(rows * SIZE, SHEET_COLUMNS * SIZE)
        )
    data = io.BytesIO()
    Image.fromarray(images).save(data, "PNG")
    return data.getvalue()

"""From a photo or image file to ink: light on black, without frame, colour, shadow or paper.

"Ink" is an image as in MNIST: uint8 (H, W), 0 no ink, 255 full ink.
"""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from mnistlab.errors import DrawingError
from mnistlab.i18n import Text, message

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
# more than a phone's camera makes, less than a malicious file of a few kilobytes can unpack to
MAX_PIXELS = 50_000_000
WORKING_SIZE = 512  # pixels of the longer side; a digit needs no more
SMALLEST = 5  # pixels of the shorter side
SMALL = 56  # pixels of the longer side; below that, every shade of a clean image counts
PALE = 32  # in a larger one, ink up to this is a compression artefact around a stroke
CONTRAST = 24  # of 255: darkest and brightest must differ by more
UNEVEN = 0.1  # of the contrast: a background that varies by more than this is levelled first

# We have a stricter limit of our own, and say so in a sentence.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_ink(source: bytes | str | Path) -> np.ndarray:
    """The ink (H, W) in an image file. Raises `DrawingError`."""
    return find_ink(read_image(source))


def read_image(source: bytes | str | Path) -> Image.Image:
    """An image file (its bytes or its path) upright, opaque, in grey ("L"), its longer side at most
    512 pixels.

    Raises `DrawingError` if there is no such file, or it is not an image, too large or too small.
    """
    try:
        with Image.open(
            io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS
        ) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _too_large(message("{width:,}×{height:,} pixels", width=width, height=height))
            if min(width, height) < SMALLEST:
                raise DrawingError(
                    message(
                        "A picture of {width}×{height} pixels is too small for a digit.",
                        width=width,
                        height=height,
                    ),
                    message("Choose a larger one."),
                )
            # a JPEG is decoded at a fraction of its size
            image.draft("RGB", (WORKING_SIZE, WORKING_SIZE))
            return _to_grey(ImageOps.exif_transpose(_shrunk(image)))
    except Image.DecompressionBombError as error:
        raise _too_large(message("far too many pixels")) from error
    except UnidentifiedImageError as error:
        raise DrawingError(
            message("This file is not a readable picture, whatever its name says."),
            message("Choose one of {formats}.", formats=tuple(FORMATS)),
        ) from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise DrawingError(
            message("Cannot open the picture {source}.", source=source), message("Check the path.")
        ) from error
    # Pillow has no class of its own for damaged files
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise DrawingError(
            message("This picture is damaged or incomplete."),
            message("Save it again, or choose another one."),
        ) from error


def find_ink(image: Image.Image) -> np.ndarray:
    """The ink (H, W) in a grey image: frames removed, the background (the more common shade along
    the edge) found and made black.

    Raises `DrawingError` if the image has a single colour.
    """
    grey = np.asarray(image).astype(np.float32)
    if grey.max() - grey.min() <= CONTRAST:
        black, white = grey.max() < 64, grey.min() > 191
        raise DrawingError(
            message("The picture is all black: there is no digit in it.")
            if black
            else message("The picture is all white: there is no digit in it.")
            if white
            else message("The picture is all one colour: there is no digit in it."),
            message("Choose one with a digit that stands out from its background."),
        )
    window, framed = _without_frame(grey > _threshold(grey))
    grey = grey[window]
    light = grey > _threshold(grey)
    ink = grey if _ground_is_dark(light) else 255 - grey
    ink = _levelled(ink)
    if framed:
        ink = _without_rest_of_frame(ink)
    return np.round(ink).astype(np.uint8)


def _too_large(size: Text) -> DrawingError:
    return DrawingError(
        message(
            "The picture has {size}; the limit is {most} million.",
            size=size,
            most=MAX_PIXELS // 1_000_000,
        ),
        message("Make it smaller, or crop it to the digit."),
    )


def _shrunk(image: Image.Image) -> Image.Image:
    """`image` reduced before it is converted, so that there is never a second large copy."""
    factor = max(image.size) // WORKING_SIZE
    if factor > 1 and image.mode in ("L", "LA", "RGB", "RGBA", "I", "F"):
        exif = image.getexif()
        image = image.reduce(factor)
        image.info["exif"] = exif.tobytes()
    return image


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):  # 16 or 32 bits: Pillow would clip instead of scaling
        values = np.asarray(image).astype(np.float64)
        values = (values - values.min()) / max(values.max() - values.min(), 1.0)
        image = Image.fromarray(np.round(255 * values).astype(np.uint8))
    if image.has_transparency_data:
        image = _on_ground(image.convert("RGBA"))
    grey = image.convert("L")
    grey.thumbnail((WORKING_SIZE, WORKING_SIZE))
    return grey


def _on_ground(image: Image.Image) -> Image.Image:
    """A transparent image on white or black: the colour of its paper or, for strokes alone, the one
    they stand out from.
    """
    grey, alpha = np.asarray(image.convert("RGB").convert("L")), np.asarray(image)[:, :, 3]
    opaque = grey[alpha > 127]
    if not len(opaque):
        raise DrawingError(
            message("The picture is all transparent: there is no digit in it."),
            message("Choose one with a digit that stands out from its background."),
        )
    sheet = len(opaque) > grey.size / 2 and np.ptp(np.percentile(opaque, [1, 99])) > CONTRAST
    white = (np.median(opaque) >= 128) == sheet
    return Image.alpha_composite(
        Image.new("RGBA", image.size, "white" if white else "black"), image
    )


def _threshold(grey: np.ndarray) -> float:
    """Otsu's threshold: the one that splits the shades into the two most different groups (Otsu,
    1979).
    """
    counts, edges = np.histogram(grey, bins=256)
    shades = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()[:-1]
    above = counts.sum() - below
    mean_below = (counts * shades).cumsum()[:-1] / np.maximum(below, 1)
    mean_above = ((counts * shades).sum() - (counts * shades).cumsum()[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_below - mean_above) ** 2
    # ties form a plateau: take its middle
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + (best[0] + best[-1]) // 2])


def _ground_is_dark(light: np.ndarray) -> bool:
    border = np.concatenate([light[0], light[-1], light[1:-1, 0], light[1:-1, -1]])
    return bool(border.mean() < 0.5)


def _without_frame(light: np.ndarray) -> tuple[tuple[slice, slice], bool]:
    """(the part of the image inside all frames, whether there were any).

    A frame is a large rectangle with something in it: a sheet with a digit on it, or an outline
    around one. The bar of a 1 and the ring of a 0 have nothing in them.
    """
    window, framed = (slice(0, light.shape[0]), slice(0, light.shape[1])), False
    while True:
        inside = _inside_of_frame(light[window] == _ground_is_dark(light[window]))
        if inside is None:
            return window, framed
        window = tuple(
            slice(w.start + i.start, w.start + i.stop) for w, i in zip(window, inside, strict=True)
        )  # type: ignore[assignment]
        framed = True


def _inside_of_frame(marks: np.ndarray) -> tuple[slice, slice] | None:
    """Where the inside of the frame is, if the largest of `marks` (H, W), the pixels that differ
    from the background, is one.
    """
    labels, count = ndimage.label(marks, np.ones((3, 3)))
    if not count:
        return None
    boxes = ndimage.find_objects(labels)
    largest = max(range(count), key=lambda i: np.prod([s.stop - s.start for s in boxes[i]]))
    box, mark = boxes[largest], labels[boxes[largest]] == largest + 1
    filled = ndimage.binary_fill_holes(mark)
    holes = filled & ~mark
    if mark.size < 0.25 * marks.size or filled.mean() < 0.9 or holes.sum() < 0.002 * mark.size:
        return None
    # a sheet: its own edges are blurred, so leave out a little more
    if mark.sum() > 0.6 * filled.sum():
        inside, margin = box, max(1, round(0.02 * max(mark.shape)))
    # a ring with something in it
    elif ((labels[box] > 0) & holes).any() or (
        (labels[box] != largest + 1) & marks[box] & filled
    ).any():
        rows, columns = np.flatnonzero(holes.any(1)), np.flatnonzero(holes.any(0))
        inside = (
            slice(box[0].start + rows[0], box[0].start + rows[-1] + 1),
            slice(box[1].start + columns[0], box[1].start + columns[-1] + 1),
        )
        margin = 1
    else:
        return None
    smaller = tuple(slice(s.start + margin, s.stop - margin) for s in inside)
    return smaller if all(s.stop - s.start >= SMALLEST for s in smaller) else None  # type: ignore[return-value]


def _levelled(ink: np.ndarray) -> np.ndarray:
    """Background to 0 and the strongest ink to 255. A photo's uneven background (shadow, paper
    texture) is removed first.
    """
    wider_than_strokes = max(3, min(ink.shape) // 3)
    surface = ndimage.grey_opening(ink, wider_than_strokes)
    if np.ptp(np.percentile(surface[ink <= _threshold(ink)], [5, 95])) > UNEVEN * np.ptp(ink):
        # smoothed: noise would lower it
        ink = ink - ndimage.grey_opening(ndimage.gaussian_filter(ink, 1), wider_than_strokes)
    threshold = _threshold(ink)
    ground = np.median(ink[ink <= threshold])
    noise = np.percentile(np.abs(ink[ink <= threshold] - ground), 75)
    ink = np.clip((ink - ground) / max(float(ink.max() - ground), 1.0), 0, 1) * 255
    # unless a program made it at MNIST's size: what is far from strong ink is paper
    if noise > 0 or max(ink.shape) > SMALL:
        near = ndimage.binary_dilation(_without_specks(ink > _threshold(ink)), iterations=2)
        ink = np.where(near & (ink > PALE), ink, 0)
    return ink


def _without_specks(strong: np.ndarray) -> np.ndarray:
    """`strong` (H, W) without pieces smaller than a fiftieth of the largest: dust and noise."""
    labels, count = ndimage.label(strong, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    return (sizes >= 0.02 * sizes.max())[labels] & strong


def _without_rest_of_frame(ink: np.ndarray) -> np.ndarray:
    """`ink` without what touches the edge, the remains of a frame that was cut off. Never removes
    the largest piece.
    """
    labels, count = ndimage.label(ink > 64, np.ones((3, 3)))
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    largest = np.bincount(labels.ravel())[1:].argmax() + 1 if count else 0
    gone = np.isin(labels, [piece for piece in edge if piece and piece != largest])
    return np.where(ndimage.binary_dilation(gone, iterations=2), 0, ink)

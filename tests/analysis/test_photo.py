"""Photos and picture files: whatever surrounds a digit is taken away, and what is no picture of one
is told in a sentence.
"""

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mnistlab.analysis.drawing import prepare, read_digit
from mnistlab.analysis.photo import find_ink, read_image, read_ink
from mnistlab.errors import DrawingError
from tests.analysis.strokes import STROKES, stroke


def encoded(image: Image.Image | np.ndarray, file_format: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        data, file_format, **options
    )
    return data.getvalue()


def colored(ink: np.ndarray, pen: tuple[int, int, int], paper: tuple[int, int, int]) -> Image.Image:
    share = ink[:, :, None] / 255
    return Image.fromarray((share * np.array(pen) + (1 - share) * np.array(paper)).astype(np.uint8))


def transparent(ink: np.ndarray, shade: int) -> Image.Image:
    rgba = np.full((*ink.shape, 4), shade, np.uint8)
    rgba[:, :, 3] = ink
    return Image.fromarray(rgba)


def rounded_sheet(ink: np.ndarray) -> Image.Image:
    """Dark on white paper whose corners are transparent."""
    image = Image.fromarray(255 - ink).convert("RGBA")
    y, x = np.mgrid[: ink.shape[0], : ink.shape[1]]
    alpha = np.where(
        np.minimum(x, ink.shape[1] - 1 - x) + np.minimum(y, ink.shape[0] - 1 - y) < 25, 0, 255
    ).astype(np.uint8)
    image.putalpha(Image.fromarray(alpha))
    return image


def framed(image: np.ndarray, shade: int, thickness: int, margin: int = 0) -> np.ndarray:
    """`image` in a frame, and that on a ground of the image's own shade."""
    return np.pad(
        np.pad(image, thickness, constant_values=shade), margin, constant_values=int(image[0, 0])
    )


def photo(ink: np.ndarray, shadow: float, noise: float = 4, side: int = 1000) -> Image.Image:
    """Pencil on grey paper, blurred, noisy, and darker towards one corner."""
    large = ndimage.gaussian_filter(
        np.asarray(Image.fromarray(ink).resize((side, side))).astype(float) / 255, 2
    )
    y, x = np.mgrid[:side, :side] / side
    paper = 215 - shadow * (0.7 * x + 0.3 * y)
    grey = paper * (1 - 0.75 * large) + np.random.default_rng(0).normal(0, noise, large.shape)
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")


def on_desk(ink: np.ndarray, turned: float = 0) -> Image.Image:
    desk = Image.new("RGB", (1500, 1300), (70, 50, 40))
    desk.paste(photo(ink, 50), (200, 150))
    return desk.rotate(turned)


def turned_by_camera(ink: np.ndarray, enlarge: int = 1) -> bytes:
    """A JPEG whose pixels lie on their side, and that says so."""
    image = (
        Image.fromarray(255 - ink)
        .resize((ink.shape[1] * enlarge, ink.shape[0] * enlarge))
        .rotate(90, expand=True)
    )
    exif = Image.Exif()
    exif[274] = 6  # orientation: to be turned by 90 degrees clockwise
    return encoded(image, "JPEG", exif=exif.tobytes(), quality=90)


CLEAN: dict[str, Callable[[np.ndarray], bytes]] = {  # ways to keep a drawing that lose little
    "light on dark": encoded,
    "dark on light": lambda ink: encoded(255 - ink),
    "jpeg": lambda ink: encoded(255 - ink, "JPEG", quality=70),
    "webp": lambda ink: encoded(Image.fromarray(255 - ink), "WEBP"),
    "gif": lambda ink: encoded(255 - ink, "GIF"),
    "bmp": lambda ink: encoded(ink, "BMP"),
    "one bit": lambda ink: encoded(Image.fromarray(255 - ink).convert("1")),
    "16 bits": lambda ink: encoded((255 - ink).astype(np.uint16) * 257),
    "16 bits, dim": lambda ink: encoded(ink.astype(np.uint16) * 16),
    "blue on yellow": lambda ink: encoded(colored(ink, (20, 20, 200), (250, 240, 120))),
    "yellow on white": lambda ink: encoded(colored(ink, (240, 220, 0), (255, 255, 255))),
    "red on black": lambda ink: encoded(colored(ink, (200, 0, 0), (0, 0, 0))),
    "black strokes, transparent ground": lambda ink: encoded(transparent(ink, 0)),
    "white strokes, transparent ground": lambda ink: encoded(transparent(ink, 255)),
    "sheet with transparent corners": lambda ink: encoded(rounded_sheet(ink)),
    "palette with transparency": lambda ink: encoded(transparent(ink, 90).quantize(32)),
    "turned by the camera": turned_by_camera,
    "turned by the camera, large": lambda ink: turned_by_camera(ink, 8),
    "large": lambda ink: encoded(Image.fromarray(255 - ink).resize((3000, 3000))),
}
FRAMES: dict[str, Callable[[np.ndarray], bytes]] = {
    **{
        f"black frame of {t}": lambda ink, t=t: encoded(framed(255 - ink, 0, t))
        for t in (3, 20, 80)
    },
    **{
        f"grey frame of {t}": lambda ink, t=t: encoded(framed(255 - ink, 110, t))
        for t in (3, 20, 80)
    },
    **{
        f"white frame of {t}, light digit": lambda ink, t=t: encoded(framed(ink, 255, t))
        for t in (3, 20, 80)
    },
    **{
        f"black frame of {t} with a margin": lambda ink, t=t: encoded(framed(255 - ink, 0, t, 30))
        for t in (6, 20, 80)
    },
    **{
        f"white frame of {t} with a margin, light digit": lambda ink, t=t: encoded(
            framed(ink, 255, t, 30)
        )
        for t in (6, 20, 80)
    },
    "two frames": lambda ink: encoded(framed(framed(255 - ink, 0, 10), 255, 20, 30)),
}
PHOTOS: dict[str, Callable[[np.ndarray], bytes]] = {
    "even light": lambda ink: encoded(photo(ink, 0), "JPEG", quality=85),
    "a shadow": lambda ink: encoded(photo(ink, 80), "JPEG", quality=85),
    "a deep shadow": lambda ink: encoded(photo(ink, 140), "JPEG", quality=85),
    "a sheet on a desk": lambda ink: encoded(on_desk(ink), "JPEG", quality=85),
    "a crooked sheet on a desk": lambda ink: encoded(on_desk(ink, 2), "JPEG", quality=85),
}


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two pictures, where they fit best: 1 if they are the same but for brightness
    and one pixel's shift.
    """
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(
        float(np.corrcoef(np.roll(a, shift, (0, 1)).ravel(), b.ravel())[0, 1]) for shift in shifts
    )


@pytest.mark.parametrize("way", CLEAN)
def test_the_same_digit_comes_out_of_every_kind_of_file(way: str) -> None:
    for digit in STROKES:
        ink = stroke(digit)
        assert agreement(read_digit(CLEAN[way](ink)), prepare(ink)) > 0.9, digit


@pytest.mark.parametrize("way", FRAMES)
def test_a_frame_is_taken_off(way: str) -> None:
    for digit in (0, 1, 4, 7, 8):
        ink = stroke(digit)
        assert agreement(read_digit(FRAMES[way](ink)), prepare(ink)) > 0.98, digit


@pytest.mark.parametrize("way", PHOTOS)
def test_a_photo_gives_its_digit_without_paper_shadow_and_desk(way: str) -> None:
    for digit in (0, 1, 5, 8):
        ink = stroke(digit)
        found = read_digit(PHOTOS[way](ink))
        assert agreement(found, prepare(ink)) > 0.8, digit  # the crooked 1 leans by a pixel
        assert (found == 0).mean() > 0.5  # the paper is black, not dark grey


def test_a_ring_and_a_bar_are_digits_and_no_frames() -> None:
    ring = np.zeros((200, 200), np.uint8)
    ring[20:180, 30:170] = 255
    ring[45:155, 55:145] = 0  # the 0 of a display: a rectangle with nothing in it
    bar = np.zeros((200, 200), np.uint8)
    bar[10:190, 60:140] = 255
    for ink in (ring, bar):
        for image in (ink, 255 - ink):
            assert agreement(find_ink(Image.fromarray(image)), ink) > 0.999


def test_a_clean_picture_keeps_its_very_bytes(mnist) -> None:
    for image in mnist.test_images[:300, 0].numpy():
        ink = find_ink(Image.fromarray(image))
        # the brightest of it is made 255; most have that
        assert np.abs(ink.astype(int) - image).max() <= 1
        assert np.array_equal(find_ink(Image.fromarray(255 - image)), ink)


def test_dust_is_not_ink() -> None:
    image = np.asarray(photo(stroke(7), 0).convert("L")).copy()
    image[30:33, 900:903] = 0
    assert agreement(prepare(find_ink(Image.fromarray(image))), prepare(stroke(7))) > 0.9


# -- what is no picture of a digit -----------------------------------------------------------------


def png_of_zeros(width: int, height: int, rows: int) -> bytes:
    """A black PNG of a few kilobytes that says it has `height` rows, and has `rows`."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(width + 1)) for _ in range(rows)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


# pytest puts back the warnings that the module turns off
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_12000_by_12000_pixels_are_refused_before_they_are_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unpacked(*_: object) -> None:
        raise AssertionError("the pixels were read")

    data = png_of_zeros(12_000, 12_000, rows=12_000)
    assert len(data) < 1_000_000
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpacked)
    with pytest.raises(DrawingError, match=r"12,000×12,000 pixels.*50 million"):
        read_ink(data)


def test_a_decompression_bomb_is_refused() -> None:
    with pytest.raises(DrawingError, match="far too many pixels"):
        read_ink(png_of_zeros(60_000, 60_000, rows=1))


REFUSED = {
    "a text file": (b"I am a 7, honestly.", "not a readable picture"),
    "nothing": (b"", "not a readable picture"),
    "a PostScript file": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "not a readable picture",
    ),
    "one pixel": (encoded(np.zeros((1, 1), np.uint8)), r"1×1 pixels is too small"),
    "a line": (encoded(np.zeros((4, 400), np.uint8)), r"400×4 pixels is too small"),
    "black": (encoded(np.zeros((90, 80), np.uint8)), "is all black"),
    "white": (encoded(np.full((90, 80), 255, np.uint8)), "is all white"),
    "grey": (encoded(np.full((90, 80), 128, np.uint8), "JPEG"), "is all one colour"),
    "transparent": (
        encoded(transparent(np.zeros((90, 80), np.uint8), 255)),
        "is all transparent",
    ),
    "a dot": (
        encoded(Image.fromarray(255 - np.pad(np.full((12, 12), 255, np.uint8), 60))),
        "A dot is not enough",
    ),
    "half a file": (encoded(photo(stroke(4), 50), "JPEG")[:4000], "damaged or incomplete"),
    "half a PNG": (encoded(photo(stroke(4), 50))[:4000], "damaged or incomplete"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_shows_no_digit_is_told_in_a_clear_sentence(kind: str) -> None:
    data, sentence = REFUSED[kind]
    with pytest.raises(DrawingError, match=sentence) as told:
        read_digit(data)
    assert told.value.what.endswith(".")
    assert told.value.advice


def test_a_file_is_judged_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "seven.png"
    path.write_text("seven")
    with pytest.raises(DrawingError, match="whatever its name says"):
        read_digit(path)
    path.write_bytes(encoded(255 - stroke(7), "JPEG"))
    assert agreement(read_digit(str(path)), prepare(stroke(7))) > 0.98
    for path in (tmp_path / "missing.png", tmp_path):
        with pytest.raises(DrawingError, match="Cannot open the picture"):
            read_digit(path)


def test_what_is_read_is_small_upright_and_grey() -> None:
    image = read_image(encoded(Image.new("RGB", (3000, 1200), "red")))
    assert (image.mode, image.size[0]) == ("L", 512)

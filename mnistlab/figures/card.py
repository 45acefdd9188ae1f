"""The picture of a link where it is shared: 1200 × 630, with what it is about, and a curve."""

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
GROUND, PAPER, INK, QUIET, LINE = "#0b63a5", "#ffffff", "#1c2430", "#5a6675", "#3f90da"
PLOT = (620, 200, 1120, 520)  # left, top, right, bottom
# with the letters of every language that is spoken here, as systems call them
FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "DroidSansFallbackFull.ttf",
)
COLUMNS, PIXELS = 5, 28 * 28
SEVEN = ((0, 0), (28, 0), (9, 38))  # the mark of the icon in the browser's tab


@lru_cache(maxsize=64)
def card_png(
    title: str,
    name: str,
    result: str = "",
    curve: Sequence[tuple[int, float]] = (),
    digits: bytes = b"",
) -> bytes:
    """The picture as PNG: a title, the `name` of a network or a sentence, its `result`, and its
    accuracy, (step, share) pairs; without these, `digits`, 28×28 bytes each. Text that no font here
    can write is left out.
    """
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 14), GROUND)
    _mark(draw)
    width = PLOT[0] - 140
    bottom = _write(draw, title, (80, 190), 64, INK, width)
    bottom = _write(draw, name, (80, bottom + 24), 32, QUIET, width)
    _write(draw, result, (80, bottom + 36), 36, GROUND, width)
    if len(curve) > 1:
        _plot(draw, curve)
    else:
        _tile(image, digits)
    file = BytesIO()
    image.save(file, "PNG")  # optimised, it would take twice as long
    return file.getvalue()


def _mark(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((80, 70, 144, 134), 14, GROUND)
    draw.line([(98 + x, 84 + y) for x, y in SEVEN], PAPER, 7, joint="curve")
    _write(draw, "mnistlab", (164, 80), 36, INK, SIZE[0])


def _write(
    draw: ImageDraw.ImageDraw, text: str, at: tuple[int, int], size: int, color: str, width: int
) -> int:
    """Write `text` in lines of at most `width` pixels, three at most; the lower end of the last."""
    font = _font(size, text.isascii() or _is_latin(text))
    if font is None or not text:
        return at[1]
    lines = [""]
    for part in text.split(" ") if " " in text else list(text):
        joined = f"{lines[-1]} {part}".strip() if " " in text else lines[-1] + part
        if draw.textlength(joined, font=font) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    y = at[1]
    for line in [line for line in lines if line][:3]:
        draw.text((at[0], y), line, color, font=font)
        y += round(size * 1.3)
    return y


def _tile(image: Image.Image, digits: bytes) -> None:
    """As many digits as fit, in rows."""
    left, top, right, bottom = PLOT
    size = (right - left) // COLUMNS
    for place in range(min(len(digits) // PIXELS, COLUMNS * ((bottom - top) // size))):
        pixels = digits[place * PIXELS : (place + 1) * PIXELS]
        tile = Image.frombytes("L", (28, 28), pixels).resize((size - 8, size - 8))
        at = (left + place % COLUMNS * size, top + place // COLUMNS * size)
        image.paste(tile, at)


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 0x2E80 for letter in text)


@lru_cache(maxsize=16)
def _font(size: int, latin: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont | None:
    """A font that can write the text; None if there is none here."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size) if latin else None


def _plot(draw: ImageDraw.ImageDraw, curve: Sequence[tuple[int, float]]) -> None:
    left, top, right, bottom = PLOT
    last = max(step for step, _ in curve) or 1
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        draw.line((left, y, right, y), "#d5dbe3", 2)
        _write(draw, f"{share:.0%}", (right + 12, round(y) - 12), 20, QUIET, 100)
    points = [
        (left + step / last * (right - left), bottom - share * (bottom - top))
        for step, share in curve
    ]
    draw.line(points, LINE, 6, joint="curve")
    x, y = points[-1]
    draw.ellipse((x - 9, y - 9, x + 9, y + 9), GROUND)

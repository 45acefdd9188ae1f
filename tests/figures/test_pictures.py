"""Small pictures and bars as HTML: their bytes, their words, and what could break out of them."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mnistlab.figures.colors import BAD, CLASS_COLORS, GOOD
from mnistlab.figures.pictures import gallery, picture, probability_bars, probability_columns


def images_in(markup: str) -> list[np.ndarray]:
    """The pictures that a browser would see."""
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        for data in re.findall(r"data:image/png;base64,([^\"]+)", markup)
    ]


def test_picture_is_byte_for_byte_the_image_and_has_words() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 13), np.uint8)
    markup = picture(image, 'a "7" <script>')
    assert np.array_equal(images_in(markup)[0], image)
    assert 'alt="a &quot;7&quot; &lt;script&gt;"' in markup


def test_gallery_shows_every_picture_in_order_and_its_rim_says_whether_it_is_right() -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 28, 28), np.uint8)
    markup = gallery(list(images), ["<a>", "b", "c"], ["one", "two", "three"], [True, False, None])
    assert all(
        np.array_equal(seen, image) for seen, image in zip(images_in(markup), images, strict=True)
    )
    rims = [
        rim
        for figure in markup.split("<figure")[1:]
        for rim in re.findall(r"border:2px solid ([^;]+);", figure)
    ]
    assert rims[:2] == [GOOD, BAD]
    assert rims[2] not in (GOOD, BAD)
    assert "&lt;a&gt;" in markup


@pytest.mark.parametrize("best", range(10))
def test_bars_are_as_long_as_the_probabilities_and_only_the_largest_is_in_full_strength(
    best: int,
) -> None:
    shares = np.full(10, 0.04, np.float32)
    shares[best] = 0.64
    markup = probability_bars(shares, "0123456789", "Probabilities")
    bars = re.findall(r"width:([\d.]+)%;background:(#\w+);opacity:([\d.]+)", markup)
    assert [float(width) for width, _, _ in bars] == pytest.approx(
        (shares * 100).tolist(), abs=0.05
    )
    assert [color for _, color, _ in bars] == list(CLASS_COLORS)
    assert [index for index, (_, _, strength) in enumerate(bars) if strength == "1"] == [best]
    waiting = probability_bars(None, "0123456789", "Nothing yet")
    assert re.findall(r"width:([\d.]+)%;background", waiting) == ["0.0"] * 10
    assert not re.search(r"\d %", waiting)


def test_bars_and_columns_never_claim_certainty() -> None:
    certain = np.eye(10, dtype=np.float32)[3]
    bars = probability_bars(certain, "0123456789", "Probabilities")
    columns = probability_columns(certain, "0123456789", 3, 64)
    assert "&gt;99.9 %" in bars
    assert "3: more than 99.99 %" in columns
    assert not any("100.0" in markup for markup in (bars.replace("width:100.0%", ""), columns))

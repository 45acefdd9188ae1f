"""A stage at several steps as one picture: what it shows is what the network computed."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.figures.grids import Shades
from mnistlab.figures.sprites import LEVELS, MOST_MAPS, sprite
from mnistlab.figures.thumbnails import paint


def pixels(url: str) -> np.ndarray:
    """The colours of a PNG, uint8 (H, W, 4)."""
    content = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def test_each_step_shows_its_own_values_in_colours_that_all_steps_share() -> None:
    steps = [np.full((4, 5, 6), value, np.float32) for value in (0.0, 1.0, 4.0)]
    made = sprite([StageMaps("conv1", "conv", values) for values in steps])
    assert (made.steps, made.maps, made.shown, made.low, made.high) == (3, 4, 4, 0.0, 4.0)
    picture = pixels(made.url)
    assert picture.shape == (3 * made.height, made.width, 4)
    shades = Shades.of(0.0, 4.0)
    for number, value in enumerate((0.0, 1.0, 4.0)):
        level = round(value / 4.0 * (LEVELS - 1)) / (LEVELS - 1) * 4.0
        frame = picture[number * made.height : (number + 1) * made.height]
        assert frame[1, 1, :3].tolist() == paint(np.array(level), shades).tolist()
        assert frame[0, 0, 3] == 0  # between the maps there is nothing
        assert (frame[..., 3] == 255).sum() == 4 * 5 * 6


def test_a_map_lies_at_its_place() -> None:
    values = np.zeros((4, 3, 3), np.float32)
    values[2, 1, 2] = 1.0  # of the third map, which begins the second row
    picture = pixels(sprite([StageMaps("relu1", "activation", values)]).url)
    bright = np.argwhere((picture[..., :3] == paint(np.array(1.0), Shades.of(0, 1))).all(-1))
    assert bright.tolist() == [[1 + (3 + 1) + 1, 1 + 2]]


@pytest.mark.parametrize(
    ("shape", "size"),
    [((40, 2, 2), (13, 13)), ((28, 64), (30, 66)), ((10,), (5, 6)), ((5000,), (34, 34))],
)
def test_many_maps_rows_and_units_are_cut_to_what_one_can_look_at(
    shape: tuple[int, ...], size: tuple[int, int]
) -> None:
    made = sprite([StageMaps("stage", "linear", np.ones(shape, np.float32))])
    assert (made.height, made.width) == size
    assert made.shown <= MOST_MAPS
    assert made.width * made.scale <= 348


def test_what_is_not_a_number_has_a_colour_too() -> None:
    values = np.array([[np.nan, np.inf, -1.0, 1.0]], np.float32)
    assert pixels(sprite([StageMaps("rnn", "recurrent", values)]).url).shape == (3, 6, 4)

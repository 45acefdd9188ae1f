"""The class colours can be told apart, also by colour-blind readers, on light
and on dark ground.
"""

from itertools import combinations

import numpy as np
import pytest
from contrast import contrast, linear

from mnistlab.figures.colors import (
    CLASS_COLORS,
    DIVERGING,
    SEQUENTIAL,
    STAGE_COLORS,
    STATUS_COLORS,
    scale,
)
from mnistlab.models import LAYERS
from mnistlab.store import Status

DEFICIENCIES = {  # Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
    "none": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a linear RGB colour, D65."""
    xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    ) @ rgb.clip(0, 1)
    x, y, z = (
        np.cbrt(t) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in xyz / np.array([0.95047, 1.0, 1.08883])
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("deficiency", ["none", "protanopia", "deuteranopia"])
def test_class_colours_differ_for_every_reader(deficiency: str) -> None:
    seen = [lab(DEFICIENCIES[deficiency] @ linear(color)) for color in CLASS_COLORS]
    assert len(seen) == 10
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) > (
        15 if deficiency == "none" else 5
    )


@pytest.mark.parametrize("ground", ["#ffffff", "#12161c"])
def test_class_colours_stand_out_from_the_ground(ground: str) -> None:
    for color in CLASS_COLORS:
        assert contrast(color, ground) > 1.5, color


def test_diverging_scale_is_lightest_in_the_middle_and_sequential_rises() -> None:
    lightness = [lab(linear(color))[0] for color in DIVERGING]
    assert np.argmax(lightness) == len(DIVERGING) // 2
    assert len(DIVERGING) % 2 == 1
    rising = [lab(linear(color))[0] for color in SEQUENTIAL]
    assert rising == sorted(rising)
    assert scale(DIVERGING)[len(DIVERGING) // 2][0] == 0.5


def test_every_kind_of_stage_and_every_state_has_a_colour() -> None:
    assert set(STAGE_COLORS) == {"input", *(layer.kind for layer in LAYERS.values())}
    assert set(STATUS_COLORS) == {status.value for status in Status}

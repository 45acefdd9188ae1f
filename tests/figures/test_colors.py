"""The class colours can be told apart, also by colour-blind readers, on light
and on dark ground.
"""

from itertools import combinations

import numpy as np
import pytest
from contrast import contrast, linear

from mnistlab.figures import convolution, evaluation, optimisers, sequence, together
from mnistlab.figures.colors import (
    BAD,
    CLASS_COLORS,
    CURVE_COLORS,
    DASHES,
    DIVERGING,
    GOOD,
    SEQUENTIAL,
    STAGE_COLORS,
    STATUS_COLORS,
    STROKES,
    TEST,
    TRAIN,
    scale,
)
from mnistlab.figures.intervals import interval_spec
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


APART = 15  # in CIELAB: several times what one just notices
CLOSE = 20  # lines whose colours are no further apart need another sign
SIDE_BY_SIDE = {
    "classes": CLASS_COLORS,
    "curves of a run": tuple(CURVE_COLORS.values()),
    "right and wrong": (GOOD, BAD),
    "before and after": (TRAIN, TEST),
    "learning rates": (TRAIN, TEST, BAD),
    "states": tuple(together.STATES.values()),
    "stages": tuple(set(STAGE_COLORS.values())),
    "measures": tuple(evaluation.MEASURES.values()),
    "sine": (sequence.INPUT, sequence.TARGET, sequence.PREDICTION),
    "diverging": DIVERGING,
    "sequential": SEQUENTIAL,
}
LINES = {  # colour and dash of each
    "optimisers": [
        (color, optimisers.OPTIMIZER_DASHES[name])
        for name, color in optimisers.OPTIMIZER_COLORS.items()
    ],
    "poolings": [
        (color, convolution.DASHES.get(name, "solid")) for name, color in convolution.COLORS.items()
    ],
    "treatments": [(color, "") for color in sequence.STATE_COLORS.values()],
    "two trainings": [(GOOD, "solid"), (BAD, "dot")],
    "curves of a run": [(color, "") for color in CURVE_COLORS.values()],
}


def seen(color: str, deficiency: str) -> np.ndarray:
    return lab(DEFICIENCIES[deficiency] @ linear(color))


def apart(one: str, other: str, deficiency: str) -> float:
    return float(np.linalg.norm(seen(one, deficiency) - seen(other, deficiency)))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_colours_side_by_side_differ_for_every_reader(name: str, deficiency: str) -> None:
    colors = SIDE_BY_SIDE[name]
    nearest = min(combinations(colors, 2), key=lambda pair: apart(*pair, deficiency))
    least = 9 if name == "diverging" else APART  # its middle is a gradual white
    assert apart(*nearest, deficiency) > least, nearest


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("name", LINES)
def test_lines_of_close_colours_differ_by_their_dashes(name: str, deficiency: str) -> None:
    for (one, dash), (other, second) in combinations(LINES[name], 2):
        assert apart(one, other, deficiency) > (CLOSE if dash == second else APART), (one, other)


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_both_scales_can_be_read_from_their_lightness_alone(deficiency: str) -> None:
    rising = [seen(color, deficiency)[0] for color in SEQUENTIAL]
    assert rising == sorted(rising)
    half = len(DIVERGING) // 2
    lightness = [seen(color, deficiency)[0] for color in DIVERGING]
    assert lightness[: half + 1] == sorted(lightness[: half + 1])
    assert lightness[half:] == sorted(lightness[half:], reverse=True)
    # both ends are as dark, so that only the hue tells the sign: it has to be another for everybody
    assert apart(DIVERGING[0], DIVERGING[-1], deficiency) > 2 * APART


def test_lines_of_a_race_have_their_own_dashes_and_the_same_legend() -> None:
    colors = dict(zip("abcde", CLASS_COLORS, strict=False))
    encoding = interval_spec(colors, "1", "2")["layer"][1]["encoding"]["strokeDash"]
    assert len({tuple(dash) for dash in encoding["scale"]["range"]}) == len(colors)
    assert encoding["legend"] == interval_spec(colors, "1", "2")["encoding"]["color"]["legend"]
    assert encoding["legend"]["symbolType"] == "stroke"
    assert len(STROKES) == len(DASHES) == len(set(map(tuple, STROKES)))


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

"""What a browser computes by itself, in one page without a server: each stage of a network, against
torch, and a drawing's 28×28, against `analysis.drawing`.
"""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn
from vocabularies.added import ELU, MIN, READER, TINY
from vocabularies.mixed import MIXED

from browser.computing import Comparison, Handed, blank_page, compare, drawn, randomised
from mnistlab.analysis.drawing import prepare
from mnistlab.choices import ACTIVATIONS, ARCHITECTURES, POOLINGS, Architecture
from mnistlab.choices.architectures import one_size
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset
from mnistlab.errors import DrawingError
from mnistlab.models.initial import initial_weights
from mnistlab.models.layers import LastStep
from mnistlab.models.operators import operators
from tests.analysis.strokes import stroke

COUNT = 20  # configurations of each architecture
FEW = 4  # where it has no settings of its own: then only the weights and the pixels' scale differ


SPAN = (0.5, 1 / 14)  # with these as mean and deviation, grey values are -7 to 7


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    blank = blank_page(browser)
    yield blank
    blank.context.close()


# -- networks --------------------------------------------------------------------------------------


def looking_at(digits: Dataset, configs: list[TrainConfig]) -> list[Comparison]:
    """Networks with random weights, each looking at another digit."""
    return [
        Comparison(config, randomised(config, i), digits.test_images[i])
        for i, config in enumerate(configs)
    ]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_stage_is_torchs(page: Any, digits: Dataset, tmp_path: Path, arch: str) -> None:
    dice = Random(arch)
    configs = [drawn(arch, dice) for _ in range(COUNT if ARCHITECTURES[arch].settings else FEW)]
    compare(page, tmp_path, looking_at(digits, configs))


def test_what_is_added_to_a_table_is_computed_too(
    page: Any, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = {"tiny": TINY, "reader": READER, "mixed": MIXED}
    for name, entry in added.items():
        monkeypatch.setitem(ARCHITECTURES, name, entry)
    monkeypatch.setitem(ACTIVATIONS, "elu", ELU)
    monkeypatch.setitem(POOLINGS, "min", MIN)
    configs = [TrainConfig(arch=name, hidden=8) for name in added]
    configs.append(TrainConfig(channels=(4, 4), activation="elu", pooling="min"))
    compare(page, tmp_path, looking_at(digits, configs))


def unusual(config: TrainConfig) -> nn.Sequential:
    """What torch's layers can do and no network here does."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 4, (5, 3), stride=(1, 2), padding=(0, 2), dilation=(2, 1)),
            norm=nn.BatchNorm2d(4, eps=0.1, affine=False),
            pool1=nn.MaxPool2d(3, stride=2, padding=1),
            conv2=nn.Conv2d(4, 6, 3, groups=2, bias=False),
            pool2=nn.AvgPool2d((3, 2), stride=1, padding=1),
            flatten1=nn.Flatten(2),
            linear=nn.Linear(56, 12),
            gru=nn.GRU(12, 5, 2, bias=False, batch_first=True, bidirectional=True),
            last=LastStep(5, bidirectional=True),
            out=nn.Linear(10, 10, bias=False),
        )
    )


def test_settings_of_layers_that_no_network_here_uses(
    page: Any, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Architecture(
        label="Unusual",
        name="Unusual",
        section="cnn",
        network=f"{__name__}:unusual",
        settings=(),
        size=one_size,
    )
    monkeypatch.setitem(ARCHITECTURES, "unusual", entry)
    compare(page, tmp_path, looking_at(digits, [TrainConfig(arch="unusual")]))


@pytest.mark.parametrize("config", [TrainConfig(pooling="stochastic"), TrainConfig(arch="gru")])
def test_what_is_not_a_number_stays_so(
    page: Any, digits: Dataset, tmp_path: Path, config: TrainConfig
) -> None:
    network = randomised(config, 1)
    next(network.parameters()).data.view(-1)[0] = torch.nan
    compare(page, tmp_path, [Comparison(config, network, digits.test_images[0])])


def sentence(page: Any, tmp_path: Path, config: TrainConfig, weights: bytes) -> str:
    """What is said of weights that cannot be used."""
    files = Handed()
    given = {"operators": operators(config), "weights": files.add(weights)}
    files.to(page, tmp_path)
    said = page.evaluate("(given) => networkOf(given).then(() => '', String)", given)
    return str(said)


def test_weights_of_another_network_are_refused_in_a_sentence(page: Any, tmp_path: Path) -> None:
    config = TrainConfig()
    fitting = save(initial_weights(config))
    assert sentence(page, tmp_path, config, fitting) == ""
    assert sentence(page, tmp_path, config.replace(kernel=3), fitting) == (
        "Error: These weights are not of this network: conv1.weight is 16×1×5×5 there, and "
        "16×1×3×3 here."
    )
    assert sentence(page, tmp_path, TrainConfig(arch="mlp"), fitting) == (
        "Error: These weights are not of this network: linear1.weight is missing."
    )


@pytest.mark.parametrize("damage", ["nothing", "a page", "half", "no header", "another shape"])
def test_bytes_that_are_no_weights_are_refused_in_a_sentence(
    page: Any, tmp_path: Path, damage: str
) -> None:
    whole = save(initial_weights(TrainConfig()))
    damaged = {
        "nothing": b"",
        "a page": b"<!DOCTYPE html><title>502 Bad Gateway</title>",
        "half": whole[: len(whole) // 2],
        "no header": whole[:8] + b"x" + whole[9:],
        "another shape": whole.replace(b"[16,1,5,5]", b"[16,1,5,6]"),
    }[damage]
    said = sentence(page, tmp_path, TrainConfig(), damaged)
    assert said.startswith("Error: These bytes are not a safetensors file: ")
    assert said.endswith(".")


ERF = """([mean, std]) => {
  const input = { name: "input", kind: "input", op: "input", shape: [784], mean, std };
  const erf = { ...input, name: "erf", op: "expression", expression: "erf(x)" };
  const stages = new Network([input, erf], new Map()).run(new Uint8Array(784).map((x, i) => i));
  return stages.slice(0, 2).map(({ data }) => [...data]);
}"""


def test_erf_is_exact_enough_for_gelu(page: Any) -> None:
    x, y = torch.tensor(page.evaluate(ERF, SPAN), dtype=torch.float64)
    assert x.min() < -6
    assert x.max() > 6
    assert (y - torch.erf(x)).abs().max() < 1e-7


# -- drawings --------------------------------------------------------------------------------------


def drawings(dice: np.random.Generator) -> Iterator[np.ndarray]:
    """Ink of every sort: thick and thin, tiny, over the edge, faint, rough, specks, nothing."""
    for i in range(240):
        canvas = int(dice.integers(20, 300))
        size = int(dice.integers(3, canvas))
        pen = int(dice.integers(1, max(2, min(size, 40))))
        top, left = (int(place) for place in dice.integers(-10, canvas - 2, 2))
        ink = stroke(int(dice.integers(10)), size, pen, top, left, canvas)
        height, width = dice.integers(canvas // 2, canvas + 1, 2)
        ink = ink[:height, :width]
        if i % 3 == 1:
            ink = (ink * dice.random(ink.shape)).astype(np.uint8)
        if i % 5 == 1:
            ink = (ink * dice.random()).astype(np.uint8)
        if i % 17 == 1:
            ink = (dice.random(ink.shape) < 0.001).astype(np.uint8) * int(dice.integers(9, 256))
        yield np.ascontiguousarray(ink)


def test_drawing_is_prepared_bit_for_bit_as_the_server_does_it(page: Any, tmp_path: Path) -> None:
    files, given, expected = Handed(), [], []
    for i, ink in enumerate(drawings(np.random.default_rng(0))):
        for steps in [(True, True, True), [bool(i & bit) for bit in (1, 2, 4)]]:
            options = dict(zip(("crop", "fit", "centre"), steps, strict=True))
            given.append([files.add(ink.tobytes()), ink.shape, options])
            try:
                expected.append(prepare(ink, **options).ravel().tolist())
            except DrawingError as error:
                expected.append("empty" if error.what.startswith("Nothing") else "dot")
    files.to(page, tmp_path)
    prepared = page.evaluate(
        """(all) => each(all, async ([place, [height, width], options]) => {
          const { image, problem } =
            prepareInk(new Uint8Array(await bytes(place)), width, height, options);
          return problem ?? [...image];
        })""",
        given,
    )
    answers = zip(given, prepared, expected, strict=True)
    assert not [drawing for drawing, answer, wanted in answers if answer != wanted]
    pictures = [each for each in expected if not isinstance(each, str)]
    assert len(pictures) > 200
    assert {"empty", "dot"} <= {each for each in expected if isinstance(each, str)}

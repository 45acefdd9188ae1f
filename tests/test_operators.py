"""A network as a list of operators: what a browser needs to compute it. That it then computes the
same is tested in tests/browser/test_operators.py.
"""

import json

import pytest
import torch
from torch import nn

from mnistlab.choices import ARCHITECTURES
from mnistlab.config import TrainConfig
from mnistlab.data import to_input
from mnistlab.models import build, describe
from mnistlab.models.layer_types import LayerType, layer_type
from mnistlab.models.operators import operators


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_stage_is_described_with_its_weights(arch: str) -> None:
    config = TrainConfig(arch=arch, batch_norm=True, separable=True)
    described = operators(config)
    assert json.loads(json.dumps(described)) == list(described)
    shown = [(each["name"], each["kind"], tuple(each["shape"])) for each in described]
    assert shown == [(stage.name, stage.kind, stage.shape) for stage in describe(config)]
    sizes = {
        stored: each["sizes"][name]
        for each in described[1:]
        for name, stored in each["weights"].items()
    }
    tensors = build(config).state_dict().items()
    assert sizes == {
        name: list(tensor.shape) for name, tensor in tensors if tensor.is_floating_point()
    }


@pytest.mark.parametrize("normalize", ["none", "zscore"])
@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_the_input_is_normalised_as_in_training(normalize: str, dataset: str) -> None:
    config = TrainConfig(dataset=dataset, normalize=normalize)
    first = operators(config)[0]
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert torch.equal(to_input(pixels, config), (pixels / 255 - first["mean"]) / first["std"])


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(1, 1, 3, padding="same"),
        nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"),
        nn.BatchNorm2d(1, track_running_stats=False),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.AvgPool2d(2, padding=1, count_include_pad=False),
        nn.LSTM(4, 4),
        nn.LSTM(4, 4, batch_first=True, proj_size=2),
        nn.RNN(4, 4, batch_first=True, nonlinearity="relu"),
    ],
    ids=str,
)
def test_a_setting_that_the_browser_cannot_compute_is_refused(layer: nn.Module) -> None:
    with pytest.raises(ValueError, match="browser"):
        layer_type(layer).operator(layer)


def test_a_type_of_layer_without_its_operator_is_an_error() -> None:
    with pytest.raises(TypeError, match="operator"):
        LayerType(kind="linear", code=str, modes=bool)  # type: ignore[call-arg]

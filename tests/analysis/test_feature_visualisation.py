"""Made pictures: real pictures, measured as the top-activating images are, and more exciting."""

import numpy as np
import pytest
import torch

from mnistlab.analysis.feature_visualisation import strongest_real, visualise
from mnistlab.analysis.top_activations import top_activations
from mnistlab.data import Dataset
from mnistlab.errors import NotApplicable

from .networks import CONFIGS, network, trained


@pytest.mark.parametrize("stage", ["conv1", "relu2", "pool2", "out"])
def test_made_pictures_excite_more_than_every_real_one(stage: str, digits: Dataset) -> None:
    model, config = trained()
    real = strongest_real(model, digits.test_images, config, stage)
    made = visualise(model, config, stage, range(len(real)))
    live = real > 1e-6 if stage == "relu2" else np.ones(len(real), bool)
    assert (made.excitement > real)[live].mean() >= 0.9


@pytest.mark.parametrize(
    ("name", "stage"),
    [("cnn-all", "pool2"), ("lstm", "lstm"), ("gru-both", "last"), ("mlp", "relu1")],
)
def test_excitement_is_that_of_the_top_activating_images(
    name: str, stage: str, digits: Dataset
) -> None:
    config = CONFIGS[name]
    model, images = network(config), digits.test_images[:60]
    before = {key: value.clone() for key, value in model.state_dict().items()}
    shares: list[float] = []
    made = visualise(model, config, stage, [2, 0], steps=4, report_progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]
    assert made.pictures.dtype == np.uint8
    assert made.pictures.std((1, 2)).min() > 0
    for unit, picture, value in zip(made.units, made.pictures, made.excitement, strict=True):
        own = torch.from_numpy(picture)[None, None]
        assert top_activations(model, own, config, stage, unit).values[0] == pytest.approx(
            value, abs=1e-5
        )
        top = top_activations(model, images, config, stage, unit).values[0]
        assert strongest_real(model, images, config, stage)[unit] == pytest.approx(top, abs=1e-5)
    again = visualise(model, config, stage, [2, 0], steps=4)
    assert np.array_equal(again.pictures, made.pictures)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize(("stage", "unit"), [("conv7", 0), ("conv1", 3), ("out", -1)])
def test_what_there_is_not_is_told(stage: str, unit: int) -> None:
    config = CONFIGS["cnn"]
    with pytest.raises(NotApplicable):
        visualise(network(config), config, stage, [unit])

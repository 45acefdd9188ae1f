"""The smallest change that fools: it does, it stays within its size, and for a linear network it is
known in closed form.
"""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from mnistlab.analysis.adversarial import METHODS, NORMS, Attack, probabilities, smallest_change
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset
from mnistlab.errors import AnalysisError, NotApplicable

from .networks import CONFIGS, network, trained

PLAIN = TrainConfig(dataset="digits", arch="mlp", hidden=8)


def linear(seed: int = 0) -> nn.Sequential:
    """A network of one linear layer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(OrderedDict(flatten=nn.Flatten(), out=nn.Linear(784, 10)))


def grey() -> torch.Tensor:
    """A picture whose pixels can all become darker and brighter."""
    chance = torch.Generator().manual_seed(1)
    return torch.randint(100, 156, (1, 28, 28), generator=chance, dtype=torch.uint8)


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("norm", NORMS)
@torch.no_grad()
def test_of_a_linear_network_it_is_the_closed_form(norm: str, method: str, targeted: bool) -> None:
    model, image = linear(), grey()
    logits, weight = model(image[None] / 255)[0], model.out.weight
    answer, dual = int(logits.argmax()), {"linf": 1, "l2": 2}[norm]
    sizes = (logits[answer] - logits) / (weight[answer] - weight).norm(dual, dim=1)
    nearest = int(sizes.nan_to_num(torch.inf).argmin())
    towards = nearest if targeted else None
    found = smallest_change(model, image, PLAIN, method, norm, towards)
    assert found is not None
    assert found.answers == (answer, nearest)
    assert -1e-6 <= found.epsilon - float(sizes[nearest]) <= found.resolution + 1e-6


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("towards", [None, 3])
def test_it_fools_within_its_size_and_a_smaller_one_does_not(
    norm: str, method: str, towards: int | None, digits: Dataset
) -> None:
    model, config = trained()
    image = digits.test_images[digits.test_labels == 7][0]
    found = smallest_change(model, image, config, method, norm, towards)
    if method == "fgsm" and towards is not None and found is None:
        return  # one step does not lead everywhere
    assert found is not None
    with torch.no_grad():
        said = [
            model(torch.from_numpy(each)[None, None]).softmax(1)[0].numpy()
            for each in (found.original, found.changed)
        ]
    np.testing.assert_allclose(said, [found.before, found.after], atol=1e-5)
    before, after = found.answers
    assert before != after
    assert towards in (None, after)
    assert found.changed.min() >= 0
    assert found.changed.max() <= 1
    size = np.abs(found.change).max() if norm == "linf" else np.linalg.norm(found.change)
    assert 0 < size <= found.epsilon + 1e-6
    attack = Attack(model, image, config, method, norm)
    classes = attack.classes(towards)
    smaller = torch.full((len(classes),), found.epsilon - found.resolution)
    assert not attack.fools(attack.changed(classes, smaller), towards).any()


def test_many_steps_need_no_larger_change_than_one(digits: Dataset) -> None:
    model, config = trained()
    image = digits.test_images[0]
    one, many = (smallest_change(model, image, config, method) for method in ("fgsm", "pgd"))
    assert one is not None
    assert many is not None
    assert many.epsilon <= one.epsilon + one.resolution


@pytest.mark.parametrize("name", ["cnn-all", "lenet5", "lstm", "gru", "mlp"])
def test_every_kind_of_network_is_attacked_and_left_as_it_was(name: str, digits: Dataset) -> None:
    config = CONFIGS[name]
    model, image = network(config), digits.test_images[0]
    before = {key: value.clone() for key, value in model.state_dict().items()}
    found = smallest_change(model, image, config, "fgsm")
    assert found is not None
    np.testing.assert_array_equal(found.original, image[0].numpy() / np.float32(255))
    np.testing.assert_allclose(probabilities(model, found.changed, config), found.after, atol=1e-6)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_network_that_always_says_the_same_is_not_fooled() -> None:
    model = linear()
    with torch.no_grad():
        model.out.weight.zero_()
    assert smallest_change(model, grey(), PLAIN) is None


def test_what_makes_no_sense_is_told() -> None:
    model, image = linear(), grey()
    answer = int(model(image[None] / 255).argmax())
    with pytest.raises(NotApplicable, match="this answer already"):
        smallest_change(model, image, PLAIN, towards=answer)
    with torch.no_grad():
        model.out.bias[2] = torch.nan
    with pytest.raises(AnalysisError, match="NaN or infinite"):
        smallest_change(model, image, PLAIN)

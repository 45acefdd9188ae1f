"""Feature maps, their gradients, kernels and weight images, against plain forward and backward
passes.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnistlab.analysis.feature_maps import (
    FeatureMaps,
    StageMaps,
    feature_maps,
    gradient_maps,
    kernels,
    weight_images,
)
from mnistlab.analysis.inspection import Target
from mnistlab.errors import NotApplicable
from mnistlab.models import describe
from mnistlab.models.layers import C3_TABLE

from .networks import CONFIGS, image, network, x_of


def seen(value):
    return value[0] if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", CONFIGS)
def test_every_stage_is_what_a_plain_forward_pass_gives(name):
    config = CONFIGS[name]
    model = network(config)
    found = feature_maps(model.train(), image(), config)
    model.eval()
    assert [(s.name, s.kind, s.shape) for s in found.stages[:-1]] == [
        (s.name, s.kind, s.shape) for s in describe(config)
    ]
    with torch.no_grad():
        for index, stage in enumerate(found.stages[:-1]):
            assert np.array_equal(stage.array, seen(model[:index](x_of(config)))[0].numpy()), (
                stage.name
            )
        assert (found.stages[-1].name, found.stages[-1].kind) == ("softmax", "softmax")
        assert np.array_equal(found["softmax"].array, model(x_of(config)).softmax(1)[0].numpy())
    assert all(stage.array.dtype == np.float32 for stage in found.stages)


@pytest.mark.parametrize(
    "target",
    [Target(3), Target(3, against=7), Target(3, loss=True)],
    ids=["logit", "difference", "loss"],
)
@pytest.mark.parametrize("name", CONFIGS)
def test_gradients_are_those_of_the_rest_of_the_network(name, target):
    config = CONFIGS[name]
    model = network(config)
    found = gradient_maps(model, image(), config, target)
    for index, stage in enumerate(found.stages):
        with torch.no_grad():
            value = model[:index](x_of(config))
        leaf = seen(value).detach().requires_grad_()
        logits = model[index:]((leaf, None) if isinstance(value, tuple) else leaf)
        difference = logits[0, 3] - (logits[0, 7] if target.against == 7 else 0)
        wanted = F.cross_entropy(logits, torch.tensor([3])) if target.loss else difference
        wanted.backward()
        np.testing.assert_allclose(
            stage.array, leaf.grad[0].numpy(), rtol=1e-4, atol=1e-6, err_msg=stage.name
        )


def test_the_kernels_are_those_that_act():
    for name, config in CONFIGS.items():
        model = network(config)
        maps = feature_maps(model, image(), config)
        for stage, weight in kernels(model).items():
            module = getattr(model, stage)
            before = maps.stages[[s.name for s in maps.stages].index(stage) - 1].array
            found = F.conv2d(
                torch.tensor(before)[None],
                torch.tensor(weight),
                module.bias,
                module.stride,
                module.padding,
            )
            np.testing.assert_allclose(
                found[0].detach().numpy(), maps[stage].array, atol=1e-5, err_msg=f"{name} {stage}"
            )


def test_kernels_of_connections_that_lenet5_leaves_out_are_zero():
    weight = kernels(network(CONFIGS["lenet5"]))["c3"]
    assert [tuple(np.flatnonzero(np.abs(row).sum((1, 2)))) for row in weight] == list(C3_TABLE)


def test_arrays_share_no_memory_with_the_network():
    model = network(CONFIGS["cnn"])
    kernels(model)["conv1"][:] = 7
    weight_images(network(CONFIGS["mlp"]))[:] = 7
    assert not (model.conv1.weight == 7).any()


def test_weight_images_are_what_each_hidden_unit_multiplies_the_image_with():
    config = CONFIGS["mlp"]
    model = network(config)
    found = (weight_images(model) * x_of(config)[0].numpy()).sum(
        (1, 2)
    ) + model.linear1.bias.detach().numpy()
    np.testing.assert_allclose(
        found, feature_maps(model, image(), config)["linear1"].array, atol=1e-5
    )


@pytest.mark.parametrize("name", ["cnn", "lstm", "lenet"])
def test_only_an_mlp_has_weight_images(name):
    with pytest.raises(NotApplicable, match="Only an MLP"):
        weight_images(network(CONFIGS[name]))


def test_an_unknown_stage_is_named_together_with_the_known_ones():
    with pytest.raises(NotApplicable, match=r"no stage called 'conv9'.*conv1"):
        feature_maps(network(CONFIGS["cnn"]), image(), CONFIGS["cnn"])["conv9"]


def test_ranges_leave_out_what_is_no_number():
    maps = FeatureMaps(
        (
            StageMaps("a", "conv", np.array([np.nan, -2, 5, np.inf], np.float32)),
            StageMaps("b", "conv", np.array([-3, 1], np.float32)),
        )
    )
    assert maps["a"].range == (-2, 5)
    assert maps.range == (-3, 5)
    assert StageMaps("c", "conv", np.array([np.nan], np.float32)).range == (0, 0)


@pytest.mark.parametrize("digit", [-1, 10])
def test_a_target_is_one_of_the_ten_classes(digit):
    with pytest.raises(NotApplicable, match="no class"):
        Target(digit)
    with pytest.raises(NotApplicable, match="no class"):
        Target(0, against=digit)


def test_a_stage_of_every_kind_has_been_seen():
    assert {type(module) for config in CONFIGS.values() for module in network(config)} >= {
        nn.Conv2d,
        nn.BatchNorm2d,
        nn.LSTM,
        nn.GRU,
        nn.RNN,
    }

"""Attributions, against their definitions written out by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mnistlab.analysis.attribution import METHODS, STRIDE, WINDOW, attribute, grad_cam_layer
from mnistlab.analysis.inspection import Target
from mnistlab.data import to_input
from mnistlab.errors import NotApplicable

from .networks import CONFIGS, CONVOLUTIONAL, image, network, trained, x_of

TARGETS = [Target(3), Target(3, against=7), Target(3, loss=True)]
NAMES = ["logit", "difference", "loss"]


def blank(config):
    return to_input(torch.zeros(1, 1, 28, 28, dtype=torch.uint8), config)


def score(target, logits):
    if target.loss:
        return F.cross_entropy(logits, torch.full((len(logits),), target.digit), reduction="none")
    return logits[:, target.digit] - (
        logits[:, target.against] if target.against is not None else 0
    )


@pytest.mark.parametrize("target", TARGETS, ids=NAMES)
@pytest.mark.parametrize("name", CONFIGS)
def test_integrated_gradients_add_up_to_the_difference_from_an_empty_picture(name, target):
    config = CONFIGS[name]
    model = network(config)
    found = attribute(model, image(), config, target, "integrated-gradients")
    with torch.no_grad():
        difference = float(
            (score(target, model(x_of(config))) - score(target, model(blank(config))))[0]
        )
    assert found.value - found.baseline_value == pytest.approx(difference, abs=1e-5)
    size = float(np.abs(found.pixels).sum())
    assert found.pixels.sum() == pytest.approx(difference, abs=max(1e-5, 0.005 * size))
    assert found.completeness_gap == pytest.approx(found.pixels.sum() - difference, abs=1e-5)


@pytest.mark.parametrize("digit", range(10))
def test_integrated_gradients_are_complete_in_a_trained_network(digit):
    model, config = trained()
    for target in (Target(digit), Target(digit, against=7)):
        found = attribute(model, image(), config, target, "integrated-gradients")
        assert abs(found.completeness_gap) <= 0.01 * np.abs(found.pixels).sum()


def test_a_difference_is_explained_by_the_difference_of_the_explanations():
    model, config = trained()
    for method in ("integrated-gradients", "occlusion"):
        one, other, both = (
            attribute(model, image(), config, t, method).pixels
            for t in (Target(3), Target(7), Target(3, against=7))
        )
        np.testing.assert_allclose(both, one - other, atol=1e-4)


@pytest.mark.parametrize("target", TARGETS, ids=NAMES)
@pytest.mark.parametrize("name", CONFIGS)
def test_saliency_is_the_size_of_the_gradient(name, target):
    config = CONFIGS[name]
    model = network(config)
    x = x_of(config).requires_grad_()
    score(target, model(x)).sum().backward()
    np.testing.assert_allclose(
        attribute(model, image(), config, target, "saliency").pixels,
        x.grad[0, 0].abs().numpy(),
        rtol=1e-4,
        atol=1e-7,
    )


@pytest.mark.parametrize("target", TARGETS, ids=NAMES)
@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_grad_cam_weighs_the_maps_of_the_last_convolution_with_their_mean_gradients(name, target):
    config = CONFIGS[name]
    model = network(config)
    found = attribute(model, image(), config, target, "grad-cam")
    place = [stage for stage, _ in model.named_children()].index(found.layer) + 1
    maps = model[:place](x_of(config)).detach().requires_grad_()
    score(target, model[place:](maps)).sum().backward()
    coarse = (maps.grad.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu()
    wanted = F.interpolate(coarse, (28, 28), mode="bilinear")[0, 0].detach().numpy()
    np.testing.assert_allclose(found.pixels, wanted, rtol=1e-4, atol=1e-6)
    assert found.layer == {"lenet5": "c3"}.get(name, "conv2")


@pytest.mark.parametrize("name", ["cnn", "lenet5", "lstm", "mlp"])
def test_occlusion_is_what_is_lost_as_a_patch_goes_dark(name):
    config = CONFIGS[name]
    model = network(config)
    x, total, count = x_of(config), np.zeros((28, 28)), np.zeros((28, 28))
    with torch.no_grad():
        base = score(TARGETS[1], model(x)).item()
        for top in range(0, 28 - WINDOW + 1, STRIDE):
            for left in range(0, 28 - WINDOW + 1, STRIDE):
                place = slice(top, top + WINDOW), slice(left, left + WINDOW)
                dark = x.clone()
                dark[0, 0][place] = blank(config)[0, 0][place]
                total[place] += base - score(TARGETS[1], model(dark)).item()
                count[place] += 1
    np.testing.assert_allclose(
        attribute(model, image(), config, TARGETS[1], "occlusion").pixels, total / count, atol=1e-5
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_attribution_is_one_float32_for_each_pixel(method):
    model, config = trained()
    found = attribute(model, image(), config, Target(2), method)
    assert (found.pixels.shape, found.pixels.dtype, found.method) == ((28, 28), np.float32, method)


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "mlp"])
def test_grad_cam_says_where_it_does_not_apply(name):
    with pytest.raises(NotApplicable, match="needs a convolution"):
        attribute(network(CONFIGS[name]), image(), CONFIGS[name], Target(3), "grad-cam")


def test_grad_cam_passes_over_maps_of_a_single_cell():
    # conv1 (3, 4, 4), conv2 (4, 1, 1)
    config = CONFIGS["cnn"].replace(kernel=1, padding=0, stride=7, pooling="none")
    assert grad_cam_layer(network(config)) == "conv1"


def test_an_unknown_method_is_told_together_with_the_known_ones():
    with pytest.raises(NotApplicable, match=r"'lime'.*saliency"):
        attribute(network(CONFIGS["cnn"]), image(), CONFIGS["cnn"], Target(3), "lime")

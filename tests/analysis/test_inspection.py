"""Looking changes nothing: not the network, not the random state, not the memory in use."""

import copy
import gc
import itertools
import threading

import psutil
import pytest
import torch
from torch import nn

from mnistlab.analysis.arithmetic import arithmetic
from mnistlab.analysis.attribution import METHODS, attribute
from mnistlab.analysis.feature_maps import feature_maps, gradient_maps, kernels, weight_images
from mnistlab.analysis.inspection import Target
from mnistlab.analysis.receptive_field import receptive_fields
from mnistlab.analysis.recurrent import row_importance, trace
from mnistlab.analysis.top_activations import top_activations
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.errors import NotApplicable
from mnistlab.train import predict

from .networks import CONFIGS, CONVOLUTIONAL, image, network, trained

LOOKS = {
    "feature maps": lambda m, c: feature_maps(m, image(), c),
    "gradients": lambda m, c: gradient_maps(m, image(), c, Target(3, against=7)),
    "kernels": lambda m, c: kernels(m),
    "weight images": lambda m, c: weight_images(m),
    "arithmetic": lambda m, c: arithmetic(m, image(), c, list(dict(m.named_children()))[-2], 0),
    "receptive field": lambda m, c: receptive_fields(m, next(iter(dict(m.named_children())))),
    "top_activations": lambda m, c: top_activations(
        m, load_dataset("digits").test_images[:20], c, "out", 1
    ),
    "trace": lambda m, c: trace(m, image(), c),
    "rows": lambda m, c: row_importance(m, image(), c),
} | {
    method: lambda m, c, method=method: attribute(m, image(), c, Target(3), method)
    for method in METHODS
}


def state(model: nn.Sequential) -> dict:
    """Everything of a network that could change; tensors copied."""
    return {
        "modes": [module.training for module in model.modules()],
        "hooks": [
            len(module._forward_hooks)
            + len(module._forward_pre_hooks)
            + len(module._backward_hooks)
            + len(module._backward_pre_hooks)
            for module in model.modules()
        ],
        "gradients": [parameter.grad is None for parameter in model.parameters()],
        "requires": [parameter.requires_grad for parameter in model.parameters()],
        "layout": [(parameter.data_ptr(), parameter.stride()) for parameter in model.parameters()],
    } | {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(a, other[name]) if isinstance(a, torch.Tensor) else a == other[name]
        for name, a in one.items()
    )


@pytest.mark.parametrize("mode", ["evaluation", "training", "mixed"])
@pytest.mark.parametrize("name", CONFIGS)
def test_looking_leaves_a_network_and_the_random_state_as_they_were(name, mode):
    config = CONFIGS[name]
    model = network(config).train(mode == "training")
    if mode == "mixed":
        model[-1].train()
    outputs = outputs_of(model, config)
    before, random = state(model), torch.get_rng_state()
    for look, run in LOOKS.items():
        try:
            run(model, config)
        except NotApplicable:
            assert look in ("weight images", "arithmetic", "receptive field", "trace", "grad-cam")
        assert same(state(model), before), look
        assert torch.equal(torch.get_rng_state(), random), look
        assert torch.is_grad_enabled(), look
    assert torch.equal(outputs_of(model, config), outputs)


def outputs_of(model: nn.Sequential, config: TrainConfig) -> torch.Tensor:
    return predict(copy.deepcopy(model), load_dataset("digits").test_images[:8], config)


class Trouble(Exception):
    pass


@pytest.mark.parametrize("calls_before", [0, 1])
# without those that compute nothing with the layers
@pytest.mark.parametrize(
    "look",
    [
        look
        for look in LOOKS
        if look not in ("kernels", "receptive field", "trace", "weight images")
    ],
)
def test_an_error_in_the_middle_leaves_no_hook_and_no_mode_behind(look, calls_before):
    config = CONFIGS["cnn-all"]
    model = network(config).train()
    calls = []

    def fail(module, inputs):
        calls.append(None)
        if len(calls) > calls_before:
            raise Trouble

    handle = model.pool2.register_forward_pre_hook(fail)
    before = state(model)
    raised = False
    try:
        LOOKS[look](model, config)
    except Trouble:
        raised = True
    assert raised or calls_before  # an analysis of a single pass gets through the second time
    assert same(state(model), before)
    assert torch.is_grad_enabled()
    handle.remove()
    assert sum(state(model)["hooks"]) == 0


def test_two_sessions_may_look_into_the_same_network_at_once():
    """Each gets what it would get alone, also while the other has Captum's hooks set."""
    model, config = trained()
    alone = {
        digit: attribute(model, image(digit), config, Target(digit), "grad-cam").pixels
        for digit in range(4)
    }
    wrong = []

    def session(digit):
        for _ in range(25):
            if not (
                attribute(model, image(digit), config, Target(digit), "grad-cam").pixels
                == alone[digit]
            ).all():
                wrong.append(digit)

    threads = [threading.Thread(target=session, args=(digit,)) for digit in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_memory_stays_level_while_hundreds_of_images_are_looked_at(digits):
    model, config = trained()
    recurrent, recurrent_config = network(CONFIGS["gru"]), CONFIGS["gru"]
    process = psutil.Process()

    def look(block):
        for index in range(block * 100, (block + 1) * 100):
            picture = digits.train_images[index]
            feature_maps(model, picture, config)
            gradient_maps(model, picture, config, Target(index % 10))
            arithmetic(model, picture, config, "conv2", index % 8).cell(3, 3)
            if index % 5 == 0:
                attribute(model, picture, config, Target(index % 10), list(METHODS)[index // 5 % 4])
                trace(recurrent, picture, recurrent_config)
        gc.collect()
        return process.memory_info().rss, sum(
            issubclass(type(thing), torch.Tensor) for thing in gc.get_objects()
        )

    look(0)  # the allocator and every lazy import are warm
    memory, tensors = zip(*(look(block) for block in range(1, 5)), strict=True)
    assert tensors[-1] <= tensors[0]
    growth = [after - before for before, after in itertools.pairwise(memory)]
    # what is kept of each image grows in every block: the maps alone, 80 kB, by 8 MB
    assert min(growth) < 4 * 2**20


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_frozen_weights_can_be_explained_too(name):
    config = CONFIGS[name]
    model = network(config).requires_grad_(False)
    for method in METHODS:
        attribute(model, image(), config, Target(3), method)
    gradient_maps(model, image(), config, Target(3))

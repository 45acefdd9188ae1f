"""The gradient at each row's state is that of a network written out cell by cell."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnistlab import models
from mnistlab.analysis.gradient_flow import gradient_flow
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable

CELLS = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}
COUNT = 6


def config_of(arch, **changes):
    return TrainConfig(dataset="digits", arch=arch, hidden=8, **changes)


def network(config):
    torch.manual_seed(5)
    return models.build(config).eval()


def written_out(model, arch, images, labels):
    """(gradient lengths at h, and at c or None), by single cells of torch, one image at a time."""
    layer = model[1]
    cell = CELLS[arch](28, layer.hidden_size)
    cell.load_state_dict(
        {name.removesuffix("_l0"): value for name, value in layer.state_dict().items()}
    )
    at_h, at_c = [], []
    for image, label in zip(images, labels, strict=True):
        state, kept = None, []
        for row in image[0] / 255:
            state = cell(row[None], state)
            # h and c as variables of their own
            kept.append(tuple(part * 1 for part in (state if arch == "lstm" else (state,))))
            for part in kept[-1]:
                part.retain_grad()
            state = kept[-1] if arch == "lstm" else kept[-1][0]
        F.cross_entropy(model[-1](kept[-1][0]), label[None]).backward()
        lengths = [
            [0.0 if part.grad is None else part.grad.norm().item() for part in parts]
            for parts in kept
        ]
        at_h.append([row[0] for row in lengths])
        at_c.append([row[-1] for row in lengths])
    return np.mean(at_h, 0), np.mean(at_c, 0) if arch == "lstm" else None


@pytest.mark.parametrize("arch", CELLS)
def test_gradients_are_those_of_single_cells(digits, arch):
    config = config_of(arch)
    model = network(config)
    images, labels = digits.train_images[:COUNT], digits.train_labels[:COUNT]
    before = [parameter.clone() for parameter in model.parameters()]
    flow = gradient_flow(model, images, labels, config)
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in model.parameters())
    hidden, cell = written_out(model, arch, images, labels)
    assert flow.hidden == pytest.approx(hidden, rel=1e-3, abs=1e-9)
    assert flow.reach == pytest.approx(hidden[0] / hidden[-1], rel=1e-3)
    if arch == "lstm":
        assert flow.cell == pytest.approx(cell, rel=1e-3, abs=1e-9)
        assert flow.cell[-1] == 0
    else:
        assert flow.cell is None


def test_gradient_at_the_last_row_is_what_the_head_passes_back(digits):
    config = config_of("gru", layers=2)
    model = network(config)
    images, labels = digits.train_images[:COUNT], digits.train_labels[:COUNT]
    last = model[1](images[:, 0] / 255)[0][:, -1].detach().requires_grad_()
    F.cross_entropy(model[-1](last), labels, reduction="sum").backward()
    assert gradient_flow(model, images, labels, config).hidden[-1] == pytest.approx(
        last.grad.norm(dim=1).mean().item(), rel=1e-4
    )


@pytest.mark.parametrize(
    "config", [config_of("mlp"), config_of("lstm", bidirectional=True)], ids=["mlp", "both ways"]
)
def test_network_without_one_direction_is_refused(digits, config):
    with pytest.raises(NotApplicable):
        gradient_flow(network(config), digits.train_images[:1], digits.train_labels[:1], config)

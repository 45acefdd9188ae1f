"""Silent parts: as torch computes them with hooks, and recurrent units as a loop over the rows."""

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from torch import Tensor, nn

from mnistlab.analysis.ablation import (
    Activations,
    Box,
    Part,
    Silence,
    Silenced,
    part_count,
    silenceable,
    silenced_judgement,
)
from mnistlab.analysis.ablation_ranking import OneByOne, ranking
from mnistlab.analysis.evaluation import judge
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, to_input
from mnistlab.errors import NotApplicable
from mnistlab.models import describe

from .networks import CONFIGS, network

GROUPED = TrainConfig(
    dataset="digits", channels=(3, 4), convolutions=2, separable=True, kernel=3, batch_norm=True
)
ALL = CONFIGS | {
    "separable": GROUPED,
    "class-maps": GROUPED.replace(class_maps=True, padding=0),
    "sigmoid": CONFIGS["cnn"].replace(activation="sigmoid"),
}


def hooked(model: nn.Sequential, x: Tensor, parts: tuple[Part, ...]) -> Tensor:
    """Logits with forward hooks that set channels or units to zero."""

    def zero(channel: int):
        def hook(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
            output = output.clone()
            output[:, channel] = 0
            return output

        return hook

    handles = [getattr(model, s).register_forward_hook(zero(channel)) for s, channel in parts]
    with torch.no_grad():
        logits = model(x)
    for handle in handles:
        handle.remove()
    return logits


def row_by_row(model: nn.Sequential, x: Tensor, unit: int) -> Tensor:
    """Logits of a recurrent network one of whose last layer's units is 0 after each row."""
    _, recurrent, last, out = model
    sequence = x[:, 0]
    for layer in range(recurrent.num_layers):
        directions = []
        for backward in range(2 if recurrent.bidirectional else 1):
            suffix = f"l{layer}" + ("_reverse" if backward else "")
            cell = getattr(nn, f"{type(recurrent).__name__}Cell")(
                sequence.shape[2], recurrent.hidden_size
            )
            for name, parameter in cell.named_parameters():
                parameter.data = getattr(recurrent, f"{name}_{suffix}").data
            silent = unit - backward * recurrent.hidden_size
            state, states = None, []
            for row in reversed(range(28)) if backward else range(28):
                state = cell(sequence[:, row], state)
                hidden = state[0] if isinstance(state, tuple) else state
                if layer == recurrent.num_layers - 1 and 0 <= silent < recurrent.hidden_size:
                    hidden[:, silent] = 0
                states.append(hidden)
            directions.append(torch.stack(states[::-1] if backward else states, 1))
        sequence = torch.cat(directions, 2)
    return out(last((sequence, None)))


def silenced(model: nn.Sequential, config: TrainConfig, images: Tensor, silence: Silence) -> Tensor:
    """Logits as `ablation` computes them: from the activations before what is silent."""
    parts = Silenced(model, config, silence)
    with torch.inference_mode():
        return torch.cat(
            [parts.logits(before) for before in Activations(model, images, config, parts.start)]
        )


@pytest.mark.parametrize("name", ALL)
def test_a_silent_channel_is_what_a_hook_makes_of_it_at_every_stage(
    name: str, digits: Dataset
) -> None:
    config, images = ALL[name], digits.test_images[:8]
    model, x = network(config), to_input(images, config)
    stages = silenceable(describe(config))
    assert stages
    for stage in stages:
        channel = part_count(stage) // 2
        with torch.no_grad():
            expected = (
                row_by_row(model, x, channel)
                if stage.kind == "recurrent"
                else hooked(model, x, ((stage.name, channel),))
            )
        found = silenced(model, config, images, Silence(((stage.name, channel),)))
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4, msg=stage.name)


@pytest.mark.parametrize("unit", [0, 4, 5, 9])
def test_a_silent_unit_of_either_direction_is_heard_by_no_other(unit: int, digits: Dataset) -> None:
    config = CONFIGS["lstm-deep"]
    model, images = network(config), digits.test_images[:8]
    with torch.no_grad():
        expected = row_by_row(model, to_input(images, config), unit)
    found = silenced(model, config, images, Silence((("lstm", unit),)))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_several_silent_parts_and_a_box_act_together(digits: Dataset) -> None:
    config, images = CONFIGS["cnn-all"], digits.test_images[:300]
    model, box = network(config), (3, 4, 20, 9)
    parts: tuple[Part, ...] = (("conv1", 2), ("gelu1", 2), ("pool1", 0), ("conv2", 1), ("conv2", 3))
    blacked = images.clone()
    blacked[:, :, 3:20, 4:9] = 0
    expected = hooked(model, to_input(blacked, config), parts)
    found = silenced(model, config, images, Silence(parts, box))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    expected = hooked(model, to_input(images, config), parts)
    found = silenced(model, config, images, Silence(parts))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_only_what_lies_behind_is_computed_again_and_nothing_is_changed(digits: Dataset) -> None:
    config, images = CONFIGS["cnn"], digits.test_images[:300]
    model = network(config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    # pooling and activation keep channels apart: what is silent in conv2 is as silent in pool2
    assert Silenced(model, config, Silence((("conv2", 1),))).start == 6
    kept = Activations(model, images, config, 6)
    first = list(kept)
    assert all(again is batch for again, batch in zip(kept, first, strict=True))
    large = Activations(model, images, config, 6, most=1000)
    assert not any(again is batch for again, batch in zip(large, list(large), strict=True))
    silenced(model, config, images, Silence((("conv2", 1),)))
    assert torch.equal(torch.cat(first), torch.cat(list(kept)))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("cnn-all", "conv1"),  # a convolution follows
        ("separable", "conv2"),  # one in groups
        ("lenet5", "s2"),  # one with a table
        ("cnn", "pool2"),  # flattened, then a linear layer
        ("class-maps", "conv5"),  # nothing follows
        ("gru-both", "gru"),
        ("mlp", "linear1"),
    ],
)
def test_the_ranking_is_each_channel_silent_alone(name: str, stage: str, digits: Dataset) -> None:
    config, images, labels = ALL[name], digits.test_images, digits.test_labels
    model = network(config)
    intact = judge(model, images, labels, config)
    shares: list[float] = []
    found = ranking(
        model,
        config,
        stage,
        lambda place: Activations(model, images, config, place),
        intact,
        shares.append,
    )
    assert shares == [0.5, 1.0]
    before = Activations(model, images, config, OneByOne(model, config, stage).start)
    for channel in range(min(5, len(found.correct))):
        parts = Silenced(model, config, Silence(((stage, channel),)))
        alone = silenced_judgement(parts, before, labels)
        lost = int((intact.correct & ~alone.correct).sum())
        gained = int((~intact.correct & alone.correct).sum())
        assert (found.lost[channel], found.gained[channel]) == (lost, gained)
        assert found.correct[channel] == alone.accuracy.correct
        if lost + gained:
            assert found.p_values[channel] == pytest.approx(binomtest(lost, lost + gained).pvalue)
    assert (np.diff(found.correct[found.order]) >= 0).all()
    sure = found.p_values < 0.05 / len(found.p_values)
    assert np.array_equal(found.beyond_chance, sure)


@pytest.mark.parametrize(
    ("parts", "box", "message"),
    [
        ((("conv7", 0),), None, "no stage called 'conv7'"),
        ((("conv1", 3),), None, "no channel or unit 3"),
        ((("out", 3),), None, "out has no channels or units of its own"),
        ((), (3, 3, 3, 9), "no such box"),
        ((), (0, 0, 29, 9), "no such box"),
    ],
)
def test_what_there_is_not_is_told(parts: tuple[Part, ...], box: Box | None, message: str) -> None:
    config = CONFIGS["cnn"]
    with pytest.raises(NotApplicable, match=message):
        Silenced(network(config), config, Silence(parts, box))

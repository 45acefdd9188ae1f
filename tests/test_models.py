from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SMALL, configs, networks, possible
from torch import nn

from mnistlab import models
from mnistlab.config import TrainConfig, option
from mnistlab.errors import CheckpointMismatch, ConfigError
from mnistlab.models.counting import parameter_terms
from mnistlab.presets import PRESETS
from mnistlab.train import train


def by_name(config):
    return {stage.name: stage for stage in models.describe(config)}


def total(config):
    return sum(stage.parameters for stage in models.describe(config))


# -- published figures -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "count"),
    [
        ("tutorial-cnn", 28_938),
        ("case-cnn", 28_938),
        ("lenet-sgd", 431_080),
        ("tutorial-lstm", 24_714),
        ("pytorch-example", 1_199_882),
    ],
)
def test_parameter_counts_are_the_published_ones(preset, count):
    assert total(PRESETS[preset]) == count
    assert models.parameter_count(models.build(PRESETS[preset])) == count


def test_the_tiny_network_has_at_most_a_thousand_parameters():
    assert total(PRESETS["tiny"]) == models.parameter_count(models.build(PRESETS["tiny"])) == 986


def test_lenet5_has_the_parameters_of_the_paper_layer_by_layer():
    """LeCun et al. 1998, section II.B: "C1 contains 156 trainable parameters", and so on; 60,000 up
    to F6.
    """
    stages = by_name(TrainConfig(arch="lenet5"))
    counts = {name: stages[name].parameters for name in ("c1", "s2", "c3", "s4", "c5", "f6")}
    assert counts == {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164}
    assert sum(counts.values()) == 60_000
    shapes = {name: stages[name].shape for name in ("c1", "s2", "c3", "s4", "c5", "f6")}
    assert shapes == {
        "c1": (6, 28, 28),
        "s2": (6, 14, 14),
        "c3": (16, 10, 10),
        "s4": (16, 5, 5),
        "c5": (120, 1, 1),
        "f6": (84,),
    }


def test_the_tutorials_network_has_the_tutorials_stages():
    stages = models.describe(PRESETS["tutorial-cnn"])
    assert [(stage.kind, stage.shape) for stage in stages] == [
        ("input", (1, 28, 28)),
        ("conv", (16, 28, 28)),
        ("activation", (16, 28, 28)),
        ("pool", (16, 14, 14)),
        ("conv", (32, 14, 14)),
        ("activation", (32, 14, 14)),
        ("pool", (32, 7, 7)),
        ("flatten", (1568,)),
        ("linear", (10,)),
    ]
    assert by_name(PRESETS["tutorial-cnn"])["conv1"].parameters == 416


def test_the_tutorials_network_is_the_tutorials_network_bit_for_bit():
    """The published script, with the same seed, makes the same weights and the same logits."""

    class Tutorial(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Sequential(nn.Conv2d(1, 16, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
            self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
            self.out = nn.Linear(32 * 7 * 7, 10)

        def forward(self, x):
            x = self.conv2(self.conv1(x))
            return self.out(x.view(x.size(0), -1))

    torch.manual_seed(1)
    theirs = Tutorial()
    torch.manual_seed(1)
    ours = models.build(PRESETS["tutorial-cnn"])
    x = torch.rand(4, 1, 28, 28)
    assert torch.equal(ours(x), theirs(x))


def test_the_lstm_is_the_tutorials_lstm_bit_for_bit():
    torch.manual_seed(1)
    lstm, out = nn.LSTM(28, 64, 1, batch_first=True), nn.Linear(64, 10)
    torch.manual_seed(1)
    ours = models.build(PRESETS["tutorial-lstm"])
    x = torch.rand(4, 1, 28, 28)
    assert torch.equal(ours(x), out(lstm(x.view(-1, 28, 28))[0][:, -1, :]))


@pytest.mark.parametrize(("arch", "gates"), [("lstm", 4), ("gru", 3), ("rnn", 1)])
@given(hidden=st.integers(1, 300), layers=st.integers(1, 4), bidirectional=st.booleans())
@settings(max_examples=15, deadline=None)
def test_recurrent_parameters_follow_the_formula(arch, gates, hidden, layers, bidirectional):
    """Each gate: weights on the input, weights on the hidden state, and
    PyTorch's two bias vectors.
    """
    directions = 2 if bidirectional else 1
    inputs = [28] + [hidden * directions] * (layers - 1)
    expected = sum(
        directions * gates * (hidden * width + hidden * hidden + 2 * hidden) for width in inputs
    )
    stages = by_name(
        TrainConfig(arch=arch, hidden=hidden, layers=layers, bidirectional=bidirectional)
    )
    assert stages[arch].parameters == expected
    assert stages["out"].parameters == 10 * hidden * directions + 10


@pytest.mark.parametrize(
    ("layer", "terms"),
    [
        (nn.Conv2d(1, 16, 5), "16 × 1 × 5 × 5 + 16"),
        (nn.Conv2d(16, 32, 3, groups=4), "32 × 4 × 3 × 3 + 32"),
        (nn.Conv2d(16, 16, 5, groups=16, bias=False), "16 × 1 × 5 × 5"),
        (nn.BatchNorm2d(16), "16 + 16"),
        (nn.Linear(1568, 10), "10 × 1568 + 10"),
        (nn.LSTM(28, 64), "4 × (64 × 28 + 64 × 64 + 64 + 64)"),
        (nn.GRU(28, 64), "3 × (64 × 28 + 64 × 64 + 64 + 64)"),
        (nn.RNN(28, 64), "64 × 28 + 64 × 64 + 64 + 64"),
        (
            nn.GRU(28, 8, 2, bidirectional=True),
            "2 × 3 × (8 × 28 + 8 × 8 + 8 + 8) + 2 × 3 × (8 × 16 + 8 × 8 + 8 + 8)",
        ),
        (nn.ReLU(), ""),
    ],
)
def test_the_count_of_a_layer_is_written_out(layer, terms):
    assert parameter_terms(layer) == terms
    assert eval(terms.replace("×", "*") or "0") == sum(p.numel() for p in layer.parameters())


# -- stages ----------------------------------------------------------------------------------------


@given(networks())
@settings(max_examples=60, deadline=None)
def test_stages_are_what_a_forward_pass_shows(config):
    model, seen = models.build(config).eval(), {}

    def look(name, module, given, out):
        seen[name] = out[0] if isinstance(out, tuple) else out

    for name, module in model.named_children():
        module.register_forward_hook(partial(look, name))
    logits = model(torch.rand(2, 1, 28, 28))
    assert logits.shape == (2, 10)
    first, *stages = models.describe(config)
    assert (first.kind, first.shape, first.parameters) == ("input", (1, 28, 28), 0)
    assert [(stage.name, stage.shape) for stage in stages] == [
        (name, tuple(out.shape[1:])) for name, out in seen.items()
    ]
    if config.arch != "lenet5":  # some of whose weights are held at zero
        counts = [sum(p.numel() for p in module.parameters()) for module in model.children()]
        assert [stage.parameters for stage in stages] == counts
    for stage in stages:  # the arithmetic that is shown gives the count that is shown
        assert eval(stage.terms.replace("×", "*") or "0") == stage.parameters
    assert models.stages(model) == list(models.describe(config))


@given(
    networks(
        train_size=st.integers(10, 30),
        validation_size=st.just(0),
        batch_size=st.sampled_from([1, 3, 29]),
    )
)
@settings(max_examples=25, deadline=None)
def test_a_network_that_can_be_described_can_learn_from_every_mini_batch_of_its_epoch(config):
    model = models.build(config)
    for batch in torch.rand(config.train_count, 1, 28, 28).split(config.batch_size):
        model.train()(batch).sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_batch_normalisation_of_a_single_value_is_refused():
    config = TrainConfig(
        channels=(2, 2), stride=7, pooling="none", batch_norm=True, batch_size=7, train_size=21
    )
    assert by_name(config)["norm2"].shape == (2, 1, 1)
    with pytest.raises(ConfigError, match=r"norm2.*one image") as caught:
        models.describe(config.replace(train_size=22))
    assert caught.value.field == "batch_size"


@given(networks(), st.booleans())
@settings(max_examples=20, deadline=None)
def test_looking_at_the_stages_changes_neither_mode_nor_weights_nor_random_state(config, training):
    model = models.build(config).train(training)
    weights, state = (
        {name: tensor.clone() for name, tensor in model.state_dict().items()},
        torch.get_rng_state(),
    )
    models.stages(model)
    models.describe.__wrapped__(config)
    assert model.training is training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())


def test_describing_makes_no_weights():
    """The largest network has 800 MB of them, and its description comes from the meta device."""
    config = TrainConfig(channels=(256, 256), kernel=27, hidden=1024)
    with torch.device("meta"):
        model = models.build(config)
    assert all(tensor.is_meta for tensor in [*model.parameters(), *model.buffers()])
    with torch.profiler.profile(profile_memory=True) as profile:
        models.describe.__wrapped__(config)
    allocated = sum(max(0, event.self_cpu_memory_usage) for event in profile.key_averages())
    assert total(config) * 4 > 180e6
    assert allocated < 1e5


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_an_impossible_network_is_refused_in_one_line_and_a_possible_one_is_not(data):
    fixed = SMALL | {
        "arch": st.just("cnn"),
        "kernel": st.integers(1, 28),
        "stride": st.integers(1, 7),
        "padding": st.none() | st.integers(0, 14),
        "batch_norm": st.just(False),  # which would have demands of its own
    }
    config = data.draw(configs(**fixed))
    size, fits = 28, True
    for _ in range(2):
        for _ in range(config.convolutions):
            padding = (config.kernel - 1) // 2 if config.padding is None else config.padding
            # where a kernel can stand
            places = range(0, size + 2 * padding - config.kernel + 1, config.stride)
            fits, size = fits and len(places) > 0, len(places)
        if config.pooling != "none":
            fits, size = fits and size >= 2, size // 2
    if config.class_maps:
        places = range(0, size + 2 * padding - config.kernel + 1, config.stride)
        fits, size = fits and len(places) > 0, 1
    assert possible(config) == fits
    if fits:
        outputs = 10 if config.class_maps else config.channels[1]
        assert by_name(config)["flatten"].shape == (outputs * size * size,)
    else:
        with pytest.raises(ConfigError) as caught:
            models.describe(config)
        assert caught.value.field in ("kernel", "pooling", "stride", "padding")
        assert "\n" not in str(caught.value)


def test_an_impossible_network_is_refused_before_anything_is_trained(digits):
    with pytest.raises(
        ConfigError, match=r"conv2: a window of 15×15 does not fit on its input of 7×7"
    ):
        next(train(TrainConfig(dataset="digits", kernel=15, padding=0), digits))


@given(
    networks(
        arch=st.sampled_from(
            [
                arch
                for arch in models.MODELS
                if "recurrent"
                not in [stage.kind for stage in models.describe(TrainConfig(arch=arch))]
            ]
        )
    ),
    st.integers(0, 2**31),
)
@settings(max_examples=40, deadline=None)
def test_the_fast_order_gives_the_same_logits_and_gradients_bit_for_bit(config, seed):
    torch.manual_seed(seed)
    # flat regions too: ties in the pooling
    x, y = (torch.rand(5, 1, 28, 28) - 0.3).clamp(min=0), torch.randint(10, (5,))
    found = []
    for order in (nn.Sequential.train, models.fast):
        torch.manual_seed(seed)
        model = order(models.build(config))
        logits = model(x)
        nn.functional.cross_entropy(logits, y).backward()
        found.append(
            (
                logits,
                {name: p.grad for name, p in model.named_parameters()},
                list(model.state_dict()),
            )
        )
    (logits, gradients, names), (fast_logits, fast_gradients, fast_names) = found
    assert names == fast_names
    assert torch.equal(logits, fast_logits)
    assert all(
        torch.equal(gradients[name], fast_gradients[name]) for name in names if name in gradients
    )


def test_the_fast_order_does_a_quarter_of_the_relu_work():
    assert [
        name for name, _ in models.fast(models.build(PRESETS["tutorial-cnn"])).named_children()
    ] == [
        "conv1",
        "pool1",
        "relu1",
        "conv2",
        "pool2",
        "relu2",
        "flatten",
        "out",
    ]


def test_options_change_what_they_say():
    plain = TrainConfig(arch="cnn")
    assert "norm1" in by_name(plain.replace(batch_norm=True))
    assert "dropout" in by_name(plain.replace(dropout=0.5))
    assert "pool1" not in by_name(plain.replace(pooling="none"))
    assert isinstance(models.build(plain.replace(pooling="mean")).pool2, nn.AvgPool2d)
    assert models.build(plain.replace(stride=2)).conv1.stride == (2, 2)
    assert models.build(TrainConfig(arch="lstm", layers=2, dropout=0.25)).lstm.dropout == 0.25
    assert models.build(TrainConfig(arch="mlp", layers=3)).linear3.in_features == 64
    for activation in option("activation").choices:
        assert f"{activation}1" in by_name(plain.replace(activation=activation))
        assert f"{activation}1" in by_name(TrainConfig(arch="mlp", activation=activation))


def test_every_layer_kind_that_a_network_has_is_named():
    kinds = {
        stage.kind
        for arch in option("arch").choices
        for stage in models.describe(TrainConfig(arch=arch))
    }
    assert {
        "input",
        "conv",
        "activation",
        "pool",
        "flatten",
        "linear",
        "dropout",
        "rows",
        "recurrent",
        "last-step",
    } == kinds


# -- weights ---------------------------------------------------------------------------------------


@given(networks())
@settings(max_examples=20, deadline=None)
def test_loaded_weights_give_the_same_outputs(config):
    one, other = models.build(config).eval(), models.build(config).eval()
    models.load_weights(other, one.state_dict())
    x = torch.rand(2, 1, 28, 28)
    assert torch.equal(one(x), other(x))
    assert all(
        a.data_ptr() != b.data_ptr()
        for a, b in zip(one.parameters(), other.parameters(), strict=True)
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda weights: weights.pop("out.bias"),
        lambda weights: weights.update(more=torch.zeros(1)),
        lambda weights: weights.update({"out.bias": torch.zeros(11)}),
        lambda weights: weights.update({"out.bias": torch.zeros(10, dtype=torch.float64)}),
    ],
)
def test_weights_of_another_network_are_refused_and_nothing_is_copied(spoil):
    model = models.build(TrainConfig())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    weights = {name: tensor + 1 for name, tensor in before.items()}
    spoil(weights)
    with pytest.raises(CheckpointMismatch) as caught:
        models.load_weights(model, weights)
    assert "\n" not in str(caught.value)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 5), st.integers(0, 6))
def test_output_size_counts_the_places_where_a_kernel_fits(size, kernel, stride, padding):
    places = len(range(0, size + 2 * padding - kernel + 1, stride))
    assert max(0, models.output_size(size, kernel, stride, padding)) == places

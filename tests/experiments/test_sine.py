"""From sine to cosine: the training is the tutorial's own loop, its figures are reached, and
PyTorch's error is the real one.
"""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnistlab import cli
from mnistlab.errors import ConfigError
from mnistlab.experiments.sine import (
    Broken,
    Window,
    build,
    extrapolate,
    final_loss,
    reset_floor,
    three_heads,
    train_sine,
)
from mnistlab.experiments.sine_config import CELLS, SINE_PRESETS, SineConfig

SEEDS = (0, 1, 2)
LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def losses(config: SineConfig) -> list[float]:
    return [window.loss for window in train_sine(config) if isinstance(window, Window)]


def tutorial(
    cell: str = "rnn", detach: bool = True, retain_graph: bool = False, seed: int = 1
) -> list[float]:
    """The tutorial's loop, written out; each window's loss."""
    torch.manual_seed(seed)
    layer, head = LAYERS[cell](1, 32, batch_first=True), nn.Linear(32, 1)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    state: Any = None
    found = []
    for window in range(100):
        time = np.linspace(window * np.pi, (window + 1) * np.pi, 10, endpoint=False)
        x, y = (
            torch.from_numpy(wave(time).astype(np.float32))[None, :, None]
            for wave in (np.sin, np.cos)
        )
        out, state = layer(x, state)
        if detach:
            state = tuple(part.detach() for part in state) if cell == "lstm" else state.detach()
        loss = F.mse_loss(head(out), y)
        optimizer.zero_grad()
        loss.backward(retain_graph=retain_graph)
        optimizer.step()
        found.append(loss.item())
    return found


# -- the tutorial's figures ------------------------------------------------------------------------


def test_preset_is_the_tutorials_loop_number_for_number():
    before = torch.get_rng_state()
    ours = losses(SINE_PRESETS["sine-rnn"])
    assert torch.equal(torch.get_rng_state(), before)
    assert ours == pytest.approx(tutorial(), rel=1e-3)
    assert len(ours) == 100


@pytest.mark.parametrize("cell", CELLS)
def test_carried_and_detached_the_error_falls_below_a_twentieth(cell):
    for seed in SEEDS:
        assert np.mean(losses(SineConfig(cell=cell, seed=seed))[-10:]) < 0.05


@pytest.mark.parametrize("cell", CELLS)
def test_reset_the_error_stays_at_its_floor_of_a_tenth_or_above(cell):
    for seed in SEEDS:
        error = np.mean(losses(SineConfig(cell=cell, seed=seed, state="reset"))[-10:])
        assert 0.1 <= error < 0.15


@pytest.mark.parametrize("cell", CELLS)
def test_carried_without_detach_pytorchs_own_error_ends_the_second_window(cell):
    first, broken = train_sine(SineConfig(cell=cell, state="carry"))
    assert isinstance(first, Window)
    assert isinstance(broken, Broken)
    assert broken.index == 1
    with pytest.raises(
        RuntimeError, match="Trying to backward through the graph a second time"
    ) as real:
        tutorial(cell, detach=False)
    assert broken.error == str(real.value)
    assert "Detach" in broken.explanation


def test_retaining_the_graph_leads_to_the_next_error():
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        tutorial(detach=False, retain_graph=True)


def test_floor_of_the_reset():
    assert [reset_floor(SineConfig(time_steps=steps)) for steps in (2, 5, 10, 20)] == pytest.approx(
        [1 / 2, 1 / 5, 1 / 10, 1 / 20]
    )
    # every window begins at cos = 1
    assert reset_floor(SineConfig(width=2 * np.pi)) == pytest.approx(0)
    # every other window begins at sin = 0 and cos = ±1
    assert reset_floor(SineConfig(width=np.pi / 2)) == pytest.approx(0.05)
    assert reset_floor(SineConfig(width=1.0)) == pytest.approx(0)  # no two windows begin alike


# -- events, heads, longer sequences ---------------------------------------------------------------


def test_windows_are_json_safe_and_hold_what_was_shown():
    config = SineConfig(windows=3, time_steps=4)
    windows = list(train_sine(config))
    assert [json.loads(json.dumps(asdict(window)))["index"] for window in windows] == [0, 1, 2]
    time = np.concatenate([window.time for window in windows])
    assert time == pytest.approx(np.linspace(0, 3 * np.pi, 12, endpoint=False))
    assert np.concatenate([window.x for window in windows]) == pytest.approx(np.sin(time), abs=1e-6)
    assert np.concatenate([window.target for window in windows]) == pytest.approx(
        np.cos(time), abs=1e-6
    )
    for window in windows:
        assert window.loss == pytest.approx(
            np.mean(np.subtract(window.prediction, window.target) ** 2), rel=1e-5
        )
    assert final_loss(windows) == pytest.approx(np.mean([window.loss for window in windows]))


@pytest.mark.parametrize("cell", CELLS)
def test_three_ways_of_applying_the_head_agree_with_a_forward_pass(cell):
    config = SineConfig(cell=cell, time_steps=7)
    network = build(config)
    time = torch.arange(7, dtype=torch.float64) * np.pi / 7
    wanted = network(time.sin().float()[None, :, None])[0].detach().numpy().ravel()
    ways = three_heads(network, config)
    assert set(ways) == {"loop", "reshape", "direct"}
    for values in ways.values():
        assert values == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("stretch", [0.5, 1.0])
def test_long_sequence_is_what_comes_of_single_steps(stretch):
    config = SineConfig(cell="gru")
    network = build(config)
    reading = extrapolate(network, config, 25, stretch)
    state, said = None, []
    for step in range(25):
        answer, state = network(
            torch.tensor([[[np.sin(step * np.pi / 10 * stretch)]]], dtype=torch.float32), state
        )
        said.append(answer.item())
    assert reading.prediction == pytest.approx(said, abs=1e-5)
    assert reading.target == pytest.approx(np.cos(reading.time), abs=1e-5)


# -- settings and the command line -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cell", "cnn"),
        ("state", "keep"),
        ("hidden", 0),
        ("hidden", 1.5),
        ("lr", float("nan")),
        ("lr", True),
        ("time_steps", 1),
        ("windows", "10"),
        ("width", 0),
        ("seed", -1),
        ("seed", None),
    ],
)
def test_wrong_setting_is_refused_by_name(name, value):
    with pytest.raises(ConfigError) as refused:
        SineConfig(**{name: value})
    assert refused.value.field == name
    assert name in str(refused.value)


def test_whole_numbers_serve_where_any_number_does():
    assert SineConfig(lr=1, width=3) == SineConfig(lr=1.0, width=3.0)


def test_command_line_trains_the_preset_and_tells_each_window(capsys):
    assert cli.main(["train", "--preset", "sine-rnn", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"] == SINE_PRESETS["sine-rnn"].to_dict()
    assert (
        told["parameters"]
        == sum(p.numel() for layer in (nn.RNN(1, 32), nn.Linear(32, 1)) for p in layer.parameters())
        == 1153
    )
    assert [window["loss"] for window in told["windows"]] == losses(SINE_PRESETS["sine-rnn"])
    assert told["final_loss"] < 0.05
    assert (
        cli.main(
            [
                "train",
                "--preset",
                "sine-rnn",
                "--arch",
                "gru",
                "--hidden",
                "8",
                "--lr",
                "0.01",
                "--seed",
                "3",
            ]
        )
        == 0
    )
    wanted = np.mean(losses(SineConfig(cell="gru", hidden=8, lr=0.01, seed=3))[-10:])
    assert f"mean over the last ten windows: {wanted:.4f}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "flags",
    [["--epochs", "2"], ["--arch", "cnn"], ["--log", "tutorial"], ["--hidden", "0"], ["--lr", "x"]],
)
def test_flag_that_the_sine_preset_does_not_have_is_one_line_and_exit_2(flags, capsys):
    assert cli.main(["train", "--preset", "sine-rnn", *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1

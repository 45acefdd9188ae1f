"""The twin of the sine experiment."""

import math

import pytest

from export.twins import ran, same
from mnistlab.experiments.sine import Window, build, final_loss, train_sine
from mnistlab.experiments.sine_config import CELLS, SINE_PRESETS, SineConfig
from mnistlab.export.sine_script import sine_script

SHORT = SineConfig(windows=15, hidden=6, seed=3)
CONFIGS = [
    *SINE_PRESETS.values(),
    *(
        SHORT.replace(cell=cell, state=state)
        for cell in CELLS
        for state in ("carry+detach", "reset")
    ),
    SHORT.replace(width=math.tau / 3, time_steps=7, windows=4),
]


@pytest.mark.parametrize(
    "config", CONFIGS, ids=lambda config: f"{config.cell}, {config.state}, {config.windows} windows"
)
def test_sine_twin_ends_with_the_experiments_weights_bit_for_bit(config, tmp_path):
    network = build(config)
    windows = [event for event in train_sine(config, network) if isinstance(event, Window)]
    twin = ran(sine_script(config), tmp_path)
    assert same(list(network.state_dict().values()), twin.weights)
    assert twin.said.endswith(f"windows: {final_loss(windows)}\n")


def test_sine_twin_that_carries_without_detach_fails_as_the_experiment_does(tmp_path):
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        ran(sine_script(SHORT.replace(state="carry")), tmp_path)

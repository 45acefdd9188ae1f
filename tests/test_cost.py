"""What a training will cost: its arithmetic, and its seconds as similar runs took."""

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.cost import SIMILAR, estimate, multiplications, on_gpu, rough, work
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Status

CNN, LSTM = PRESETS["tutorial-cnn"], PRESETS["tutorial-lstm"]


def finished(
    config: TrainConfig, seconds: float, environment: dict[str, Any] | None = None
) -> RunRecord:
    final = {"step": config.total_steps, "seconds": {"total": seconds}}
    times = (0.0, 0.0, seconds, config.total_steps)
    return RunRecord(
        config.run_id, config, Status.FINISHED, "", "", "", *times, final, environment, None
    )


def test_each_weight_is_multiplied_once_for_each_place_where_it_is_used():
    convolutions = 16 * (5 * 5 + 1) * 28 * 28 + 32 * (16 * 5 * 5 + 1) * 14 * 14
    assert multiplications(CNN) == convolutions + 10 * (32 * 7 * 7 + 1)
    rows = 4 * 64 * (28 + 64 + 2) * 28
    assert multiplications(LSTM) == rows + 10 * (64 + 1)


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_has_its_work_and_more_epochs_have_more(name: str) -> None:
    config = PRESETS[name].replace(max_steps=None)
    longer = config.replace(epochs=3 * config.epochs)
    assert 2 < work(longer) / work(config) < 3.01
    assert work(config, 1) < work(config)


def test_without_a_similar_run_there_is_no_estimate():
    others = [
        finished(LSTM, 3.0),
        finished(CNN.replace(precision="bfloat16"), 3.0),
        finished(CNN.replace(device="cuda"), 3.0),
        finished(CNN.replace(seed=2), 3.0, {"loaded": True}),
    ]
    assert estimate(CNN, []) is None
    assert estimate(CNN, others) is None


def test_the_same_network_takes_as_long_as_before_and_more_steps_longer():
    before = [finished(CNN.replace(seed=2), 8.0)]
    assert estimate(CNN, before) == pytest.approx(8.0)
    longer = estimate(CNN.replace(epochs=10), before)
    assert longer is not None
    assert 75 < longer < 80.1


def test_the_most_similar_runs_decide_and_one_that_was_disturbed_does_not():
    alike = [finished(CNN.replace(seed=seed), 8.0) for seed in range(2, 2 + SIMILAR - 1)]
    disturbed = [finished(CNN.replace(seed=50), 80.0)]
    tiny = [finished(CNN.replace(max_steps=1, seed=seed), 5.0) for seed in range(100, 120)]
    assert estimate(CNN, [*tiny, *disturbed, *alike]) == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (8.4, "8 s"), (75, "75 s"), (170, "3 min"), (5000, "83 min"), (9000, "2 h")],
)
def test_an_estimate_is_told_no_more_exactly_than_it_is(seconds: float, text: str) -> None:
    assert rough(seconds) == text


@pytest.mark.parametrize("name", ["tutorial-cnn", "lenet-sgd", "pytorch-example"])
def test_the_arithmetic_of_a_step_is_what_torch_counts(name: str) -> None:
    config = PRESETS[name]
    network, images = models.without_weights(config), config.batch_size
    counter = FlopCounterMode(display=False)
    with counter:
        x = torch.zeros(images, 1, 28, 28, device="meta", requires_grad=True)
        network(x).sum().backward()
    multiplied = counter.get_total_flops() / 2  # torch counts the additions, too
    assert on_gpu(config, []).multiplications == pytest.approx(multiplied, rel=0.05)


def test_a_gpu_helps_large_steps_and_not_small_ones():
    small = on_gpu(TrainConfig(dataset="digits", arch="mlp", hidden=8, batch_size=4), [])
    large = on_gpu(PRESETS["pytorch-example"].replace(batch_size=1_000), [])
    assert small.times < 1.5 < 5 < large.times
    assert small.gpu == small.starting
    assert large.gpu == large.arithmetic


def test_rows_are_read_one_after_another_on_a_gpu_too():
    one, two = (on_gpu(LSTM.replace(layers=layers), []) for layers in (1, 2))
    assert two.operations - one.operations == 3 * 2 * 28
    assert one.gpu == one.starting


def test_the_processor_is_as_fast_as_it_was():
    fast = on_gpu(CNN.replace(device="cuda"), [finished(CNN.replace(seed=2), work(CNN) / 4)])
    assert fast.cpu == pytest.approx(on_gpu(CNN, []).cpu / 4)

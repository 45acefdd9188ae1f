"""The log lines are those that the tutorials print, to the letter."""

import pytest

from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated, Progress
from mnistlab.logs import LOG_STYLES, log_lines
from mnistlab.presets import PRESETS


def loss_at(step: int, loss: float, config: TrainConfig) -> Progress:
    return Progress(
        step, max(0, step - 1) // config.steps_per_epoch, loss, config.lr, {}, 1000.0, 1.0
    )


def measured_at(
    step: int,
    config: TrainConfig,
    correct: int = 1_940,
    count: int = 2_000,
    train_loss: float = 0.0306,
    test_loss: float = 0.09,
) -> Evaluated:
    return Evaluated(
        step,
        max(0, step - 1) // config.steps_per_epoch,
        train_loss,
        test_loss,
        correct / count,
        correct,
        count,
    )


def test_tutorial_line_is_the_published_one():
    config = PRESETS["tutorial-cnn"]
    assert log_lines("tutorial", config, [measured_at(1150, config)]) == [
        "Epoch:  0 | train loss: 0.0306 | test accuracy: 0.97"
    ]


def test_tutorial_prints_24_lines_at_batches_0_50_to_1150():
    config = PRESETS["tutorial-cnn"]
    events = [
        event
        for step in range(0, 1201, 50)
        for event in (loss_at(step, 0.1, config), measured_at(step, config))
    ]
    assert len(log_lines("tutorial", config, events)) == 24


def test_tutorial_counts_the_first_batch_after_an_epoch_as_the_next_epoch():
    config = PRESETS["tutorial-cnn"].replace(epochs=2)
    assert log_lines("tutorial", config, [measured_at(1200, config)])[0].startswith("Epoch:  1 |")
    assert log_lines("tutorial", config, [measured_at(2400, config)]) == []


def test_case_lines_are_the_published_ones_and_count_steps_within_the_epoch_from_1():
    config = PRESETS["case-cnn"]
    events = [
        loss_at(0, 2.3, config),
        loss_at(1, 2.3, config),
        loss_at(100, 0.5199, config),
        loss_at(6000, 0.0025, config),
        loss_at(6100, 0.02, config),
    ]
    assert log_lines("case", config, events) == [
        "Epoch: [1/3], Step: [100/6000], Loss: 0.5199",
        "Epoch: [1/3], Step: [6000/6000], Loss: 0.0025",
        "Epoch: [2/3], Step: [100/6000], Loss: 0.0200",
    ]


def test_case_prints_180_lines_in_three_epochs():
    config = PRESETS["case-cnn"]
    assert (
        len(
            log_lines(
                "case", config, [loss_at(step, 0.1, config) for step in range(0, 18_001, 100)]
            )
        )
        == 180
    )


def test_official_lines_are_the_published_ones():
    config = PRESETS["lenet-sgd"]
    events = [loss_at(0, 2.345678, config), loss_at(1, 2.3, config), loss_at(10, 1.234567, config)]
    assert log_lines("official", config, events) == [
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.345678",
        "Train Epoch: 1 [640/60000 (1%)]\tLoss: 1.234567",
    ]


def test_official_tells_the_test_set_after_each_epoch_and_then_begins_the_next():
    config = PRESETS["lenet-sgd"]
    end_of_epoch = [
        loss_at(938, 0.5, config),
        measured_at(938, config, 9832, 10_000, train_loss=0.5, test_loss=0.05123),
    ]
    assert log_lines("official", config, end_of_epoch) == [
        "\nTest set: Average loss: 0.0512, Accuracy: 9832/10000 (98%)\n",
        "Train Epoch: 2 [0/60000 (0%)]\tLoss: 0.500000",
    ]
    assert log_lines("official", config, [measured_at(9380, config, 9890, 10_000)])[-1].endswith(
        "Accuracy: 9890/10000 (99%)\n"
    )


@pytest.mark.parametrize("style", LOG_STYLES)
def test_lines_are_the_same_whether_events_come_one_by_one_or_together(style):
    config = PRESETS["lenet-sgd"].replace(epochs=2)
    events = [
        event
        for step in range(config.total_steps + 1)
        for event in (loss_at(step, 0.1, config), measured_at(step, config))
    ]
    assert log_lines(style, config, events) == [
        line for event in events for line in log_lines(style, config, [event])
    ]


def test_none_prints_nothing():
    config = PRESETS["tutorial-cnn"]
    assert log_lines("none", config, [loss_at(10, 1.0, config), measured_at(50, config)]) == []

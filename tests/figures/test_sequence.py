"""Figures of sequences show the numbers that they are given."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from mnistlab.analysis.gradient_flow import GradientFlow
from mnistlab.events import Evaluated
from mnistlab.experiments.sine import SineNetwork, Window, build, extrapolate, train_sine
from mnistlab.experiments.sine_config import SineConfig
from mnistlab.figures import sequence as figures
from mnistlab.figures.grids import alt_text
from mnistlab.figures.intervals import interval_spec, interval_table

CONFIG = SineConfig(windows=4, time_steps=5)
NAMES = {"carry+detach": "detached", "carry": "carried", "reset": "reset"}


def trained() -> tuple[SineNetwork, list[Window]]:
    network = build(CONFIG)
    return network, [event for event in train_sine(CONFIG, network) if isinstance(event, Window)]


def by_name(figure):
    return {trace.name: np.asarray(trace.y) for trace in figure.data}


def test_windows_follow_each_other():
    windows = trained()[1][-2:]
    figure = figures.treatment_figure(windows, "The last windows")
    assert by_name(figure)["prediction"] == pytest.approx(
        np.concatenate([window.prediction for window in windows])
    )
    assert by_name(figure)["target"] == pytest.approx(
        np.concatenate([window.target for window in windows])
    )
    assert figure.data[0].x * np.pi == pytest.approx(
        np.concatenate([window.time for window in windows]), rel=1e-5
    )
    assert "last 2 windows" in alt_text(figure)


def test_task_is_sine_and_cosine_over_one_turn():
    lines = by_name(figures.task_figure())
    assert lines["input: sin(t)"] ** 2 + lines["target: cos(t)"] ** 2 == pytest.approx(1)
    assert lines["target: cos(t)"][[0, -1]] == pytest.approx(1)


def test_errors_of_the_treatments_stand_beside_the_floor():
    lines = by_name(
        figures.treatments_figure(
            {"carry+detach": [0.5, 0.2], "carry": [0.5], "reset": [0.4, 0.3]}, 0.2, NAMES
        )
    )
    assert lines["detached"] == pytest.approx([0.5, 0.2])
    assert lines["carried"] == pytest.approx([0.5])
    assert lines["floor without memory: 0.2"] == pytest.approx([0.2, 0.2])
    assert len(figures.treatments_figure({"reset": [0.4]}, 0.0, NAMES).data) == 1


def test_long_reading_is_drawn_as_it_was_read():
    reading = extrapolate(trained()[0], CONFIG, 15)
    figure = figures.reading_figure({"reset": reading}, 5, NAMES)
    assert by_name(figure)["reset"] == pytest.approx(reading.prediction)
    assert by_name(figure)["target"] == pytest.approx(reading.target)
    assert f"{np.mean((reading.prediction - reading.target) ** 2):.3g}" in alt_text(figure)


def test_gradients_are_drawn_for_each_part_of_the_state_and_a_zero_is_left_out():
    flow = GradientFlow(np.array([0.1, 0.2], np.float32), np.array([0.3, 0.0], np.float32))
    figure = figures.flow_figure(
        {"lstm": flow, "rnn": GradientFlow(np.array([0.5, 1.0], np.float32), None)}
    )
    lines = by_name(figure)
    assert set(lines) == {"LSTM h", "LSTM c", "RNN h"}
    assert lines["LSTM h"] == pytest.approx([0.1, 0.2])
    assert lines["LSTM c"][0] == pytest.approx(0.3)
    assert np.isnan(lines["LSTM c"][1])
    assert figure.layout.yaxis.type == "log"
    assert "LSTM 50 %, RNN 50 %" in alt_text(figure)


def test_accuracies_have_their_wilson_intervals():
    events = [
        Evaluated(step, 0, 1.0, 1.0, correct / 200, correct, 200)
        for step, correct in ((0, 20), (10, 150))
    ]
    table = interval_table({"RNN": events, "GRU": events[:1]})
    assert list(table.series) == ["RNN", "RNN", "GRU"]
    assert list(table.step) == [0, 10, 0]
    assert table.value.to_numpy() == pytest.approx([0.1, 0.75, 0.1])
    low, high = proportion_confint(150, 200, method="wilson")
    assert (table.low[1], table.high[1]) == pytest.approx((low, high))
    assert interval_table({}).empty
    assert interval_spec({"RNN": "red", "GRU": "blue"}, "step", "accuracy")["encoding"]["color"][
        "scale"
    ]["range"] == ["red", "blue"]

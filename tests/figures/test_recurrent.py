"""What the figures of a recurrent network say."""

import numpy as np
import pytest
import torch

from mnistlab.analysis.recurrent import Trace, row_importance, trace
from mnistlab.config import TrainConfig
from mnistlab.figures.colors import BAD, CLASS_COLORS, DIVERGING, GOOD, SEQUENTIAL
from mnistlab.figures.grids import alt_text
from mnistlab.figures.recurrent import beliefs_figure, gates_figure, row_importance_figure
from mnistlab.models import build

PANELS = {
    "lstm": [
        "input gate i",
        "forget gate f",
        "candidate g",
        "output gate o",
        "cell state c",
        "hidden state h",
    ],
    "gru": ["reset gate r", "update gate z", "candidate n", "hidden state h"],
    "rnn": ["hidden state h"],
}


def traced(arch, digits):
    config = TrainConfig(dataset="digits", arch=arch, hidden=6, layers=2, bidirectional=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = build(config)
    return trace(model, digits.test_images[0], config), row_importance(
        model, digits.test_images[0], config
    )


@pytest.mark.parametrize("arch", PANELS)
def test_every_gate_and_state_is_drawn_over_the_rows(arch, digits):
    found, _ = traced(arch, digits)
    for part in found.layers:
        figure = gates_figure(found, part.layer, part.direction)
        assert (
            [heatmap.name for heatmap in figure.data]
            == PANELS[arch]
            == [note.text for note in figure.layout.annotations][: len(PANELS[arch])]
        )
        for heatmap in figure.data:
            letter = heatmap.name[-1]
            values = {"h": part.hidden, "c": part.cell}.get(letter, part.gates.get(letter))
            assert np.array_equal(heatmap.z, values.T)
            gate = "gate" in heatmap.name
            assert tuple(color for _, color in heatmap.colorscale) == (
                SEQUENTIAL if gate else DIVERGING
            )
            limits = (
                (0, 1)
                if gate
                else (-np.abs(part.cell).max(), np.abs(part.cell).max())
                if letter == "c"
                else (-1, 1)
            )
            assert (heatmap.zmin, heatmap.zmax) == pytest.approx(limits)
        assert f"layer {part.layer + 1}" in figure.layout.title.text
        assert ("from the bottom" in figure.layout.title.text) == (part.direction == "backward")
        assert {"row of the image", "unit"} <= {note.text for note in figure.layout.annotations}
        assert all(panel in alt_text(figure) for panel in PANELS[arch])


def test_beliefs_are_a_line_for_each_class_in_its_colour(digits):
    found, _ = traced("lstm", digits)
    figure = beliefs_figure(found)
    for digit, line in enumerate(figure.data):
        assert (line.name, line.line.color) == (str(digit), CLASS_COLORS[digit])
        assert np.array_equal(line.y, found.probabilities[:, digit])
        assert np.array_equal(line.x, np.arange(1, 29))
    assert tuple(figure.layout.yaxis.range) == (0, 1)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "rows read",
        "probability",
    )


@pytest.mark.parametrize(
    ("answers", "since"), [([3] * 28, 1), ([3] * 20 + [5] * 8, 21), ([5] + [3] * 26 + [5], 28)]
)
def test_the_words_tell_since_when_the_answer_stands(answers, since):
    probabilities = np.full((28, 10), 0.05, np.float32)
    probabilities[np.arange(28), answers] = 0.55
    alt = alt_text(beliefs_figure(Trace("LSTM", np.zeros((28, 28), np.float32), (), probabilities)))
    assert alt == (
        f"Line chart over the rows read. The prediction is {answers[-1]}, unchanged since row "
        f"{since}; its final probability is 55.00 %."
    )


def test_a_row_that_counts_towards_the_class_has_a_bar_to_the_left(digits):
    _, importance = traced("gru", digits)
    figure = row_importance_figure(importance, 4)
    (bars,) = figure.data
    assert np.array_equal(bars.x, importance.change[:, 4])
    assert [color == GOOD for color in bars.marker.color] == (importance.change[:, 4] < 0).tolist()
    assert set(bars.marker.color) <= {GOOD, BAD}
    assert figure.layout.yaxis.autorange == "reversed"
    assert f"Hiding row {importance.change[:, 4].argmin()} " in alt_text(figure)
    assert "probability of 4" in figure.layout.xaxis.title.text

"""What the maps say: every image once, in its class's colour, its mistakes ringed, its place known
to a click.
"""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from mnistlab.analysis.projection import Frame
from mnistlab.figures.colors import CLASS_COLORS
from mnistlab.figures.embedding import SVG_POINTS, animation_figure, embedding_figure, small_figure
from mnistlab.figures.grids import alt_text

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 10, 120)
PREDICTIONS = np.where(RANDOM.random(120) < 0.1, (LABELS + 1) % 10, LABELS)
WRONG = np.flatnonzero(LABELS != PREDICTIONS)
AXES = {2: ["t-SNE 1", "t-SNE 2"], 3: ["t-SNE 1", "t-SNE 2", "t-SNE 3"]}


def cloud(dimensions: int, seed: int = 0, spread: float = 1.0, count: int = 120) -> np.ndarray:
    return (spread * np.random.default_rng(seed).normal(size=(count, dimensions))).astype(
        np.float32
    )


def coordinates(trace) -> np.ndarray:
    return np.stack(
        [getattr(trace, axis) for axis in "xyz" if getattr(trace, axis, None) is not None], 1
    )


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("style", ["dots", "digits"])
def test_each_image_is_drawn_once_in_its_colour_and_knows_its_place(
    dimensions: int, style: str
) -> None:
    points = cloud(dimensions)
    figure = embedding_figure(points, LABELS, PREDICTIONS, "Layer flatten", AXES[dimensions], style)
    seen = np.full_like(points, np.nan)
    for digit, trace in enumerate(figure.data[:10]):
        assert trace.name == str(digit)
        assert (trace.textfont if style == "digits" else trace.marker).color == CLASS_COLORS[digit]
        assert trace.mode == ("text" if style == "digits" else "markers")
        assert set(trace.text) <= {str(digit)}
        for place, label, predicted in trace.customdata:
            assert (label, predicted) == (digit, PREDICTIONS[place])
        assert coordinates(trace).dtype == np.float32
        seen[trace.customdata[:, 0]] = coordinates(trace)
    assert np.array_equal(seen, points)
    assert figure.layout.title.text == "Layer flatten"
    axes = [figure.layout.xaxis, figure.layout.yaxis]
    if dimensions == 3:
        axes = [figure.layout.scene.xaxis, figure.layout.scene.yaxis, figure.layout.scene.zaxis]
    assert [axis.title.text for axis in axes] == AXES[dimensions]
    assert not any(axis.showticklabels for axis in axes)  # numbers on a t-SNE mean nothing


@pytest.mark.parametrize("dimensions", [2, 3])
def test_mistakes_are_ringed_and_can_be_clicked_too(dimensions: int) -> None:
    points = cloud(dimensions)
    figure = embedding_figure(points, LABELS, PREDICTIONS, "Map", AXES[dimensions])
    rings = figure.data[10]
    assert rings.name == "mistakes"
    assert rings.marker.symbol == "circle-open"
    drawn = np.flatnonzero(~np.isnan(coordinates(rings)).any(1))
    assert np.array_equal(drawn, WRONG)
    assert np.array_equal(coordinates(rings)[WRONG], points[WRONG])
    assert np.array_equal(rings.customdata[WRONG, 0], WRONG)
    assert f"{len(WRONG)} of them are misclassified" in alt_text(figure)


def test_axes_of_pca_have_numbers_and_one_unit() -> None:
    figure = embedding_figure(
        cloud(2), LABELS, PREDICTIONS, "Map", ["component 1 (40 %)", "component 2 (20 %)"]
    )
    assert figure.layout.xaxis.showticklabels
    assert figure.layout.yaxis.scaleanchor == "x"


def test_many_points_are_drawn_by_webgl_few_ones_everywhere() -> None:
    count = SVG_POINTS + 1
    labels = np.arange(count) % 10
    many = embedding_figure(cloud(2, count=count), labels, labels, "Map", AXES[2])
    assert isinstance(many.data[0], go.Scattergl)
    assert isinstance(
        embedding_figure(cloud(2), LABELS, LABELS, "Map", AXES[2]).data[0], go.Scatter
    )


@pytest.mark.parametrize("dimensions", [2, 3])
def test_an_animation_has_a_frame_for_each_step_and_axes_that_hold_still(dimensions: int) -> None:
    frames = [
        Frame(step, cloud(dimensions, seed, spread))
        for seed, (step, spread) in enumerate([(0, 1.0), (10, 5.0), (1200, 3.0)])
    ]
    guesses = [np.zeros_like(LABELS), PREDICTIONS, LABELS]
    figure = animation_figure(frames, LABELS, guesses, "Over training", AXES[dimensions], at=2)
    assert [frame.name for frame in figure.frames] == ["0", "10", "1,200"]
    for frame, drawn, guess in zip(frames, figure.frames, guesses, strict=True):
        for digit, trace in enumerate(drawn.data[:10]):
            assert np.array_equal(coordinates(trace), frame.points[digit == LABELS])
        ringed = ~np.isnan(coordinates(drawn.data[10])).any(1)
        assert np.array_equal(ringed, guess != LABELS)
    assert all(
        np.array_equal(coordinates(a), coordinates(b))
        for a, b in zip(figure.data[:10], figure.frames[2].data, strict=False)
    )
    slider, (play, pause) = figure.layout.sliders[0], figure.layout.updatemenus[0].buttons
    assert slider.active == 2
    assert [step.args[0][0] for step in slider.steps] == [frame.name for frame in figure.frames]
    assert (play.method, play.args[0]) == ("animate", None)
    assert pause.args[0][0] is None
    axes = (
        figure.layout.scene.to_plotly_json() if dimensions == 3 else figure.layout.to_plotly_json()
    )
    everything = np.concatenate([frame.points for frame in frames])
    for axis, values in zip("xyz", everything.T, strict=False):
        low, high = axes[f"{axis}axis"]["range"]
        assert low <= values.min()
        assert values.max() <= high
    assert f"{len(WRONG)} at step 10, 0 at step 1,200" in alt_text(figure)
    assert json.loads(figure.to_json())["frames"]


def test_small_map_has_every_image_in_its_colour_and_its_settings_as_its_title() -> None:
    points = cloud(2)
    figure = small_figure(points, LABELS, PREDICTIONS, "perplexity 30, seed 2")
    assert figure.layout.title.text == "perplexity 30, seed 2"
    seen = np.full_like(points, np.nan)
    for digit, trace in enumerate(figure.data):
        assert trace.marker.color == CLASS_COLORS[digit]
        seen[trace.customdata[:, 0]] = coordinates(trace)
    assert np.array_equal(seen, points)
    assert "perplexity 30, seed 2" in alt_text(figure)


def test_label_tells_what_an_image_is_and_what_it_is_taken_for() -> None:
    classes = tuple("abcdefghij")
    figure = embedding_figure(cloud(2), LABELS, PREDICTIONS, "Map", AXES[2], classes=classes)
    for trace in figure.data[:10]:
        for (_, label, predicted), told in zip(
            trace.customdata.tolist(), trace.hovertext, strict=True
        ):
            assert told == (
                classes[label]
                if label == predicted
                else f"{classes[label]}, predicted {classes[predicted]}"
            )

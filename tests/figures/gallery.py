"""Each figure of `mnistlab.figures` once, from small made-up data; names that are given to it are
digits and signs, so that every letter in it is its own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.ablation_ranking import Ranking
from mnistlab.analysis.adversarial import Adversarial
from mnistlab.analysis.attribution import Attribution
from mnistlab.analysis.dataset import PixelStatistics
from mnistlab.analysis.evaluation import Accuracy, Judgement, compare, per_class, reliability
from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.analysis.feature_visualisation import Visualisation
from mnistlab.analysis.gate_closing import Closing
from mnistlab.analysis.gradient_factors import Window as Seen
from mnistlab.analysis.gradient_flow import GradientFlow
from mnistlab.analysis.inspection import Target
from mnistlab.analysis.intervals import wilson
from mnistlab.analysis.invariance import AMOUNTS, Robustness
from mnistlab.analysis.loss_surface import Path, Surface
from mnistlab.analysis.optimizer_step import WholeStep
from mnistlab.analysis.projection import Frame
from mnistlab.analysis.receptive_field import ReceptiveField
from mnistlab.analysis.recurrent import LayerTrace, RowImportance, Trace
from mnistlab.analysis.top_activations import TopActivations
from mnistlab.analysis.weight_gradient import GradientSum
from mnistlab.experiments.data_loader_timing import Timing
from mnistlab.experiments.loop import Outcome
from mnistlab.experiments.sine import Reading, Window
from mnistlab.figures import (
    ablation,
    attribution,
    backpropagation,
    confusion,
    convolution,
    curves,
    data,
    embedding,
    evaluation,
    feature_maps,
    fine_tuning,
    gate_curve,
    guesses,
    inside,
    intervals,
    kernels,
    made_pictures,
    mistakes,
    optimisers,
    questions,
    receptive_fields,
    recurrent,
    sequence,
    shares,
    sweep,
    together,
)
from mnistlab.figures.grids import Shades

DIGITS = tuple("0123456789")
PAIR = ("1", "2")


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def probabilities(*shape: int) -> np.ndarray:
    powers = np.exp(3 * random(*shape))
    return powers / powers.sum(-1, keepdims=True)


def judged(seed: int) -> Judgement:
    labels = np.arange(60) % 10
    logits = np.random.default_rng(seed).normal(size=(60, 10)) + 2 * np.eye(10)[labels]
    return Judgement(labels, logits.astype(np.float32))


def gradient_sum(*places: int, seen: bool = False) -> GradientSum:
    window = Seen(0, random(3, 8, 8), (-1, -1), (1, 2), (3, 3), (2, 2)) if seen else None
    place = (0, 0, 1, 2)
    return GradientSum(
        "1", "weight", place, place, 0.5, random(3, *places), random(3, *places, 1)[..., 0], window
    )


def lstm() -> Trace:
    gates = {letter: probabilities(28, 5) for letter in "ifgo"}
    layer = LayerTrace(0, "forward", random(28, 5), random(28, 5), gates)
    return Trace("LSTM", random(28, 28), (layer,), probabilities(28, 10))


def outcome(seed: int) -> Outcome:
    values = np.linspace(2.3, 0.1 * seed, 4)
    points = [(float(step), float(value)) for step, value in enumerate(values, start=1)]
    accuracies = [(step, value / 3) for step, value in points]
    return Outcome(curves={"train loss": points, "test accuracy": accuracies})


def waves(index: int) -> Window:
    time = np.linspace(index, index + 1, 5)
    numbers = [tuple(map(float, each)) for each in (time, np.sin(time), np.cos(time), time / 3)]
    return Window(index, *numbers, loss=0.1)


def paths() -> dict[str, np.ndarray]:
    return {name: random(4, 2) + place for place, name in enumerate(optimisers.OPTIMIZER_COLORS)}


def surface() -> Surface:
    drawn = {
        name: Path((0, 1, 2, 3), places, np.arange(1, 5) / 7, np.arange(4) / 9)
        for name, places in paths().items()
    }
    return Surface(np.arange(6.0), np.arange(5.0), np.exp(random(5, 6)), drawn, 0.9)


def accuracy(correct: int, count: int) -> Accuracy:
    return Accuracy(correct, count, correct / count, *wilson(correct, count))


def robustness(change: str, shift: int) -> Robustness:
    amounts = AMOUNTS[change]
    counts = tuple(accuracy(90 - shift - 2 * place, 100) for place in range(len(amounts)))
    return Robustness(change, tuple(amounts), counts)


POINTS, LABELS, GUESSES = random(30, 2), np.arange(30) % 10, (np.arange(30) + 1) // 2 % 10
PIXELS = PixelStatistics(
    np.arange(256) + 3, np.array([1, 10, 100]), np.array([0.2, 0.14, 0.13]), np.array([0.3] * 3)
)
TOP = TopActivations(
    "1",
    2,
    indices=np.array([4, 8, 15]),
    values=np.array([3.5, 2.5, 1.5], np.float32),
    rows=np.array([2, 5, 3]),
    cols=np.array([2, 5, 4]),
    boxes=np.array([[0, 0, 5, 5], [3, 3, 8, 8], [1, 2, 6, 7]]),
)
IMPORTANCE = RowImportance(probabilities(10), probabilities(28, 10))
FOOLED = Adversarial(
    "1", "2", 0.1, 0.01, probabilities(28, 28), probabilities(28, 29)[:, 1:], *probabilities(2, 10)
)
CHANGES = [fine_tuning.Change("1", 100, 90, 80), fine_tuning.Change("2", 20, 7, 19)]
AXES = (sweep.Axis("1", PAIR), sweep.Axis("2", ("3", "4", "5")))
MEANS = np.array([[0.5, 0.97, np.nan], [0.4, 0.9, 0.1]])
TEXTS = [["50.00", "97.00", ""], ["40.00", "90.00", "10.00"]]


def attributed(method: str = "1", **target: Any) -> go.Figure:
    found = Attribution(method, Target(3, **target), random(28, 28), 1.0, 0.5)
    return attribution.attribution_figure(random(28, 28), found)


def stage(*shape: int, kind: str = "conv", **how: Any) -> Callable[[], go.Figure]:
    return lambda: feature_maps.stage_figure(StageMaps("1", kind, random(*shape)), **how)


PLOTLY: dict[str, Callable[[], go.Figure]] = {
    "ranking_figure": lambda: ablation.ranking_figure(ranking(), "map"),
    "ranking_figure of units": lambda: ablation.ranking_figure(ranking(), "unit"),
    "terms_figure": lambda: backpropagation.terms_figure(gradient_sum(4, 4, seen=True), 1, PAIR),
    "terms_figure in time": lambda: backpropagation.terms_figure(gradient_sum(6), 1, PAIR),
    "neighbours_figure": lambda: backpropagation.neighbours_figure(random(3, 4), 1, 2, "1", "2"),
    "step_figure": lambda: backpropagation.step_figure(WholeStep(2.0, 1.5, float("nan"), -0.5)),
    "norms_figure": lambda: backpropagation.norms_figure(PAIR, (0.5, 0.25), "1"),
    "groups_figure": lambda: convolution.groups_figure(4, 4, 2, 1, "4.", PAIR),
    "shift_change_figure": lambda: convolution.shift_change_figure(
        range(3), {"max": random(3), "mean": random(3)}, {"max": "1", "mean": "2"}, 2
    ),
    **{
        f"robustness_figure {change}": lambda change=change: convolution.robustness_figure(
            {"max": robustness(change, 0), "mlp": robustness(change, 3)},
            {"max": "1", "mlp": "2"},
            change,
        )
        for change in convolution.AXES
    },
    "image_figure": lambda: data.image_figure(random(4, 5), "1", Shades.of(-1, 1), digits=2),
    "balance_figure": lambda: data.balance_figure(np.arange(9, 19), np.arange(10), DIGITS),
    "mean_figure": lambda: data.mean_figure(random(10, 28, 28), DIGITS),
    "histogram_figure": lambda: data.histogram_figure(PIXELS),
    "settling_figure": lambda: data.settling_figure(PIXELS),
    "axes_figure": lambda: data.axes_figure(np.arange(36, dtype=np.uint8).reshape(3, 4, 3)),
    "timing_figure": lambda: data.timing_figure(
        [Timing(kind, workers, 2.5 - workers) for kind in data.KINDS for workers in (0, 2)]
    ),
    **{
        f"embedding_figure as {style}": lambda style=style: embedding.embedding_figure(
            POINTS, LABELS, GUESSES, "1", PAIR, style
        )
        for style in embedding.STYLES
    },
    "embedding_figure in space": lambda: embedding.embedding_figure(
        random(30, 3), LABELS, GUESSES, "1", ("1", "2", "3")
    ),
    "animation_figure": lambda: embedding.animation_figure(
        [Frame(0, POINTS), Frame(100, POINTS * 2)], LABELS, [GUESSES] * 2, "1", PAIR
    ),
    "small_figure": lambda: embedding.small_figure(POINTS, LABELS, GUESSES, "1"),
    **{
        f"confusion_figure {normalize}": lambda normalize=normalize: confusion.confusion_figure(
            judged(1).confusion(normalize), normalize
        )
        for normalize in confusion.CONFUSION
    },
    "confusion_figure without mistakes": lambda: confusion.confusion_figure(5 * np.eye(10)),
    "difference_figure": lambda: confusion.difference_figure(
        compare(judged(1), judged(2)), "1", "2", chosen=(1, 2)
    ),
    "per_class_figure": lambda: evaluation.per_class_figure(per_class(judged(1))),
    "reliability_figure": lambda: evaluation.reliability_figure(reliability(judged(1))),
    "stage_figure of maps": stage(4, 5, 6),
    "stage_figure by map": stage(4, 5, 6, color_range="map", selectable=True),
    "stage_figure of rows": stage(28, 6, quantity="gradient"),
    "stage_figure of units": stage(80),
    "stage_figure of few units": stage(20),
    "stage_figure of classes": stage(10, kind="linear"),
    "stage_figure of probabilities": stage(10, kind="softmax"),
    "kernel_figure": lambda: kernels.kernel_figure(random(4, 1, 3, 3), "1"),
    "kernel_figure of all": lambda: kernels.kernel_figure(random(4, 2, 3, 3), "1"),
    "kernel_figure of one": lambda: kernels.kernel_figure(random(4, 2, 3, 3), "1", 3),
    "weight_image_figure": lambda: kernels.weight_image_figure(random(3, 28, 28), "1"),
    "field_figure": lambda: receptive_fields.field_figure(
        random(28, 28), ReceptiveField(tuple(range(2, 7)), tuple(range(5))), "1"
    ),
    "top_activations_figure": lambda: receptive_fields.top_activations_figure(
        TOP, random(20, 28, 28)
    ),
    "top_activations_figure of a unit": lambda: receptive_fields.top_activations_figure(
        TOP, random(20, 28, 28), False, "unit"
    ),
    "attribution_figure": attributed,
    "attribution_figure against": lambda: attributed(against=4),
    "attribution_figure of the loss": lambda: attributed(loss=True),
    "attribution_figure without sign": lambda: attributed("saliency"),
    "attribution_figure without sign, against": lambda: attributed("saliency", against=4),
    "change_figure": lambda: fine_tuning.change_figure(CHANGES),
    "numbers_figure": lambda: guesses.numbers_figure([1, 2, 5], [2, 3, 4], (0, 9), "", 3.5),
    "points_figure": lambda: guesses.points_figure(
        PAIR, ((0, 9), (0, 1)), [(1, 0.5)], [(2, 0.25)], [(0, 1), (9, 0)], (5, 0.125)
    ),
    "cell_figure": lambda: inside.cell_figure(StageMaps("1", "conv", random(4, 5, 6)), 2, 1, 3),
    "reading_figure of inside": lambda: inside.reading_figure(lstm(), DIGITS),
    "hidden_row_figure": lambda: inside.hidden_row_figure(IMPORTANCE, 7, DIGITS),
    "two_answers_figure": lambda: inside.two_answers_figure(*probabilities(2, 10), PAIR, DIGITS),
    "marked_row_figure": lambda: inside.marked_row_figure(random(28, 28), 7),
    "visualisation_figure": lambda: made_pictures.visualisation_figure(visualised(3), "map"),
    "visualisation_figure of a unit": lambda: made_pictures.visualisation_figure(
        visualised(1), "unit"
    ),
    "adversarial_figure": lambda: made_pictures.adversarial_figure(FOOLED, DIGITS),
    **{
        f"curves_figure of {curve}": lambda curve=curve: mistakes.curves_figure(
            outcome(1), outcome(5), curve, PAIR, (0.5, "3")
        )
        for curve in mistakes.AXES
    },
    "surface_figure": lambda: optimisers.surface_figure(surface()),
    "valley_figure": lambda: optimisers.valley_figure(paths()),
    "repetition_figure": lambda: optimisers.repetition_figure(
        {"whole": np.array([2.0, 1.0]), "halves": np.array([2.0, 0.5])}
    ),
    "cells_figure": lambda: questions.cells_figure(PAIR, DIGITS, [(0, 3), (1, 4), (0, 3)], (1, 4)),
    "choices_figure": lambda: questions.choices_figure(PAIR, [0, 1, 1], [0, 0, 1], 1),
    "gates_figure": lambda: recurrent.gates_figure(lstm()),
    "gate_curve_figure": lambda: gate_curve.gate_curve_figure(
        np.array([0.1, 0.9, 0.5, 0.2]), Closing(4, 1, 3, 0.9, 0.2), "1"
    ),
    "beliefs_figure": lambda: recurrent.beliefs_figure(lstm()),
    "row_importance_figure": lambda: recurrent.row_importance_figure(IMPORTANCE, 3),
    "task_figure": sequence.task_figure,
    "treatment_figure": lambda: sequence.treatment_figure([waves(0), waves(1)], "1"),
    "treatments_figure": lambda: sequence.treatments_figure(
        {"carry": [0.5, 0.25], "reset": [0.4]}, 0.2, {"carry": "1", "reset": "2"}
    ),
    "reading_figure of sequence": lambda: sequence.reading_figure(
        {"reset": Reading(*(random(9 + place)[:9] for place in range(4)))}, 5, {"reset": "1"}
    ),
    "flow_figure": lambda: sequence.flow_figure(
        {"lstm": GradientFlow(np.exp(random(28)), np.exp(random(28)))}
    ),
    "heat_map": lambda: sweep.heat_map(MEANS, TEXTS, *AXES, "%"),
    "parallel": lambda: sweep.parallel(
        [("1", ("3", "4", "4")), ("2", ("0.1", "0.2", "0.3"))], np.array([0.5, 0.75, 0.25]), "%"
    ),
}
VEGA: dict[str, Callable[[], dict[str, Any]]] = {
    "spec": lambda: curves.spec({"1": "#000000", "2": "#ffffff"}, "", "3"),
    "band_spec": lambda: curves.band_spec("#000000", "1", "2"),
    "interval_spec": lambda: intervals.interval_spec({"1": "#000000"}, "1", "2"),
    "growth_spec": lambda: shares.growth_spec("1", "2", 0.5),
    "rows_spec": lambda: shares.rows_spec(PAIR, "1"),
    "distribution_spec": lambda: together.distribution_spec("1", "2"),
    "values_spec": lambda: together.values_spec("1", "2", "linear", (3, 4)),
    "training_spec": lambda: together.training_spec(PAIR, "1", "2", "3"),
}


def ranking() -> Ranking:
    correct, p_values = np.array([80, 60, 89]), np.array([0.001, 0.0001, 0.9])
    return Ranking("1", accuracy(90, 100), correct, correct // 9, correct // 20, p_values)


def visualised(count: int) -> Visualisation:
    pictures = (127 + 50 * random(count, 28, 28)).clip(0, 255).astype(np.uint8)
    return Visualisation("1", np.arange(count), pictures, random(count))

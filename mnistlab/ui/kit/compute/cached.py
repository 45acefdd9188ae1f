"""Caches of models and results, by run, step and settings; all of them bounded.

A model here belongs to everybody: nobody changes it (`analysis.inspection.eval_copy` sees to that).
A picture is its 784 bytes.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import streamlit as st
import torch
from torch import Tensor, nn

from mnistlab.analysis import arithmetic as sums
from mnistlab.analysis import attribution as explanations
from mnistlab.analysis import embedding, evaluation, recurrent, top_activations
from mnistlab.analysis import feature_maps as maps
from mnistlab.analysis.inspection import Target
from mnistlab.data import Split, load_dataset, split
from mnistlab.models import INPUT_SHAPE
from mnistlab.store import RunRecord
from mnistlab.store.origins import dataset_of
from mnistlab.train import model_from
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import N_, _, language

FEW, SOME, MANY = 16, 64, 256  # entries
P = ParamSpec("P")
R = TypeVar("R")


def identity(run: RunRecord) -> tuple[str, str, float | None]:
    """What the weights of a run are known by: the store, the run's id, and when it started, because
    a run that is deleted and trained again elsewhere may differ in its last bits.
    """
    return state.store().url, run.id, run.started


cache_by_run = partial(st.cache_data, show_spinner=False, hash_funcs={RunRecord: identity})
# without a copy for each reader: nobody changes what it holds
share_by_run = partial(st.cache_resource, show_spinner=False, hash_funcs={RunRecord: identity})


def with_spinner(message: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a cached function: when it takes long, a spinner says `message`, marked for
    translation. Streamlit's own `show_spinner` knows one language only.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            with st.spinner(_(message)):
                return function(*args, **kwargs)

        return call

    return decorate


def figure(draw: Callable[..., Any], *arguments: Any, **how: Any) -> Any:
    """`draw(*arguments, **how)`: a figure that is drawn once for all who look at the same, which
    in a class is most of what a page costs. Never change it.
    """
    return _figure(draw, f"{draw.__module__}.{draw.__qualname__}", language(), *arguments, **how)


@st.cache_resource(max_entries=MANY, show_spinner=False)
def _figure(
    _draw: Callable[..., Any], name: str, language: str, *arguments: Any, **how: Any
) -> Any:
    return _draw(*arguments, **how)


def image_of(pixels: bytes) -> Tensor:
    """784 grey values, row by row -> uint8 (1, 28, 28)."""
    return torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(INPUT_SHAPE)


def images_of(run: RunRecord) -> Split:
    """What `run` learned from and is tested on: of its data set, and the drawings that it was
    fine-tuned on. Raises `DataError`, and `ConfigError` if its drawings are not in the store.
    """
    return split(dataset_of(state.store(), run.config), run.config)


@share_by_run(max_entries=FEW)
def model(run: RunRecord, step: int) -> nn.Sequential:
    """The network at `step`. Never change it. Raises `RunNotFound` if that step has no weights."""
    return model_from(run.config, state.store().weights(run.id, step))


@with_spinner(N_("Testing the network on every test image …"))
@share_by_run(max_entries=SOME)
def judgement(run: RunRecord, step: int) -> evaluation.Judgement:
    """The network's predictions for all test images, with the labels: where the run finished, those
    of its final evaluation. Raises `AnalysisError` if its outputs are NaN or infinite.
    """
    data, logits = load_dataset(run.config.dataset), state.store().logits(run.id, step)
    if logits is not None:
        return evaluation.judgement(logits, data.test_labels)
    return evaluation.judge(model(run, step), data.test_images, data.test_labels, run.config)


@share_by_run(max_entries=SOME)
def feature_maps(run: RunRecord, step: int, pixels: bytes) -> maps.FeatureMaps:
    """See `analysis.feature_maps.feature_maps`."""
    return maps.feature_maps(model(run, step), image_of(pixels), run.config)


@share_by_run(max_entries=SOME)
def gradient_maps(run: RunRecord, step: int, pixels: bytes, target: Target) -> maps.FeatureMaps:
    """See `analysis.feature_maps.gradient_maps`."""
    return maps.gradient_maps(model(run, step), image_of(pixels), run.config, target)


@cache_by_run(max_entries=MANY)
def arithmetic(
    run: RunRecord, step: int, pixels: bytes, stage: str, channel: int
) -> sums.Arithmetic:
    """See `analysis.arithmetic.arithmetic`."""
    return sums.arithmetic(model(run, step), image_of(pixels), run.config, stage, channel)


@with_spinner(N_("Searching all test images …"))
@cache_by_run(max_entries=MANY)
def top_activating_images(
    run: RunRecord, step: int, stage: str, channel: int
) -> top_activations.TopActivations:
    """The nine test images that activate a channel or unit most; see `analysis.top_activations`."""
    images = load_dataset(run.config.dataset).test_images
    return top_activations.top_activations(model(run, step), images, run.config, stage, channel)


@with_spinner(N_("Measuring how much each pixel counts …"))
@cache_by_run(max_entries=MANY)
def attribution(
    run: RunRecord, step: int, pixels: bytes, target: Target, method: str
) -> explanations.Attribution:
    """See `analysis.attribution.attribute`."""
    return explanations.attribute(model(run, step), image_of(pixels), run.config, target, method)


@cache_by_run(max_entries=SOME)
def trace(run: RunRecord, step: int, pixels: bytes) -> recurrent.Trace:
    """See `analysis.recurrent.trace`."""
    return recurrent.trace(model(run, step), image_of(pixels), run.config)


@cache_by_run(max_entries=SOME)
def row_importance(run: RunRecord, step: int, pixels: bytes) -> recurrent.RowImportance:
    """See `analysis.recurrent.row_importance`."""
    return recurrent.row_importance(model(run, step), image_of(pixels), run.config)


def last_features(run: RunRecord, step: int, images: Tensor) -> np.ndarray:
    """The input of the last layer for `images`, uint8 (N, 1, 28, 28): float32 (N, D)."""
    network = model(run, step)
    *_, before, _ = dict(network.named_children())
    return embedding.features(network, images, run.config, before)


@with_spinner(N_("Running training images through the network …"))
@cache_by_run(max_entries=4)
def train_features(run: RunRecord, step: int, count: int) -> np.ndarray:
    """`last_features` of the first `count` training images."""
    return last_features(run, step, images_of(run).train_images[:count])

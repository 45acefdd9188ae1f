"""What was looked at is kept: models and results by run, step and settings, each kind bounded.

A model here belongs to everybody: nobody changes it (`analysis.looking.twin` sees to that). Pictures are their 784 bytes.
"""

import numpy as np
import streamlit as st
import torch
from torch import Tensor, nn

from mnistlab.analysis import arithmetic as sums
from mnistlab.analysis import attribution as explanations
from mnistlab.analysis import embedding, evaluation, recurrent
from mnistlab.analysis import excitation as excitations
from mnistlab.analysis import feature_maps as maps
from mnistlab.analysis.looking import Target
from mnistlab.data import load_dataset, split
from mnistlab.models import INPUT_SHAPE
from mnistlab.store import RunRecord
from mnistlab.train import model_from
from mnistlab.ui import state

FEW, SOME, MANY = 16, 64, 256  # entries


def image_of(pixels: bytes) -> Tensor:
    """784 grey values, row by row -> uint8 (1, 28, 28)."""
    return torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(INPUT_SHAPE)


def model(run: RunRecord, step: int) -> nn.Sequential:
    """The network as it was at `step`. Never change it. Raises `RunNotFound` where no weights of that step are kept."""
    return _model(*_key(run, step), run)


def probabilities(run: RunRecord, step: int) -> np.ndarray:
    """What the network of `step` says of every test image, float32 (N, 10)."""
    return judgement(run, step).probabilities


def judgement(run: RunRecord, step: int) -> evaluation.Judgement:
    """What the network of `step` says of every test image, beside what they are. Raises `AnalysisError` if that is no number."""
    return _judgement(*_key(run, step), run)


def feature_maps(run: RunRecord, step: int, pixels: bytes) -> maps.FeatureMaps:
    """See `analysis.feature_maps.feature_maps`."""
    return _feature_maps(*_key(run, step), pixels, run)


def gradient_maps(run: RunRecord, step: int, pixels: bytes, target: Target) -> maps.FeatureMaps:
    """See `analysis.feature_maps.gradient_maps`."""
    return _gradient_maps(*_key(run, step), pixels, target, run)


def arithmetic(run: RunRecord, step: int, pixels: bytes, stage: str, channel: int) -> sums.Arithmetic:
    """See `analysis.arithmetic.arithmetic`."""
    return _arithmetic(*_key(run, step), pixels, stage, channel, run)


def excitation(run: RunRecord, step: int, stage: str, channel: int) -> excitations.Excitation:
    """The nine test images in which this channel or unit rises highest; see `analysis.excitation.excitation`."""
    return _excitation(*_key(run, step), stage, channel, run)


def attribution(run: RunRecord, step: int, pixels: bytes, target: Target, method: str) -> explanations.Attribution:
    """See `analysis.attribution.attribute`."""
    return _attribution(*_key(run, step), pixels, target, method, run)


def trace(run: RunRecord, step: int, pixels: bytes) -> recurrent.Trace:
    """See `analysis.recurrent.trace`."""
    return _trace(*_key(run, step), pixels, run)


def row_importance(run: RunRecord, step: int, pixels: bytes) -> recurrent.RowImportance:
    """See `analysis.recurrent.row_importance`."""
    return _row_importance(*_key(run, step), pixels, run)


def deciding_features(run: RunRecord, step: int, images: Tensor) -> np.ndarray:
    """What the last stage, the one that decides, is given for `images`, uint8 (N, 1, 28, 28): float32 (N, D)."""
    network = model(run, step)
    *_, before, _ = dict(network.named_children())
    return embedding.features(network, images, run.config, before)


def train_features(run: RunRecord, step: int, count: int) -> np.ndarray:
    """`deciding_features` of the first `count` training images."""
    return _train_features(*_key(run, step), count, run)


# The keys: the store, the run, when it was started (one that was deleted and trained again, elsewhere, may differ in its last
# bits), the step, and the settings. What begins with an underscore is no part of them.


def _key(run: RunRecord, step: int) -> tuple[str, str, float | None, int]:
    return state.store().url, run.id, run.started, step


@st.cache_resource(max_entries=FEW, show_spinner=False)
def _model(url: str, run_id: str, started: float | None, step: int, _run: RunRecord) -> nn.Sequential:
    return model_from(_run.config, state.store().weights(run_id, step))


@st.cache_data(max_entries=FEW, show_spinner="Asking the network about every test image …")
def _judgement(url: str, run_id: str, started: float | None, step: int, _run: RunRecord) -> evaluation.Judgement:
    data = load_dataset(_run.config.dataset)
    return evaluation.judge(model(_run, step), data.test_images, data.test_labels, _run.config)


@st.cache_data(max_entries=SOME, show_spinner=False)
def _feature_maps(url: str, run_id: str, started: float | None, step: int, pixels: bytes, _run: RunRecord) -> maps.FeatureMaps:
    return maps.feature_maps(model(_run, step), image_of(pixels), _run.config)


@st.cache_data(max_entries=SOME, show_spinner=False)
def _gradient_maps(
    url: str, run_id: str, started: float | None, step: int, pixels: bytes, target: Target, _run: RunRecord
) -> maps.FeatureMaps:
    return maps.gradient_maps(model(_run, step), image_of(pixels), _run.config, target)


@st.cache_data(max_entries=MANY, show_spinner=False)
def _arithmetic(
    url: str, run_id: str, started: float | None, step: int, pixels: bytes, stage: str, channel: int, _run: RunRecord
) -> sums.Arithmetic:
    return sums.arithmetic(model(_run, step), image_of(pixels), _run.config, stage, channel)


@st.cache_data(max_entries=MANY, show_spinner="Searching all test images …")
def _excitation(
    url: str, run_id: str, started: float | None, step: int, stage: str, channel: int, _run: RunRecord
) -> excitations.Excitation:
    images = load_dataset(_run.config.dataset).test_images
    return excitations.excitation(model(_run, step), images, _run.config, stage, channel)


@st.cache_data(max_entries=MANY, show_spinner="Asking for every pixel what it is worth …")
def _attribution(
    url: str, run_id: str, started: float | None, step: int, pixels: bytes, target: Target, method: str, _run: RunRecord
) -> explanations.Attribution:
    return explanations.attribute(model(_run, step), image_of(pixels), _run.config, target, method)


@st.cache_data(max_entries=SOME, show_spinner=False)
def _trace(url: str, run_id: str, started: float | None, step: int, pixels: bytes, _run: RunRecord) -> recurrent.Trace:
    return recurrent.trace(model(_run, step), image_of(pixels), _run.config)


@st.cache_data(max_entries=SOME, show_spinner=False)
def _row_importance(url: str, run_id: str, started: float | None, step: int, pixels: bytes, _run: RunRecord) -> recurrent.RowImportance:
    return recurrent.row_importance(model(_run, step), image_of(pixels), _run.config)


@st.cache_data(max_entries=4, show_spinner="Showing training images to the network …")
def _train_features(url: str, run_id: str, started: float | None, step: int, count: int, _run: RunRecord) -> np.ndarray:
    images = split(load_dataset(_run.config.dataset), _run.config).train_images[:count]
    return deciding_features(_run, step, images)

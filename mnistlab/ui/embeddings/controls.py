"""The controls of the page `embeddings`, and waiting for the maps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from mnistlab.data import Dataset, load_dataset
from mnistlab.figures.architecture import shape_text
from mnistlab.figures.embedding import STYLES
from mnistlab.models import Stage, describe
from mnistlab.store import RunRecord
from mnistlab.ui.embeddings.jobs import MOST_FRAMES, Map, MapJobs, MapSettings
from mnistlab.ui.kit.compute.background import Job
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.inputs.image_choice import place_of, say_if_too_high
from mnistlab.ui.kit.inputs.pictures import linked_index
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.widgets import bound

METHODS = {"tsne": N_("t-SNE"), "pca": N_("PCA")}
PERPLEXITIES = (2, 5, 10, 20, 30, 50, 100)
ITERATIONS = (500, 1_000, 2_000, 5_000)  # the first 250 are spent on early exaggeration
SEEDS = range(10)
MORE = ("count", "perplexity", "iterations", "seed", "style")  # in an expander
READABLE = 1_000  # more labels than this overlap
# seconds that a rerun waits before it shows progress; the second while Play is on
PATIENCE, PLAYING = 0.5, 4.0


@dataclass(frozen=True, eq=False)
class MappedRun:
    """The run and step whose layers are mapped, which all views share."""

    page: Page
    run: RunRecord
    step: int
    dataset: Dataset

    def jobs(self, settings: MapSettings) -> MapJobs:
        return MapJobs(self.page.store, self.run, settings)


def mapped_run(page: Page, run: RunRecord) -> MappedRun:
    """The run at the page's step. Stops the page if its data set has not been downloaded."""
    assert page.step is not None
    if not data_ready(run.config.dataset):
        st.stop()
    return MappedRun(page, run, page.step, load_dataset(run.config.dataset))


def width_of(mapped: MappedRun, layer: str) -> int:
    """The number of dimensions of `layer`."""
    return int(
        np.prod(next(stage.shape for stage in describe(mapped.run.config) if stage.name == layer))
    )


# -- controls --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Controls:
    """The controls that a view has besides the layer."""

    counts: tuple[int, ...]  # of test images
    method: bool = False
    dimensions: bool = False
    perplexity: bool = False
    seed: bool = False
    style: bool = False


def choose_settings(mapped: MappedRun, controls: Controls) -> tuple[MapSettings, str]:
    """The settings of a map, and whether it is drawn as "digits" or "dots"."""
    page, method, dimensions = mapped.page, "tsne", 2
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = _choose_layer(mapped)
        if controls.method:
            method = page.choose(
                "method",
                _("Method"),
                list(METHODS),
                widget=st.segmented_control,
                format_func=lambda name: _(METHODS[name]),
            )
        if controls.dimensions:
            dimensions = page.choose(
                "dimensions",
                _("Dimensions"),
                (2, 3),
                widget=st.segmented_control,
                format_func=lambda number: _("{n}-D").format(n=number),
            )
    more = st.expander(
        _("More settings"),
        expanded=any(page.query.get(name) is not None for name in MORE),
        icon=":material/tune:",
        key="embeddings.more",
        on_change="rerun",
    )
    basic = MapSettings(layer, method=method, dimensions=dimensions)
    with more, st.container(horizontal=True):
        return _more(mapped, controls, basic, bool(more.open))


def _more(
    mapped: MappedRun, controls: Controls, basic: MapSettings, is_open: bool
) -> tuple[MapSettings, str]:
    """The other settings. While hidden, their values come from the URL: hidden widgets would lose
    theirs.
    """

    def choose(name: str, label: str, options: Sequence[Any], default: Any, **widget: Any) -> Any:
        if not is_open:
            wanted = mapped.page.query.get(name, default)
            return wanted if wanted in options else default
        with st.container(width=250):
            return mapped.page.choose(name, label, options, default, **widget)

    counts = _counts(mapped, controls)
    count = choose(
        "count",
        _("Test images"),
        counts,
        counts[0],
        widget=st.segmented_control,
        format_func=lambda count: f"{count:,}",
    )
    settings = replace(basic, count=count)
    if settings.method == "tsne":
        settings = _choose_tsne(choose, controls, settings)
    readable = count <= READABLE and all(len(name) == 1 for name in mapped.dataset.classes)
    style = "digits" if readable else "dots"
    if controls.style:
        style = choose(
            "style",
            _("Draw images as"),
            list(STYLES),
            style,
            widget=st.segmented_control,
            format_func=lambda name: _(STYLES[name]),
        )
    return settings, style


def _choose_tsne(
    choose: Callable[..., Any], controls: Controls, settings: MapSettings
) -> MapSettings:
    """The settings that only t-SNE has."""
    if controls.perplexity:
        perplexity = choose(
            "perplexity",
            _("Perplexity"),
            PERPLEXITIES,
            int(settings.perplexity),
            widget=st.select_slider,
            help=_(
                "Roughly how many neighbours each image tries to keep close. Low values show "
                "small clusters, high values the overall arrangement."
            ),
        )
        settings = replace(settings, perplexity=float(perplexity))
    iterations = choose(
        "iterations", _("Iterations"), ITERATIONS, settings.iterations, widget=st.select_slider
    )
    settings = replace(settings, iterations=iterations)
    if controls.seed:
        seed = choose(
            "seed", _("Initialisation"), SEEDS, settings.seed, format_func=_initialisation
        )
        settings = replace(settings, seed=seed)
    return settings


def _initialisation(seed: int) -> str:
    return _("random, seed {n}").format(n=seed) if seed else _("PCA")


def _choose_layer(mapped: MappedRun) -> str:
    stages = describe(mapped.run.config)
    shapes = {stage.name: shape_text(stage.shape) for stage in stages}
    with st.container(width=240):
        return mapped.page.choose(
            "layer",
            _("Layer"),
            list(shapes),
            before_output(stages),
            format_func=lambda name: f"{name} · {shapes[name]}",
        )


def before_output(stages: Sequence[Stage]) -> str:
    """The stage that the last layer with weights is given: what the network decides by."""
    weighted = [place for place, stage in enumerate(stages) if stage.parameters]
    return stages[weighted[-1] - 1].name


def _counts(mapped: MappedRun, controls: Controls) -> list[int]:
    """The possible numbers of images; a larger one in the URL becomes the largest."""
    counts = [count for count in controls.counts if count <= len(mapped.dataset.test_images)]
    if mapped.page.query.get("count", 0) > counts[-1]:
        mapped.page.query.set("count", counts[-1])
    return counts


def frame_steps(steps: list[int]) -> list[int]:
    """At most `MOST_FRAMES` of `steps`, including the first and the last."""
    return [
        steps[place]
        for place in np.unique(np.linspace(0, len(steps) - 1, MOST_FRAMES).round().astype(int))
    ]


# -- waiting ---------------------------------------------------------------------------------------


def maps_of(job: Job) -> list[Map] | None:
    """The maps that `job` computes; until they are ready, None, with the progress shown. Raises
    what the job raised.
    """
    patience = PLAYING if st.session_state.get("playing") else PATIENCE
    maps: list[Map] | None = wait_for(job, _("Computing maps"), patience)
    return maps


# -- the image -------------------------------------------------------------------------------------


def choose_image(mapped: MappedRun, count: int) -> int | None:
    """The index of the chosen test image, from the URL or typed; None if there is none, or if it is
    not on the map.
    """
    query, place = mapped.page.query, None
    if query.get("digit") is not None or query.get("index") is not None:
        say_if_too_high(mapped.page, mapped.dataset.test_labels)
        place = linked_index(mapped.page, mapped.dataset)
    if place is not None and place >= count:
        message = _("Test image {index:,} is not among the first {count:,}.")
        st.caption(message.format(index=place, count=count))
        place = None
    explained = {"help": _("Its index in the test set.")}
    how = explained | mapped.page.offer("index", _("Image"))
    typed = bound(
        "embeddings.image",
        place,
        lambda key: st.number_input(
            _("Image"),
            0,
            count - 1,
            step=1,
            key=key,
            placeholder=_("Click a point on the map"),
            **how,
        ),
        lambda shown: shown is None or shown < count,
        query.is_locked("index"),
    )
    if typed is not None and typed != place:
        choose_index(mapped, typed)
    return place if typed is None else typed


def choose_index(mapped: MappedRun, index: int) -> None:
    """Choose test image `index`, on this page and the others."""
    digit, number = place_of(mapped.dataset.test_labels, index)
    mapped.page.query.set("digit", digit)
    mapped.page.query.set("index", number)

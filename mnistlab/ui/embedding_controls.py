"""What is chosen on the page `embeddings`, and the waiting for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from mnistlab.data import Dataset, load_dataset
from mnistlab.figures.architecture import shape_text
from mnistlab.models import describe
from mnistlab.store import RunRecord
from mnistlab.ui.background import Job
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.embedding_work import MOST_FRAMES, Map, Scene, Settings
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.pictures import chosen_place, members, place_of
from mnistlab.ui.waiting import wait_for

METHODS = {"tsne": N_("t-SNE"), "pca": N_("PCA")}
STYLES = {"digits": N_("their labels"), "dots": N_("dots")}
COUNTS = {"map": (500, 1_000, 2_000, 5_000), "training": (500, 1_000, 2_000), "settings": (500, 1_000)}  # images
PERPLEXITIES = (2, 5, 10, 20, 30, 50, 100)
ITERATIONS = (500, 1_000, 2_000, 5_000)  # the first 250 are spent on early exaggeration
SEEDS = range(10)
MORE = ("count", "perplexity", "iterations", "seed", "style")  # what is asked only on demand
READABLE = 1_000  # more labels than this lie on top of each other
PATIENCE, PLAYING = 0.5, 4.0  # seconds: how long a rerun waits before it says that it has to wait, and while Play steps on


@dataclass(frozen=True, eq=False)
class Look:
    """What the views share."""

    page: Page
    run: RunRecord
    step: int
    dataset: Dataset

    def scene(self, settings: Settings) -> Scene:
        return Scene(self.page.store, self.run, settings)


def look_at(page: Page, run: RunRecord) -> Look:
    """Stops the page where the data set is not here."""
    assert page.step is not None
    if not data_ready(run.config.dataset):
        st.stop()
    return Look(page, run, page.step, load_dataset(run.config.dataset))


def width_of(look: Look, layer: str) -> int:
    """How many numbers `layer` makes of each image."""
    return int(np.prod(next(stage.shape for stage in describe(look.run.config) if stage.name == layer)))


# -- controls --------------------------------------------------------------------------------------------------------------------


def controls(look: Look, view: str) -> tuple[Settings, str]:
    """The settings of a map, and whether it is drawn as "digits" or "dots"; only what counts in this view is asked."""
    page, method, dimensions = look.page, "tsne", 2
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = _choose_layer(look)
        if view == "map":
            method = page.choose(
                "method", _("Method"), list(METHODS), widget=st.segmented_control, format_func=lambda name: _(METHODS[name])
            )
        if view != "settings":
            dimensions = page.choose(
                "dimensions", _("Dimensions"), (2, 3), widget=st.segmented_control, format_func=lambda number: _("{n}-D").format(n=number)
            )
    more = st.expander(
        _("More"), expanded=any(page.query.get(name) is not None for name in MORE), icon=":material/tune:", key="embeddings.more",
        on_change="rerun",
    )  # fmt: skip
    with more, st.container(horizontal=True):
        return _more(look, view, Settings(layer, method=method, dimensions=dimensions), bool(more.open))


def _more(look: Look, view: str, plain: Settings, is_open: bool) -> tuple[Settings, str]:
    """The rest of the settings. While they are hidden they are as the URL has them: hidden widgets would lose their values."""

    def choose(name: str, label: str, options: Sequence[Any], default: Any, asked: bool = True, **how: Any) -> Any:
        wanted = look.page.query.get(name, default)
        if not asked:
            return default
        if not is_open:
            return wanted if wanted in options else default
        with st.container(width=250):
            return look.page.choose(name, label, options, default, **how)

    tsne = plain.method == "tsne"
    counts = _counts(look, view)
    count = choose("count", _("Test images, from the first on"), counts, counts[0], widget=st.segmented_control, format_func=lambda count: f"{count:,}")  # fmt: skip
    perplexity = choose(
        "perplexity", _("Perplexity"), PERPLEXITIES, int(plain.perplexity), tsne and view != "settings", widget=st.select_slider,
        help=_("About how many neighbours each image tries to keep."),
    )  # fmt: skip
    iterations = choose("iterations", _("Iterations"), ITERATIONS, plain.iterations, tsne, widget=st.select_slider)
    seed = choose("seed", _("It begins"), SEEDS, plain.seed, tsne and view == "map", format_func=_beginning)
    labels_fit = count <= READABLE and all(len(name) == 1 for name in look.dataset.classes)
    style = choose(
        "style", _("Drawn as"), list(STYLES), "digits" if labels_fit else "dots", view != "settings", widget=st.segmented_control,
        format_func=lambda name: _(STYLES[name]),
    )  # fmt: skip
    return replace(plain, count=count, perplexity=float(perplexity), iterations=iterations, seed=seed), style


def _beginning(seed: int) -> str:
    return _("at random places, seed {n}").format(n=seed) if seed else _("with PCA")


def _choose_layer(look: Look) -> str:
    stages = {stage.name: shape_text(stage.shape) for stage in describe(look.run.config)}
    names = list(stages)
    with st.container(width=240):
        return look.page.choose("layer", _("Layer"), names, names[-2], format_func=lambda name: f"{name} · {stages[name]}")


def _counts(look: Look, view: str) -> list[int]:
    """How many images there may be in this view; a larger number in the URL becomes the largest."""
    counts = [count for count in COUNTS[view] if count <= len(look.dataset.test_images)]
    if look.page.query.get("count", 0) > counts[-1]:  # chosen in another view, or for another data set
        look.page.query.set("count", counts[-1])
    return counts


def some(steps: list[int]) -> list[int]:
    """At most `MOST_FRAMES` of `steps`, the first and the last among them."""
    return [steps[place] for place in np.unique(np.linspace(0, len(steps) - 1, MOST_FRAMES).round().astype(int))]


# -- waiting ---------------------------------------------------------------------------------------------------------------------


def maps_of(job: Job) -> list[Map] | None:
    """The maps that `job` computes; None while it does, which is told. Raises what went wrong with them."""
    patience = PLAYING if st.session_state.get("playing") else PATIENCE
    found: list[Map] | None = wait_for(job, _("Maps are being computed"), patience)
    return found


# -- the image -------------------------------------------------------------------------------------------------------------------


def choose_image(look: Look, count: int) -> int | None:
    """The place of the image that the URL asks for or that is typed; None if there is none, or if it is not on the map."""
    query, key = look.page.query, "embeddings.image"
    place = None
    if query.get("digit") is not None or query.get("index") is not None:
        digit, index = chosen_place(look.page, look.dataset)
        place = int(members(look.dataset, digit)[index])
    if place is not None and place >= count:
        st.caption(_("Test image {index:,} is not among the first {count:,}.").format(index=place, count=count))
        place = None
    if st.session_state.get(f"{key}.url", -1) != place or key not in st.session_state:
        st.session_state[key] = place
    typed = st.number_input(
        _("Image"), 0, count - 1, step=1, key=key, placeholder=_("Click one in the map"), help=_("Its place among the test images.")
    )
    if typed is not None and typed != place:
        place = int(typed)
        put(look, place)
    st.session_state[f"{key}.url"] = place
    return place


def put(look: Look, index: int) -> None:
    """Choose test image `index`, here and on the other pages."""
    for name, value in zip(("digit", "index"), place_of(look.dataset, index), strict=True):
        look.page.query.set(name, value)

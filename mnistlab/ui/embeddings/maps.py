"""The views of the page `embeddings`: one map of a layer, its change over training, and small maps
with different settings.
"""

import pandas as pd
import streamlit as st

from mnistlab.analysis.projection import Frame
from mnistlab.figures import embedding as figures
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.pictures import gallery, picture
from mnistlab.ui.embeddings.controls import (
    Controls,
    MappedRun,
    choose_image,
    choose_index,
    choose_settings,
    frame_steps,
    maps_of,
    width_of,
)
from mnistlab.ui.embeddings.jobs import PERPLEXITIES, Map
from mnistlab.ui.embeddings.points import watch_points
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs.image_choice import place_of

NEIGHBOURS = 8  # shown
CONTAINER = "maps"  # the container with the charts
SIDE = 150  # pixels: of the chosen image
ACROSS = 1 + len(PERPLEXITIES)  # small maps
MAP = Controls((500, 1_000, 2_000, 5_000), True, True, True, seed=True, style=True)
TRAINING = Controls((500, 1_000, 2_000), dimensions=True, perplexity=True, style=True)
SETTINGS = Controls((500, 1_000))


# -- the views -------------------------------------------------------------------------------------


def one_map(mapped: MappedRun) -> None:
    """The map of one layer at one step."""
    settings, style = choose_settings(mapped, MAP)
    maps = maps_of(mapped.jobs(settings).start(state.session_id(), mapped.step))
    if maps is None:
        return
    (shown,) = maps
    left, right = st.columns([5, 2])
    with left, st.container(key=CONTAINER):
        title = _("{layer} at step {step:,}").format(layer=settings.layer, step=mapped.step)
        labels = mapped.jobs(settings).labels
        chart(
            figures.embedding_figure(
                shown.points,
                labels,
                shown.predictions,
                title,
                _axes(shown),
                style,
                mapped.dataset.classes,
            ),
            "map",
        )
    with right:
        chosen(mapped, shown)
    _quality(mapped, shown)


def over_training(mapped: MappedRun) -> None:
    """An animation of the maps over training."""
    settings, style = choose_settings(mapped, TRAINING)
    steps = frame_steps(mapped.page.store.snapshot_steps(mapped.run.id))
    maps = maps_of(mapped.jobs(settings).start_over_training(state.session_id(), steps))
    if maps is None:
        return
    at = min(range(len(steps)), key=lambda place: abs(steps[place] - mapped.step))
    left, right = st.columns([5, 2])
    with left, st.container(key=CONTAINER):
        frames = [Frame(each.step, each.points) for each in maps]
        title = _("{layer} over training").format(layer=settings.layer)
        labels = mapped.jobs(settings).labels
        figure = figures.animation_figure(
            frames,
            labels,
            [each.predictions for each in maps],
            title,
            _axes(maps[0]),
            style,
            at,
            mapped.dataset.classes,
        )
        chart(figure, "training")
    with right:
        chosen(mapped, maps[at])
    first, last = maps[0], maps[-1]
    st.markdown(
        _(
            "A nearest-neighbour classifier (k = {k}) in all {width:,} dimensions gets {before} "
            "of the images right at step {first:,}, and {after} at step {last:,}."
        ).format(
            k=first.quality.k,
            width=width_of(mapped, settings.layer),
            before=words.percent(first.quality.knn_full),
            first=first.step,
            after=words.percent(last.quality.knn_full),
            last=last.step,
        )
    )


def other_settings(mapped: MappedRun) -> None:
    """PCA, and t-SNE with different perplexities and seeds, each with how well it preserves
    neighbours.
    """
    settings, _style = choose_settings(mapped, SETTINGS)
    maps = maps_of(mapped.jobs(settings).start_comparison(state.session_id(), mapped.step))
    if maps is None:
        return
    labels = mapped.jobs(settings).labels
    with st.container(key=CONTAINER):
        for row in range(0, len(maps), ACROSS):
            for column, place in zip(st.columns(ACROSS), range(row, row + ACROSS), strict=True):
                with column:
                    each = maps[place]
                    figure = figures.small_figure(
                        each.points, labels, each.predictions, _name(each), mapped.dataset.classes
                    )
                    chart(figure, f"small.{place}")
    left, right = st.columns([2, 1])
    with left:
        _neighbour_table(mapped, maps)
    with right:
        chosen(mapped, maps[0])


def _neighbour_table(mapped: MappedRun, maps: list[Map]) -> None:
    """How well each of `maps` preserves neighbours, as a table."""
    k, whole_layer = (
        maps[0].quality.k,
        _("all {width:,} dimensions").format(width=width_of(mapped, maps[0].settings.layer)),
    )
    table = pd.DataFrame(
        {
            _("Map"): [whole_layer, *map(_name, maps)],
            _("Neighbours kept (of {k})").format(k=k): [
                float(k),
                *(each.quality.kept * k for each in maps),
            ],
            _("kNN accuracy (%)"): [
                100 * share
                for share in (
                    maps[0].quality.knn_full,
                    *(each.quality.knn_picture for each in maps),
                )
            ],
            _("Trustworthiness"): [1.0, *(each.quality.trustworthiness for each in maps)],
        }
    )
    formats = dict(zip(table.columns[1:], ("%.1f", "%.2f", "%.3f"), strict=True))
    columns = {name: st.column_config.NumberColumn(format=form) for name, form in formats.items()}
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=columns,
        alt=_("How well each map preserves neighbours"),
    )


# -- beside the map --------------------------------------------------------------------------------


def chosen(mapped: MappedRun, shown: Map) -> None:
    """The chosen image and its nearest neighbours in all dimensions, ringed on the maps."""
    place, count = choose_image(mapped, shown.settings.count), shown.settings.count
    ringed: list[int] = []
    if place is not None:
        ringed = [place, *shown.near.indices[place, :NEIGHBOURS].tolist()]
        _image(mapped, shown, place)

    def clicked(index: int) -> None:
        if index < count:
            choose_index(mapped, index)

    watch_points(CONTAINER, mapped.dataset.name, count, ringed, clicked)


def _image(mapped: MappedRun, shown: Map, place: int) -> None:
    dataset = mapped.dataset
    truth = dataset.classes[int(dataset.test_labels[place])]
    predicted = dataset.classes[shown.predictions[place]]
    alt = _("Test image {index}, labelled {name}").format(index=place, name=truth)
    image = dataset.test_images[place, 0].numpy()
    st.html(picture(image, alt, SIDE, GOOD if truth == predicted else BAD))
    st.markdown(
        _("Labelled **{name}**, classified correctly.").format(name=truth)
        if truth == predicted
        else _("Labelled **{name}**, classified as **{other}**.").format(
            name=truth, other=predicted
        )
    )
    digit, index = place_of(dataset.test_labels, place)
    mapped.page.link(
        "feature_maps",
        _("Follow it through the network"),
        step=shown.step,
        digit=digit,
        index=index,
    )
    _neighbours(mapped, shown, place)


def _neighbours(mapped: MappedRun, shown: Map, place: int) -> None:
    images, labels, classes = (
        mapped.dataset.test_images[:, 0].numpy(),
        mapped.dataset.test_labels.numpy(),
        mapped.dataset.classes,
    )
    near = shown.near.indices[place, :NEIGHBOURS]
    st.markdown(
        _("Nearest neighbours in all {width:,} dimensions, circled on the map:").format(
            width=width_of(mapped, shown.settings.layer)
        )
    )
    st.html(
        gallery(
            list(images[near]),
            [
                f"{classes[labels[other]]} · {distance:.1f}"
                for other, distance in zip(near, shown.near.distances[place], strict=False)
            ],
            [
                _("Test image {index}, labelled {name}").format(
                    index=other, name=classes[labels[other]]
                )
                for other in near
            ],
            (labels[near] == labels[place]).tolist(),
            side=52,
        )
    )
    st.caption(_("label · distance"))


def _quality(mapped: MappedRun, shown: Map) -> None:
    """How far this map can be trusted, in words."""
    quality, width = shown.quality, width_of(mapped, shown.settings.layer)
    st.markdown(
        _(
            "On average, **{kept:.1f}** of an image's {k} nearest neighbours are still among its "
            "{k} nearest on this map. A nearest-neighbour classifier (k = {k}) gets {full} of the "
            "images right in all {width:,} dimensions, and **{on_map}** on the map. "
            "Trustworthiness: **{trust:.3f}** (1: no false neighbours)."
        ).format(
            k=quality.k,
            kept=quality.kept * quality.k,
            full=words.percent(quality.knn_full),
            width=width,
            on_map=words.percent(quality.knn_picture),
            trust=quality.trustworthiness,
        )
    )


def _axes(shown: Map) -> list[str]:
    if shown.shares is None:
        return [f"t-SNE {axis + 1}" for axis in range(shown.settings.dimensions)]
    return [
        _("component {n}: {share} of the variance").format(n=axis + 1, share=words.percent(share))
        for axis, share in enumerate(shown.shares.tolist())
    ]


def _name(shown: Map) -> str:
    settings = shown.settings
    if settings.method == "pca":
        return _("PCA")
    if settings.seed == 0:
        return _("t-SNE, initialised with PCA")
    return _("perplexity {perplexity:g}, seed {seed}").format(
        perplexity=settings.perplexity, seed=settings.seed
    )

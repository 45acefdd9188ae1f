"""The maps of a layer on the page `embeddings`: one, one over training, and small ones with other settings."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from mnistlab.analysis.embedding import Frame
from mnistlab.figures import embedding as figures
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.pictures import gallery, picture
from mnistlab.ui import state, words
from mnistlab.ui.charts import chart
from mnistlab.ui.embedding_controls import METHODS, SEEDS, STYLES, Look, choose_image, controls, maps_of, put, some, width_of
from mnistlab.ui.embedding_work import PERPLEXITIES, Map
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.pictures import place_of
from mnistlab.ui.points import watch
from mnistlab.ui.url import one_of, text, whole

NEIGHBOURS = 8  # shown, of those that are known
ROOM = "maps"  # the container with the charts
SIDE = 150  # pixels: of the chosen image
ACROSS = 1 + len(PERPLEXITIES)  # small maps


def choose_view(look: Look) -> str:
    """Which view is shown; only that one is computed."""
    return look.page.choose(
        "view", _("View"), list(VIEWS), widget=st.segmented_control, format_func=lambda name: _(VIEWS[name]), label_visibility="collapsed"
    )


# -- the views -------------------------------------------------------------------------------------------------------------------


def one_map(look: Look) -> None:
    """The map of one layer at one step."""
    settings, style = controls(look, "map")
    found = maps_of(look.scene(settings).ask(state.session_id(), look.step))
    if found is None:
        return
    (shown,) = found
    left, right = st.columns([5, 2])
    with left, st.container(key=ROOM):
        title = _("{layer} at step {step:,}").format(layer=settings.layer, step=look.step)
        labels = look.scene(settings).labels
        chart(figures.embedding_figure(shown.points, labels, shown.predictions, title, _axes(shown), style, look.dataset.classes), "map")
    with right:
        _chosen(look, shown)
    _told(look, shown)


def over_training(look: Look) -> None:
    """The maps of all steps, one after another."""
    settings, style = controls(look, "training")
    steps = some(look.page.store.snapshot_steps(look.run.id))
    maps = maps_of(look.scene(settings).ask_over_training(state.session_id(), steps))
    if maps is None:
        return
    at = min(range(len(steps)), key=lambda place: abs(steps[place] - look.step))
    left, right = st.columns([5, 2])
    with left, st.container(key=ROOM):
        frames = [Frame(each.step, each.points) for each in maps]
        title = _("{layer} over training").format(layer=settings.layer)
        labels = look.scene(settings).labels
        figure = figures.animation_figure(
            frames, labels, [each.predictions for each in maps], title, _axes(maps[0]), style, at, look.dataset.classes
        )
        chart(figure, "training")
    with right:
        _chosen(look, maps[at])
    first, last = maps[0], maps[-1]
    st.markdown(
        _(
            "Guessed from its {k} nearest in all {width:,} dimensions, the class of an image is right in {before} of all cases at step "
            "{first:,}, and in {after} at step {last:,}."
        ).format(
            k=first.faith.k, width=width_of(look, settings.layer), before=words.percent(first.faith.knn_full), first=first.step,
            after=words.percent(last.faith.knn_full), last=last.step,
        )
    )  # fmt: skip


def other_settings(look: Look) -> None:
    """PCA and t-SNE, and t-SNE with other perplexities and seeds, each with how well neighbours survive in it."""
    settings, _style = controls(look, "settings")
    maps = maps_of(look.scene(settings).ask_beside(state.session_id(), look.step))
    if maps is None:
        return
    labels = look.scene(settings).labels
    with st.container(key=ROOM):
        for row in range(0, len(maps), ACROSS):
            for column, place in zip(st.columns(ACROSS), range(row, row + ACROSS), strict=True):
                with column:
                    each = maps[place]
                    figure = figures.small_figure(each.points, labels, each.predictions, _name(each), look.dataset.classes)
                    chart(figure, f"small.{place}")
    left, right = st.columns([2, 1])
    with left:
        _survival(look, maps)
    with right:
        _chosen(look, maps[0])


def _survival(look: Look, maps: list[Map]) -> None:
    """How well neighbours survive in each of `maps`, as a table."""
    k, whole_layer = maps[0].faith.k, _("all {width:,} dimensions").format(width=width_of(look, maps[0].settings.layer))
    table = pd.DataFrame({
        _("Map"): [whole_layer, *map(_name, maps)],
        _("Kept of {k}").format(k=k): [float(k), *(each.faith.kept * k for each in maps)],
        _("Class guessed (%)"): [100 * share for share in (maps[0].faith.knn_full, *(each.faith.knn_picture for each in maps))],
        _("Trustworthiness"): [1.0, *(each.faith.trustworthiness for each in maps)],
    })  # fmt: skip
    formats = dict(zip(table.columns[1:], ("%.1f", "%.2f", "%.3f"), strict=True))
    columns = {name: st.column_config.NumberColumn(format=form) for name, form in formats.items()}
    st.dataframe(table, hide_index=True, height="content", column_config=columns, alt=_("How well neighbours survive in each map"))


VIEWS = {"map": N_("Map"), "training": N_("Over training"), "settings": N_("Other settings")}
SHOW: dict[str, Callable[[Look], None]] = {"map": one_map, "training": over_training, "settings": other_settings}
PARAMETERS = {
    "view": one_of(*VIEWS), "layer": text(), "method": one_of(*METHODS), "dimensions": whole(2, 3), "count": whole(1, 10_000),
    "perplexity": whole(1, 1_000), "iterations": whole(1, 100_000), "seed": whole(SEEDS[0], SEEDS[-1]), "style": one_of(*STYLES),
}  # fmt: skip


# -- what is told beside ---------------------------------------------------------------------------------------------------------


def _chosen(look: Look, shown: Map) -> None:
    """The chosen image with its nearest neighbours in all dimensions; and what makes the maps alive."""
    place, count = choose_image(look, shown.settings.count), shown.settings.count
    ringed: list[int] = []
    if place is not None:
        ringed = [place, *shown.near.indices[place, :NEIGHBOURS].tolist()]
        _image(look, shown, place)

    def clicked(index: int) -> None:
        if index < count:
            put(look, index)

    watch(ROOM, look.dataset.name, count, ringed, clicked)


def _image(look: Look, shown: Map, place: int) -> None:
    images, labels, classes = look.dataset.test_images[:, 0].numpy(), look.dataset.test_labels.numpy(), look.dataset.classes
    truth, said = classes[labels[place]], classes[shown.predictions[place]]
    alt = _("Test image {index}, labelled {name}").format(index=place, name=truth)
    st.html(picture(images[place], alt, SIDE, GOOD if truth == said else BAD))
    st.markdown(
        _("A **{name}**, recognised.").format(name=truth) if truth == said else _("A **{name}**, taken for **{other}**.").format(name=truth, other=said)
    )  # fmt: skip
    digit, index = place_of(look.dataset, place)
    look.page.link("feature_maps", _("Follow it through the network"), step=shown.step, digit=digit, index=index)
    near = shown.near.indices[place, :NEIGHBOURS]
    st.markdown(_("Its nearest in all {width:,} dimensions, ringed:").format(width=width_of(look, shown.settings.layer)))
    st.html(
        gallery(
            list(images[near]),
            [f"{classes[labels[other]]} · {distance:.1f}" for other, distance in zip(near, shown.near.distances[place], strict=False)],
            [_("Test image {index}, labelled {name}").format(index=other, name=classes[labels[other]]) for other in near],
            (labels[near] == labels[place]).tolist(),
            side=52,
        )
    )
    st.caption(_("label · distance"))


def _told(look: Look, shown: Map) -> None:
    """How far to trust this map, in words."""
    faith, width = shown.faith, width_of(look, shown.settings.layer)
    st.markdown(
        _(
            "Of the {k} nearest of each image, **{kept:.1f}** are among its {k} nearest in this picture. The class guessed from them is right "
            "in {full} of all cases in all {width:,} dimensions, in **{picture}** in the picture. Trustworthiness **{trust:.3f}** (1: no "
            "false neighbours)."
        ).format(
            k=faith.k, kept=faith.kept * faith.k, full=words.percent(faith.knn_full), width=width, picture=words.percent(faith.knn_picture),
            trust=faith.trustworthiness,
        )
    )  # fmt: skip


def _axes(shown: Map) -> list[str]:
    if shown.shares is None:
        return [f"t-SNE {axis + 1}" for axis in range(shown.settings.dimensions)]
    return [
        _("component {n}: {share} of the variance").format(n=axis + 1, share=words.percent(share)) for axis, share in enumerate(shown.shares.tolist())
    ]  # fmt: skip


def _name(shown: Map) -> str:
    how = shown.settings
    if how.method == "pca":
        return _("PCA")
    if how.seed == 0:
        return _("t-SNE begun with PCA")
    return _("perplexity {perplexity:g}, seed {seed}").format(perplexity=how.perplexity, seed=how.seed)

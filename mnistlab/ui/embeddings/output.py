"""The view `output`: the chosen layer and the ten outputs, mapped side by side."""

from dataclasses import replace

import streamlit as st

from mnistlab.figures import embedding as figures
from mnistlab.models import describe
from mnistlab.ui.embeddings import maps
from mnistlab.ui.embeddings.controls import Controls, MappedRun, choose_settings, maps_of, width_of
from mnistlab.ui.embeddings.jobs import Map
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import _

OUTPUT = Controls((500, 1_000, 2_000), method=True, perplexity=True, seed=True)


def beside_output(mapped: MappedRun) -> None:
    """The map of a layer, by default the one before the output, and that of the output."""
    settings, _style = choose_settings(mapped, OUTPUT)
    last = describe(mapped.run.config)[-1].name
    both = []
    for layer in dict.fromkeys((settings.layer, last)):
        jobs = mapped.jobs(replace(settings, layer=layer))
        ready = maps_of(jobs.start(state.session_id(), mapped.step))
        if ready is None:
            return
        both += ready
    with st.container(key=maps.CONTAINER):
        for place, (column, shown) in enumerate(zip(st.columns(2), both, strict=False)):
            with column:
                _map(mapped, shown, place)
    maps.chosen(mapped, both[0])


def _map(mapped: MappedRun, shown: Map, place: int) -> None:
    layer, width = shown.settings.layer, width_of(mapped, shown.settings.layer)
    figure = figures.small_figure(
        shown.points,
        mapped.jobs(shown.settings).labels,
        shown.predictions,
        _("{layer}: {width:,} dimensions").format(layer=layer, width=width),
        mapped.dataset.classes,
    )
    chart(figure.update_layout(height=420), f"output.{place}")
    st.caption(
        _(
            "A nearest-neighbour classifier (k = {k}) gets {share} of the images right in all "
            "{width:,} dimensions."
        ).format(k=shown.quality.k, share=words.percent(shown.quality.knn_full), width=width)
    )

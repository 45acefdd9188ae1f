"""The chosen runs side by side: curves, differences in their settings, the spread over seeds,
export, deletion.
"""

import html

import pandas as pd
import streamlit as st

from mnistlab.config import FIELDS
from mnistlab.export.measurements import COLUMNS, evaluation_rows
from mnistlab.figures import curves
from mnistlab.figures.colors import CURVE_COLORS, RUN_COLORS
from mnistlab.run_names import with_first_seed
from mnistlab.store import ACTIVE, RunRecord, Status, Store
from mnistlab.store.people import Action
from mnistlab.ui.kit import labels, state, words
from mnistlab.ui.kit.charts import vega_chart
from mnistlab.ui.kit.i18n import _, listed, ngettext
from mnistlab.ui.kit.navigation import pages_of_a_run
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.wish import training_button
from mnistlab.ui.kit.words import literal

MAX_NEW_SEEDS = 9  # at once


def overlay(runs: list[RunRecord]) -> None:
    """Test accuracy and test loss of all `runs` over the steps, in a colour for each."""
    evaluated = [state.recorded(run.id).evaluated for run in runs]
    names = words.unique_names(runs)
    colors = dict(zip(names, RUN_COLORS, strict=False))
    left, right = st.columns(2)
    for where, what, scale, values in (
        (left, _("test accuracy"), "share", [curves.accuracies(events)[0] for events in evaluated]),
        (
            right,
            _("test loss (nats)"),
            "linear",
            [curves.losses([], events)[1] for events in evaluated],
        ),
    ):
        vega_chart(
            curves.table(dict(zip(names, values, strict=True))),
            curves.spec(colors, _("step"), what, scale, height=260, legend=False),
            key=f"overlay.{scale}",
            place=where,
            zoom=curves.ZOOM,
            alt=_("{what} of {names} over the steps").format(what=what, names=listed(names)),
        )
    if words.on_part(runs):
        st.caption(
            _(
                "The curves are measured during training, on the {images}; the accuracy of a "
                "finished run is measured after it, on all of them."
            ).format(images=words.curve_images(runs))
        )


def differences(runs: list[RunRecord]) -> None:
    """A table of the settings in which `runs` differ."""
    first = runs[0].config
    differing = [
        name for name in FIELDS if any(name in first.differences(run.config) for run in runs[1:])
    ]
    if not differing:
        return
    st.markdown(f"**{_('Differences in their settings')}**")
    columns = {
        name: [
            labels.short_label(field, getattr(run.config, field))
            if run.config.counts(field)
            else "–"
            for field in differing
        ]
        for name, run in zip(words.unique_names(runs), runs, strict=True)
    }
    st.dataframe(
        pd.DataFrame({_("Setting"): [labels.field_label(field) for field in differing], **columns}),
        hide_index=True,
        height="content",
        alt=_("Settings in which the chosen runs differ"),
    )


def seeds(page: Page, run: RunRecord, runs: list[RunRecord]) -> None:
    """The runs that differ from `run` in nothing but the seed: their mean and standard deviation,
    and a button that trains more of them.
    """
    group = [
        other for other in runs if with_first_seed(other.config) == with_first_seed(run.config)
    ]
    finished = [
        other for other in group if other.status == Status.FINISHED and other.final is not None
    ]
    st.markdown(f"**{_('Was it luck? The same with other seeds')}**")
    if len(finished) >= 2:
        accuracies = pd.Series([other.accuracy for other in finished])
        st.markdown(
            _(
                "{n} seeds: **{mean:.2f} ± {deviation:.2f} %** (mean and standard deviation of "
                "the accuracy on all test images)."
            ).format(
                n=len(finished), mean=accuracies.mean() * 100, deviation=accuracies.std() * 100
            )
        )
        data = curves.band(
            [curves.accuracies(state.recorded(other.id).evaluated)[0] for other in finished]
        )
        vega_chart(
            data,
            curves.band_spec(CURVE_COLORS["test_accuracy"], _("step"), _("test accuracy")),
            key="band",
            alt=_(
                "Mean test accuracy of {n} seeds over the steps, with a band of ± one standard "
                "deviation"
            ).format(n=len(finished)),
        )
    else:
        st.caption(
            _(
                "One run says little: another seed means different initial weights and a different "
                "order of the images. Train some more to see how much that matters."
            )
        )
    count_column, button_column = st.columns([1, 3], vertical_alignment="bottom")
    count = count_column.number_input(
        _("How many more seeds"), 1, MAX_NEW_SEEDS, 2, key="seeds.count"
    )
    used = {other.config.seed for other in group}
    fresh = [seed for seed in range(1, len(used) + count + 1) if seed not in used][:count]
    configs = [run.config.replace(seed=seed) for seed in fresh]
    with button_column, guard():
        how = {"icon": ":material/repeat:"}
        if training_button(page.name, _("Train"), configs, "seeds.start", **how):
            st.rerun()


def open_links(page: Page, runs: list[RunRecord]) -> None:
    """Each of `runs` with the colour of its curves, its accuracy, and links to the pages that can
    show it.
    """
    for run_name, run, color in zip(words.unique_names(runs), runs, RUN_COLORS, strict=False):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(
                f'<span style="color:{color};font-size:1.3em">●</span> <strong>'
                f"{html.escape(run_name)}</strong>",
                width="content",
            )
            st.caption(_result(run), width="content")
        with st.container(horizontal=True):
            page.link("train", _("Open"), run=run.id, step=None)
            for name in pages_of_a_run():
                page.link(name, run=run.id, step=None)


def _result(run: RunRecord) -> str:
    if run.final is None:
        return _(labels.STATUS[run.status.value])
    return _("{accuracy} (95 % interval {interval})").format(
        accuracy=words.percent(run.final["test_accuracy"]),
        interval=words.interval(run.final["correct"], run.final["count"]),
    )


def evaluations_csv(store: Store, runs: list[RunRecord]) -> bytes:
    """The evaluations of `runs` as CSV, with the run's id in the first column."""
    rows = [{"run": run.id, **row} for run in runs for row in evaluation_rows(store, run)]
    return pd.DataFrame(rows, columns=["run", *COLUMNS]).to_csv(index=False).encode()


def tools(page: Page, runs: list[RunRecord]) -> None:
    """Buttons that export the curves of `runs` and delete them."""
    st.download_button(
        _("Curves as CSV"),
        lambda: evaluations_csv(page.store, runs),
        "runs.csv" if len(runs) > 1 else f"{runs[0].id}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="csv",
    )
    refused = state.refusal(Action.DELETE, *runs)
    if refused is not None:
        st.button(_("Delete"), icon=":material/delete:", disabled=True, help=literal(refused))
        return
    with st.popover(_("Delete"), icon=":material/delete:"):
        st.markdown(
            ngettext(
                "Delete this run, with its curves and weights?",
                "Delete these {n} runs, with their curves and weights?",
                len(runs),
            ).format(n=len(runs))
        )
        st.caption(_("This cannot be undone, and links to it will no longer work."))
        if st.button(_("Yes, delete"), type="primary", key="delete"):
            _delete(page, runs)


def _delete(page: Page, runs: list[RunRecord]) -> None:
    with guard():
        for run in runs:
            page.store.delete(run.id)
            if page.run is not None and page.run.id == run.id:
                page.choose_run(None)
        page.query.set("compare", None)
        st.rerun()


def any_active(runs: list[RunRecord]) -> bool:
    """Whether any of `runs` is running or waiting."""
    return any(run.status in ACTIVE for run in runs)

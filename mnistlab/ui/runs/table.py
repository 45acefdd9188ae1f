"""All runs as a table, to filter and to choose from."""

from collections.abc import Collection
from typing import Any

import pandas as pd
import streamlit as st

from mnistlab.choices import ARCHITECTURES
from mnistlab.i18n import message
from mnistlab.models import describe
from mnistlab.run_names import network_name, preset_of, run_name
from mnistlab.store import RunRecord, Status
from mnistlab.ui.kit import chosen_run, labels, words
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import Parameter, some_of
from mnistlab.ui.kit.url import text as any_text
from mnistlab.ui.runs.experiment_line import experiment_line

MAX_COMPARED = 10  # as many as there are colours


def _run_ids(text: str) -> str:
    if not all(
        len(part) == 12 and set(part) <= set("0123456789abcdef") for part in text.split(",")
    ):
        raise ValueError(text)
    return text


PARAMETERS = {
    "q": any_text(),
    "arch": some_of(ARCHITECTURES),
    "status": some_of([*Status]),
    "compare": Parameter(_run_ids, message("ids of runs, separated by commas")),
}


def mention_left_out(count: int) -> None:
    """Say how many runs this version of mnistlab cannot open, if there are any."""
    if count:
        st.caption(
            ngettext(
                "{n} run from another version of mnistlab is not listed.",
                "{n} runs from another version of mnistlab are not listed.",
                count,
            ).format(n=count)
        )


def run_table(page: Page, runs: list[RunRecord]) -> list[RunRecord]:
    """Draw the filter, the table of those of `runs` that were trained by themselves, and a line for
    each experiment; return the chosen ones, at most `MAX_COMPARED`. Filter and choice are in the
    URL.
    """
    shown = _filtered(page, runs)
    if not shown:
        st.caption(_("No run matches this filter."))
        return []
    named = page.query.get("compare") or page.query.get("run") or chosen_run.own_last(shown)
    wanted = (named or "").split(",")
    alone = [run for run in shown if not run.experiment]
    names = {_("Name"): list(map(words.title_of, alone))}
    if any(differing := words.differences(alone)):
        names[_("What differs")] = differing
    chosen = _chosen_rows(alone, names, wanted) if alone else []
    for experiment in dict.fromkeys(run.experiment for run in shown if run.experiment):
        parts = [run for run in shown if run.experiment == experiment]
        if (inside := experiment_line(page, experiment, parts, wanted)) is not None:
            with inside:
                names = {_("Name"): list(words.told_apart(parts).values())}
                chosen += _chosen_rows(parts, names, wanted)
    page.query.set("compare", ",".join(run.id for run in chosen) or None)
    if len(chosen) > MAX_COMPARED:
        st.caption(_("Only the first {n} are compared.").format(n=MAX_COMPARED))
    return chosen[:MAX_COMPARED]


def _chosen_rows(
    shown: list[RunRecord], names: dict[str, list[str]], wanted: Collection[str]
) -> list[RunRecord]:
    """Those that are ticked in a table of `shown` that begins with the columns `names`; at first
    `wanted`.
    """
    rows = [row for row, run in enumerate(shown) if run.id in wanted]
    # other rows need another table, because its selection is by row number
    key = f"table.{hash(tuple(run.id for run in shown))}"
    event: Any = st.dataframe(
        _table(shown, names),
        key=key,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        column_config=_columns(),
        placeholder="",
        alt=_("Table of {n} runs").format(n=len(shown)),
    )
    return [shown[row] for row in event.selection.rows if row < len(shown)]


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        _("Accuracy"): column.NumberColumn(
            format=_("{number} %").replace("%", "%%").format(number="%.2f"),
            help=_("On all test images, after the last step."),
        ),
        _("Parameters"): column.NumberColumn(format="localized"),
        _("Seconds"): column.NumberColumn(
            format="%.1f", help=_("How long training took, including the evaluations.")
        ),
        _("Name"): column.TextColumn(width=240),
        _("What differs"): column.TextColumn(width=130),
    }


def _filtered(page: Page, runs: list[RunRecord]) -> list[RunRecord]:
    text_column, arch_column, status_column = st.columns([2, 1, 1])
    with text_column:
        text = page.search("q", _("Search"), placeholder=_("part of a name or id"))
    with arch_column:
        archs = page.choose_several(
            "arch",
            _("Network"),
            list(ARCHITECTURES),
            format_func=lambda name: _(ARCHITECTURES[name].name),
            placeholder=_("all"),
        )
    with status_column:
        statuses = page.choose_several(
            "status",
            _("Status"),
            [status.value for status in Status],
            format_func=lambda status: _(labels.STATUS[status]),
            placeholder=_("all"),
        )
    return [
        run
        for run in runs
        if text.lower() in _searched(run).lower()
        and (not archs or run.config.arch in archs)
        and (not statuses or run.status.value in statuses)
    ]


def _searched(run: RunRecord) -> str:
    config = run.config
    names = run.title, run_name(config), preset_of(config) or "", network_name(config)
    return " ".join([*names, run.id])


def _table(runs: list[RunRecord], names: dict[str, list[str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **names,
            _("Status"): [_(labels.STATUS[run.status.value]) for run in runs],
            _("Accuracy"): [None if run.accuracy is None else run.accuracy * 100 for run in runs],
            _("95 % interval"): [
                None
                if run.final is None
                else words.interval(run.final["correct"], run.final["count"])
                for run in runs
            ],
            _("Created"): [words.ago(run.created) for run in runs],
            _("Seconds"): [
                None if run.final is None else run.final["seconds"]["total"] for run in runs
            ],
            _("Parameters"): [
                sum(stage.parameters for stage in describe(run.config)) for run in runs
            ],
            _("Run"): [run.id for run in runs],
        }
    )

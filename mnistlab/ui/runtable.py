"""All runs as a table: filter, and choose some of them."""

from typing import Any

import pandas as pd
import streamlit as st

from mnistlab.config import ARCHS
from mnistlab.models import describe
from mnistlab.names import ARCH_NAMES, network_name, run_name
from mnistlab.store import RunRecord, Status
from mnistlab.ui import labels, words
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import _
from mnistlab.ui.url import Parameter

MOST_COMPARED = 10  # as many as there are colours


def _list_of(*options: str) -> Parameter:
    def parse(text: str) -> str:
        if not text or not set(text.split(",")) <= set(options):
            raise ValueError(text)
        return text

    return Parameter(parse, "some of " + ", ".join(options))


def _run_ids(text: str) -> str:
    if not all(len(part) == 12 and set(part) <= set("0123456789abcdef") for part in text.split(",")):
        raise ValueError(text)
    return text


PARAMETERS = {
    "q": Parameter(),
    "arch": _list_of(*ARCHS),
    "status": _list_of(*Status),
    "compare": Parameter(_run_ids, "ids of runs, with commas between them"),
}


def run_table(page: Page, runs: list[RunRecord]) -> list[RunRecord]:
    """Draw the filter and the table of `runs`, and return the chosen ones, at most `MOST_COMPARED`. All of it is in the URL."""
    shown = _filtered(page, runs)
    if not shown:
        st.caption(_("No run fits this filter."))
        return []
    wanted = (page.query.get("compare") or page.query.get("run") or "").split(",")
    rows = [row for row, run in enumerate(shown) if run.id in wanted]
    key = f"table.{hash(tuple(run.id for run in shown))}"  # other rows are another table: its selection is by row number
    event: Any = st.dataframe(
        _table(shown), key=key, hide_index=True, on_select="rerun", selection_mode="multi-row", selection_default={"selection": {"rows": rows}},
        column_config={
            _("Accuracy"): st.column_config.NumberColumn(format="%.2f %%", help=_("On all test images.")),
            _("Parameters"): st.column_config.NumberColumn(format="localized"),
            _("Seconds"): st.column_config.NumberColumn(format="%.1f"),
            _("Name"): st.column_config.TextColumn(width=250),
        },
        placeholder="",
        alt=_("Table of {n} runs").format(n=len(shown)),
    )  # fmt: skip
    chosen = [shown[row] for row in event.selection.rows if row < len(shown)]
    page.query.set("compare", ",".join(run.id for run in chosen) or None)
    if len(chosen) > MOST_COMPARED:
        st.caption(_("The first {n} of them are compared.").format(n=MOST_COMPARED))
    return chosen[:MOST_COMPARED]


def _filtered(page: Page, runs: list[RunRecord]) -> list[RunRecord]:
    text_column, arch_column, status_column = st.columns([2, 1, 1])
    text = text_column.text_input(_("Search"), page.query.get("q", ""), key="runs.q", placeholder=_("part of a name or id"))
    archs = arch_column.multiselect(
        _("Network"), ARCHS, _listed(page, "arch"), ARCH_NAMES.__getitem__, key="runs.arch", placeholder=_("all")
    )
    statuses = status_column.multiselect(
        _("State"),
        [status.value for status in Status],
        _listed(page, "status"),
        lambda status: _(labels.STATUS[status]),
        key="runs.status",
        placeholder=_("all"),
    )
    for name, value in (("q", text.strip()), ("arch", ",".join(archs)), ("status", ",".join(statuses))):
        page.query.set(name, value or None)
    return [
        run
        for run in runs
        if text.strip().lower() in f"{run_name(run.config)} {network_name(run.config)} {run.id}".lower()
        and (not archs or run.config.arch in archs)
        and (not statuses or run.status.value in statuses)
    ]


def _listed(page: Page, name: str) -> list[str]:
    value = page.query.get(name)
    return value.split(",") if value else []


def _table(runs: list[RunRecord]) -> pd.DataFrame:
    return pd.DataFrame({
        _("Name"): [run_name(run.config) for run in runs],
        _("Network"): [network_name(run.config) for run in runs],
        _("State"): [_(labels.STATUS[run.status.value]) for run in runs],
        _("Accuracy"): [None if run.accuracy is None else run.accuracy * 100 for run in runs],
        _("95 % interval"): [None if run.final is None else words.interval(run.final["correct"], run.final["count"]) for run in runs],
        _("Parameters"): [sum(stage.parameters for stage in describe(run.config)) for run in runs],
        _("Seconds"): [None if run.final is None else run.final["seconds"]["total"] for run in runs],
        _("When"): [words.ago(run.created) for run in runs],
        _("Run"): [run.id for run in runs],
    })  # fmt: skip

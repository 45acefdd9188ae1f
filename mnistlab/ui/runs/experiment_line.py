"""One line for all networks of an experiment: how many, and the best; it opens their table."""

from collections.abc import Collection
from hashlib import sha256
from typing import Any

import streamlit as st

from mnistlab.store import RunRecord
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training.experiments import link_of, name_of
from mnistlab.ui.kit.words import literal


def experiment_line(
    page: Page, experiment: str, runs: list[RunRecord], wanted: Collection[str]
) -> Any:
    """Draw the line of an experiment and, where it is open, a link to the experiment; returns its
    inside, or None where it is closed. It opens by itself where one of `wanted` is among its runs.
    """
    box = st.expander(
        f"**{literal(name_of(experiment))}** · {_summary(runs)}",
        icon=":material/science:",
        expanded=any(run.id in wanted for run in runs),
        key=f"experiment.{sha256(experiment.encode()).hexdigest()[:12]}",
        on_change="rerun",
    )
    if not box.open:
        return None
    name, query = link_of(experiment)
    if name and (name != "class" or state.person().class_id):
        with box:
            page.link(name, _("Go to the experiment"), ":material/arrow_forward:", **query)
    return box


def _summary(runs: list[RunRecord]) -> str:
    count = ngettext("{n} network", "{n} networks", len(runs)).format(n=len(runs))
    measured = [(run.accuracy, run) for run in runs if run.accuracy is not None]
    if not measured:
        return count
    accuracy, best = max(measured, key=lambda pair: pair[0])
    settings = words.told_apart(runs)[best.id]
    if not settings:
        return _("{networks}, {accuracy}").format(networks=count, accuracy=words.percent(accuracy))
    return _("{networks}, the best {accuracy} ({settings})").format(
        networks=count, accuracy=words.percent(accuracy), settings=literal(settings)
    )

"""What a step wants to be seen before the reader goes on, and whether it was."""

from functools import partial

import streamlit as st

from mnistlab.config import option, parse_value
from mnistlab.errors import RunNotFound
from mnistlab.lessons import Link
from mnistlab.store import RunRecord, Status
from mnistlab.store.lesson_progress import Progress, change_progress
from mnistlab.ui.kit import addresses
from mnistlab.ui.kit.i18n import _, labelled, listed
from mnistlab.ui.kit.lessons.opened import Opened, shows
from mnistlab.ui.kit.navigation import PAGES


def note_visit(opened: Opened, progress: Progress) -> Progress:
    """Keep that the reader looks at one of the views that this step wants to be visited."""
    seen = progress.visited.get(str(opened.at), [])
    for link in opened.step.seen.visited:
        if str(link) not in seen and shows(opened.page, link):
            progress = change_progress(
                opened.page.store,
                opened.owner,
                opened.name,
                partial(Progress.visit, step=opened.at, link=str(link)),
            )
    return progress


def conditions(opened: Opened, progress: Progress) -> dict[str, bool]:
    """What the step wants, in words -> whether it is so; nothing for a step that wants nothing."""
    seen, wanted = opened.step.seen, {}
    if seen.answered:
        wanted[_("Answer the question")] = progress.answer(opened.at) is not None
    if seen.trained:
        wanted[_training(opened, seen.trained)] = _is_trained(opened, seen.trained)
    if seen.drawn:
        wanted[_("Draw a digit")] = "drawing" in st.session_state
    visited = progress.visited.get(str(opened.at), [])
    for link in seen.visited:
        wanted[_("Look at {place}").format(place=place(link))] = str(link) in visited
    return wanted


def place(link: Link) -> str:
    """Where a link leads, as the navigation and the page call it: "Feature maps: Kernels"."""
    label, views = _(PAGES[link.page].label), addresses.views_of(link.page)
    view = views.get(link.query.get("view", ""))
    return label if view is None else labelled(label, _(view.label))


def _training(opened: Opened, trained: bool | dict[str, str]) -> str:
    if not isinstance(trained, dict) or opened.step.link.page == addresses.TRAIN:
        return _("Train the network to its end")
    settings = listed(labelled(_(option(name).label), text) for name, text in trained.items())
    return _("Choose a run that is trained to its end ({settings})").format(settings=settings)


def _is_trained(opened: Opened, trained: bool | dict[str, str]) -> bool:
    run = _chosen(opened)
    if run is None or run.status != Status.FINISHED:
        return False
    wanted = trained if isinstance(trained, dict) else {}
    return all(getattr(run.config, name) == parse_value(name, wanted[name]) for name in wanted)


def _chosen(opened: Opened) -> RunRecord | None:
    """The chosen run as it is by now."""
    run_id = opened.page.query.get("run")
    try:
        return None if run_id is None else opened.page.store.get(run_id)
    except RunNotFound:
        return None

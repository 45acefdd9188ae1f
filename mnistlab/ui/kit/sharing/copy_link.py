"""A button that copies the link to what a page shows: the same view, in any browser."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from mnistlab.store import RunRecord
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _, language
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.words import title_of

LISTED = 8  # choices that are named; more would not be read
OF_ONE_BROWSER = {"drawing", "upload"}  # sources of a picture that no link can carry

COMPLETE = "link.complete"  # in the session: what the page's link needs besides its address

_component = component(__file__, "link")


def copy_link(
    run: RunRecord | None, complete: Mapping[str, Any], choices: Callable[[], Mapping[str, str]]
) -> None:
    """Draw it. `complete`: parameters that a link needs although this browser's address may lack
    them (afterwards in `COMPLETE`). `choices` are asked for what was chosen on the page, in words,
    once the link is copied.
    """
    needed = {"lang": language(), **{name: str(value) for name, value in complete.items()}}
    st.session_state[COMPLETE] = needed

    def say() -> None:
        st.session_state["copy_link.said"] = in_words(run, choices())

    @fragment
    def draw() -> None:
        data = {
            "label": _("Copy link"),
            "by_hand": _("This browser lets no page copy. The link is selected: copy it."),
            "complete": needed,
            "said": st.session_state.pop("copy_link.said", ""),
        }
        _component(key="copy_link", data=data, on_copied_change=say)

    draw()


def in_words(run: RunRecord | None, choices: Mapping[str, str]) -> str:
    """What a link to this `run` and these `choices` shows, in sentences."""
    shown = [] if run is None else [title_of(run)]
    shown += list(choices.values())[:LISTED]
    if not shown:
        return _("Copied: the link to this page.")
    message = _("Copied. The link shows: {what}")
    if st.query_params.get("source") in OF_ONE_BROWSER:
        message = _("Copied. The link shows: {what}. Your own picture stays in your browser.")
    return message.format(what=" · ".join(shown))

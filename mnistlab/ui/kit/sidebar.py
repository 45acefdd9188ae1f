"""The sidebar, the same on every page: the navigation, the chosen run, and, on pages that look
inside a network, the training step.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from itertools import groupby

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from mnistlab.figures.colors import STATUS_COLORS
from mnistlab.figures.sparkline import sparkline
from mnistlab.run_names import run_name
from mnistlab.store import RunRecord, Status
from mnistlab.ui.kit import chosen_run, state, words
from mnistlab.ui.kit.i18n import LANGUAGES, _, language
from mnistlab.ui.kit.labels import STATUS
from mnistlab.ui.kit.navigation import PAGES, page_file
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.words import literal, title_of

PLAY_SECONDS = 1.0  # for each step
OFFERED = (
    200  # runs to look inside, the latest: the page of runs has all, and each rerun reads them
)
CLOSES_ON_A_PHONE = """<script>
if (!window.sidebarCloses) {
  window.sidebarCloses = true;
  document.addEventListener("click", (event) => {
    const sidebar = event.target.closest('[data-testid="stSidebar"]');
    if (sidebar && event.target.closest("a") && matchMedia("(max-width: 768px)").matches)
      sidebar.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  });
}
for (const link of document.querySelectorAll('[class*="st-key-nav_"] a')) {
  if (link.closest(".st-key-nav_here")) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}
</script>"""  # there it covers the page, and Streamlit closes it for its own navigation only


def sidebar(page: Page, of_a_run: bool) -> None:
    """Draw it. On a page `of_a_run` it offers all runs, and sets the page's `steps` and `step`."""
    with st.sidebar:
        _navigation(page)
        if page.run is not None:
            _run_card(page.run)
            if of_a_run:
                _run_picker(page, page.run)
                _scrubber(page, page.run)
        _language(page)


def _navigation(page: Page) -> None:
    """Every page, in groups; the links keep the reader's choices."""
    along = page.query.along()
    try:
        for place, (group, entries) in enumerate(groupby(PAGES, lambda name: PAGES[name].group)):
            with st.container(key=f"nav_{place}", gap=None):
                st.caption(_(group))
                for name in entries:
                    _entry(page, name, along)
        st.html(CLOSES_ON_A_PHONE, unsafe_allow_javascript=True)
    except StreamlitPageNotFoundError:  # a page that a test runs alone knows no other pages
        pass


def _entry(page: Page, name: str, along: Mapping[str, str]) -> None:
    """The link to page `name`, with the parameters `along`; marked where the reader is on it."""
    with st.container(key="nav_here", gap=None) if name == page.name else nullcontext():
        st.page_link(
            page_file(name),
            label=_(PAGES[name].label),
            icon=PAGES[name].icon,
            query_params=along,
            width="stretch",
        )


def _language(page: Page) -> None:
    if len(LANGUAGES) == 1:
        return
    chosen = st.selectbox(
        _("Language"),
        list(LANGUAGES),
        index=list(LANGUAGES).index(language()),
        format_func=LANGUAGES.__getitem__,
    )
    if chosen != language():
        page.query.set("lang", chosen)
        st.rerun()


def _run_card(run: RunRecord) -> None:
    """The chosen run: its name and small accuracy curve."""
    with st.container(border=True):
        st.caption(_("Chosen run"))
        st.markdown(f"**{literal(title_of(run))}**")
        if run.title:
            st.caption(run_name(run.config))
        if run.status != Status.FINISHED:
            st.markdown(f":{STATUS_COLORS[run.status]}-badge[{_(STATUS[run.status])}]")
        evaluated = state.recorded(run.id).evaluated
        curve = [event.test_accuracy for event in evaluated]
        if curve:
            latest = evaluated[-1]
            step, correct, count = (
                (latest.step, latest.correct, latest.count)
                if run.final is None
                else (run.step, run.final["correct"], run.final["count"])
            )
            st.image(
                sparkline(curve),
                alt=_("Test accuracy over training, from {first} to {last}").format(
                    first=words.percent(curve[0]), last=words.percent(curve[-1])
                ),
            )
            st.caption(
                _("{accuracy} accuracy after {step:,} steps").format(
                    accuracy=words.percent(correct / count), step=step
                )
            )
            st.caption(
                _("95 % interval: {interval}").format(interval=words.interval(correct, count))
            )


def _run_picker(page: Page, run: RunRecord) -> None:
    """Another run to look at: its name, accuracy and age."""
    started = (other for other in page.store.runs(limit=OFFERED) if other.started is not None)
    runs = {other.id: other for other in chosen_run.to_choose_from(started)}
    if run.started is not None:
        runs.setdefault(run.id, run)
    if len(runs) < 2 or run.id not in runs:
        return
    chosen = page.choose(
        "run",
        _("Run to look inside"),
        list(runs),
        run.id,
        resets=("step",),
        format_func=words.run_lines(runs).__getitem__,
    )
    if chosen != run.id:
        st.rerun()


def _scrubber(page: Page, run: RunRecord) -> None:
    """The training step to look at: the one with weights that is nearest to the link's."""
    page.steps = page.store.snapshot_steps(run.id)
    if not page.steps:
        return
    wanted = page.query.get("step", page.steps[-1])
    nearest = min(page.steps, key=lambda step: (abs(step - wanted), step))
    if len(page.steps) == 1:
        page.step = nearest
        return
    if wanted != nearest:
        page.query.set("step", nearest)
    page.step = page.choose(
        "step",
        _("Training step"),
        page.steps,
        nearest if page.query.is_locked("step") else page.steps[-1],
        widget=st.select_slider,
        format_func=lambda step: f"{step:,}",
        help=_("From the untrained network (step 0) to the trained one."),
    )
    _play(page, page.step)


def _play(page: Page, step: int) -> None:
    """A button that plays the training, from the start if the end is shown: one rerun a step."""
    playing = bool(st.session_state.get("playing")) and step != page.steps[-1]
    st.session_state["playing"] = playing
    label = _("Pause") if playing else _("Play")
    icon = ":material/pause:" if playing else ":material/play_arrow:"

    def toggle() -> None:
        st.session_state["playing"] = not playing
        if not playing and step == page.steps[-1]:
            page.query.set("step", page.steps[0])

    st.button(label, icon=icon, key="play", width="stretch", on_click=toggle)
    if playing:
        # the fragment's first run is part of this rerun; the next one is the timer's
        st.session_state["play.drawn"] = True
        fragment(_tick, run_every=PLAY_SECONDS)(page, page.steps[page.steps.index(step) + 1])


def _tick(page: Page, following: int) -> None:
    if st.session_state.pop("play.drawn", False):
        return
    page.query.set("step", following)
    st.rerun()

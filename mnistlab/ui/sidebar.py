"""The sidebar: what is true for every page. The navigation, the chosen run, and the training step where a page looks inside a network."""

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from mnistlab.figures.colors import STATUS_COLORS
from mnistlab.figures.sparkline import sparkline
from mnistlab.names import run_name
from mnistlab.store import RunRecord, Status
from mnistlab.ui import state, words
from mnistlab.ui.i18n import LANGUAGES, _, language
from mnistlab.ui.labels import STATUS
from mnistlab.ui.navigation import PAGES, page_file

if TYPE_CHECKING:
    from mnistlab.ui.frame import Page

PLAY_SECONDS = 1.0  # that Play shows a step
CLOSES_ON_A_PHONE = """<script>
if (!window.sidebarCloses) {
  window.sidebarCloses = true;
  document.addEventListener("click", (event) => {
    const sidebar = event.target.closest('[data-testid="stSidebar"]');
    if (sidebar && event.target.closest("a") && matchMedia("(max-width: 768px)").matches)
      sidebar.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  });
}
</script>"""  # there it lies over the page, and Streamlit closes it for its own navigation only


def sidebar(page: "Page", scrubber: bool) -> None:
    """Draw it. With `scrubber` it chooses among all runs, and sets the page's `steps` and `step`."""
    with st.sidebar:
        _navigation(page)
        _language(page)
        if page.run is not None:
            _run_card(page.run)
            if scrubber:
                _run_picker(page, page.run)
                _scrubber(page, page.run)


def _navigation(page: "Page") -> None:
    """Every page, in groups; links take along what is chosen."""
    group = ""
    try:
        for name, entry in PAGES.items():
            if entry.group != group:
                group = entry.group
                st.caption(_(group))
            st.page_link(page_file(name), label=_(entry.label), icon=entry.icon, query_params=page.query.along(), width="stretch")
        st.html(CLOSES_ON_A_PHONE, unsafe_allow_javascript=True)
    except StreamlitPageNotFoundError:  # a page that a test runs alone knows no other pages
        pass


def _language(page: "Page") -> None:
    if len(LANGUAGES) == 1:
        return
    chosen = st.selectbox(_("Language"), list(LANGUAGES), index=list(LANGUAGES).index(language()), format_func=LANGUAGES.__getitem__)
    if chosen != language():
        page.query.set("lang", chosen)
        st.rerun()


def _run_card(run: RunRecord) -> None:
    """The chosen run: its name and small accuracy curve."""
    with st.container(border=True):
        st.caption(_("Chosen run"))
        st.markdown(f"**{run_name(run.config)}**")
        if run.status != Status.FINISHED:
            st.markdown(f":{STATUS_COLORS[run.status]}-badge[{_(STATUS[run.status])}]")
        evaluated = state.history(run.id)["evaluated"]
        curve = [event.test_accuracy for event in evaluated]
        if curve:
            latest = evaluated[-1]
            step, correct, count = (
                (latest.step, latest.correct, latest.count) if run.final is None else (run.step, run.final["correct"], run.final["count"])
            )
            st.image(
                sparkline(curve),
                alt=_("Test accuracy over training, from {first} to {last}").format(
                    first=words.percent(curve[0]), last=words.percent(curve[-1])
                ),
            )
            st.caption(_("{accuracy} right after {step:,} steps").format(accuracy=words.percent(correct / count), step=step))
            st.caption(_("95 % interval: {interval}").format(interval=words.interval(correct, count)))


def _run_picker(page: "Page", run: RunRecord) -> None:
    """Another run to look at: its name, accuracy and age."""
    runs = {other.id: other for other in page.store.runs() if other.started is not None}
    if len(runs) < 2 or run.id not in runs:
        return
    key = f"{page.name}.picker"  # of this page alone: a widget's value does not survive the way to another page
    if st.session_state.get(f"{key}.shown") != run.id or st.session_state.get(key) not in runs:
        st.session_state[key] = run.id  # the URL changed, or this page was entered
    chosen = st.selectbox(_("Look into"), list(runs), key=key, format_func=lambda run_id: words.run_line(runs[run_id]))
    st.session_state[f"{key}.shown"] = chosen
    if chosen != run.id:
        page.choose_run(chosen)
        st.rerun()


def _scrubber(page: "Page", run: RunRecord) -> None:
    """The step of training that is looked at."""
    page.steps = page.store.snapshot_steps(run.id)
    if not page.steps:
        return
    wanted = page.query.get("step", page.steps[-1])
    nearest = min(page.steps, key=lambda step: (abs(step - wanted), step))
    if len(page.steps) == 1:
        page.step = nearest
        return
    key = f"{page.name}.step.{run.id}"  # of this page alone, as in `_run_picker`
    if st.session_state.get(key) not in page.steps or st.session_state.get(f"{key}.shown") != nearest:
        st.session_state[key] = nearest  # the URL changed, or this page was entered
    page.step = st.select_slider(
        _("Training step"),
        page.steps,
        key=key,
        format_func=lambda step: f"{step:,}",
        help=_("From the untrained network, step 0, to the trained one."),
    )
    st.session_state[f"{key}.shown"] = page.step
    page.query.set("step", None if page.step == page.steps[-1] and "step" not in st.query_params else page.step)
    _play(page, page.step)


def _play(page: "Page", step: int) -> None:
    """A button that steps through training, from the start if the end is shown; the page is drawn anew at each step."""
    playing = st.session_state["playing"] = bool(st.session_state.get("playing")) and step != page.steps[-1]
    label, icon = (_("Pause"), ":material/pause:") if playing else (_("Play"), ":material/play_arrow:")

    def toggle() -> None:
        st.session_state["playing"] = not playing
        if not playing and step == page.steps[-1]:
            page.query.set("step", page.steps[0])

    st.button(label, icon=icon, key="play", width="stretch", on_click=toggle)
    if playing:
        st.session_state["play.drawn"] = True  # the fragment's first run belongs to this drawing, its next one is the timer's
        st.fragment(_tick, run_every=PLAY_SECONDS)(page, page.steps[page.steps.index(step) + 1])


def _tick(page: "Page", following: int) -> None:
    if st.session_state.pop("play.drawn", False):
        return
    page.query.set("step", following)
    st.rerun()

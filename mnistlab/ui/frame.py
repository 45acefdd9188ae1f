"""The frame that every page shares: title, sidebar, the chosen run, the training step, the lesson's words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from mnistlab import data
from mnistlab.config import TrainConfig
from mnistlab.errors import MnistlabError, RunNotFound
from mnistlab.figures.sparkline import sparkline
from mnistlab.names import run_name
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Store
from mnistlab.ui import lesson, state, words
from mnistlab.ui.i18n import DEFAULT, LANGUAGES, N_, _, language, set_language
from mnistlab.ui.url import Parameter, Query

ICON = (  # drawn here, because Streamlit fetches its own icons for browser tabs from the internet
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b63a5"/>'
    '<path d="M9 9h14l-8 15" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
ROOT = Path(__file__).parents[2]
LINK_STYLE = (  # a link to the page itself, which is a button, looks like the links to other pages
    '<style>[class*="st-key-link"]{margin:-6px 0}[class*="st-key-link"] button{min-height:28px;margin:2px 0;padding:0 8px}</style>'
)
PLAY_SECONDS = 1.0  # that Play shows a step


@dataclass(frozen=True)
class Entry:
    """A page in the navigation."""

    group: str
    label: str
    icon: str


PAGES: dict[str, Entry] = {  # the stem of the page's file, which is also its URL; only those that exist are shown
    "": Entry(N_("Start"), N_("Home"), ":material/home:"),
    "data": Entry(N_("Learn"), N_("The data"), ":material/dataset:"),
    "convolution": Entry(N_("Learn"), N_("Convolution"), ":material/grid_on:"),
    "glossary": Entry(N_("Learn"), N_("Glossary"), ":material/menu_book:"),
    "train": Entry(N_("Train"), N_("Train a network"), ":material/play_circle:"),
    "runs": Entry(N_("Train"), N_("Runs"), ":material/list:"),
    "feature_maps": Entry(N_("Look inside"), N_("Feature maps"), ":material/layers:"),
    "embeddings": Entry(N_("Look inside"), N_("Embeddings"), ":material/scatter_plot:"),
    "evaluation": Entry(N_("Look inside"), N_("Evaluation"), ":material/fact_check:"),
    "sequence": Entry(N_("Look inside"), N_("Sequences"), ":material/timeline:"),
    "draw": Entry(N_("Try"), N_("Draw a digit"), ":material/draw:"),
    "optimisers": Entry(N_("Experiments"), N_("Optimisers"), ":material/speed:"),
    "mistakes": Entry(N_("Experiments"), N_("Mistakes"), ":material/error_outline:"),
}


def page_file(name: str) -> str:
    """The file of page `name`, from the project's root."""
    return f"pages/{name}.py" if name else "app.py"


@cache
def existing_pages() -> list[str]:
    """The pages of `PAGES` whose file exists, in order; looked up once."""
    return [name for name in PAGES if (ROOT / page_file(name)).is_file()]


@contextmanager
def guard() -> Iterator[None]:
    """What a reader can do something about is told as one sentence; the rest of the page goes on after the `with` block."""
    try:
        yield
    except MnistlabError as error:
        st.error(str(error), icon=":material/error:")


class Page:
    """One page in one session. See `mnistlab.ui` for how a page uses it."""

    def __init__(self, name: str, own: Mapping[str, Parameter], scrubber: bool) -> None:
        self.name = name
        self.query = Query(name, own)
        set_language(self.query.get("lang") or _preferred_language())
        self.store: Store = _open_store()
        self.run: RunRecord | None = self._chosen_run()
        if self.run is None and scrubber:
            self.run = self._latest_run()
        self.steps: list[int] = []  # at which this run's weights are kept; only on pages with a scrubber
        self.step: int | None = None
        st.html(LINK_STYLE)
        with st.sidebar:
            self._navigation()
            self._run_card()
            if scrubber and self.run is not None:
                self._run_picker(self.run)
                self._scrubber(self.run)

    # -- what a page says ------------------------------------------------------------------------------------------------

    def title(self, title: str, sentence: str = "") -> None:
        """The page's title, one sentence under it, and what was wrong with the link, if anything was."""
        st.title(title, anchor=False)
        if sentence:
            st.markdown(sentence)
        for problem in self.query.problems:
            st.warning(problem, icon=":material/link_off:")

    def lesson(self, section: str) -> None:
        """Section `section` of this page's lesson in the reader's language. Raises `KeyError` if there is none."""
        for part in lesson.split_links(lesson.sections(language(), self.name or "home")[section]):
            if isinstance(part, str):
                st.markdown(part)
            elif part[1] in existing_pages():
                label, page, query = part
                self.link(page, label, ":material/arrow_forward:", **query)

    def try_next(self) -> None:
        """The end of a page: where to go from here, and the page's terms if its lesson explains any."""
        with st.container(border=True):
            st.markdown(f"**{_('Try next')}**")
            self.lesson("try")
        if "terms" in lesson.sections(language(), self.name):
            with st.expander(_("What are all these?")):
                self.lesson("terms")

    def link(self, page: str, label: str | None = None, icon: str | None = None, **query: Any) -> None:
        """A link to another page, which takes along what is chosen; `query` changes it (None: leave it out).

        On the page itself it is a button: Streamlit follows a link to the same page without changing the address.
        """
        entry = PAGES[page]
        if page == self.name:
            key = f"link.{sorted(query.items())}"  # a label may change while the mouse is on its way
            if st.button(label or _(entry.label), key=key, type="tertiary", icon=icon or entry.icon):
                st.query_params.from_dict(self.query.along(**query))
                st.rerun()
            return
        try:
            st.page_link(page_file(page), label=label or _(entry.label), icon=icon or entry.icon, query_params=self.query.along(**query))
        except StreamlitPageNotFoundError:  # a page that a test runs alone knows no other pages
            st.markdown(label or _(entry.label))

    def go(self, page: str, **query: Any) -> None:
        """Open another page, which takes along what is chosen; `query` changes it."""
        try:
            st.switch_page(page_file(page), query_params=self.query.along(**query))
        except StreamlitPageNotFoundError:  # as in `link`: then at least the choice holds
            for name, value in query.items():
                self.query.set(name, value)
            st.rerun()

    # -- the chosen run --------------------------------------------------------------------------------------------------

    def choose_run(self, run_id: str | None) -> None:
        """Make `run_id` the chosen run, here and on the pages to come."""
        if run_id != self.query.get("run"):
            self.query.set("step", None)
        self.query.set("run", run_id)

    def require_run(self) -> RunRecord:
        """The chosen run, once there are weights of it to look at. Otherwise this offers to train one, and stops the page."""
        if self.run is None:
            st.info(_("There is no network to look at yet. Train one: it takes seconds."), icon=":material/school:")
            self.first_run_button()
            st.stop()
        if not (self.steps or self.store.snapshot_steps(self.run.id)):
            st.info(_("Nothing of this network is kept yet: its training has not begun."), icon=":material/hourglass_empty:")
            self.link("train", _("See how it stands"))
            st.stop()
        return self.run

    def first_run_button(self, then: str = "train") -> None:
        """The button that trains a first network in seconds: on MNIST if it is here, and if not, openly, on the small digits."""
        config = first_config()
        if config.dataset == "mnist":
            label = _("Train your first network")
        else:
            st.markdown(_("MNIST is not on this machine yet. The small data set of digits, which comes with scikit-learn, is."))
            label = _("Train your first network on the small digits")
        if st.button(label, type="primary", icon=":material/play_arrow:", key="first_run"):
            with guard():
                self.choose_run(state.start(config).id)
                self.go(then, run=self.query.get("run"))

    def _chosen_run(self) -> RunRecord | None:
        wanted = self.query.get("run")
        if wanted is None:
            return None
        try:
            run = self.store.get(wanted) if len(wanted) == 12 else self.store.find(wanted)
        except RunNotFound:
            self.query.problems.append(
                _("There is no run {run} here: it was deleted, or the link comes from another installation.").format(run=wanted)
            )
            self.query.set("run", None)
            return None
        self.query.set("run", run.id)
        return run

    def _latest_run(self) -> RunRecord | None:
        """The latest run with weights to look at, the reader's own before those of others."""
        runs = [run for run in self.store.runs() if run.started is not None and self.store.snapshot_steps(run.id)]
        own = [run for run in runs if run.session == state.session_id()]
        latest = next(iter(own or runs), None)
        if latest is not None:
            self.query.set("run", latest.id)
        return latest

    # -- one control, kept in the URL ------------------------------------------------------------------------------------

    def choose(
        self, name: str, label: str, options: Sequence[Any], default: Any = None, widget: Callable[..., Any] | None = None, **how: Any
    ) -> Any:
        """A choice among `options` that is kept in the URL as this page's parameter `name`; the first one unless `default` says.

        `widget` is `st.selectbox` (the default), `st.segmented_control`, `st.select_slider` or another of their kind, `how` its
        further arguments. The URL's value has to equal one of `options`; if it does not, a sentence says so.
        """
        default = options[0] if default is None else default
        chosen = self.query.get(name, default)
        if chosen not in options:
            st.warning(
                _("The link says {name}={text}, which cannot be had here.").format(name=name, text=chosen), icon=":material/link_off:"
            )
            chosen = default
        key = f"{self.name}.{name}"
        shown = st.session_state.get(key)
        emptied = shown is None and None not in options  # a second click takes the choice away: it is kept
        if emptied or key not in st.session_state or st.session_state.get(f"{key}.url") != chosen:
            st.session_state[key] = chosen  # the URL changed: the widget follows
        if widget is None and None in options:
            how["placeholder"] = how["format_func"](None)  # Streamlit shows None as an empty box
        value = (widget or st.selectbox)(label, options, key=key, **how)
        value = chosen if value is None and None not in options else value
        st.session_state[f"{key}.url"] = value
        self.query.set(name, None if value == default and name not in st.query_params else value)
        return value

    # -- the sidebar -----------------------------------------------------------------------------------------------------

    def _navigation(self) -> None:
        group = ""
        try:
            for name in existing_pages():
                entry = PAGES[name]
                if entry.group != group:
                    group = entry.group
                    st.caption(_(group))
                st.page_link(page_file(name), label=_(entry.label), icon=entry.icon, query_params=self.query.along(), width="stretch")
        except StreamlitPageNotFoundError:  # a page that a test runs alone knows no other pages
            pass
        if len(LANGUAGES) > 1:
            chosen = st.selectbox(
                _("Language"), list(LANGUAGES), index=list(LANGUAGES).index(language()), format_func=LANGUAGES.__getitem__
            )
            if chosen != language():
                self.query.set("lang", chosen)
                st.rerun()

    def _run_card(self) -> None:
        if self.run is None:
            return
        with st.container(border=True):
            st.caption(_("Chosen run"))
            st.markdown(f"**{run_name(self.run.config)}**")
            curve = [event.test_accuracy for event in state.history(self.run.id)["evaluated"]]
            if curve:
                accuracy = curve[-1] if self.run.accuracy is None else self.run.accuracy
                st.image(
                    sparkline(curve),
                    alt=_("Test accuracy over training, from {first} to {last}").format(
                        first=words.percent(curve[0]), last=words.percent(curve[-1])
                    ),
                )
                st.caption(_("{accuracy} right after {step:,} steps").format(accuracy=words.percent(accuracy), step=self.run.step))

    def _run_picker(self, run: RunRecord) -> None:
        """Another run to look at: its name, accuracy and age."""
        runs = {other.id: other for other in self.store.runs() if other.started is not None}
        if len(runs) < 2 or run.id not in runs:
            return
        key = f"{self.name}.picker"  # of this page alone: a widget's value does not survive the way to another page
        if st.session_state.get(f"{key}.shown") != run.id or st.session_state.get(key) not in runs:
            st.session_state[key] = run.id  # the URL changed, or this page was entered

        def told(run_id: str) -> str:
            other = runs[run_id]
            accuracy = "" if other.accuracy is None else f"{words.percent(other.accuracy)} · "
            return f"{run_name(other.config)} · {accuracy}{words.ago(other.created)}"

        chosen = st.selectbox(_("Look into"), list(runs), key=key, format_func=told)
        st.session_state[f"{key}.shown"] = chosen
        if chosen != run.id:
            self.choose_run(chosen)
            st.rerun()

    def _scrubber(self, run: RunRecord) -> None:
        self.steps = self.store.snapshot_steps(run.id)
        if not self.steps:
            return
        wanted = self.query.get("step", self.steps[-1])
        nearest = min(self.steps, key=lambda step: (abs(step - wanted), step))
        if len(self.steps) == 1:
            self.step = nearest
            return
        key = f"{self.name}.step.{run.id}"  # of this page alone, as in `_run_picker`
        if st.session_state.get(key) not in self.steps or st.session_state.get(f"{key}.shown") != nearest:
            st.session_state[key] = nearest  # the URL changed, or this page was entered
        self.step = st.select_slider(
            _("Training step"),
            self.steps,
            key=key,
            format_func=lambda step: f"{step:,}",
            help=_("From the untrained network, step 0, to the trained one."),
        )
        st.session_state[f"{key}.shown"] = self.step
        self.query.set("step", None if self.step == self.steps[-1] and "step" not in st.query_params else self.step)
        self._play(self.step)

    def _play(self, step: int) -> None:
        """A button that steps through training, from the start if the end is shown; the page is drawn anew at each step."""
        playing = st.session_state["playing"] = bool(st.session_state.get("playing")) and step != self.steps[-1]
        label, icon = (_("Pause"), ":material/pause:") if playing else (_("Play"), ":material/play_arrow:")

        def toggle() -> None:
            st.session_state["playing"] = not playing
            if not playing and step == self.steps[-1]:
                self.query.set("step", self.steps[0])

        st.button(label, icon=icon, key="play", width="stretch", on_click=toggle)
        if playing:
            st.session_state["play.drawn"] = True  # the fragment's first run belongs to this drawing, its next one is the timer's
            st.fragment(self._tick, run_every=PLAY_SECONDS)(self.steps[self.steps.index(step) + 1])

    def _tick(self, following: int) -> None:
        if st.session_state.pop("play.drawn", False):
            return
        self.query.set("step", following)
        st.rerun()


def first_config() -> TrainConfig:
    """What the button for a first network trains."""
    return PRESETS["speedrun" if data.problem("mnist") is None else "quick-digits"]


def page(name: str, parameters: Mapping[str, Parameter] | None = None, scrubber: bool = False) -> Page:
    """The frame of page `name` (the stem of its file; "" is the home page). Call it first; see `mnistlab.ui`."""
    entry = PAGES[name]
    st.set_page_config(page_title=f"{_(entry.label)} · mnistlab", page_icon=ICON, layout="wide")
    return Page(name, parameters or {}, scrubber)


def _open_store() -> Store:
    try:
        return state.store()
    except MnistlabError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def _preferred_language() -> str:
    wanted = (st.context.locale or DEFAULT).split("-")[0]
    return wanted if wanted in LANGUAGES else DEFAULT

"""The frame that every page shares: title, sidebar, the chosen run, the training step, the lesson's words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from mnistlab import data
from mnistlab.config import TrainConfig
from mnistlab.errors import MnistlabError, RunNotFound
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Status, Store
from mnistlab.ui import lesson, server, state
from mnistlab.ui.i18n import DEFAULT, LANGUAGES, _, language, set_language
from mnistlab.ui.navigation import PAGES, following, page_file
from mnistlab.ui.sidebar import sidebar
from mnistlab.ui.url import Parameter, Query

ICON = (  # drawn here, because Streamlit fetches its own icons for browser tabs from the internet
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b63a5"/>'
    '<path d="M9 9h14l-8 15" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
LINK_STYLE = (  # a link to the page itself, which is a button, looks like the links to other pages
    '<style>[class*="st-key-link"]{margin:-6px 0}[class*="st-key-link"] button{min-height:28px;margin:2px 0;padding:0 8px;text-align:left}'
    '[data-testid="stMain"] [data-testid="stPageLink"] a{min-height:28px}'
    '[class*="st-key-link"] p,[data-testid="stMain"] [data-testid="stPageLink"] p{white-space:normal;line-height:1.45}</style>'
)


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
        sidebar(self, scrubber)

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
            else:
                label, page, query = part
                self.link(page, label, ":material/arrow_forward:", **query)

    def try_next(self) -> None:
        """The end of a page: where to go from here, and the page's terms if its lesson explains any."""
        with st.container(border=True):
            st.markdown(f"**{_('Try next')}**")
            self.lesson("try")
            self.onward()
        if "terms" in lesson.sections(language(), self.name):
            with st.expander(_("The terms of this page")):
                self.lesson("terms")

    def onward(self) -> None:
        """A link to the page that follows in a lesson."""
        if (page := following(self.name)) is not None:
            self.link(page, _("On to the next page: {name}").format(name=_(PAGES[page].label)), ":material/arrow_forward:")

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
            st.info(_nothing_kept(self.run), icon=":material/hourglass_empty:")
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
        follows = emptied or key not in st.session_state or st.session_state.get(f"{key}.url") != chosen  # the URL changed
        st.session_state[key] = chosen if follows else shown  # told the browser each time: it forgets what was gone for a moment
        if widget is None and None in options:
            how["placeholder"] = how["format_func"](None)  # Streamlit shows None as an empty box
        value = (widget or st.selectbox)(label, options, key=key, **how)
        value = chosen if value is None and None not in options else value
        st.session_state[f"{key}.url"] = value
        self.query.set(name, None if value == default and name not in st.query_params else value)
        return value


def _nothing_kept(run: RunRecord) -> str:
    """Why there are no weights of `run` to look at."""
    if run.status == Status.QUEUED:
        return _("Nothing of this network is kept yet: its training is waiting for its turn.")
    if run.status == Status.RUNNING:
        return _("Nothing of this network is kept yet: its training is just beginning. Look again in a moment.")
    if run.status == Status.FAILED:
        return _("Nothing of this network is kept: its training failed before the first step. {reason}").format(reason=run.reason).strip()
    return _("Nothing of this network is kept: its training ended before the first step. Resume it, or look into another one.")


def first_config() -> TrainConfig:
    """What the button for a first network trains."""
    return PRESETS["speedrun" if data.problem("mnist") is None else "quick-digits"]


def page(name: str, parameters: Mapping[str, Parameter] | None = None, scrubber: bool = False) -> Page:
    """The frame of page `name` (the stem of its file; "" is the home page). Call it first; see `mnistlab.ui`."""
    entry = PAGES[name]
    st.set_page_config(page_title=f"{_(entry.label)} · mnistlab", page_icon=ICON, layout="wide")
    server.answer_at_once()
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

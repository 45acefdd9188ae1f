"""A page in one session: its words and links, its views, and the chosen run."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from mnistlab.store import RunRecord, Status, Store
from mnistlab.ui.kit import chosen_run, texts
from mnistlab.ui.kit.choices import Choices
from mnistlab.ui.kit.guard import guard as guard  # where most pages look for it
from mnistlab.ui.kit.i18n import _, labelled, language, ngettext
from mnistlab.ui.kit.navigation import PAGES, emblem, following, page_file
from mnistlab.ui.kit.onward import Way, sorted_out
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.presenting import enter
from mnistlab.ui.kit.sharing.copy_link import copy_link
from mnistlab.ui.kit.sharing.notebook import offer_notebook
from mnistlab.ui.kit.url import Query
from mnistlab.ui.kit.views import Context, View, applicable
from mnistlab.ui.kit.wish import training_button
from mnistlab.ui.kit.words import literal

WIDE_STYLE = """<style>
@media (min-width: 768px) {
  [data-testid="stMainBlockContainer"] { padding-left: 2rem; padding-right: 2rem }
}
</style>"""


class Page(Choices):
    """One page in one session. See `mnistlab.ui` for how a page uses it."""

    def __init__(self, name: str, query: Query, store: Store) -> None:
        super().__init__(name, query)
        self.store = store
        self.run: RunRecord | None = chosen_run.wanted(query, store)
        self.steps: list[int] = []  # with weights to look at; on pages of a run
        self.step: int | None = None

    # -- what a page says --------------------------------------------------------------------------

    def title(self, title: str, sentence: str = "") -> None:
        """The page's emblem, title and a sentence, with buttons that present it and copy its link,
        and what is wrong with the link that led here, if anything.
        """
        with st.container(horizontal=True, vertical_alignment="center", key="head"):
            if emblem(self.name):
                with st.container(width="content", key="emblem"):
                    _draw_emblem(self.name)
            with st.container(key="headline"):
                st.title(title, anchor=False)
                if sentence:
                    st.markdown(sentence)
                self._tools()
        for problem in self.query.problems:
            st.warning(literal(str(problem)), icon=":material/link_off:")

    def _tools(self) -> None:
        with st.container(horizontal=True, key="tools"):
            enter(self.query)
            copy_link(self.run, {} if self.step is None else {"step": self.step}, self.choices)

    def text(self, section: str, without: Mapping[str, str] | None = None) -> None:
        """A section of this page's text, in the reader's language; a link that sets exactly
        `without` is left out. Raises `KeyError`.
        """
        for part in texts.split_links(self._sections()[section]):
            if isinstance(part, str):
                st.markdown(part)
            elif part[2] != without:
                label, page, query = part
                self.link(page, label, ":material/arrow_forward:", **query)

    def try_next(self, without: Mapping[str, str] | None = None) -> None:
        """Where to go from here: what suits the view and the network, and the next page; the rest
        of the page's links is behind "More". A link that sets exactly `without` is left out.
        """
        config = None if self.run is None else self.run.config
        links = texts.split_links(self._sections()["try"])
        ways = [Way(*link) for link in links if not isinstance(link, str) and link[2] != without]
        seen, rest = sorted_out(ways, self.name, self.query.shown(), config)
        with st.container(key="try_next", gap="small"):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
            ):
                st.markdown(f"**{_('Try next')}**", width="content")
                if rest:
                    with st.popover(_("More"), type="tertiary", icon=":material/more_horiz:"):
                        self._ways(rest)
            with st.container(horizontal=True, key="ways"):
                self._ways(seen)
                self.onward()

    def _ways(self, ways: Sequence[Way]) -> None:
        for way in ways:
            icon = ":material/tune:" if way.page == self.name else PAGES[way.page].icon
            self.link(way.page, way.label, icon, **way.query)

    def terms(self) -> None:
        """The page's terms, if its text has any."""
        if "terms" in self._sections():
            with st.expander(_("Terms on this page")):
                self.text("terms")

    def onward(self) -> None:
        """A link to the next page, for a reader who takes them in order."""
        config = None if self.run is None else self.run.config
        if (page := following(self.name, config)) is not None:
            label = _("Next page: {name}").format(name=_(PAGES[page].label))
            self.link(page, label, ":material/arrow_forward:")

    def _sections(self) -> dict[str, str]:
        return texts.sections(language(), self.name or "home")

    # -- links -------------------------------------------------------------------------------------

    def link_to_runs(self) -> None:
        """A link to the runs trained here, if there are any."""
        if count := self.store.count(*Status):
            label = ngettext(
                "Look at the run trained here", "Look through the {n} runs trained here", count
            )
            self.link("runs", label.format(n=count))

    def link(
        self, page: str, label: str | None = None, icon: str | None = None, **query: Any
    ) -> None:
        """A link to `page` that keeps the reader's choices, changed by `query` (None: leave out).

        A link to the page itself is a button: Streamlit follows such links without changing the
        URL.
        """
        entry = PAGES[page]
        label, icon = label or _(entry.label), icon or entry.icon
        if page == self.name:
            # not the label, which may change while the mouse is on its way
            key = f"link.{sorted(query.items())}"
            if st.button(label, key=key, type="tertiary", icon=icon):
                st.query_params.from_dict(self.query.along(**query))
                st.rerun()
            return
        try:
            parameters = self.query.along(**query)
            st.page_link(page_file(page), label=label, icon=icon, query_params=parameters)
        except StreamlitPageNotFoundError:  # a page that a test runs alone knows no other pages
            st.markdown(label)

    def go(self, page: str, **query: Any) -> None:
        """Open `page`, with the reader's choices as changed by `query`."""
        if page == self.name:  # Streamlit would leave the URL as it is
            st.query_params.from_dict(self.query.along(**query))
            st.rerun()
        try:
            st.switch_page(page_file(page), query_params=self.query.along(**query))
        except StreamlitPageNotFoundError:  # as in `link`: at least the choices are made
            for name, value in query.items():
                self.query.set(name, value)
            st.rerun()

    # -- the chosen run ----------------------------------------------------------------------------

    def choose_run(self, run_id: str | None) -> None:
        """Make `run_id` the chosen run, here and on the pages that follow."""
        if run_id != self.query.get("run"):
            self.query.set("step", None)
        self.query.set("run", run_id)

    def require_run(self) -> RunRecord:
        """The chosen run, once it has weights to look at; else this offers to train a network, and
        stops the page.
        """
        if self.run is None:
            message = _("There is no network to look at yet. Train one: it takes seconds.")
            st.info(message, icon=":material/school:")
            self.first_run_button()
            st.stop()
        if not (self.steps or self.store.snapshot_steps(self.run.id)):
            st.info(chosen_run.why_empty(self.run), icon=":material/hourglass_empty:")
            self.link("train", _("See its status"))
            st.stop()
        return self.run

    def first_run_button(self, then: str = "train") -> None:
        """A button that trains a first network in seconds: on MNIST, or on the small digits."""
        config = chosen_run.first_config()
        if config.dataset == "mnist":
            label = _("Train your first network")
        else:
            st.markdown(_("MNIST is not on this machine yet, but scikit-learn's small digits are."))
            label = _("Train your first network on the small digits")
        how = {"type": "primary", "icon": ":material/play_arrow:"}
        with guard():
            for run in training_button(self.name, label, [config], "first_run", **how):
                self.choose_run(run.id)
                self.go(then, run=run.id)

    def show(
        self,
        views: Mapping[str, View[Context]],
        context: Context,
        resets: Sequence[str] = (),
        without: Mapping[str, str] | None = None,
    ) -> None:
        """The choice among `views`, the chosen one, its part of the page's text, and where to go
        from there, if the text has a section `try` (see `try_next` for `without`).

        It is a fragment: a choice within a view redraws only that view. The text's section
        `<name> intro` stands above the view, section `<name>` below it. Choosing another view takes
        the parameters `resets` out of the URL.
        """
        wide = self.is_wide(views)
        if wide:
            st.html(WIDE_STYLE)
        views = applicable(views, None if self.run is None else self.run.config)

        def draw() -> None:
            with guard():
                chosen = self.choose(
                    "view",
                    _("View"),
                    list(views),
                    widget=st.segmented_control,
                    resets=resets,
                    format_func=lambda name: _(views[name].label),
                    label_visibility="collapsed",
                )
                if views[chosen].wide != wide:
                    st.rerun()
                self._text_if_any(f"{chosen} intro")
                views[chosen].show(context)
                self._offer_notebook(chosen, views[chosen], context)
                self._text_if_any(chosen)
            if "try" in self._sections():
                self.try_next(without)

        fragment(draw)()

    def _offer_notebook(self, name: str, view: View[Context], context: Context) -> None:
        if view.code is None or not view.has_code(context):
            return
        run = self.run if PAGES[self.name].of_a_run else None
        title = labelled(_(PAGES[self.name].label), _(view.label))
        code = self.query.as_now(partial(view.code, context))
        offer_notebook(f"{self.name}-{name}", title, code, run, self.step, self.query.shown())

    def is_wide(self, views: Mapping[str, View[Context]]) -> bool:
        """Whether the chosen one of `views` needs the page's whole width: the page is laid out
        accordingly, and drawn anew when that changes.
        """
        views = applicable(views, None if self.run is None else self.run.config)
        first = next(iter(views.values()))
        return views.get(self.query.get("view", ""), first).wide

    def _text_if_any(self, section: str) -> None:
        if section in self._sections():
            self.text(section)


def _draw_emblem(name: str) -> None:
    """Put the emblem of page `name` into the page by a script: `st.html` takes out all SVG."""
    svg = json.dumps(emblem(name)).replace("<", "\\u003c")
    script = f"document.currentScript.previousElementSibling.innerHTML = {svg}"
    st.html(
        f'<div aria-hidden="true"></div><script>{script}</script>', unsafe_allow_javascript=True
    )

"""What keeps people out who use a keyboard, a screen reader or large type, on every page and view:
what axe-core finds in light and dark, what is lost at 200 %, and what moves although it should not.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from browser.site import Tab
from classes import ClassOf, class_of_students
from question_acts import QUESTION

from mnistlab.store import Store
from mnistlab.store.people import Person
from mnistlab.store.questions import ask
from mnistlab.ui.classroom.views import STUDENT, TEACHER
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import TINY, trained, views_of

AXE = files("axe_playwright_python").joinpath("axe.min.js")
GRAVE = ("serious", "critical")
# found in Streamlit's own elements: rule -> part of the selector, and where that is reported
STREAMLITS: Mapping[str, tuple[str, str]] = {}
# the marks of a Plotly chart are thousands of nodes without words; what is stale may be faint
RUN = """async ([where, rules]) => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame().then(frame);  // what follows the page's changes has done so
    const options = { resultTypes: ["violations"], preload: false };  // no film, no style sheet
    if (rules.length) options.runOnly = rules;
    const exclude = [".js-plotly-plot .plot", ".js-plotly-plot .layers", '[data-stale="true"]'];
    const { violations } = await axe.run({ include: [[where]], exclude }, options);
    return violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => ({
        rule: id, impact: node.impact ?? impact, html: node.html.slice(0, 300),
        place: node.target.flat(9).join(" >> "), why: node.failureSummary,
    }))); }"""
# what is about to be drawn anew fades, an expander without a mark that it is stale
CALM = """() => document.querySelector('[data-testid="stApp"]')
    ?.getAttribute("data-test-script-state") === "notRunning" && !document.getAnimations()
    .some(({ transitionProperty }) => transitionProperty === "opacity")"""
ATTEMPTS = 5  # at a page that draws itself anew while axe-core looks at it
MAIN = '[data-testid="stMain"]'
WIDE, ZOOMED = {"width": 1280, "height": 1000}, {"width": 640, "height": 500}  # 1280 at 200 %
LOST = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    const wide = [document.documentElement, main]
        .some((node) => node.scrollWidth > node.clientWidth + 2);
    const cuts = ({ overflowX }) => ["hidden", "clip"].includes(overflowX);
    const cut = [...main.querySelectorAll("p, h1, h2, h3, label, li, a, button")].filter((node) =>
        node.checkVisibility() && node.clientWidth > 1 && node.textContent.trim()
        && !node.closest(".js-plotly-plot, .katex, svg")
        && cuts(getComputedStyle(node)) && node.scrollWidth > node.clientWidth + 1);
    return [...(wide ? ["the page is wider than the window"] : []),
        ...cut.map((node) => `cut off: ${node.textContent.trim().slice(0, 80)}`)]; }"""
DARK = """() => getComputedStyle(document.querySelector('[data-testid="stMain"]'))
    .colorScheme === "dark" && !document.getAnimations().length"""

GO = """path => {
    history.pushState({}, "", path); window.dispatchEvent(new PopStateEvent("popstate")); }"""
# although whoever opens it has asked for reduced motion
MOVING = """() => document.getAnimations()
    .map(({ effect }) => `moves: ${effect.target?.outerHTML.slice(0, 120)}`)"""


@dataclass(frozen=True)
class Finding:
    """One element that breaks one rule of axe-core. `place`: a selector for each shadow root."""

    rule: str
    impact: str
    place: str
    html: str
    why: str

    @property
    def ours(self) -> bool:
        """Whether it is not known to be Streamlit's own."""
        rule = STREAMLITS.get(self.rule)
        return rule is None or rule[0] not in self.place

    @property
    def grave(self) -> bool:
        """Whether it is serious or critical, and not Streamlit's own."""
        return self.impact in GRAVE and self.ours

    def __str__(self) -> str:
        return f"{self.impact} {self.rule}: {self.place}\n    {self.html}\n    {self.why}"


@dataclass(frozen=True)
class Place:
    """A page, its views that one network has (by name, with their labels), and that network."""

    page: str
    run: str
    views: Mapping[str, str] = field(default_factory=dict)
    query: str = ""  # what else is in the link, "&name=value"

    def path(self, view: str | None = None, language: str = "en") -> str:
        """The link to this view, or as the page opens."""
        chosen = "" if view is None else f"&view={view}"
        return f"{self.page}?run={self.run}&lang={language}{chosen}{self.query}"


@dataclass
class Seen:
    """What was found on one page or view; `lost`: in words."""

    light: list[Finding] = field(default_factory=list)
    dark: list[Finding] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """What nobody may find, in words."""
        return [*(str(each) for each in (*self.light, *self.dark) if each.grave), *self.lost]


def places(store: Store) -> Iterator[Place]:
    """Every page, with networks that together have all its views; a class's views aside."""
    networks = [TINY, TINY.replace(arch="gru"), TINY.replace(arch="mlp")]
    runs = [trained(store, config) for config in networks]
    for page in PAGES:
        left = {} if page == "class" else dict(views_of(page))
        query = "&method=pca&count=100" if page == "embeddings" else ""
        for run in runs:
            views = {name: each.label for name, each in left.items() if each.applies(run.config)}
            if views or run is runs[0]:
                yield Place(page, run.id, views, query)
            left = {name: view for name, view in left.items() if name not in views}
    yield Place("lessons", runs[0].id, query="&lesson=t1-first-network&at=1")


def class_places(store: Store) -> dict[Person, list[Place]]:
    """Somebody of a class that is being asked a question -> the pages that only they have."""
    room: ClassOf = class_of_students(store, ["Ada", "Grace"])
    ask(store, room.teacher, QUESTION)
    run = trained(store).id
    page_with_bar = Place("data", run)
    return {
        person: [
            Place("class", run, {name: view.label for name, view in views.items()}),
            page_with_bar,
        ]
        for person, views in ((room.teacher, TEACHER), (room.student(1), STUDENT))
    }


def findings(page: Any, *rules: str, where: str = "body") -> list[Finding]:
    """What axe-core finds in this part of a Playwright `page` as it is now; of these `rules`, or
    of all.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    for _attempt in range(ATTEMPTS):
        page.wait_for_function(CALM)
        found = page.evaluate(RUN, [where, rules])
        if page.evaluate(CALM):
            break
    return [Finding(**each) for each in found]


def walk(tab: Tab, path: str) -> Seen:
    """Open `path` and look at it in light, in dark and at 200 %, with motion reduced."""
    tab.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    tab.page.set_viewport_size(WIDE)
    tab.open(path)
    return look(tab)


def look(tab: Tab) -> Seen:
    """What is found on a page that is open in light; afterwards it is dark, and at 200 %."""
    seen = Seen(findings(tab.page), lost=tab.page.evaluate(MOVING))
    tab.page.emulate_media(color_scheme="dark")
    tab.page.wait_for_function(DARK)
    seen.dark = findings(tab.page, "color-contrast")  # the other rules do not ask for colours
    tab.page.set_viewport_size(ZOOMED)
    seen.lost += what_stays(tab.page)
    return seen


def walk_views(tab: Tab, place: Place) -> Iterator[tuple[str, Seen]]:
    """Go to a page without loading the document anew, and `look`; then choose its other views, and
    look at each in dark and at 200 % only. The path of each, and what was found.
    """
    first, *others = place.views or [None]
    tab.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    tab.page.set_viewport_size(WIDE)
    go(tab, place, first)
    yield place.path(first), look(tab)
    for view in others:
        choice = tab.page.locator(f".st-key-{place.page}-view")
        choice.get_by_text(place.views[view], exact=True).dispatch_event("click")
        tab.page.wait_for_function(f"new URLSearchParams(location.search).get('view') === '{view}'")
        tab.settled()
        seen = Seen(dark=findings(tab.page, where=MAIN), lost=tab.page.evaluate(MOVING))
        seen.lost += what_stays(tab.page)
        yield place.path(view), seen


def go(tab: Tab, place: Place, view: str | None) -> None:
    """As the browser's own "Back" does: the address changes, and Streamlit follows it."""
    if tab.page.url == "about:blank":
        tab.open(place.path(view))
        return
    tab.page.evaluate(GO, f"/{place.path(view)}")
    tab.page.wait_for_function(f"document.title.startsWith({PAGES[place.page].label!r})")
    if view is not None:
        chosen = tab.page.locator(f".st-key-{place.page}-view [aria-checked=true]")
        chosen.get_by_text(place.views[view], exact=True).wait_for()
    tab.settled()


def what_stays(page: Any) -> list[str]:
    """What is lost also after the page has had time to follow its window's new size."""
    from playwright.sync_api import TimeoutError

    with suppress(TimeoutError):
        page.wait_for_function(f"() => !({LOST})().length", timeout=10_000)
    lost: list[str] = page.evaluate(LOST)
    return lost

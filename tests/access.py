"""What keeps people out who use a keyboard, a screen reader or large type, on every page and view:
what axe-core finds in light and dark, what is lost at 200 %, and what moves although it should not.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from browser.site import Tab

from mnistlab.store import Store
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import TINY, trained, views_of

AXE = files("axe_playwright_python").joinpath("axe.min.js")
GRAVE = ("serious", "critical")
# found in Streamlit's own elements: rule -> part of the selector, and where that is reported
STREAMLITS: Mapping[str, tuple[str, str]] = {
    # a formula that is wider than its column scrolls; a keyboard reaches it in Chromium and Firefox
    "scrollable-region-focusable": (".katex-display", "not reported"),
}
# the marks of a Plotly chart are thousands of nodes without words; what is stale fades for a moment
RUN = """async (rules) => {
    const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
    const exclude = [".js-plotly-plot .plot", ".js-plotly-plot .layers", '[data-stale="true"]'];
    const { violations } = await axe.run({ include: [["body"]], exclude }, options);
    return violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => ({
        rule: id, impact: node.impact ?? impact, html: node.html.slice(0, 300),
        place: node.target.flat(9).join(" >> "), why: node.failureSummary,
    }))); }"""
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

    def __str__(self) -> str:
        return f"{self.impact} {self.rule}: {self.place}\n    {self.html}\n    {self.why}"


def places(store: Store) -> Iterator[str]:
    """The path of every page and view, with networks that have all of them."""
    networks = [TINY, TINY.replace(arch="gru"), TINY.replace(arch="mlp")]
    runs = [trained(store, config) for config in networks]
    for page in PAGES:
        if page == "embeddings":
            page = "embeddings?method=pca&count=100"
        for name, view in views_of(page.partition("?")[0]).items():
            run = next(run for run in runs if view.applies(run.config))
            yield f"{page}{'&' if '?' in page else '?'}view={name}&run={run.id}"
        if not views_of(page.partition("?")[0]):
            yield f"{page}?run={runs[0].id}"
    yield f"lessons?lesson=t1-first-network&at=1&run={runs[0].id}"


def findings(page: Any, *rules: str) -> list[Finding]:
    """What axe-core finds on a Playwright `page` as it is now; of these `rules`, or of all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return [Finding(**each) for each in page.evaluate(RUN, list(rules) or None)]


def grave(found: list[Finding]) -> list[Finding]:
    """The serious and critical ones that are not Streamlit's own."""
    return [each for each in found if each.impact in GRAVE and each.ours]


def walk(tab: Tab, path: str) -> tuple[list[Finding], list[str]]:
    """Open `path` once: what axe-core finds there in light and dark; and in words what moves
    although nothing should, or is lost at 200 %.
    """
    tab.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    tab.open(path)
    found = findings(tab.page)
    lost = tab.page.evaluate(MOVING)
    tab.page.emulate_media(color_scheme="dark")
    tab.page.wait_for_function(DARK)
    found += findings(tab.page, "color-contrast")  # the other rules do not ask for colours
    tab.page.set_viewport_size(ZOOMED)
    lost += what_stays(tab.page)
    tab.page.set_viewport_size(WIDE)
    return found, lost


def what_stays(page: Any) -> list[str]:
    """What is lost also after the page has had time to follow its window's new size."""
    from playwright.sync_api import TimeoutError

    with suppress(TimeoutError):
        page.wait_for_function(f"() => !({LOST})().length", timeout=10_000)
    lost: list[str] = page.evaluate(LOST)
    return lost

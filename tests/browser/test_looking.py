"""Looking inside in a real browser: a cell of the confusion matrix, a point of a map, the
animation, and a link to every view.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from waiting import eventually

from browser.site import Server, Tab, chosen, click_at, search
from mnistlab.data import load_dataset
from mnistlab.store import RunRecord
from mnistlab.train import model_from, predict
from mnistlab.ui.embeddings.views import VIEWS as EMBEDDINGS
from mnistlab.ui.evaluation.views import VIEWS as EVALUATION
from mnistlab.ui.feature_maps.views import VIEWS as FEATURE_MAPS
from mnistlab.ui.kit.inputs.image_choice import place_of
from mnistlab.ui.kit.views import applicable
from pages.runs import TINY, trained

CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=20, eval_every=20)
VIEWS = {
    "feature_maps": applicable(FEATURE_MAPS, CNN),
    "embeddings": EMBEDDINGS,
    "evaluation": EVALUATION,
}
# What a page shows: its words, its pictures' words, and the numbers of its charts.
SHOWN = """() => { const main = document.querySelector('[data-testid="stMain"]');
    const total = (sum, value) => sum + value;
    const numbers = (values) =>
        values ? Array.from(values).flat().filter(Number.isFinite).reduce(total, 0) : 0;
    const images = [...main.querySelectorAll('img')].map((image) => image.alt);
    const charts = [...main.querySelectorAll('.js-plotly-plot')].map((plot) => plot._fullData
        && plot._fullData.map(({ type, x, y, z }) =>
            [type, numbers(x), numbers(y), numbers(z && Array.from(z, numbers))]));
    return JSON.stringify([main.innerText, images, charts]); }"""
SETTLED_CHARTS = """() => { const main = document.querySelector('[data-testid="stMain"]');
    const drawn = main.querySelector('[data-testid="stPlotlyChart"]');
    return !main.querySelector('[data-testid="stProgress"]')
        && (drawn || !location.pathname.endsWith('/embeddings'))
        && [...main.querySelectorAll('[data-testid="stPlotlyChart"]')]
            .every((chart) => chart.querySelector('.js-plotly-plot')?._fullData); }"""
# the point with the most room around it on the screen: no other one is taken for it
LONELIEST = """() => { const plot = document.querySelector('.js-plotly-plot');
    const { left, top } = plot.getBoundingClientRect();
    const { xaxis, yaxis } = plot._fullLayout;
    const points = plot._fullData.filter(({ name }) => name !== 'mistakes').flatMap((trace) =>
        Array.from(trace.x, (x, at) => ({ place: trace.customdata[at][0],
            x: left + xaxis._offset + xaxis.l2p(x),
            y: top + yaxis._offset + yaxis.l2p(trace.y[at]) })));
    const room = (point) => Math.min(...points.map((other) =>
        other === point ? Infinity : Math.hypot(other.x - point.x, other.y - point.y)));
    const best = points.map(room);
    const { place, x, y } = points[best.indexOf(Math.max(...best))];
    return [place, x, y]; }"""

# without its loop, which asks the browser for the next frame, no animation goes on
STILL = "() => !document.querySelector('.js-plotly-plot')._transitionData._animationRaf"


@pytest.fixture(scope="module")
def run(server: Server) -> RunRecord:
    return trained(server.store, CNN)


def look(tab: Tab, link: str) -> Tab:
    """Open `link`, and wait until everything is computed and drawn."""
    tab.open(link)
    complete(tab)
    return tab


def complete(tab: Tab) -> None:
    tab.says("Terms on this page")  # the last thing on these pages
    tab.settled()
    tab.page.wait_for_function(SETTLED_CHARTS)


def shown(tab: Tab) -> str:
    """What the page shows, once it stays the same."""

    def twice() -> str | None:
        complete(tab)
        before = tab.page.evaluate(SHOWN)
        tab.page.wait_for_timeout(300)
        return before if tab.page.evaluate(SHOWN) == before else None

    return eventually("the page stays the same", twice)


def pictured(tab: Tab) -> list[int]:
    """The test images that the page shows."""
    alts: list[str] = tab.page.evaluate(
        """() => [...document.querySelectorAll('img[alt^="Test image"]')].map(({ alt }) => alt)"""
    )
    return [int(re.findall(r"\d+", alt)[0]) for alt in alts]


def answers(server: Server, run: RunRecord) -> np.ndarray:
    """Probabilities of all test images (N, 10) by a plain forward pass."""
    images = load_dataset("digits").test_images
    return (
        predict(model_from(run.config, server.store.weights(run.id)), images, run.config)
        .softmax(1)
        .numpy()
    )


def test_cell_of_the_confusion_matrix_opens_into_its_images(
    server: Server, person: Callable[[], Tab], run: RunRecord
) -> None:
    found, labels = answers(server, run), load_dataset("digits").test_labels.numpy()
    cells = [(true, said) for true in range(10) for said in range(10) if true != said]
    true, said = min(
        cells,
        key=lambda cell: (
            np.sum((labels == cell[0]) & (found.argmax(1) == cell[1])) not in range(2, 9),
            cell,
        ),
    )
    places = np.flatnonzero((labels == true) & (found.argmax(1) == said))
    wanted = places[np.argsort(-found.max(1)[places], kind="stable")].tolist()
    tab = look(person(), f"evaluation?run={run.id}")
    click_at(tab, 0, said, true)
    eventually("the images of the cell", lambda: pictured(tab) == wanted)
    assert (chosen(tab)["true"], chosen(tab)["predicted"]) == (str(true), str(said))
    tab.is_sound()


def test_point_of_a_map_shows_its_image_under_the_mouse_and_with_its_neighbours_after_a_click(
    person: Callable[[], Tab], run: RunRecord
) -> None:
    tab = look(person(), f"embeddings?run={run.id}&iterations=500&count=100&style=dots")
    dataset = load_dataset("digits")
    tab.page.locator(".js-plotly-plot").scroll_into_view_if_needed()
    place, x, y = tab.page.evaluate(LONELIEST)
    tab.page.mouse.move(x - 2, y - 2)
    tab.page.mouse.move(x, y)
    tab.page.locator(f'.point-image[data-image="{place}"]').wait_for()
    tab.page.mouse.click(x, y)
    eventually("the image and its neighbours", lambda: len(pictured(tab)) == 9)
    assert pictured(tab)[0] == place
    digit, index = place_of(dataset.test_labels, place)
    assert (chosen(tab)["digit"], chosen(tab)["index"]) == (str(digit), str(index))
    rings = tab.page.locator(".point-rings circle")
    eventually("it and its neighbours are ringed", lambda: rings.count() == 9)
    assert rings.first.get_attribute("data-image") == str(place)
    fresh = look(person(), f"embeddings?{search(tab)}")
    assert pictured(fresh) == pictured(tab)
    tab.is_sound()
    fresh.is_sound()


def test_animation_plays_from_the_first_step_to_the_last_and_can_be_paused(
    server: Server, person: Callable[[], Tab], run: RunRecord
) -> None:
    steps = [f"{step:,}" for step in server.store.snapshot_steps(run.id)]
    tab = look(person(), f"embeddings?run={run.id}&view=training&iterations=500&count=100&step=0")
    frame, seen = (
        "() => document.querySelector('.js-plotly-plot')._fullLayout._currentFrame ?? ''",
        [],
    )

    def next_frame() -> str:
        now: str = tab.page.evaluate(frame)
        if now and now not in seen:
            seen.append(now)
        return now

    buttons = tab.page.locator(".updatemenu-button")
    buttons.first.wait_for()
    before: list[Any] = tab.page.evaluate(
        "() => Array.from(document.querySelector('.js-plotly-plot')._fullData[0].x)"
    )
    buttons.filter(has_text="Play").click()
    eventually("the third frame", lambda: next_frame() == steps[2])
    buttons.filter(has_text="Pause").click()
    eventually("Plotly's animation loop has ended", lambda: tab.page.evaluate(STILL))
    assert next_frame() != steps[-1]
    buttons.filter(has_text="Play").click()
    eventually("the last frame", lambda: next_frame() == steps[-1])
    assert [step for step in steps if step in seen] == seen[: len(steps)]
    assert (
        tab.page.evaluate(
            "() => Array.from(document.querySelector('.js-plotly-plot')._fullData[0].x)"
        )
        != before
    )
    # Plotly's promise of an animation that is paused
    tab.errors[:] = [error for error in tab.errors if error != "undefined"]
    tab.is_sound()


# every view in tests/pages/test_random_walk.py
@pytest.mark.parametrize("page", VIEWS)
def test_link_to_a_view_opens_the_same_view_in_a_fresh_browser(
    person: Callable[[], Tab], run: RunRecord, page: str
) -> None:
    own = "&iterations=500&count=100&layer=out" if page == "embeddings" else ""
    tab, friend = look(person(), f"{page}?run={run.id}&step=8&digit=3&index=2{own}"), person()
    *_, (view, last) = VIEWS[page].items()
    tab.page.get_by_role("radio", name=last.label, exact=True).or_(
        tab.page.get_by_role("button", name=last.label, exact=True)
    ).first.click()
    eventually(f"the view {view} is in the address", lambda: chosen(tab).get("view") == view)
    there = shown(tab)
    assert len(there) > 200
    # for the server a session that knows nothing
    assert shown(look(friend, f"{page}?{search(tab)}")) == there
    tab.is_sound()
    friend.is_sound()


FILLED = """() => { const charts = [...document.querySelectorAll('.js-plotly-plot')];
    return charts.length > 0 && charts.every(({ _fullLayout: { _size, _plots } }) => _plots?.xy &&
        1 - _plots.xy.xaxis._length / _size.w < 0.06 &&
        1 - _plots.xy.yaxis._length / _size.h < 0.06); }"""


def test_pictures_fill_their_place_on_a_phone(browser: Any, server: Server, run: RunRecord) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    for link in (
        "feature_maps",
        "feature_maps?view=why",
        "evaluation",
        "embeddings?iterations=500&count=100",
    ):
        tab = look(Tab(phone, server), f"{link}{'&' if '?' in link else '?'}run={run.id}")
        # they are drawn, then fitted
        eventually(
            f"the charts of {link} fill their place", lambda tab=tab: tab.page.evaluate(FILLED)
        )
        assert tab.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 2"
        )
        tab.is_sound()
        tab.page.close()
    phone.close()


def test_a_chart_says_that_it_is_coming_until_it_is_drawn(person: Callable[[], Tab]) -> None:
    tab, held = person(), list[Any]()
    # Streamlit's largest library, on its way
    tab.page.route("**/PlotlyChart*.js", lambda route: held.append(route))
    run = trained(tab.server.store, TINY)
    tab.page.goto(f"{tab.server.url}evaluation?run={run.id}", wait_until="domcontentloaded")
    chart = tab.page.locator(".st-key-chart-matrix")
    said = "chart => getComputedStyle(chart, '::before').content"
    eventually("it says so", lambda: chart.evaluate(said) == '"Drawing the figure …"')
    eventually("its library is asked for", lambda: held or tab.page.evaluate("null"))
    for route in held:
        route.continue_()
    chart.locator(".main-svg").first.wait_for()
    assert chart.evaluate(said) == "none"
    tab.settled()
    tab.page.unroute("**/PlotlyChart*.js")
    tab.is_sound()

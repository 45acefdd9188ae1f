"""Choosing stages and cells by clicking, and playing through training, in a real browser."""

from collections.abc import Callable
from urllib.parse import parse_qs

from pages.made import TINY, trained

from browser.site import Server, Tab, eventually

PLACE = """([chart, x, y]) => { const plot = document.querySelectorAll('.js-plotly-plot')[chart];
    if (!plot || !plot._fullLayout) return null;
    plot.scrollIntoView({block: 'center'});
    const { left, top } = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
    return [left + xaxis._offset + xaxis.l2p(x), top + yaxis._offset + yaxis.l2p(y)]; }"""


def search(tab: Tab) -> str:
    """The parameters of the tab's URL; asked of the page itself, since Playwright learns of changes only while it is asked something."""
    return tab.page.evaluate("location.search").removeprefix("?")


def chosen(tab: Tab) -> dict[str, str]:
    """What the tab's URL says."""
    return {name: values[0] for name, values in parse_qs(search(tab)).items()}


def click_at(tab: Tab, chart: int, x: float, y: float) -> None:
    """Click where a chart has the coordinates (x, y)."""
    tab.settled()
    tab.page.mouse.click(*eventually("the chart is drawn", lambda: tab.page.evaluate(PLACE, [chart, x, y])))


def test_clicks_choose_a_stage_and_a_cell_and_the_link_opens_them_elsewhere(server: Server, person: Callable[[], Tab]) -> None:
    run = trained(server.store)
    tab = person().open(f"feature_maps?run={run.id}")
    tab.says("conv1: 2 maps of 28×28")
    tab.page.get_by_role("button", name="pool1").click()
    tab.says("pool1: 2 maps of 14×14")
    assert chosen(tab)["stage"] == "pool1"
    click_at(tab, 0, 16 + 5, 4 + 6)  # the second map begins two columns after the first, under its label
    tab.says("pool1, row 6, column 5 sees")
    assert {name: chosen(tab)[name] for name in ("map", "row", "col")} == {"map": "1", "row": "6", "col": "5"}
    click_at(tab, 1, 9, 3)
    tab.says("pool1, row 3, column 9 sees")
    tab.says("is the largest of its window")
    other = person().open(f"feature_maps?{search(tab)}")
    other.says("pool1, row 3, column 9 sees")
    other.says("pool1, map 1")
    assert tab.errors == other.errors == []


def test_play_steps_from_the_untrained_to_the_trained_network(server: Server, person: Callable[[], Tab]) -> None:
    run = trained(server.store, TINY.replace(seed=2))
    steps = [str(step) for step in server.store.snapshot_steps(run.id)]
    tab = person().open(f"feature_maps?run={run.id}&step={steps[-1]}")
    seen: list[str] = []
    tab.page.get_by_role("button", name="Play").click()

    def at_the_end() -> bool:
        step = chosen(tab).get("step", "")
        if not seen or seen[-1] != step:
            seen.append(step)
        return len(seen) > 1 and step == steps[-1]

    eventually("the first step", lambda: chosen(tab).get("step") == steps[0])
    eventually("the last step", at_the_end)
    assert seen == steps
    tab.page.get_by_role("button", name="Play").wait_for()
    assert tab.errors == []

"""Choosing a weight and an image by clicking, in a real browser."""

from collections.abc import Callable

from browser.site import Server, Tab, chosen, click_at, search
from pages.runs import trained


def test_clicks_choose_a_weight_and_an_image_and_the_link_opens_them_elsewhere(
    server: Server, person: Callable[[], Tab]
) -> None:
    run = trained(server.store)
    tab = person().open(f"backpropagation?run={run.id}&layer=conv2&map=1&input=0")
    tab.says("conv2.weight[1, 0, ")
    click_at(tab, 0, 2, 1)
    tab.says("conv2.weight[1, 0, 1, 2]")
    assert {name: chosen(tab)[name] for name in ("row", "col")} == {"row": "1", "col": "2"}
    cards = tab.page.get_by_role("group", name="Images of the mini-batch").get_by_role("button")
    last = cards.last
    opened = last.get_by_role("img").get_attribute("alt")
    last.click()
    tab.page.locator('[aria-pressed="true"]', has=tab.page.get_by_alt_text(opened)).wait_for()
    other = person().open(f"backpropagation?{search(tab)}")
    other.says("conv2.weight[1, 0, 1, 2]")
    other.page.locator('[aria-pressed="true"]', has=other.page.get_by_alt_text(opened)).wait_for()
    assert tab.errors == other.errors == []

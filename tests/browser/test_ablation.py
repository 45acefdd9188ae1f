"""Silencing maps and pixels by hand, in a real browser."""

from collections.abc import Callable

from playwright.sync_api import expect
from waiting import eventually

from browser.site import Server, Tab, chosen, search
from pages.runs import TINY, trained


def test_clicks_and_keys_silence_maps_and_pixels_and_the_link_opens_them_elsewhere(
    server: Server, person: Callable[[], Tab]
) -> None:
    run = trained(server.store, TINY.replace(channels=(4, 2)))
    tab = person().open(f"ablation?run={run.id}")
    tab.says("Nothing is silent")
    tab.page.get_by_role("button", name="map 2").click()
    tab.page.get_by_role("button", name="map 0").click()
    eventually("the maps are silent", lambda: chosen(tab).get("off") == "conv1.0,conv1.2")
    tab.says("conv1, maps 0, 2")
    tab.says("With these parts silent")
    tab.page.get_by_role("button", name="map 2").click()
    eventually("map 2 is heard again", lambda: chosen(tab).get("off") == "conv1.0")
    tab.settled()
    tab.page.get_by_role("button", name="map 0").press("ArrowRight")
    expect(tab.page.get_by_role("button", name="map 1")).to_be_focused()
    tab.page.get_by_role("button", name="input").click()
    picture = tab.page.get_by_role("application", name="Drag over the picture")
    picture.press("ArrowRight")
    eventually("a box of pixels", lambda: chosen(tab).get("box") == "10-10-18-18")
    tab.settled()
    tab.page.keyboard.press("ArrowDown")  # the picture was drawn anew, and still has the focus
    eventually("the box one row lower", lambda: chosen(tab).get("box") == "11-10-19-18")
    tab.settled()
    frame = picture.bounding_box()
    cell = frame["width"] / 28
    tab.page.mouse.move(frame["x"] + 4.5 * cell, frame["y"] + 5.5 * cell)
    tab.page.mouse.down()
    tab.page.mouse.move(frame["x"] + 12.5 * cell, frame["y"] + 8.5 * cell, steps=4)
    tab.page.mouse.up()
    eventually("the box that was drawn", lambda: chosen(tab).get("box") == "5-4-9-13")
    tab.says("pixels of rows 5 to 8, columns 4 to 12")
    other = person().open(f"ablation?{search(tab)}")
    other.says("conv1, map 0; pixels of rows 5 to 8, columns 4 to 12")
    other.press("Switch everything back on")
    other.says("Nothing is silent")
    assert {"off", "box"} & chosen(other).keys() == set()
    assert tab.errors == other.errors == []

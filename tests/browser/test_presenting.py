"""Presenter mode in a browser: what is large, what is gone, and what the keys do."""

from collections.abc import Callable

from playwright.sync_api import expect
from waiting import eventually

from browser.site import Tab, chosen
from mnistlab.ui.kit.presenting import SCALE

SIZE = "element => parseFloat(getComputedStyle(element).fontSize)"


def test_a_lesson_is_presented_by_keys_alone(person: Callable[[], Tab]) -> None:
    tab = person().open("glossary?lesson=t1-first-network&at=1")
    page, sidebar = tab.page, tab.page.get_by_test_id("stSidebar")
    title = page.get_by_role("heading", level=1)
    before = title.evaluate(SIZE)
    page.get_by_role("button", name="Present", exact=True).click()
    leave = page.get_by_role("button", name="Leave", exact=True)
    expect(leave).to_be_visible()
    expect(sidebar).to_be_hidden()
    eventually("type is larger", lambda: title.evaluate(SIZE) >= SCALE * before - 1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def is_at(step: str) -> None:
        tab.says(f"step {step} of")
        tab.settled()

    def reads_on_at(heading: str) -> None:
        expect(page.get_by_role("heading", name=heading)).to_be_focused()

    page.keyboard.press("ArrowRight")
    is_at("2")
    reads_on_at("Without a network")
    page.keyboard.press("ArrowRight")
    is_at("3")
    reads_on_at("A kernel looks at a patch")
    page.keyboard.press("ArrowLeft")
    is_at("2")
    reads_on_at("Without a network")
    assert chosen(tab)["present"] == "1"
    tab.open("train?lesson=t1-first-network&at=2&present=1")
    seed = page.get_by_role("spinbutton").first
    seed.focus()
    for key in ("ArrowRight", "ArrowLeft", "Escape"):  # they are the widget's
        page.keyboard.press(key)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("ArrowRight")
    is_at("3")
    page.keyboard.press("Escape")
    expect(leave).to_have_count(0)
    expect(sidebar).to_be_visible()
    page.keyboard.press("ArrowRight")
    eventually("the address has settled", lambda: "present" not in chosen(tab))
    assert chosen(tab)["at"] == "3"
    tab.is_sound()

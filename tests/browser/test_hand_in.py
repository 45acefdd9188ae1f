"""The page of a run, opened from the disk without any network."""

from pathlib import Path
from typing import Any

import pytest
from rooms import draw

from mnistlab.export.hand_in import Answer, Own, hand_in
from mnistlab.store import Store
from mnistlab.store.drawings import drawings
from pages.runs import trained

SHOWN = """() => [...document.querySelectorAll('.inside:not([hidden]) .frame')].map((frame) => {
  const box = frame.getBoundingClientRect();
  const image = frame.querySelector('img').getBoundingClientRect();
  return Math.round((box.top - image.top) / box.height);
})"""


@pytest.fixture
def page(browser: Any) -> Any:
    """A tab without a network, on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
    yield context.new_page()
    context.close()


def test_it_opens_offline_and_is_used_by_keyboard(store: Store, tmp_path: Path, page: Any) -> None:
    run = trained(store)
    draw(store, "somebody", count=2)
    own = Own("Ada <b>", "Year 10", drawings(store, "somebody"), [Answer("Why?", "<i>So</i>")])
    path = tmp_path / "hand-in.html"
    path.write_bytes(hand_in(store, run, own))
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    steps = store.snapshot_steps(run.id)
    assert page.locator("#step-text").inner_text() == f"{steps[-1]:,}"
    assert set(page.evaluate(SHOWN)) == {len(steps) - 1}
    last = page.locator(".inside:not([hidden]) .share").all_inner_texts()
    page.locator("#step").focus()
    page.keyboard.press("Home")
    assert page.locator("#step-text").inner_text() == "0"
    assert set(page.evaluate(SHOWN)) == {0}
    assert page.locator(".inside:not([hidden]) .share").all_inner_texts() != last
    page.keyboard.press("ArrowRight")
    assert page.locator("#step-text").inner_text() == f"{steps[1]:,}"
    page.locator("input[name=picture]").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".inside:not([hidden])").get_attribute("id") == "picture1"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("#step").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.locator("i, b").count() == page.locator(".legend i").count()

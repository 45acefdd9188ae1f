"""The live run of the sequence page, in a real browser."""

from collections.abc import Callable

from waiting import eventually

from browser.site import Tab
from mnistlab.experiments.sine import Window, train_sine
from mnistlab.experiments.sine_config import SineConfig


def losses(**settings: str) -> list[float]:
    return [event.loss for event in train_sine(SineConfig(**settings)) if isinstance(event, Window)]


def test_live_run_plays_window_by_window_without_flicker_and_can_be_scrubbed(
    person: Callable[[], Tab],
) -> None:
    tab = person().open("sequence?cell=gru")
    slider, said = (
        tab.page.get_by_role("slider", name="window", exact=True),
        tab.page.locator(".player output"),
    )
    slider.wait_for()
    svgs = tab.page.locator(".player > svg")  # Playwright looks into the component's shadow root
    svgs.evaluate_all("found => found.forEach(svg => { svg.marked = true; })")
    seen: list[int] = []

    def at(window: int) -> bool:
        seen.append(int(slider.input_value()))
        return seen[-1] >= window

    eventually("some windows were played", lambda: at(12))
    assert seen == sorted(seen)
    # never drawn as new elements
    assert svgs.evaluate_all("found => found.map(svg => svg.marked)") == [True, True]
    tab.press("Pause")
    wanted = losses(cell="gru")
    for window in (100, 37):
        slider.fill(str(window))
        assert (
            said.inner_text()
            == f"window {window} of 100 · mean squared error {wanted[window - 1]:.4f}"
        )
    points = svgs.nth(1).locator("polyline").get_attribute("points")
    assert points is not None
    assert len(points.split()) == 37
    tab.page.get_by_role("radio", name="LSTM").or_(
        tab.page.get_by_role("button", name="LSTM", exact=True)
    ).first.click()
    tab.page.wait_for_url(lambda url: "cell=lstm" in url)
    eventually(
        "it plays anew",
        lambda: (
            int(slider.input_value()) < 37
            and tab.page.get_by_role("button", name="Pause").count() == 1
        ),
    )
    tab.press("Pause")
    slider.fill("100")
    assert (
        said.inner_text() == f"window 100 of 100 · mean squared error {losses(cell='lstm')[-1]:.4f}"
    )
    friend = person().open(tab.page.evaluate("location.href").removeprefix(tab.server.url))
    friend.page.get_by_role("slider", name="window", exact=True).fill("100")
    assert friend.page.locator(".player output").inner_text() == said.inner_text()
    tab.is_sound()
    friend.is_sound()

"""Links that set controls: of a lesson, and the way back."""

from collections.abc import Callable

from browser.site import Tab


def test_link_of_the_lesson_sets_the_form_and_back_undoes_it(person: Callable[[], Tab]) -> None:
    tab = person().open("train?dataset=digits&seed=7")
    strip = tab.page.get_by_role("img", name="conv1")
    strip.wait_for()
    tab.page.get_by_role("button", name="An LSTM, which reads the image row by row").click()
    tab.page.get_by_role("img", name="lstm 28×64").wait_for()
    tab.page.wait_for_url(lambda url: url.endswith("?preset=tutorial-lstm"), wait_until="commit")
    tab.page.go_back()
    strip.wait_for()
    assert tab.page.get_by_role("spinbutton", name="Seed").input_value() == "7"
    tab.is_sound()


def test_what_is_typed_into_the_form_is_in_the_address(person: Callable[[], Tab]) -> None:
    tab = person().open("train?dataset=digits")
    seed = tab.page.get_by_role("spinbutton", name="Seed")
    seed.fill("42")
    seed.press("Enter")
    tab.page.wait_for_url(lambda url: "seed=42" in url)
    link = tab.page.evaluate("location.href").removeprefix(tab.server.url)
    friend = person().open(link)
    assert friend.page.get_by_role("spinbutton", name="Seed").input_value() == "42"
    friend.is_sound()

"""Predict, then see, in a real browser: the trainings run in the background, and the page shows
them by itself.
"""

from collections.abc import Callable

from browser.site import Tab


def test_prediction_then_both_trainings_then_the_reason_and_a_friend_sees_the_same(
    person: Callable[[], Tab],
) -> None:
    tab = person().open("mistakes?mistake=no-zero-grad")
    tab.says("The loop never calls zero_grad(). What happens?")
    assert tab.page.get_by_role("button", name="Train both and compare").is_disabled()
    assert tab.page.get_by_text("momentum without any friction").count() == 0
    tab.page.get_by_text("It learns faster, because each step uses more information").click()
    tab.page.get_by_role("button", name="Train both and compare").click()
    tab.says("Not what you predicted")
    tab.page.locator(".js-plotly-plot").wait_for()
    tab.says("momentum without any friction")
    tab.page.wait_for_url(lambda url: "mistake=no-zero-grad" in url and "answer=1" in url)
    link = tab.page.evaluate("location.href").removeprefix(tab.server.url)
    tab.is_sound()
    friend = person().open(link)
    friend.says("Not what you predicted")
    friend.says("momentum without any friction")
    friend.page.get_by_role("button", name="Next: Test images not divided by 255").click()
    friend.says("is tested on pixels between 0 and 255")
    assert friend.page.get_by_text("momentum without any friction").count() == 0
    friend.is_sound()

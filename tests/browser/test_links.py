"""Links that set controls: of a page's text, and the way back."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from waiting import eventually

from browser.site import Tab, chosen
from mnistlab.ui.kit.component import needed
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import TINY, trained


def test_link_of_a_text_sets_the_form_and_back_undoes_it(person: Callable[[], Tab]) -> None:
    tab = person().open("train?dataset=digits&seed=7")
    strip = tab.page.get_by_role("img", name="conv1")
    strip.wait_for()
    here = tab.page.get_by_role("button", name="An LSTM, which reads the image row by row")
    elsewhere = tab.page.get_by_test_id("stMain").get_by_role("link", name="Next page: Runs")
    inside = (
        "element => { const box = element.getBoundingClientRect();"
        " return [box.y, box.width, box.height].map(Math.round) }"
    )
    assert here.evaluate(inside) == elsewhere.evaluate(inside), (
        "links stand alike, wherever they lead"
    )
    here.click()
    tab.page.get_by_role("img", name="lstm 28×64").wait_for()
    tab.page.wait_for_url(lambda url: url.endswith("?preset=tutorial-lstm"), wait_until="commit")
    tab.page.go_back()
    strip.wait_for()
    assert tab.page.get_by_role("spinbutton", name="Seed").input_value() == "7"
    tab.is_sound()


# a component that asks 100 times a second, and a link whose page does not come by itself
ASKING = """
window.fetch = async () => ({ status: 200, ok: true, json: async () => null });
Object.assign(window, { told: 0 });
Object.assign(Poll, { LEAVING: 0.01, AWAY: Infinity });
new Poll(() => "", () => { window.told += 1; return 0.01; }).start(0);
document.querySelector("a").onclick = (event) => event.preventDefault();
"""


def test_nothing_calls_a_reader_back_who_has_clicked_a_link(browser: Any) -> None:
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    page.goto("http://pages.test/train")
    page.set_content('<a href="#" data-testid="stPageLink-NavLink"><p>Runs</p></a>')
    (poll,) = needed("poll")
    page.add_script_tag(content=poll.read_text(encoding="utf-8") + ASKING)

    def told() -> int:
        return int(page.evaluate("window.told"))

    eventually("it is told what is new", lambda: told() > 2)
    page.get_by_text("Runs").click()
    before = told()
    page.wait_for_timeout(100)  # time for ten questions
    assert told() == before
    page.evaluate("history.pushState(null, '', '/runs')")  # the other page is there
    eventually("it is told again", lambda: told() > before)
    page.get_by_text("Runs").click()
    page.evaluate("Poll.AWAY = 0")  # the link led nowhere
    before = told()
    eventually("it is told again", lambda: told() > before)
    page.context.close()


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


def test_images_are_leafed_through_by_the_keyboard_alone(person: Callable[[], Tab]) -> None:
    tab = person().open("data?dataset=digits&digit=4")
    tab.page.get_by_role("spinbutton", name="Number").focus()
    for index in (1, 2):
        tab.page.keyboard.press("ArrowUp")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_url(lambda url, index=index: f"index={index}" in url)
        tab.settled()
    tab.is_sound()


def test_run_and_training_step_stay_from_page_to_page(person: Callable[[], Tab]) -> None:
    tab = person()
    older = trained(tab.server.store, TINY)
    trained(tab.server.store, TINY.replace(seed=2))  # which is the first that a picker would offer
    sidebar, thumb = (
        tab.page.get_by_test_id("stSidebar"),
        tab.page.get_by_test_id("stSliderThumbValue"),
    )
    tab.open(f"feature_maps?run={older.id}")
    expect(thumb).to_have_text(str(TINY.max_steps))
    for name in ("Embeddings", "Evaluation", "Draw a digit", "Feature maps"):
        sidebar.get_by_role("link", name=name).click()
        expect(tab.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(thumb).to_have_text(str(TINY.max_steps))
        assert older.id in tab.page.url
    tab.settled()
    sidebar.get_by_role("slider").press("Home")  # the untrained network, from here on
    expect(thumb).to_have_text("0")
    eventually("the page has heard of it", lambda: chosen(tab).get("step") == "0")
    tab.settled()  # and its links say so too
    sidebar.get_by_role("link", name="Evaluation").click()
    expect(tab.page.get_by_role("heading", name="Evaluation", exact=True)).to_be_visible()
    expect(thumb).to_have_text("0")
    assert older.id in tab.page.url
    tab.is_sound()


def test_sidebar_of_a_phone_makes_way_for_the_page_that_was_chosen_in_it(
    person: Callable[[], Tab],
) -> None:
    tab = person()
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.open("data")
    sidebar = tab.page.get_by_test_id("stSidebar")
    for name in ("Convolution", "Runs"):
        expect(sidebar).not_to_be_in_viewport()
        tab.page.get_by_test_id("stExpandSidebarButton").click()
        sidebar.get_by_role("link", name=name).click()
        expect(tab.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(sidebar).not_to_be_in_viewport()
    tab.is_sound()


def test_every_page_opens_by_click_and_takes_the_run_along(
    person: Callable[[], Tab],
) -> None:
    tab = person()
    # the tests of this module share their store
    run = trained(tab.server.store, TINY.replace(seed=3))
    tab.open(f"?run={run.id}")
    walked = []
    heading = tab.page.get_by_role("heading", level=1)
    onward = tab.page.get_by_test_id("stMain").get_by_role("link", name="Next page")
    suggested = [
        name for name, entry in PAGES.items() if name != "glossary" and entry.suits(run.config)
    ]
    for _ in suggested[1:]:  # it begins at home
        onward.wait_for()
        name = onward.inner_text().split(": ")[1]
        onward.click()
        expect(tab.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        tab.settled()
        assert tab.chosen_run().id == run.id
        walked.append(name)
    assert walked == [PAGES[name].label for name in suggested[1:]]
    assert onward.count() == 0
    for name in (*(name for name in PAGES if name not in suggested), ""):
        tab.page.get_by_test_id("stSidebar").get_by_role(
            "link", name=PAGES[name].label, exact=True
        ).click()
        tab.page.wait_for_url(lambda url, name=name: url.split("?")[0] == tab.server.url + name)
        tab.settled()
        heading.wait_for()
        assert tab.chosen_run().id == run.id
    tab.is_sound()


@pytest.mark.parametrize("page", ["glossary", "evaluation", "train"])
def test_a_link_puts_no_picture_and_no_link_into_a_page(
    page: str, person: Callable[[], Tab]
) -> None:
    tab, asked = person(), []
    tab.page.on("request", lambda request: asked.append(request.url))
    hostile = (
        "run=![p](http://127.0.0.1:9/p.png)",
        "lang=[Log in](http://127.0.0.1:9/)",
        "step=<http://127.0.0.1:9/>",
        "lr=![p](http://127.0.0.1:9/p.png)",
        "arch=www.example.org",
    )
    tab.open(f"{page}?{'&'.join(map(quote_value, hostile))}")
    tab.says("The link")
    tab.settled()
    alerts = tab.page.get_by_test_id("stAlert")
    assert alerts.locator("a, img").count() == 0
    assert "[Log in](http\u2060://127.0.0.1:9/)" in " ".join(alerts.all_inner_texts())
    assert not [url for url in asked if ":9/" in url.partition("?")[0]]
    tab.is_sound()


def quote_value(parameter: str) -> str:
    """`name=value` as a browser writes it into an address."""
    name, _, value = parameter.partition("=")
    return f"{name}={quote(value, safe='')}"


def test_a_link_in_a_card_of_the_glossary_opens_without_loading_the_dashboard_anew(
    person: Callable[[], Tab],
) -> None:
    tab = person().open("glossary?q=stride")
    tab.page.evaluate("window.sameDocument = true")
    link = tab.page.get_by_test_id("stMain").get_by_role("link", name="Try it: change it")
    address = link.evaluate("link => link.href")
    link.focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", name="Convolution", level=1)).to_be_visible()
    assert tab.page.evaluate("location.href") == address
    assert "stride=" in address
    assert tab.page.evaluate("window.sameDocument")
    tab.settled()
    tab.page.go_back()
    expect(tab.page.get_by_role("heading", name="Glossary", level=1)).to_be_visible()
    expect(tab.page.get_by_role("textbox", name="Search")).to_have_value("stride")
    tab.settled()
    with tab.page.context.expect_page() as elsewhere:
        link.click(modifiers=["ControlOrMeta"])
    elsewhere.value.wait_for_url(address, wait_until="commit")
    elsewhere.value.close()
    expect(tab.page.get_by_role("heading", name="Glossary", level=1)).to_be_visible()
    tab.is_sound()

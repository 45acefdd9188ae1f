"""A lesson of a class on `mnistlab serve`: a teacher and three students, each in a browser of their
own, from the class's making to its end.
"""

from collections.abc import Callable, Iterator

import pytest
from classes import cookies_of
from playwright.sync_api import expect
from strokes import Drawn
from waiting import SECONDS, eventually

from browser.pen import draw_on_network
from browser.site import SERVE, Server, Tab, serving
from mnistlab.store import RunRecord
from mnistlab.store.answers import answer, count
from mnistlab.store.classes import Class, class_with_code, teacher
from mnistlab.store.hand_ins import hand_ins
from mnistlab.store.members import join, members, student
from mnistlab.store.questions import FEWEST, current
from mnistlab.ui.kit.attendance.aliases import alias
from pages.runs import TINY, trained

SEVEN = Drawn(7, 200, 60, 40, 20)
CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=20, eval_every=20)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("class")
    # inline: it trains nothing, and needs no process that gets ready to
    settings = {"MNISTLAB_DATA": str(folder / "no-data"), "MNISTLAB_EXECUTOR": "inline"}
    with serving(folder, SERVE, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def run(server: Server) -> RunRecord:
    """A trained network that everybody may look at."""
    return trained(server.store, CNN)


def make_class(wall: Tab) -> Class:
    """Make a class by hand, and open its wall."""
    wall.open("class")
    wall.page.get_by_label("Name of the class").fill("Year 10 *B*")
    wall.press("Make a class")
    wall.says("is ready")
    wall.press("Open the class")
    code = wall.page.locator(".code").inner_text()
    expect(wall.page.get_by_role("heading", name="Year 10 *B*")).to_be_visible()
    return class_with_code(wall.server.store, code)


def join_by_hand(tab: Tab, of: Class, nickname: str) -> Tab:
    """Follow the link to join, on a phone, which is not wider than it."""
    tab.page.set_viewport_size(PHONE)
    tab.open(f"class?join={of.code}")
    tab.page.get_by_label("Nickname").fill(nickname)
    tab.press("Join")
    tab.says(f"You are {nickname}")
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    return tab


def joined(tab: Tab, of: Class, nickname: str) -> Tab:
    """The tab of a student who has joined."""
    store, url = tab.server.store, tab.server.url
    cookies = cookies_of(store, student(join(store, of, nickname))).items()
    tab.page.context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in cookies]
    )
    return tab


def test_a_teacher_and_three_students_from_the_making_of_a_class_to_its_end(
    person: Callable[[], Tab], server: Server, run: RunRecord
) -> None:
    wall = person()
    of = make_class(wall)
    ann = join_by_hand(person(), of, "Ann")
    bo, cy = (joined(person(), of, nickname) for nickname in ("Bo", "Cy"))

    # the wall: a hand, a page and a drawing
    tile = wall.page.locator(".tile").filter(has_text="Ann")
    bo.open("glossary")
    bo.press("Raise your hand")
    wall.page.get_by_role("button", name="Bo: raises a hand").click()
    bo.page.get_by_role("button", name="Raise your hand").wait_for()
    cy.open("glossary")
    ann.open(f"feature_maps?view=live&run={run.id}")
    tile.get_by_text("Feature maps").wait_for()
    draw_on_network(ann, SEVEN)
    tile.locator(".drawing").wait_for()

    # show me
    tile.get_by_role("button", name="Ann").click()
    wall.press("Ask to see their page")
    ann.press("Show it")
    wall.page.get_by_role("dialog").get_by_role("link", name="Open what Ann sees").wait_for()
    with wall.page.context.expect_page(timeout=SECONDS * 1000) as opening:
        wall.page.get_by_role("link", name="Open what Ann sees").last.click()
    opening.value.wait_for_url(f"**/feature_maps?*run={run.id}*")
    opening.value.close()

    # the projector
    wall.press("Close")
    wall.page.get_by_text("Projector: aliases instead of names").click()
    wall.page.locator(".tile").filter(has_text=alias(1)).wait_for()
    eventually(
        "no nickname is left", lambda: wall.page.locator(".tile", has_text="Ann").count() == 0
    )

    asks_and_shows(wall, of, (ann, bo, cy))

    # the end
    ann.open("class?view=hand-in")
    ann.press("Hand in")
    eventually("it is handed in", lambda: hand_ins(server.store, teacher(of)))
    for tab in (wall, ann, bo, cy):
        tab.is_sound()  # before the server refuses what they ask of a class that is gone
    wall.page.get_by_text("End", exact=True).click()
    wall.page.get_by_text("Without an archive").click()
    name = wall.page.get_by_label("Type the name of the class")
    name.fill(of.name)
    name.press("Enter")
    wall.press("End the class")
    wall.says("Join a class")
    hand = bo.page.get_by_role("button", name="Raise your hand")
    expect(hand).to_have_count(0)  # without a click of theirs
    bo.page.reload(wait_until="domcontentloaded")
    expect(hand).to_have_count(0)


def asks_and_shows(wall: Tab, of: Class, students: tuple[Tab, ...]) -> None:
    """A question reaches each open page, whose controls stay as they are; its answers are shown."""
    store, leader = wall.server.store, teacher(of)
    search = students[-1].page.get_by_role("textbox").first
    search.fill("stride")  # not entered yet: a page that is drawn anew would enter it, or lose it
    wall.page.get_by_text("Questions", exact=True).click()
    wall.press("Ask the class")
    for tab in students:
        box = tab.page.locator(".st-key-class_question")
        box.get_by_role("radio").last.wait_for(state="attached")
    expect(search).to_have_value("stride")
    search.press("Enter")
    students[-1].page.wait_for_url("**/glossary?*q=stride*", wait_until="commit")
    students[-1].settled()
    asked = current(store, leader)
    assert asked is not None
    for index, tab in enumerate(students):
        box = tab.page.locator(".st-key-class_question")
        box.locator("label").filter(has=tab.page.get_by_role("radio")).nth(index).click()
        tab.press("Answer")
    eventually("three are in", lambda: count(store, leader, asked.id) == len(students))
    expect(wall.page.get_by_role("button", name="Show the answers")).to_be_disabled()
    for number in range(FEWEST - len(students)):
        answer(store, student(join(store, of, f"Dee {number}")), asked.id, 0)
    assert len(members(store, of.id)) == FEWEST
    wall.press("Show the answers")
    for tab in students:
        tab.says(f"{FEWEST} answers")
    wall.press("Close the question")
    for tab in students:
        expect(tab.page.locator(".st-key-class_question")).to_have_count(0)

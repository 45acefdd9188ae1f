"""A class follows its teacher: in real browsers, and against messages that no browser sends."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from browser.by_hand import Answer, by_hand
from browser.site import Server, Tab, chosen
from mnistlab.store.classes import class_of, make_class, set_pace, teacher
from mnistlab.store.members import join, student
from mnistlab.store.pace import Pace
from mnistlab.store.people import Person
from mnistlab.ui.kit.visitor import COOKIE, cookie_of

LOOK_UP = "Please look at your teacher."


def test_no_message_by_hand_escapes(server: Server) -> None:
    of, __ = make_class(server.store, "By hand", "en")
    ada = student(join(server.store, of, "Ada"))
    before = server.store.count()

    def lead(act: Callable[[Pace], Pace]) -> None:
        set_pace(server.store, teacher(of), act(class_of(server.store, of.id).pace))

    def is_kept(answer: Answer) -> bool:
        return answer.page == "convolution" and answer.titles[0] == "Convolution"

    with by_hand(server, ada) as tab:
        train = tab.rerun(page_name="train")
        assert "Start" in train.buttons
        lead(lambda pace: pace.bring("convolution", {"view": "pooling"}, {}).lock(True))
        part = next(iter(train.fragments))
        assert is_kept(tab.rerun(page_script_hash=tab.hashes["train"], fragment_id=part)), (
            "a part of a page that was left is no way around"
        )
        for page in ("train", "data", "class", ""):
            assert is_kept(tab.rerun(page_script_hash=tab.hashes[page])), page
            assert is_kept(tab.rerun(page_name=page, query_string="view=convolution")), page
        here = tab.hashes["convolution"]
        pooling = tab.rerun(page_script_hash=here, query_string="view=invariance&digit=3")
        assert is_kept(pooling)
        assert pooling.query is not None
        assert (pooling.query["view"], pooling.query["digit"]) == ("pooling", "3")
        (views, *__), parts = pooling.groups, pooling.fragments
        link = "view=pooling&digit=3"
        for part in parts:
            forced = tab.rerun(
                page_script_hash=here,
                query_string=link,
                fragment_id=part,
                choose=(views, "Invariance lab"),
            )
            assert (forced.query or {"view": "pooling"})["view"] == "pooling"
        lead(lambda pace: pace.cover(True))
        for message in (
            {"page_script_hash": here, "fragment_id": next(iter(parts))},
            {"page_script_hash": tab.hashes["data"]},
            {"page_name": "train", "trigger": train.buttons["Start"]},
            {"page_script_hash": tab.hashes["train"], "trigger": train.buttons["Start"]},
        ):
            assert tab.rerun(**message).titles == [LOOK_UP], message
        assert server.store.count() == before, "nobody pressed Start"
        lead(Pace.let_go)
        assert tab.rerun(page_script_hash=tab.hashes["data"]).page == "data"
    with by_hand(server, ada) as tab:
        lead(lambda pace: pace.cover(True))
        assert tab.rerun(page_name="train").titles == [LOOK_UP], "in a new tab, too"


def in_class(tab: Tab, person: Person) -> Tab:
    """A tab of somebody whose browser has the cookie of a class."""
    cookie = {"name": COOKIE, "value": cookie_of(tab.server.store, person), "url": tab.server.url}
    tab.page.context.add_cookies([cookie])
    return tab


def test_two_students_follow_their_teacher_and_come_back_to_what_they_chose(
    person: Callable[[], Tab], server: Server
) -> None:
    of, __ = make_class(server.store, "In three browsers", "en")
    names = ("Ada", "Grace")
    leader, ada, grace = (
        in_class(person(), each)
        for each in (
            teacher(of),
            *(student(join(server.store, of, name)) for name in names),
        )
    )
    ada.open("glossary")
    grace.open("train?dataset=digits&seed=7")
    leader.open("train?dataset=digits&seed=5")
    leader.press("Bring everybody here")
    for each in (ada, grace):
        each.page.wait_for_url(re.compile(r"/train\?.*seed=5"), wait_until="commit")
        expect(each.page.get_by_role("spinbutton", name="Seed")).to_have_value("5")
    seed = ada.page.get_by_role("spinbutton", name="Seed")
    seed.fill("42")
    seed.press("Enter")
    ada.page.wait_for_url(re.compile("seed=42"), wait_until="commit")
    leader.settled()
    leader.press("Lock the page")
    leader.says("Everybody has to stay on")
    ada.says("Your teacher keeps everybody here")
    ada.settled()
    ada.page.get_by_test_id("stSidebar").get_by_role("link", name="The data").click()
    ada.page.wait_for_url(re.compile(r"/train\?.*seed=42"), wait_until="commit")
    grace.page.goto(f"{server.url}glossary", wait_until="domcontentloaded")
    grace.page.wait_for_url(re.compile(r"/train\?.*seed=5"), wait_until="commit")
    leader.settled()
    leader.press("Look up!")
    for each in (ada, grace):
        cover = each.page.get_by_role("dialog")
        expect(cover).to_have_text(LOOK_UP)
        expect(each.page.get_by_role("heading", name="Train a network")).not_to_be_visible()
        each.page.keyboard.press("Escape")
        each.page.keyboard.press("Escape")
        expect(cover).to_be_visible()
    ada.page.reload(wait_until="domcontentloaded")
    expect(ada.page.get_by_role("dialog")).to_have_text(LOOK_UP)
    assert ada.page.get_by_test_id("stSidebar").get_by_role("link").count() == 0
    leader.settled()
    leader.press("Show screens again")
    for each, wanted in ((ada, "42"), (grace, "5")):
        expect(each.page.get_by_role("spinbutton", name="Seed")).to_have_value(wanted)
        assert chosen(each)["seed"] == wanted
    for each in (leader, ada, grace):
        each.is_sound()

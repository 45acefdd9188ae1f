"""Back undoes what one act did, however many parameters and pages it has changed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from waiting import eventually

from browser.site import Server, Tab, chosen, click_at
from mnistlab.store import RunRecord
from pages.runs import trained


@pytest.fixture(scope="module")
def run(server: Server) -> RunRecord:
    return trained(server.store)


def test_back_undoes_the_choice_of_a_row_and_a_column_at_once(
    person: Callable[[], Tab], run: RunRecord
) -> None:
    tab = person().open(f"evaluation?view=matrix&run={run.id}")
    tab.settled()
    before = chosen(tab)
    click_at(tab, 0, 3, 5)
    eventually("a cell is chosen", lambda: chosen(tab).keys() - before.keys())
    tab.settled()
    assert chosen(tab).keys() - before.keys() == {"true", "predicted"}
    tab.page.go_back()
    eventually("no cell is chosen", lambda: chosen(tab) == before)
    tab.is_sound()


def test_back_leaves_a_page_that_remembered_its_view(
    person: Callable[[], Tab], run: RunRecord
) -> None:
    tab = person().open(f"evaluation?run={run.id}")
    sidebar = tab.page.get_by_test_id("stSidebar")
    tab.page.get_by_role("radio", name="Calibration").click()
    eventually("the view is chosen", lambda: chosen(tab).get("view") == "calibration")
    for page in ("Glossary", "Evaluation"):
        tab.settled()
        sidebar.get_by_role("link", name=page, exact=True).click()
        expect(tab.page.get_by_role("heading", name=page, level=1)).to_be_visible()
    eventually("the view is remembered", lambda: chosen(tab).get("view") == "calibration")
    tab.settled()
    tab.page.go_back()
    expect(tab.page.get_by_role("heading", name="Glossary", level=1)).to_be_visible()
    tab.is_sound()


def test_back_leads_into_the_lesson_that_was_left(person: Callable[[], Tab]) -> None:
    tab = person().open("?lesson=t1-first-network&at=1")
    panel = tab.page.locator(".st-key-lesson")
    panel.get_by_role("button", name="Leave the lesson").click()
    expect(tab.page.get_by_role("heading", name="Lessons", level=1)).to_be_visible()
    tab.settled()
    tab.page.go_back()
    expect(panel).to_be_visible()
    tab.is_sound()

"""Nobody is kept out: what axe-core finds on every page and view, in light and dark, and what is
lost at 200 %.
"""

from collections.abc import Callable

from access import places, walk, walk_views
from waiting import eventually

from browser.site import Server, Tab, chosen
from pages.runs import trained

# what a language changes are its words and their lengths: `scripts.access` walks all of it
IN_CHINESE = ("", "train", "evaluation")


def test_nothing_grave_is_found_and_nothing_is_lost_at_200_percent(
    person: Callable[[], Tab], server: Server
) -> None:
    tab, seen = person(), {}
    everywhere = list(places(server.store))
    for place in everywhere:
        seen.update(walk_views(tab, place))
    for path in [each.path(language="zh") for each in everywhere if each.page in IN_CHINESE]:
        seen[path] = walk(tab, path)
    problems = [f"{path}: {each}" for path, found in seen.items() for each in found.wrong]
    assert len(seen) > 50
    assert not problems, "\n".join(problems)
    tab.is_sound()


def test_cells_of_a_matrix_are_walked_by_arrow_keys_said_and_chosen(
    person: Callable[[], Tab], server: Server
) -> None:
    tab = person().open(f"evaluation?view=matrix&run={trained(server.store).id}")
    keyboard, chart = tab.page.keyboard, tab.page.locator(".chart-keys")
    chart.focus()
    for key, cell in (
        ("Home", "true: 0, predicted: 0"),
        ("ArrowRight", "true: 0, predicted: 1"),
        ("ArrowDown", "true: 1, predicted: 1"),
        ("ArrowDown", "true: 2, predicted: 1"),
    ):
        keyboard.press(key)
        tab.page.locator(".chart-keys-said").get_by_text(cell).wait_for(state="attached")
    keyboard.press("Enter")
    eventually("the cell is chosen", lambda: chosen(tab).get("true") == "2")
    assert chosen(tab)["predicted"] == "1"
    # the chart is a new one, and the reader is still on it
    tab.settled()
    eventually("the chart has its keys", lambda: focused(tab) == "chart-keys")
    keyboard.press("ArrowLeft")
    tab.page.locator(".chart-keys-said").get_by_text("true: 2, predicted: 0").wait_for(
        state="attached"
    )
    tab.is_sound()


def focused(tab: Tab) -> str:
    """The class of the element that has the keyboard."""
    name: str = tab.page.evaluate("document.activeElement.className")
    return name

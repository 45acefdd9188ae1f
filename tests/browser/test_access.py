"""Nobody is kept out: what axe-core finds on every page and view, in light and dark, and what is
lost at 200 %.
"""

from collections.abc import Callable

from access import grave, places, walk
from waiting import eventually

from browser.site import Server, Tab, chosen
from mnistlab.i18n import LANGUAGES
from pages.runs import trained


def asked(server: Server) -> list[str]:
    """Every page and view in the first language, every page in the others; `scripts.access` opens
    them all.
    """
    paths = list(places(server.store))
    one_each = {path.partition("?")[0]: path for path in paths}.values()
    first, *others = LANGUAGES
    rest = [f"{path}&lang={language}" for language in others for path in one_each]
    return [f"{path}&lang={first}" for path in paths] + rest


def test_nothing_grave_is_found_and_nothing_is_lost_at_200_percent(
    person: Callable[[], Tab], server: Server
) -> None:
    tab, problems = person(), []
    for path in asked(server):
        found, lost = walk(tab, path)
        problems += [f"{path}: {each}" for each in [*grave(found), *lost]]
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

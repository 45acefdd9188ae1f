"""Nobody is kept out: what axe-core finds on every page and view, in light and dark, and what is
lost at 200 %.
"""

from collections.abc import Callable

from access import grave, places, walk

from browser.site import Server, Tab
from mnistlab.i18n import LANGUAGES


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

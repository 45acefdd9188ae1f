"""Ask axe-core about every page and view in every language, light and dark, look for what is lost
at 200 %, and print what was found, and a table of the figures.

    python -m scripts.access [WORD ...]     # only paths with one of these words: home?, train?, ...

Takes half an hour. Needs the packages of requirements-dev.txt and a Chromium (CHROMIUM, or one on
the PATH). Exit status 1 if something serious or critical of ours was found, or something is lost;
a page that does not open counts as lost.
"""

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Error, sync_playwright

from mnistlab.i18n import LANGUAGES
from mnistlab.store import Store
from scripts.own_site import browser_of, served

COLUMNS = ("opened", "light", "dark", "Streamlit's", "lesser", "lost")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("words", nargs="*", metavar="WORD")
    words = parser.parse_args().words
    table, rules = defaultdict(Counter), Counter()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = {"MNISTLAB_STORE": f"sqlite:///{folder}/runs.db"}
        visitors = everybody(Store(settings["MNISTLAB_STORE"]))  # before a server trains for them
        with served(MNISTLAB_DATA=f"{folder}/no-data", **settings) as server:
            browser = browser_of(playwright)
            for who, tab, path in visits(browser, server, visitors):
                page, language = path.partition("?")[0] or "home", path.partition("lang=")[2][:2]
                if words and not any(word in f"{page}?{path.partition('?')[2]}" for word in words):
                    continue
                seen = seen_at(tab, path)
                table[f"{page}{who}", language].update(figures(seen))
                rules.update(f"{each.impact} {each.rule}" for each in (*seen.light, *seen.dark))
                for each in seen.wrong:
                    print(f"{path}{who}: {each}", flush=True)
            browser.close()
    show(table, rules)
    return any(row[name] for row in table.values() for name in ("light", "dark", "lost"))


def everybody(store: Any) -> dict[Any, list[Any]]:
    """A visitor (None) and the people of a class -> the places that each of them opens."""
    from access import class_places, places

    return {None: list(places(store)), **class_places(store)}


def visits(
    browser: Any, server: Any, visitors: dict[Any, list[Any]]
) -> Iterator[tuple[str, Any, str]]:
    """Who visits (in words, "" for a visitor), their tab, and the path, in every language."""
    from access import WIDE
    from browser.site import Tab
    from classes import cookies_of

    for person, theirs in visitors.items():
        context = browser.new_context(viewport=WIDE)
        cookies = cookies_of(server.store, person)
        context.add_cookies(
            [{"name": k, "value": v, "url": server.url} for k, v in cookies.items()]
        )
        tab, who = Tab(context, server), "" if person is None else f" ({person.role})"
        for place in theirs:
            for language in LANGUAGES:
                yield from (
                    (who, tab, place.path(view, language)) for view in place.views or [None]
                )
        context.close()


def seen_at(tab: Any, path: str) -> Any:
    """What is found at `path`; that it does not open is one thing more, and ends nothing."""
    from access import Seen, walk

    try:
        return walk(tab, path)
    except Error as error:
        return Seen(lost=[f"cannot be looked at: {error.message.splitlines()[0]}"])


def figures(seen: Any) -> dict[str, int]:
    """How much was found on one page or view, by the columns of the table."""
    found = [*seen.light, *seen.dark]
    return {
        "opened": 1,
        "light": sum(each.grave for each in seen.light),
        "dark": sum(each.grave for each in seen.dark),
        "Streamlit's": sum(not each.ours for each in found),
        "lesser": sum(each.ours and not each.grave for each in found),
        "lost": len(seen.lost),
    }


def show(table: dict[tuple[str, str], Counter[str]], rules: Counter[str]) -> None:
    """Print what was found: by page and language, and by rule."""
    total = sum(table.values(), Counter())
    print(f"\n{'serious or critical':<36}" + "".join(f"{name:>13}" for name in COLUMNS))
    for (page, language), row in [*table.items(), (("all", ""), total)]:
        print(f"{page:<30}{language:<6}" + "".join(f"{row[name]:>13}" for name in COLUMNS))
    for rule, count in rules.most_common():
        print(f"{count:6} {rule}")


if __name__ == "__main__":
    sys.exit(main())

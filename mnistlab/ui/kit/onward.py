"""Where to go from a page: which of the links at its end suit what the reader looks at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mnistlab.config import TrainConfig
from mnistlab.ui.kit import addresses
from mnistlab.ui.kit.navigation import PAGES

MOST = 3  # links that are seen at once


@dataclass(frozen=True)
class Way:
    """A link of a text: its label, the page, and what it sets there."""

    label: str
    page: str
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def view(self) -> str:
        """The view that it leads to; "" on a page that has none."""
        return self.query.get("view", next(iter(addresses.views_of(self.page)), ""))

    def suits(self, config: TrainConfig | None) -> bool:
        """Whether the chosen run's network has what it leads to."""
        if config is None:
            return True
        view = addresses.views_of(self.page).get(self.view)
        return PAGES[self.page].suits(config) and (view is None or view.applies(config))

    def is_here(self, page: str, shown: Mapping[str, str]) -> bool:
        """Whether it leads to just what is `shown` on `page`."""
        return self.page == page and all(
            shown.get(name) == text for name, text in {"view": self.view, **self.query}.items()
        )


def sorted_out(
    ways: Iterable[Way], page: str, shown: Mapping[str, str], config: TrainConfig | None
) -> tuple[list[Way], list[Way]]:
    """The `ways` that are best seen from `page`, at most `MOST`, and the rest: first those within
    the view `shown`, the glossary last, and none that is no use.
    """
    shown = {"view": next(iter(addresses.views_of(page)), ""), **shown}
    useful = [way for way in ways if way.suits(config) and not way.is_here(page, shown)]

    def rank(way: Way) -> int:
        if way.page == "glossary":
            return 2
        return 0 if way.page == page and way.view == shown["view"] else 1

    useful.sort(key=rank)  # as they are written, otherwise
    seen = [way for way in useful if way.page != "glossary"][:MOST]
    return seen, [way for way in useful if way not in seen]

"""Where the teacher leads a class, and how each act of leading changes that."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Pace:
    """Where the teacher leads the class. `page` None: everybody goes where they like.

    `controls` are parameters of that page's link, on that page (`run`, `step`, `digit` and `index`
    on every page): there they are as in `query`, and where that lacks them, as by default.
    """

    page: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)  # the parameters of that page's link
    locked: bool = False  # nobody may leave it, or its view
    controls: tuple[str, ...] = ()  # parameters that nobody may change
    look_up: bool = False  # screens are covered: look at the teacher
    number: int = 0  # rises with each change
    brought: int = 0  # rises each time that everybody is brought to a page
    offered: Mapping[str, str] = field(default_factory=dict)  # its controls: parameter -> label

    def bring(self, page: str, query: Mapping[str, str], offered: Mapping[str, str]) -> "Pace":
        """Everybody is brought to the page of this link, whose controls are `offered`. What was
        locked stays locked there, as far as it exists.
        """
        controls = tuple(name for name in self.controls if name in offered)
        return replace(
            self,
            page=page,
            query=dict(query),
            offered=dict(offered),
            controls=controls,
            brought=self.brought + 1,
        )

    def lock(self, locked: bool) -> "Pace":
        """Whether everybody has to stay on the page where they were brought."""
        return replace(self, locked=locked and self.page is not None)

    def lock_controls(self, names: Collection[str]) -> "Pace":
        """Nobody may change these controls of the page where everybody was brought."""
        return replace(self, controls=tuple(name for name in self.offered if name in names))

    def cover(self, look_up: bool) -> "Pace":
        """Whether screens are covered."""
        return replace(self, look_up=look_up)

    def let_go(self) -> "Pace":
        """Everybody goes where they like again."""
        return Pace(number=self.number, brought=self.brought)

    @property
    def led(self) -> "Pace":
        """All of it that leads somebody: its number rises with each question to the class, too."""
        return replace(self, number=0)

    @property
    def leads(self) -> bool:
        """Whether there is anything to let go."""
        return self.page is not None or self.look_up

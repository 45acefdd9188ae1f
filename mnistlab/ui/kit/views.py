"""The views of a page: what each is called, what it draws, and its part of the URL.

VIEWS = {"matrix": View(N_("Confusion matrix"), matrix), ...}

page = ui.page("evaluation", VIEWS)
page.show(VIEWS, judged)  # the choice among them, the chosen one, and its part of the page's text
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mnistlab.config import TrainConfig
from mnistlab.export.view_notebook import Code
from mnistlab.ui.kit.url import Parameter, merged, one_of

# what the views of a page share: the page itself, or what was chosen on it
Context = TypeVar("Context")


def always(whatever: object) -> bool:
    """For every network, or whatever is chosen."""
    return True


@dataclass(frozen=True)
class View(Generic[Context]):
    """One view of a page."""

    label: str  # marked for translation
    show: Callable[[Context], None]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)  # its own part of the URL
    applies: Callable[[TrainConfig], bool] = always  # whether the chosen run's network has it
    # what it does as code, from what was chosen; None: there is no notebook of it. It is called
    # when somebody downloads that, in no session: see `Query.as_now`
    code: Callable[[Context], Code] | None = None
    has_code: Callable[[Context], bool] = always  # whether there is a notebook of what was chosen
    wide: bool = False  # whether it needs the page's whole width; see `Page.is_wide`


def parameters_of(views: Mapping[str, View[Context]]) -> dict[str, Parameter]:
    """The parameter `view`, and those of each view. Raises `ValueError` where one name stands for
    two rules.
    """
    if not views:
        return {}
    return merged({"view": one_of(*views)}, *(view.parameters for view in views.values()))


def applicable(
    views: Mapping[str, View[Context]], config: TrainConfig | None
) -> dict[str, View[Context]]:
    """Those of `views` that the chosen run's network has; without a run, all of them."""
    return {name: view for name, view in views.items() if config is None or view.applies(config)}

"""The pages, as the navigation groups and names them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mnistlab.config import TrainConfig
from mnistlab.models import describe
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.views import always


def remembers(config: TrainConfig) -> bool:
    """Whether the network has a memory of what it read before."""
    return any(stage.kind == "recurrent" for stage in describe(config))


@dataclass(frozen=True)
class Entry:
    """A page in the navigation."""

    group: str
    label: str
    icon: str
    of_a_run: bool = False  # looks inside the chosen run, at one step of its training
    suits: Callable[[TrainConfig], bool] = always  # networks after which it is suggested

    @property
    def color(self) -> str:
        """The colour of its group; of one that has none yet, that of the first."""
        return GROUP_COLORS.get(self.group, next(iter(GROUP_COLORS.values())))


GROUP_COLORS = {  # of icons and emblems: they stand out from light and dark grounds alike
    "Get started": "#2a7fd0",
    "Learn": "#8a62d6",
    "Train": "#cf6a12",
    "Look inside": "#12908a",
    "Try": "#d0478c",
    "Together": "#3f8f3a",
    "Experiments": "#c4553b",
}
EMBLEMS = Path(__file__).parent / "emblems"

PAGES: dict[str, Entry] = {  # the stem of the page's file, which is also its URL
    "": Entry(N_("Get started"), N_("Home"), ":material/home:"),
    "lessons": Entry(N_("Get started"), N_("Lessons"), ":material/school:"),
    "data": Entry(N_("Learn"), N_("The data"), ":material/dataset:"),
    "convolution": Entry(N_("Learn"), N_("Convolution"), ":material/grid_on:"),
    "glossary": Entry(N_("Learn"), N_("Glossary"), ":material/menu_book:"),
    "train": Entry(N_("Train"), N_("Train a network"), ":material/play_circle:"),
    "runs": Entry(N_("Train"), N_("Runs"), ":material/list:"),
    "feature_maps": Entry(N_("Look inside"), N_("Feature maps"), ":material/layers:", True),
    "backpropagation": Entry(
        N_("Look inside"), N_("One step of learning"), ":material/undo:", True
    ),
    "embeddings": Entry(N_("Look inside"), N_("Embeddings"), ":material/scatter_plot:", True),
    "evaluation": Entry(N_("Look inside"), N_("Evaluation"), ":material/fact_check:", True),
    "ablation": Entry(
        N_("Look inside"), N_("Silence and see"), ":material/volume_off:", of_a_run=True
    ),
    "sequence": Entry(N_("Look inside"), N_("Sequences"), ":material/timeline:", suits=remembers),
    "draw": Entry(N_("Try"), N_("Draw a digit"), ":material/draw:", True),
    "class": Entry(N_("Together"), N_("Your class"), ":material/groups:"),
    "optimisers": Entry(N_("Experiments"), N_("Optimisers"), ":material/speed:"),
    "mistakes": Entry(N_("Experiments"), N_("Mistakes"), ":material/error_outline:"),
}


def pages_of_a_run() -> list[str]:
    """The pages that look inside the chosen run."""
    return [name for name, entry in PAGES.items() if entry.of_a_run]


def following(name: str, config: TrainConfig | None = None) -> str | None:
    """The page after `name` for a reader who takes them in order; the glossary, a reference, is
    left out, and so is what does not suit the network `config`.
    """
    names = list(PAGES)
    later = names[names.index(name) + 1 :] if name in names else []
    return next((each for each in later if each != "glossary" and _suggested(each, config)), None)


def _suggested(name: str, config: TrainConfig | None) -> bool:
    return config is None or PAGES[name].suits(config)


@cache
def emblem(name: str) -> str:
    """The picture that says what page `name` is about: an SVG without words, in the colours
    `--accent` and `--warm` and that of the text around it; "" for a page that has none yet.
    """
    file = EMBLEMS / f"{name or 'home'}.svg"
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def page_file(name: str) -> str:
    """The file of page `name`, from the project's root."""
    return f"pages/{name}.py" if name else "app.py"

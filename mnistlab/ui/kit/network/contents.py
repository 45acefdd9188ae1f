"""What the browser is given to show a network live: its operators, where its weights are, and all
words and colours.
"""

from functools import cache
from typing import Any

from mnistlab.analysis.dataset import members
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset, problem
from mnistlab.figures import colors
from mnistlab.models import CLASSES
from mnistlab.models.operators import operators
from mnistlab.store import ACTIVE, RunRecord
from mnistlab.ui.kit import server
from mnistlab.ui.kit.network.packing import packed
from mnistlab.ui.kit.network.words import words
from mnistlab.ui.kit.page import Page

KEPT_BYTES = 20_000_000  # of all steps together: beyond it, only those looked at are loaded


def of_run(page: Page, run: RunRecord, normalise: bool = True) -> dict[str, Any]:
    """The network of `run`, at the page's step where it is the page's run, else at its last."""
    steps = page.store.snapshot_steps(run.id)
    own = page.run is not None and page.run.id == run.id and page.step in steps
    config = run.config if normalise else run.config.replace(normalize="none")
    return _contents(config) | {
        "source": f"run {run.id}",
        "run": run.id,
        "weights": server.weights_address(run),
        "live": server.live_address("runs", run.id) if run.status in ACTIVE else None,
        "steps": steps,
        "step": page.step if own else steps[-1] if steps else None,
    }


def of_preset(name: str, config: TrainConfig) -> dict[str, Any]:
    """The network of the preset `name`, before its first step."""
    return _contents(config) | {
        "source": f"preset {name}",
        "run": None,
        "weights": server.untrained_address(name),
        "live": None,
        "steps": [0],
        "step": 0,
    }


def _contents(config: TrainConfig) -> dict[str, Any]:
    return {
        "operators": list(operators(config)),
        "classes": list(DATASETS[config.dataset].class_names),
        "digits": _digits(config.dataset),
        "keptBytes": KEPT_BYTES,
        "colors": {
            "classes": colors.CLASS_COLORS,
            "diverging": colors.DIVERGING,
            "sequential": colors.SEQUENTIAL,
            "gray": colors.GRAY,
        },
        "words": words(),
    }


def _digits(dataset: str) -> list[str]:
    """The first test image of each class, packed; none where the data set is not here."""
    return list(_first_images(dataset)) if problem(dataset) is None else []


@cache
def _first_images(dataset: str) -> tuple[str, ...]:
    data = load_dataset(dataset)
    first = [int(members(data.test_labels, digit)[0]) for digit in range(CLASSES)]
    return tuple(packed(data.test_images[index, 0].numpy()) for index in first)

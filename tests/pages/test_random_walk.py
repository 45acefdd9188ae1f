"""A random walk over the options of the pages that look inside, for every kind of network: nothing
that can be chosen breaks a page, and its link opens the same in a fresh session.
"""

import random
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from strokes import Drawn, message
from waiting import SECONDS

from mnistlab.analysis import adversarial
from mnistlab.analysis.attribution import METHODS
from mnistlab.choices import ARCHITECTURES
from mnistlab.config import TrainConfig, option
from mnistlab.errors import ConfigError
from mnistlab.executors.base import check
from mnistlab.figures.embedding import STYLES
from mnistlab.figures.feature_maps import COLOR_RANGES
from mnistlab.store import Store
from mnistlab.ui.backpropagation.batch import SOURCES
from mnistlab.ui.embeddings import controls as embedding_controls
from mnistlab.ui.embeddings import maps as embedding_maps
from mnistlab.ui.evaluation import comparison, confusion
from mnistlab.ui.kit.navigation import pages_of_a_run
from mnistlab.ui.kit.views import applicable
from pages.runs import TINY, charts, link, opened, trained, views_of, words

STEPS_OF_WALK = 4  # on each page
VIEWS = {name: views_of(name) for name in pages_of_a_run()}
VALUES = (
    *(name for views in VIEWS.values() for name in views),
    *confusion.SHARES,
    *confusion.COLORS,
    *comparison.ONLY,
    *embedding_controls.METHODS,
    *STYLES,
    *METHODS,
    *adversarial.METHODS,
    *adversarial.NORMS,
    *COLOR_RANGES,
    "canvas",
    "file",
    *SOURCES,
    *range(1_001),
)
FIELDS = (
    "pooling",
    "activation",
    "batch_norm",
    "dropout",
    "layers",
    "bidirectional",
    "kernel",
    "stride",
    "padding",
    "normalize",
)


@pytest.fixture(autouse=True)
def _quick(two_perplexities: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_controls, "PATIENCE", SECONDS)
    for name in ("MAP", "TRAINING", "SETTINGS"):
        controls = replace(getattr(embedding_maps, name), counts=(60,))
        monkeypatch.setattr(embedding_maps, name, controls)
    monkeypatch.setattr(embedding_controls, "PERPLEXITIES", (5, 10, 30))
    monkeypatch.setattr(embedding_controls, "ITERATIONS", (500, 1_000))
    monkeypatch.setattr("mnistlab.ui.feature_maps.visualisation.AT_ONCE", 2)


def some_config(arch: str, chance: random.Random) -> TrainConfig:
    """A network of this kind with options by chance, which is possible."""
    values: dict[str, Any] = {
        "pooling": list(option("pooling").choices),
        "activation": list(option("activation").choices),
        "normalize": list(option("normalize").choices),
        "batch_norm": (False, True),
        "bidirectional": (False, True),
        "dropout": (0.0, 0.5),
        "layers": (1, 2),
        "kernel": (1, 3, 4, 5),
        "stride": (1, 2),
        "padding": (None, 0, 2),
    }
    while True:
        try:
            config = TINY.replace(
                arch=arch,
                hidden=6,
                max_steps=2,
                **{name: chance.choice(values[name]) for name in FIELDS},
            )
            check(config)
            return config
        except ConfigError:
            continue


def choose(page: AppTest, name: str, chance: random.Random) -> str:
    """Choose something by chance in one of the page's own widgets, and say what."""
    kinds = [page.selectbox, page.segmented_control, page.select_slider, page.toggle]
    widgets = [
        widget
        for kind in kinds
        for widget in kind
        if not widget.disabled and (widget.key or "").startswith(f"{name}.")
    ]
    widget = chance.choice(widgets)
    if widget.type == "toggle":
        widget.set_value(not widget.value)
    elif widget.type == "selectbox":
        widget.select_index(chance.randrange(len(widget.options)))
    else:
        widget.set_value(meant(widget, chance.choice(widget.options)))
    return f"{widget.key} = {widget.value}"


def meant(widget: Any, label: str) -> Any:
    """The value that the page calls `label`: AppTest knows only what a reader reads."""
    for value in VALUES:
        try:
            if widget.format_func(value) == label:
                return value
        except (KeyError, ValueError, TypeError):
            continue  # not one of this widget's values
    return label


# `feature_maps` has other views for each; the other pages treat their kinds alike
KINDS = ("cnn", "lenet5", "lstm", "mlp")
WALKS = [
    (name, arch) for name in VIEWS for arch in (ARCHITECTURES if name == "feature_maps" else KINDS)
]


@pytest.mark.parametrize(("name", "arch"), WALKS, ids=["-".join(walk) for walk in WALKS])
def test_no_choice_breaks_a_page_and_its_link_opens_the_same(
    store: Store, name: str, arch: str
) -> None:
    chance = random.Random(f"{name} {arch}")
    run = trained(store, some_config(arch, chance))
    views = list(applicable(VIEWS[name], run.config))
    query = {"view": chance.choice(views)} if views else {}
    more = {"iterations": "500"} if name == "embeddings" else {}
    page = opened(
        f"pages/{name}.py",
        alone=True,
        run=run.id,
        step=str(chance.choice(store.snapshot_steps(run.id))),
        **query,
        **more,
    )
    if name == "draw":
        page.session_state["draw.canvas"] = message(Drawn(chance.randrange(10), 200, 60, 40, 20))
        page.run()
    walked = [f"{run.config}", str(query)]
    for _ in range(STEPS_OF_WALK):
        assert not page.exception, (walked, page.exception[0].value)
        assert not page.error, (walked, words(page))
        walked.append(choose(page, name, chance))
        page.run()
    assert not page.exception, (walked, page.exception[0].value)
    assert not page.error, (walked, words(page))
    if name != "draw":  # a drawing belongs to its session
        fresh = opened(f"pages/{name}.py", alone=True, **link(page))
        assert words(fresh) == words(page), walked
        assert [chart.spec for chart in charts(fresh)] == [chart.spec for chart in charts(page)]

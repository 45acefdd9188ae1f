"""A random walk over the options of the pages that look inside, for every kind of network: nothing that can be chosen breaks a page."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from strokes import Drawn, message
from threadpoolctl import threadpool_limits

from mnistlab.config import ARCHS, TrainConfig, option
from mnistlab.errors import ConfigError
from mnistlab.executors.base import check
from mnistlab.store import Store
from mnistlab.ui import embedding, embedding_controls, evaluation, inside, stageviews
from pages.made import TINY, opened, trained, words

STEPS_OF_WALK = 4  # on each page
VIEWS = {"feature_maps": inside.VIEWS, "embeddings": embedding.VIEWS, "evaluation": evaluation.VIEWS, "draw": {}}
VALUES = (
    *evaluation.VIEWS, *evaluation.SHARES, *evaluation.COLORS, *evaluation.ONLY, *embedding.VIEWS, *embedding_controls.METHODS,
    *embedding_controls.STYLES, *inside.VIEWS, *inside.METHODS, *stageviews.RANGES, "canvas", "file", *range(1_001),
)  # fmt: skip
FIELDS = ("pooling", "activation", "batch_norm", "dropout", "layers", "bidirectional", "kernel", "stride", "padding", "normalize")


@pytest.fixture(autouse=True)
def _quick(one_thread: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(embedding_controls, "PATIENCE", 60.0)
    monkeypatch.setattr(embedding_controls, "COUNTS", dict.fromkeys(embedding.VIEWS, (60,)))
    monkeypatch.setattr(embedding_controls, "PERPLEXITIES", (5, 10, 30))
    monkeypatch.setattr(embedding_controls, "ITERATIONS", (500, 1_000))
    monkeypatch.setattr("mnistlab.ui.embedding_work.PERPLEXITIES", (5.0, 15.0))
    monkeypatch.setattr(embedding, "ACROSS", 3)
    with threadpool_limits(1):
        yield


def some_config(arch: str, chance: random.Random) -> TrainConfig:
    """A network of this kind with options by chance, which is possible."""
    values: dict[str, Any] = {
        "pooling": option("pooling").choices, "activation": option("activation").choices, "normalize": option("normalize").choices,
        "batch_norm": (False, True), "bidirectional": (False, True), "dropout": (0.0, 0.5), "layers": (1, 2), "kernel": (1, 3, 4, 5),
        "stride": (1, 2), "padding": (None, 0, 2),
    }  # fmt: skip
    while True:
        try:
            config = TINY.replace(arch=arch, hidden=6, max_steps=2, **{name: chance.choice(values[name]) for name in FIELDS})
            check(config)
            return config
        except ConfigError:
            continue


def choose(page: AppTest, name: str, chance: random.Random) -> str:
    """Choose something by chance in one of the page's own widgets, and say what."""
    kinds = [page.selectbox, page.segmented_control, page.select_slider, page.toggle]
    widgets = [widget for kind in kinds for widget in kind if not widget.disabled and (widget.key or "").startswith(f"{name}.")]
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


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("name", VIEWS)
def test_no_choice_breaks_a_page(store: Store, name: str, arch: str) -> None:
    chance = random.Random(f"{name} {arch}")
    run = trained(store, some_config(arch, chance))
    views = list(inside.views_of(run.config) if name == "feature_maps" else VIEWS[name])
    query = {"view": chance.choice(views)} if views else {}
    more = {"iterations": "500"} if name == "embeddings" else {}
    page = opened(f"pages/{name}.py", alone=True, run=run.id, step=str(chance.choice(store.snapshot_steps(run.id))), **query, **more)
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

"""Every view has a notebook, or a reason why not; its code, executed, shows what the page shows."""

import ast
import base64
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import pytest
import streamlit
from pseudo import KNOWN, speak, strange
from streamlit.testing.v1 import AppTest
from waiting import SECONDS

import mnistlab
from mnistlab.analysis import projection
from mnistlab.config import TrainConfig
from mnistlab.experiments import race
from mnistlab.experiments.sweep import Sweep
from mnistlab.export import EXPORTS
from mnistlab.export.view_notebook import Code, view_notebook
from mnistlab.figures.thumbnails import data_url
from mnistlab.store import Store
from mnistlab.ui.convolution import invariance
from mnistlab.ui.convolution.views import VIEWS
from mnistlab.ui.embeddings import maps, output
from mnistlab.ui.kit import page as pages
from mnistlab.ui.kit.compute.background import Job
from mnistlab.ui.optimisers import races
from mnistlab.ui.runs.better import in_words
from pages.elements import charts, components, numbers
from pages.runs import ROOT, TINY, events_of, opened, trained, views_of, words

MLP = TINY.replace(arch="mlp", hidden=4, layers=1)
LSTM = TINY.replace(arch="lstm", hidden=4)
RUNS = {"cnn": TINY, "mlp": MLP, "lstm": LSTM}
# so that gradients are not 0, and features are not all the same
LEARNED = {"channels": (4, 4), "hidden": 8, "lr": 0.01, "max_steps": 20, "eval_every": 20}
OF_A_RUN = ("evaluation", "feature_maps", "backpropagation", "embeddings", "ablation")
WITHOUT_RUN = ("data", "convolution", "sequence", "optimisers", "runs")
CASES = [(page, kind) for page in OF_A_RUN for kind in RUNS] + [
    (page, "cnn") for page in WITHOUT_RUN
]
OF_A_CLASS = "what a class does together is in no other place"
WITHOUT = {  # views that have no notebook -> why
    "feature_maps": {"live": "the browser computes it while one draws"},
    "runs": {"all": "it lists what the store holds, and computes nothing"},
    "classroom": dict.fromkeys(views_of("classroom"), OF_A_CLASS),
}
VAGUE = {"found", "known", "told"}  # names that do not say what they hold
MAP = {"count": "200", "iterations": "500"}
KERNEL = {"weights": "1,2,0,-1,0,1,0,-2,-1", "kernel": "own", "channels": "4", "groups": "2"}
SWEEP = {"preset": "quick-digits", "channels": "2,2", "kernel": "3", "max_steps": "4"} | {
    "lr": "0.001,0.1",
    "seeds": "2",
}
CHOSEN: dict[str, dict[str, str]] = {  # page, or page and view -> what is chosen there
    "data": {"dataset": "digits", "index": "7"},
    "data augment": {"augment_crop": "3", "seed": "5"},
    "data loader": {"batch_size": "8", "shuffle": "1", "collate": "pad"},
    "embeddings": MAP,
    "embeddings map": {"method": "pca"},
    "ablation": {"off": "conv1.1,relu1.0"},
    "backpropagation": {"images": "5", "first": "20", "image": "2"},
    "backpropagation update": {"after": "2"},
    "convolution convolution": {**KERNEL, "output": "3", "flip": "yes", "stride": "2"},
    "convolution pooling": {"pool": "mean", "window": "3", "pool_padding": "1", "ceil": "yes"},
    "convolution invariance": {"change": "down"},
    "sequence": {"hidden": "8", "cell": "lstm", "time_steps": "5"},
    "sequence longer": {"length": "2", "stretch": "2"},
    "sequence rows": {"when": "start"},
    "optimisers surface": {"who": "descents"},
    "runs better": {
        "compare": f"{TINY.run_id},{TINY.replace(lr=0.01).run_id}",
        "pairs": "3",
    },
    "runs sweep": SWEEP,
}
TRAINED: dict[str, Callable[[], list[TrainConfig]]] = {  # page and view -> what it has trained
    "convolution invariance": lambda: [*race.invariance_networks("digits").values()],
    "sequence rows": lambda: [*race.readers("digits", 0.01).values()],
    "optimisers race": lambda: [*race.optimizers("digits", 0.01).values()],
    "optimisers surface": lambda: [*race.optimizers("digits", 0.01).values()],
    "optimisers rate": lambda: [*race.rates("digits", "sgd").values()],
    "optimisers batch": lambda: [*race.batches("digits").values()],
    "runs better": lambda: [
        TINY.replace(seed=seed, lr=lr) for seed in (1, 2, 3) for lr in (TINY.lr, 0.01)
    ],
    "runs sweep": lambda: [*Sweep.from_query(SWEEP).configs.values()],
}


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notebooks that pages offer from here on."""
    made: list[str] = []

    def offer(name: str, title: str, code: Any, run: Any, step: int | None, shown: Any) -> None:
        config = None if run is None else run.config
        with ThreadPoolExecutor(1) as other_thread:  # which belongs to no session, as in a download
            written = other_thread.submit(code).result()
        made.append(view_notebook(title, "http://lab.example/x", written, config, step))

    monkeypatch.setattr(pages, "offer_notebook", offer)
    return made


class QuickMap:
    """In place of scikit-learn's TSNE: points that depend on everything that it is given."""

    def __init__(self, dimensions: int, init: Any, **settings: float) -> None:
        self.dimensions, self.init, self.settings = dimensions, init, settings

    def fit_transform(self, features: np.ndarray) -> np.ndarray:
        how = hash((str(self.init), *sorted(self.settings.items()))) % 1_000
        points: np.ndarray = features[:, : self.dimensions] * how
        return points + features.mean(1, keepdims=True)


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of four steps, each done once; small measurements, which a page waits for."""
    small, lstm = race._small, race._SMALL_LSTM
    few = {"max_steps": 4, "eval_every": 2, "hidden": 4}
    monkeypatch.setattr(mnistlab, "train", lambda config, data: iter(events_of(config)))
    monkeypatch.setattr(race, "_small", lambda name: small(name).replace(train_size=210, **few))
    monkeypatch.setattr(race, "_SMALL_LSTM", lstm.replace(**few))
    monkeypatch.setattr(race, "BATCH_EPOCHS", 1)
    for name, (label, settings) in race.INVARIANCE.items():
        shorter = {**settings, **few, "channels": (2, 2)}
        monkeypatch.setitem(race.INVARIANCE, name, (label, shorter))
    monkeypatch.setattr(projection, "TSNE", QuickMap)
    monkeypatch.setattr(invariance, "IMAGES", 40)
    monkeypatch.setattr(races, "SURFACE_IMAGES", 40)
    monkeypatch.setattr(races.loss_surface, "GRID", 5)
    for module, name in ((maps, "MAP"), (maps, "TRAINING"), (maps, "SETTINGS"), (output, "OUTPUT")):
        monkeypatch.setattr(module, name, replace(getattr(module, name), counts=(200,)))
    finished = Job.finished
    monkeypatch.setattr(Job, "finished", lambda job, within=0.0: finished(job, SECONDS))


def cells_of(notebook: str) -> list[ast.Module]:
    """Its code."""
    return [
        ast.parse("".join(cell["source"]))
        for cell in json.loads(notebook)["cells"]
        if cell["cell_type"] == "code"
    ]


def variables(notebook: str) -> set[str]:
    nodes = (node for cell in cells_of(notebook) for node in ast.walk(cell))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def shown_by(notebook: str, names: dict[str, Any] | None = None) -> list[Any]:
    """What the cells of a notebook show: by their last lines, and by `display`. `names` gets what
    they define.
    """
    shown: list[Any] = []
    names = {} if names is None else names
    names["display"] = shown.append
    for cell in cells_of(notebook):
        last = cell.body.pop() if isinstance(cell.body[-1], ast.Expr) else None
        exec(compile(cell, "notebook", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "notebook", "eval"), names)
            shown += [] if value is None else [value]
    return shown


def values(trace: dict[str, Any]) -> np.ndarray:
    """The numbers that a trace draws: z of a heat map, else y, or x where the bars lie."""
    drawn = trace.get("z", trace.get("x" if trace.get("orientation") == "h" else "y"))
    found = numbers(drawn) if isinstance(drawn, dict) else np.array(drawn, dtype=object)
    return np.nan_to_num(found.astype(float).ravel())


def is_drawn(figure: go.Figure, drawn: list[Any]) -> bool:
    wanted = values(json.loads(figure.to_json())["data"][0])
    first = [values(json.loads(each.spec)["data"][0]) for each in drawn]
    return any(each.shape == wanted.shape and np.allclose(each, wanted) for each in first)


# -- what is on the page, of what a notebook shows -------------------------------------------------


def is_shown(value: Any, page: AppTest) -> bool:
    if isinstance(value, go.Figure):
        return is_drawn(value, charts(page))
    if isinstance(value, alt.TopLevelMixin):
        (points,) = value.to_dict()["datasets"].values()
        wanted = [point["value"] for point in points]
        return any(
            np.array_equal(wanted, pa.ipc.open_stream(each.proto.data.data).read_pandas()["value"])
            for each in page.get("vega_lite_chart")
        )
    return value is not None


def sent(page: AppTest) -> dict[str, Any]:
    """What a component of the page is given."""
    (component,) = components(page)
    given: dict[str, Any] = json.loads(component.proto.json)
    return given


def has_output(value: Any, page: AppTest) -> bool:
    """Of a window that slides: its output, which the browser draws."""
    given = np.frombuffer(base64.b64decode(sent(page)["numbers"]["output"]), "<f4")
    drawn = values(json.loads(value.to_json())["data"][0])
    return is_shown(value, page) or np.allclose(drawn, given)


def is_played(value: go.Figure, page: AppTest) -> bool:
    prediction = np.array(value.data[1].y)
    return np.allclose(prediction, sent(page)["prediction"][-len(prediction) :])


def is_tabled(value: pd.DataFrame, page: AppTest) -> bool:
    return np.array_equal(value, page.dataframe[0].value.iloc[:, 1:])


def is_ranked(value: pd.DataFrame, page: AppTest) -> bool:
    table = page.dataframe[0].value
    means = [f"{100 * mean:.2f} %" for mean in value["mean"]]
    return means == [*table["Mean test accuracy"]] and [*value["spread"]] == [*table.iloc[:, -2]]


def is_compared(value: Any, page: AppTest) -> bool:
    """A table of how well maps keep neighbours, or one of the maps."""
    if isinstance(value, go.Figure):
        return is_shown(value, page)
    table = page.dataframe[0].value.iloc[1:]
    return np.allclose(sorted(value["kept"] * value["k"]), sorted(table.iloc[:, 1]))


def is_pictured(value: go.Figure, page: AppTest) -> bool:
    html = "".join(element.proto.body for element in page.get("html"))
    return all(data_url(np.array(trace.z, np.uint8)) in html for trace in value.data)


def is_batched(value: list[Any], page: AppTest) -> bool:
    html = "".join(element.proto.body for element in page.get("html"))
    return re.findall(r"<code[^>]*>x (.*?), y ", html) == [batch.shape for batch in value]


SHOWN: dict[str, Callable[[Any, AppTest], bool]] = {  # where it is no figure of the page
    "convolution convolution": has_output,
    "convolution pooling": has_output,
    "sequence live": is_played,
    "sequence head": is_tabled,
    "embeddings settings": is_compared,
    "feature_maps ideal": lambda value, page: bool(value.data),  # of one unit, not of several
    "ablation silence": lambda value, page: bool(value.data),
    "data augment": is_pictured,
    "data loader": is_batched,
    "runs better": lambda value, page: in_words(value) in words(page),
    "runs sweep": is_ranked,
}


# -- the tests -------------------------------------------------------------------------------------


def test_every_view_has_a_notebook_or_a_reason_why_not() -> None:
    folders = sorted(path.parent.name for path in (ROOT / "mnistlab" / "ui").glob("*/views.py"))
    missing = {
        folder: {name for name, view in views_of(folder).items() if view.code is None}
        for folder in folders
        if folder != "kit"
    }
    assert {page: names for page, names in missing.items() if names} == {
        page: set(reasons) for page, reasons in WITHOUT.items()
    }


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize(("page", "kind"), CASES)
def test_the_notebook_of_a_view_shows_what_the_page_shows(
    store: Store, offered: list[str], page: str, kind: str, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    config = RUNS[kind].replace(**LEARNED if page in ("backpropagation", "embeddings") else {})
    run, other = trained(store, config), trained(store, config.replace(seed=2))
    for name, view in views_of(page).items():
        if view.code is None or not view.applies(config):
            continue
        offered.clear()
        at = f"{page} {name}"
        for asked in TRAINED.get(at, list)():
            trained(store, asked)
        query: dict[str, Any] = {"digit": "3"} | CHOSEN.get(page, {}) | CHOSEN.get(at, {})
        query |= {"run": run.id} if page in OF_A_RUN else {}
        query |= {"other": other.id} if name == "compare" else {}
        looked = opened(f"pages/{page}.py", alone=True, view=name, **query)
        assert not looked.exception
        assert not looked.warning, (at, words(looked))
        (notebook,) = offered
        shown = shown_by(notebook)
        assert shown, at
        assert all(SHOWN.get(at, is_shown)(value, looked) for value in shown), at
        assert not variables(notebook) & VAGUE, at


@pytest.mark.parametrize("place", [{}, {"row": "9"}, {"col": "3"}, {"row": "9", "col": "27"}])
def test_the_window_of_a_notebook_is_that_of_the_page(
    offered: list[str], place: dict[str, str]
) -> None:
    page = opened("pages/convolution.py", alone=True, dataset="digits", **place)
    names: dict[str, Any] = {}
    shown_by(offered[0], names)
    assert [names["row"], names["column"]] == sent(page)["place"]


def test_the_notebook_of_a_halved_sweep_says_that_it_trains_everything(offered: list[str]) -> None:
    for query in ({}, {"halving": "3"}):
        opened("pages/runs.py", alone=True, view="sweep", **SWEEP, **query)
    assert ["successive halving" in notebook for notebook in offered] == [False, True]


def test_a_sweep_that_goes_on_from_a_run_has_no_notebook(store: Store, offered: list[str]) -> None:
    for query in ({"parent": trained(store).id}, {}):
        opened("pages/runs.py", alone=True, view="sweep", **SWEEP, **query)
    assert len(offered) == 1


def test_a_notebook_takes_the_runs_file_where_it_lies_beside_it(
    store: Store, offered: list[str], monkeypatch: Any, tmp_path: Path
) -> None:
    run = trained(store)
    monkeypatch.chdir(tmp_path)
    opened("pages/evaluation.py", alone=True, run=run.id)
    (notebook,) = offered
    Path(f"{run.id}.safetensors").write_bytes(EXPORTS["safetensors"].made_from(store, run))
    code = "raise AssertionError('trained')"
    untrained = notebook.replace("for event in train(", f"{code}\\n    for event in train(")
    assert [type(each) for each in shown_by(untrained)] == [go.Figure]


def test_a_view_without_a_notebook_offers_none(store: Store, offered: list[str]) -> None:
    run = trained(store)
    opened("pages/feature_maps.py", alone=True, run=run.id, view="live")
    assert not offered


def test_the_file_is_made_when_it_is_asked_for_as_the_page_was_and_in_its_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files: dict[str, Callable[[], str]] = {}
    made: list[str] = []

    def download_button(label: str, data: Any, *more: Any, key: str, **how: Any) -> None:
        files[key] = data

    def convolution(page: Any) -> Code:
        made.append(page.name)
        return code(page)

    view = views_of("convolution")["convolution"]
    code = view.code
    assert code is not None
    monkeypatch.setitem(VIEWS, "convolution", replace(view, code=convolution))
    monkeypatch.setattr(streamlit, "download_button", download_button)
    opened("pages/convolution.py", alone=True, kernel="blur", size="5", lang="zh")
    assert not made
    with ThreadPoolExecutor(1) as other_thread:
        notebook = other_thread.submit(files["view.notebook"]).result()
    assert made
    assert "kernel = KERNELS['blur'](5)" in notebook
    assert "pip install mnistlab" in notebook
    assert "It needs" not in notebook


def test_a_notebook_speaks_the_readers_language(monkeypatch: Any) -> None:
    code = Code(("import math",), ("math.pi",))

    def cells() -> list[str]:
        made = view_notebook("E", "http://lab.example/x", code, TINY, TINY.max_steps)
        return ["".join(cell["source"]) for cell in json.loads(made)["cells"]]

    english = cells()
    assert "It needs `pip install mnistlab`." in english[0]
    speak(monkeypatch)
    about, network, *rest = cells()
    assert not set(strange(re.sub(r"\([^)]*\)", "", about))) - KNOWN
    assert network.count("⟦") == 3
    assert re.sub("[⟦⟧]", "", network) == english[1]
    assert rest == english[2:]

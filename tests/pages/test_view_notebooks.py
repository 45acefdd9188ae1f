"""Every view that offers a notebook: its code, executed, draws the figure of the page."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from pseudo import KNOWN, speak, strange

from mnistlab.config import TrainConfig
from mnistlab.export import EXPORTS
from mnistlab.export.view_notebook import Code, view_notebook
from mnistlab.store import Store
from mnistlab.ui.kit import page as pages
from pages.elements import charts, numbers
from pages.runs import TINY, opened, trained, views_of

MLP = TINY.replace(arch="mlp", hidden=4, layers=1)
LSTM = TINY.replace(arch="lstm", hidden=4)
RUNS = {"cnn": TINY, "mlp": MLP, "lstm": LSTM}
JOBS = {"fool", "ideal", "map", "silence", "ranking"}  # whose figure a job in the background makes
WITHOUT_RUN = ("data", "optimisers")
PATHS = {
    name: f"pages/{name}.py"
    for name in ("evaluation", "feature_maps", "embeddings", "ablation", *WITHOUT_RUN)
}
CASES = [(page, kind) for page in PATHS for kind in (["cnn"] if page in WITHOUT_RUN else RUNS)]
CHOSEN = {
    "data": {"dataset": "digits"},
    "embeddings": {"method": "pca"},
    "ablation": {"off": "conv1.1,relu1.0"},
}


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notebooks that pages offer from here on."""
    made: list[str] = []

    def offer(name: str, title: str, code: Any, run: Any, step: int | None, shown: Any) -> None:
        config = None if run is None else run.config
        made.append(view_notebook(title, "http://lab.example/x", code, config, step))

    monkeypatch.setattr(pages, "offer_notebook", offer)
    return made


def result_of(notebook: str) -> Any:
    """What the last line of a notebook shows."""
    cells = json.loads(notebook)["cells"]
    names: dict[str, Any] = {}
    tree = ast.parse("\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code"))
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(tree, "notebook", "exec"), names)
    return eval(compile(ast.Expression(last.value), "notebook", "eval"), names)


def values(trace: dict[str, Any]) -> np.ndarray:
    """The numbers that a trace draws: z of a heat map, else y."""
    drawn = trace.get("z", trace.get("y"))
    found = numbers(drawn) if isinstance(drawn, dict) else np.array(drawn, dtype=object)
    return np.nan_to_num(found.astype(float).ravel())


def is_drawn(figure: go.Figure, drawn: list[Any]) -> bool:
    wanted = values(json.loads(figure.to_json())["data"][0])
    first = [values(json.loads(each.spec)["data"][0]) for each in drawn]
    return any(each.shape == wanted.shape and np.allclose(each, wanted) for each in first)


@pytest.mark.parametrize(("page", "kind"), CASES)
def test_the_notebook_of_a_view_draws_its_figure(
    store: Store, offered: list[str], page: str, kind: str, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    config: TrainConfig = RUNS[kind]
    run, other = trained(store, config), trained(store, config.replace(seed=2))
    views = views_of(page)
    for name, view in views.items():
        if view.code is None or not view.applies(config):
            continue
        offered.clear()
        query: dict[str, Any] = {"run": run.id, "digit": 3, **CHOSEN.get(page, {})}
        query |= {"other": other.id} if name == "compare" else {}
        shown = opened(PATHS[page], alone=True, view=name, **query)
        assert not shown.exception
        (notebook,) = offered
        figure = result_of(notebook)
        if isinstance(figure, go.Figure) and name not in JOBS:
            assert is_drawn(figure, charts(shown)), name
        else:
            assert figure is not None, name


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
    assert isinstance(result_of(untrained), go.Figure)


def test_a_view_without_a_notebook_offers_none(store: Store, offered: list[str]) -> None:
    run = trained(store)
    opened("pages/feature_maps.py", alone=True, run=run.id, view="live")
    assert not offered


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

"""What holds for every figure: it has a table of what it draws, an alternative text made from its
data, and no word that is not translated.
"""

import html
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from analysis.networks import CONFIGS, image, network
from pseudo import speak, unmarked

from figures.gallery import PLOTLY, VEGA, lstm
from mnistlab import figures
from mnistlab.analysis.arithmetic import arithmetic
from mnistlab.figures import cells
from mnistlab.figures.architecture import architecture
from mnistlab.figures.data_table import table
from mnistlab.figures.grids import alt_text
from mnistlab.figures.line_svg import line_svg
from mnistlab.figures.questions import drawings
from mnistlab.models import describe

# make or change others' figures
SETTINGS = ("compact", "grid", "input_figure", "shaped", "titled", "with_table")
ARITHMETIC = ("cnn", "cnn-all", "cnn-stochastic", "lenet5", "mlp")
# names that no language changes
NAMES = {"CHW", "HWC", "LSTM", "Adam", "Nesterov", "RMSprop", "SGD"}
NAMES |= {"groups", "num", "workers", "cos", "tanh", "exp", "sqrt", "max"}
TEXTS = {"text", "name", "title", "alt", "label", "prefix", "ticktext", "hovertext"}
TEXTS |= {"hovertemplate"}
EMPHASIS = re.compile(r"%\{[^}]*\}|<[^>]*>")


def test_the_gallery_holds_every_figure() -> None:
    shown = {name.split(" ")[0] for name in (*PLOTLY, *VEGA)}
    assert shown == {name for name in _makers() if name not in SETTINGS}


def _makers() -> Iterator[str]:
    for module in pkgutil.iter_modules(figures.__path__):
        found = importlib.import_module(f"mnistlab.figures.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            returned = str(inspect.signature(function).return_annotation)
            own = function.__module__ == found.__name__ and not name.startswith("_")
            if own and ("Figure" in returned or name.endswith("spec")):
                yield name


@pytest.mark.parametrize("name", PLOTLY)
def test_the_table_of_a_figure_has_the_numbers_that_it_draws(name: str) -> None:
    figure = PLOTLY[name]()
    found = table(figure)
    assert not found.empty
    assert found.columns.is_unique
    if "table" in figure.layout.meta:
        return  # made for it, where its traces would not tell
    held = _counted(found.select_dtypes("number").to_numpy(float).ravel())
    for trace in _traces(figure):
        missing = _counted(_drawn(trace)) - held
        assert not missing, (trace.name, missing)


def _traces(figure: go.Figure) -> list[Any]:
    if "tiles" in figure.layout.meta:
        return [figure.data[0]] if figure.data[0].customdata is not None else []
    return [trace for trace in figure.data if "helper" not in (trace.meta or {})]


def _drawn(trace: Any) -> np.ndarray:
    """The numbers that a reader sees in `trace`."""
    if trace.type in ("heatmap", "contour"):
        given = np.asarray(trace.customdata)
        if given.ndim == 3:  # picture, row, column, value
            return given[..., 3].ravel()
        return np.ravel(given if trace.meta else trace.z)
    return np.concatenate([_numbers(trace[axis]) for axis in "xyz" if axis in trace])


def _numbers(values: Any) -> np.ndarray:
    array = np.asarray(values)
    return array.astype(float) if array.dtype.kind in "iuf" else np.array(())


def _counted(numbers: np.ndarray) -> Counter[float]:
    return Counter(float(f"{number:.6g}") for number in numbers[np.isfinite(numbers)])


@pytest.mark.parametrize("name", PLOTLY)
def test_an_alternative_text_is_made_from_the_data(name: str) -> None:
    text = alt_text(PLOTLY[name]())
    assert re.search(r"\d", text)
    assert text.endswith(".")
    assert "nan" not in text.split()


@pytest.mark.parametrize("name", PLOTLY)
def test_every_word_of_a_figure_is_translated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch)
    figure = PLOTLY[name]()
    said = [*_said(figure.to_plotly_json()), *map(str, table(figure).columns)]
    assert any("⟦" in text for text in said)
    words = {word for text in said for word in unmarked(EMPHASIS.sub("", text))}
    assert words <= NAMES


def _said(part: Any) -> Iterator[str]:
    """Each text that a reader meets in `part` of a figure, but for Plotly's own templates."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key in TEXTS:
                yield from _strings(value)
            if key not in ("template", "meta", "customdata", "params"):
                yield from _said(value)
            elif key == "meta" and "alt" in value:
                yield value["alt"]
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from _said(value)


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, (list, tuple, np.ndarray)):
        return [each for each in np.ravel(value) if isinstance(each, str)]
    return []


@pytest.mark.parametrize("name", VEGA)
def test_every_word_of_a_specification_is_translated(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch)
    said = list(_said(VEGA[name]()))
    assert said
    assert not {word for text in said for word in unmarked(text)}


def test_every_word_of_the_html_and_svg_made_here_is_translated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speak(monkeypatch)
    made = [
        architecture(tuple(describe(CONFIGS["cnn"])), "{count}"),
        drawings([bytes(784)] * 2),
        line_svg({"1": [(0, 0.5), (9, 0.75)]}, {"1": "#000000"}, "1", "2", "3", (0, 9), True),
    ]
    for config in map(CONFIGS.__getitem__, ARITHMETIC):
        model = network(config)
        for stage in describe(config)[1:]:
            made.append(_shown(arithmetic(model, image(), config, stage.name, 1)))
    named = {stage.name for config in ARITHMETIC for stage in describe(CONFIGS[config])}
    allowed = NAMES | {word for name in named for word in unmarked(name)}
    for text in made:
        labels = re.findall(r'(?:aria-label|alt|title)="([^"]*)"', text)
        plain = re.sub(r"<[^>]*>", " ", text)
        words = {word for each in (*labels, plain) for word in unmarked(html.unescape(each))}
        assert words <= allowed


def _shown(found: Any) -> str:
    kind = type(found).__name__
    if kind == "ConvChannel":
        return cells.conv_html(found.cell(0, 0), 0)
    if kind == "PoolChannel":
        return cells.pool_html(found.cell(0, 0))
    shows = {
        "LinearUnit": cells.linear_html,
        "FlattenUnit": cells.flatten_html,
        "SoftmaxUnit": lambda unit: cells.softmax_html(unit, "0123456789"),
    }
    return shows[kind](found)


def test_gates_of_all_recurrent_networks_have_names() -> None:
    from mnistlab.analysis.gates import GATES
    from mnistlab.figures.recurrent import GATE_NAMES

    assert {word for gates in GATES.values() for word in gates.values()} == set(GATE_NAMES)
    assert "forget gate f" in alt_text(PLOTLY["gates_figure"]())
    assert lstm().kind in GATES

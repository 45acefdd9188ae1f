"""In a language in which every message looks marked, pages and views say nothing that is not."""

import pytest
from pseudo import said, speak, strange
from streamlit.testing.v1 import AppTest

from mnistlab.store import Store
from mnistlab.ui.kit.i18n import LANGUAGES
from mnistlab.ui.kit.navigation import PAGES, page_file
from pages.runs import TINY, opened, trained, views_of

# what no language changes
NAMES = {
    *("MNIST", "KMNIST", "PNG", "CSV", "CHW", "HWC", "SNE", "PCA", "CNN", "LSTM", "GRU", "RNN"),
    *("MLP", "LeNet", "Adam", "cpu", "True", "False", "cos", "max", "tanh", "torch", "uint"),
}
# names of layers, of their parameters, of arguments and methods of PyTorch
CODE = {
    *("input", "conv", "relu", "pool", "flatten", "linear", "out", "softmax", "rows", "lstm"),
    *("last", "weight", "bias", "norm", "drop", "batch", "size", "shuffle", "sampler", "padding"),
    *("optimizer", "zero", "grad", "ToTensor", "Normalize", "DataLoader", "data", "run", "test"),
    *("log", "eval", "train", "model", "detach", "step", "backward", "loss", "item", "requires"),
}
# what Plotly, Vega-Lite and Streamlit are told, and say to nobody
TOLD = {
    *("own", "domain", "reversed", "outside", "top", "center", "tozero", "finished", "accuracy"),
    *("zoom", "scales", "event", "select", "constant", "maps", "left", "right", "freedraw"),
    *("stretch", "canvas", "index", "style", "css", "eee", "middle", "bottom", "zero", "free"),
}
KNOWN = NAMES | CODE | TOLD | {word for name in LANGUAGES.values() for word in name.split()}
# PyTorch's own words, quoted
QUOTED = ("Trying to backward through the graph a second time",)
RUNS = {"cnn": TINY, "lstm": TINY.replace(arch="lstm"), "mlp": TINY.replace(arch="mlp")}


def unsaid(page: AppTest) -> set[str]:
    """What `page` says in English in every language."""
    return {
        text[:200]
        for text in said(page)
        if set(strange(text)) - KNOWN and not text.startswith(QUOTED) and not is_script(text)
    }


def is_script(text: str) -> bool:
    """Whether it is the script of a component, its file, or a picture."""
    return text.endswith((".js", ".css")) or text.lstrip().startswith(
        ("//", "/*", "export ", "<svg", "var ", "const ")
    )


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "home")
def test_a_page_says_nothing_that_is_not_translated(
    store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = {kind: trained(store, config) for kind, config in RUNS.items()}
    speak(monkeypatch)
    views = views_of(name or "home") or {"": None}
    found: dict[str, set[str]] = {}
    for view, entry in views.items():
        kind = next(each for each in RUNS if entry is None or entry.applies(RUNS[each]))
        query = {"view": view} if view else {}
        query |= {"method": "pca"} if name == "embeddings" else {}
        page = opened(page_file(name), alone=True, run=runs[kind].id, **query)
        assert not page.exception, view
        if english := unsaid(page):
            found[view] = english
    assert found == {}


def test_what_is_wrong_is_said_in_the_readers_language(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch)
    page = opened("pages/evaluation.py", alone=True, run="0123456789ab", step="-1", digit="ten")
    assert len(page.warning) == 3
    assert {text for each in page.warning for text in strange(each.value)} <= {
        "run",
        "step",
        "digit",
    }
    monkeypatch.setenv("MNISTLAB_STORE", "sqlite:////proc/no/such/runs.db")
    page = opened("pages/train.py", alone=True)
    assert {text for each in page.error for text in strange(each.value)} <= {"proc", "such", "runs"}

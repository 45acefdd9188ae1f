"""In a language in which every message looks marked, pages and views say nothing that is not."""

import pytest
from pseudo import english_in, speak, strange

from mnistlab.store import Store
from mnistlab.ui.kit.navigation import PAGES, page_file
from pages.runs import TINY, opened, trained, views_of

RUNS = {"cnn": TINY, "lstm": TINY.replace(arch="lstm"), "mlp": TINY.replace(arch="mlp")}


@pytest.mark.usefixtures("two_perplexities")
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
        if name == "embeddings":
            query |= {"method": "pca", "count": "100", "iterations": "500"}
        page = opened(page_file(name), alone=True, run=runs[kind].id, **query)
        assert not page.exception, view
        if english := english_in(page):
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

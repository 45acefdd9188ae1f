"""What a page offers of its figures: their numbers as a table, and all that makes a file."""

import json
import re
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from hostile import UNESCAPED, injected
from streamlit.proto.Block_pb2 import Block as BlockProto
from streamlit.testing.v1 import AppTest

from mnistlab.figures.paper import short
from mnistlab.store import Store
from pages.elements import charts
from pages.runs import TINY, opened, trained

OFFER = "Data and files"


def dialog_titles(page: AppTest) -> list[str]:
    protos = [getattr(node, "proto", None) for node in page._tree]
    blocks = [each for each in protos if isinstance(each, BlockProto)]
    return [each.dialog.title for each in blocks if each.HasField("dialog")]


def files(page: AppTest) -> dict:
    """What the browser is given to make files of."""
    (element,) = [
        element for element in page.get("bidi_component") if '"csv"' in element.proto.json
    ]
    return json.loads(element.proto.json)


def opened_figure(page: AppTest, place: int = 0) -> AppTest:
    offers = [each for each in page.button if each.label.lower().endswith(OFFER.lower())]
    return offers[place].click().run()


def test_a_figure_opens_its_numbers_and_is_drawn_for_paper(store: Store) -> None:
    run = trained(store)
    page = opened("pages/evaluation.py", alone=True, run=run.id, color="all")
    assert len([button for button in page.button if button.label == OFFER]) == len(charts(page))
    page = opened_figure(page)
    assert not page.exception
    data = files(page)
    numbers = pd.read_csv(StringIO(data["csv"]), index_col=0)
    assert numbers.shape == (10, 10)
    assert numbers.to_numpy().sum() == run.final["count"]  # type: ignore[index]
    assert data["heading"] == "Confusion matrix, counts"
    assert "Digits · CNN 2–2" in data["source"]
    assert data["complete"] == {"lang": "en", "step": str(TINY.max_steps)}
    layout = data["figure"]["layout"]
    assert layout["paper_bgcolor"] == "#fff"
    assert layout["width"] <= 900
    table = next(each.proto.body for each in page.get("html") if "<table" in each.proto.body)
    assert table.count("<tr") == 11
    assert 'role="region"' in table


@pytest.mark.parametrize("place", [0, 1])
def test_the_curves_of_a_run_are_offered_too(store: Store, place: int) -> None:
    run = trained(store)
    data = files(opened_figure(opened("pages/train.py", alone=True, run=run.id), place))
    values = data["figure"]["data"]["values"]
    numbers = pd.read_csv(StringIO(data["csv"]))
    assert len(values) == len(numbers) > 1
    assert np.allclose([each["value"] for each in values], numbers.iloc[:, 1])
    assert data["kind"] == "vega"


@pytest.mark.parametrize(
    "title", ["![p](http://hostile.example/p.png)", "[Log in](http://hostile.example)"]
)
def test_a_runs_title_makes_no_link_and_no_picture_where_its_figure_is_opened(
    store: Store, title: str
) -> None:
    runs = [trained(store, TINY), trained(store, TINY.replace(seed=2))]
    for run in runs:
        store.rename(run.id, title)
    page = opened("pages/runs.py", alone=True, compare=",".join(run.id for run in runs))
    page = opened_figure(page)
    assert any("test accuracy of" in caption.value for caption in page.caption)
    assert injected(page) == []
    (heading,) = dialog_titles(page)
    assert heading.startswith("test accuracy of")
    assert "hostile" in heading
    assert not UNESCAPED.search(heading)


def test_no_cell_of_the_numbers_is_a_formula(store: Store) -> None:
    runs = [trained(store, TINY), trained(store, TINY.replace(seed=2))]
    store.rename(runs[0].id, '=HYPERLINK("http://evil.example")')
    compared = ",".join(run.id for run in runs)
    text = files(opened_figure(opened("pages/runs.py", alone=True, compare=compared)))["csv"]
    names = set(pd.read_csv(StringIO(text)).iloc[:, -1]) | set(
        pd.read_csv(StringIO(text)).iloc[:, 0]
    )
    assert any("HYPERLINK" in str(name) for name in names)
    assert not re.search(r'(?m)(^|,)"?[=@]', text)


@pytest.mark.parametrize(
    ("alt", "heading"),
    [
        ("Short, and whole. It is.", "Short, and whole. It is."),
        (f"Adam 0.001 after 1,000 steps, for {'x' * 80}.", "Adam 0.001 after 1,000 steps"),
        (f"Loss. {'x' * 80}", "Loss"),
        (f"Adam 0.001 的损失。{'x' * 80}", "Adam 0.001 的损失"),
    ],
)
def test_a_heading_ends_with_a_clause_not_within_a_number(alt: str, heading: str) -> None:
    assert short(alt) == heading

"""The live network on its pages, as far as the server has to do with it."""

import json
from typing import Any

import numpy as np
import pytest
from hostile import send
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from mnistlab.data import load_dataset
from mnistlab.models import describe
from mnistlab.store import RunRecord, Store
from mnistlab.ui.kit.network.packing import packed, unpacked
from pages.runs import TINY, component, link, opened, trained

DRAWN = np.arange(784, dtype=np.uint8).reshape(28, 28)


@pytest.fixture
def run(store: Store) -> RunRecord:
    return trained(store)


def given(page: AppTest) -> dict[str, Any]:
    """What the page tells the live network."""
    assert not page.exception
    network = component(page, "live_network")
    assert network is not None
    return network


def tell(page: AppTest, state: Any) -> AppTest:
    """What a browser does whose reader leaves the live network."""
    (element,) = [
        each
        for each in page.get("bidi_component")
        if each.proto.component_name.endswith(".live_network")
    ]
    send(page, [WidgetState(id=element.proto.id, json_value=json.dumps(state))])
    return page


def test_view_gives_the_network_and_the_picture_of_the_page_also_where_nobody_hands_out_weights(
    run: RunRecord,
) -> None:
    page = opened("pages/feature_maps.py", alone=True, run=run.id, view="live", step="2")
    network = given(page)
    stages = [(stage.name, stage.kind, list(stage.shape)) for stage in describe(run.config)]
    operators = network["operators"]
    assert [(each["name"], each["kind"], each["shape"]) for each in operators] == stages
    assert (network["steps"], network["step"]) == ([0, 1, 2, 4], 2)
    assert network["weights"] is None
    picture = load_dataset("digits").test_images[0, 0].numpy()
    assert np.array_equal(unpacked(network["picture"]), picture)


def test_what_was_drawn_becomes_the_picture_of_the_page(run: RunRecord) -> None:
    page = opened("pages/feature_maps.py", alone=True, run=run.id, view="live")
    tell(page, {"drawing": packed(DRAWN)})
    assert np.array_equal(page.session_state["drawing"], DRAWN)
    assert link(page)["source"] == "drawing"
    assert np.array_equal(unpacked(given(page)["picture"]), DRAWN)


def test_drawing_of_one_page_is_the_picture_of_the_next_unless_its_link_names_another(
    run: RunRecord,
) -> None:
    page = opened("pages/feature_maps.py", alone=True, run=run.id, view="live", source="data")
    tell(page, {"drawing": packed(DRAWN)})
    page.query_params.clear()  # as a link to the page itself does that names no picture
    page.query_params["run"] = run.id
    assert page.run().selectbox(key="feature_maps.source").value == "drawing"
    page.query_params["digit"] = "5"
    assert page.run().selectbox(key="feature_maps.source").value == "data"


@pytest.mark.parametrize(
    "state", [{"drawing": "!"}, {"drawing": packed(DRAWN[1:])}, {"drawing": 3}]
)
def test_what_is_no_picture_is_ignored(run: RunRecord, state: Any) -> None:
    page = opened("pages/feature_maps.py", alone=True, run=run.id, view="live")
    tell(page, state)
    assert "drawing" not in page.session_state
    assert given(page)


def test_on_the_page_draw_it_is_given_the_switches_of_the_preprocessing(store: Store) -> None:
    zscored = trained(store, TINY.replace(normalize="zscore"))
    page = opened("pages/draw.py", alone=True, run=zscored.id)
    assert given(page)["pen"] == "canvas"
    assert given(page)["operators"][0]["std"] != 1
    page = opened("pages/draw.py", alone=True, run=zscored.id, crop="0")
    assert given(page)["prepare"] == {"crop": False, "fit": True, "centre": True}

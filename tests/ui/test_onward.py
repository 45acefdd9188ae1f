"""Where a page leads on: what is suggested for the view that is shown and the chosen network."""

import pytest
from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from mnistlab.config import TrainConfig
from mnistlab.store import Store
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.navigation import PAGES, following
from mnistlab.ui.kit.onward import MOST, Way, sorted_out
from pages.runs import ROOT, TINY, trained

CNN, LSTM = TrainConfig(arch="cnn"), TrainConfig(arch="lstm")
GLOSSARY = Way("", "glossary")


def ways_of(page: str) -> list[Way]:
    parts = texts.split_links(texts.sections("en", page).get("try", ""))
    return [Way(*part) for part in parts if not isinstance(part, str)]


def test_links_within_the_view_come_first_and_the_glossary_is_behind_more() -> None:
    elsewhere, other = Way("", "train"), Way("", "optimisers", {"view": "batch"})
    within = Way("", "optimisers", {"view": "race", "lr": "0.1"})
    ways = [GLOSSARY, elsewhere, other, within]
    assert sorted_out(ways, "optimisers", {"view": "race"}, None) == (
        [within, elsewhere, other],
        [GLOSSARY],
    )
    assert sorted_out(ways, "optimisers", {"view": "batch"}, None)[0] == [elsewhere, within]


def test_what_the_network_does_not_have_is_not_suggested() -> None:
    rows, kernels = (Way("", "feature_maps", {"view": view}) for view in ("rows", "kernels"))
    memory = Way("", "sequence")
    ways = [rows, kernels, memory]
    assert sorted_out(ways, "train", {}, CNN) == ([kernels], [])
    assert sorted_out(ways, "train", {}, LSTM) == ([rows, memory], [])
    assert sorted_out(ways, "train", {}, None) == (ways, [])


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "home")
def test_no_page_suggests_more_than_three_nor_loses_one(name: str) -> None:
    ways = ways_of(name or "home")
    seen, rest = sorted_out(ways, name, {}, None)
    assert len(seen) <= MOST
    lost = [way for way in ways if way not in seen + rest]
    assert all(way.is_here(name, {"view": way.view}) for way in lost)


def test_a_cnn_is_not_followed_by_sequences_and_an_lstm_is() -> None:
    assert following("ablation", CNN) == "draw"
    assert following("ablation", LSTM) == following("ablation") == "sequence"


def test_another_view_has_other_suggestions(store: Store) -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    page.query_params["run"] = trained(store, TINY).id
    page.switch_page("pages/evaluation.py").run()
    suggested = "Compare this network with itself before training"
    assert suggested in [each.label for each in page.main.button]
    page.segmented_control[0].set_value("compare").run()
    assert suggested not in [each.label for each in page.main.button]
    assert not page.exception

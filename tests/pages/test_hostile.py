"""Links and widget states that nobody makes in good faith: some of those of `scripts.hostile`."""

from dataclasses import replace

import pytest
from hostile import Attack, injected, noting, send, widgets
from streamlit.proto.WidgetStates_pb2 import WidgetState

from mnistlab.store import Store
from mnistlab.ui.embeddings import controls, maps
from pages.runs import TINY, opened, trained

LINKS, STATES = 60, 20


@pytest.fixture
def attack(store: Store, monkeypatch: pytest.MonkeyPatch) -> Attack:
    for name in ("MAP", "TRAINING", "SETTINGS"):
        monkeypatch.setattr(maps, name, replace(getattr(maps, name), counts=(60,)))
    monkeypatch.setattr(controls, "ITERATIONS", (500,))
    return Attack(store)


def test_hostile_links_and_forged_widget_states_are_answered_in_words(attack: Attack) -> None:
    for seed in range(LINKS):
        assert attack.open_link(seed) == []
    for seed in range(STATES):
        assert attack.forge(seed) == []


@pytest.mark.parametrize(
    "text", ["![p](http://hostile.example/p.png)", "[Log in](http://hostile.example)"]
)
def test_what_a_link_says_makes_no_link_and_no_picture(store: Store, text: str) -> None:
    glossary = opened("pages/glossary.py", alone=True, q=text)
    assert "Nothing here mentions" in glossary.info[0].value
    stage = opened("pages/feature_maps.py", alone=True, run=trained(store).id, stage=text)
    assert any("This network has no stage" in caption.value for caption in stage.caption)
    assert injected(glossary) == injected(stage) == []


@pytest.mark.parametrize("sent", ["[[]]", '["nobody"]'])
def test_a_list_of_what_are_no_runs_leaves_the_choice_of_runs_as_it_was(
    store: Store, sent: str
) -> None:
    runs = [trained(store), trained(store, TINY.replace(seed=2))]
    page = opened("pages/draw.py", alone=True, run=runs[0].id)
    (choice,) = [widget for widget in widgets(page) if widget.endswith("draw.compare")]
    before = page.multiselect(key="draw.compare").value
    with noting() as told:
        send(page, [WidgetState(id=choice, json_value=sent)])
    assert told == []
    assert not page.exception
    assert page.multiselect(key="draw.compare").value == before

"""The home page: an untrained network to draw on, its training, and who comes back."""

import json
import xml.etree.ElementTree as xml
from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.config import TrainConfig
from mnistlab.store import RunRecord, Status, Store
from mnistlab.ui.home.tutorials import PICTURES, TUTORIALS, picture
from mnistlab.ui.kit import chosen_run, state
from pages.runs import ROOT, TINY, component, in_state, link, opened, trained, words

MOST_BYTES = 150_000  # of all pictures
THIS_BROWSER = "this browser"


@pytest.fixture(autouse=True)
def _this_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "client_id", lambda: THIS_BROWSER)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """What the button on the page trains."""
    monkeypatch.setattr(chosen_run, "first_config", lambda: TINY)
    return TINY


def own(store: Store, status: Status, config: TrainConfig = TINY) -> RunRecord:
    """A run that this browser asked for."""
    store.request(config, THIS_BROWSER)
    return in_state(store, status, config)


def links(page: AppTest) -> dict[str, str]:
    """Label -> parameters of the links in the page itself."""
    return {each.proto.label: each.proto.query_string for each in page.main.get("page_link")}


def network(page: AppTest) -> str:
    """Whose network the page shows."""
    shown = component(page, "live_network")
    assert shown is not None
    return str(shown["source"])


def plays(page: AppTest) -> bool:
    """Whether the network begins at its first step and plays its training."""
    shown = component(page, "live_network")
    assert shown is not None
    return bool(shown.get("play"))


def guesses(page: AppTest) -> dict[str, object]:
    shown = component(page, "guesses")
    assert shown is not None
    return shown


def test_empty_store_shows_an_untrained_network_of_the_small_digits_and_says_so() -> None:
    page = opened("app.py")
    assert network(page) == "preset quick-digits"
    assert guesses(page)["predictions"] is None
    assert page.button(key="first_run").label == "Train it"
    assert page.button(key="download.mnist").label == "Download MNIST"
    said = words(page)
    assert "This network has learned nothing yet." in said
    assert "MNIST is not on this machine yet, but scikit-learn's small digits are" in said
    assert "Look inside" not in links(page)
    assert "Look at the run trained here" not in said
    assert "run" not in link(page)


def test_empty_store_with_mnist_shows_the_speedrun_and_its_first_test_images(mnist: object) -> None:
    page = opened("app.py")
    assert network(page) == "preset speedrun"
    assert guesses(page)["labels"] == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert "not on this machine" not in words(page)


def test_training_it_leads_to_its_result_and_on(tiny: TrainConfig, store: Store) -> None:
    page = opened("app.py")
    page.button(key="first_run").click().run()
    assert not page.exception
    run = store.get(tiny.run_id)
    assert run.status == Status.FINISHED
    assert run.final is not None
    assert link(page)["run"] == run.id
    assert network(page) == f"run {run.id}"
    assert guesses(page)["predictions"] == run.final["predictions"]
    assert "Accuracy on all 500 test images" in words(page)
    for label in ("Look inside", "Draw more", "Change something", "Look at the run trained here"):
        assert f"run={run.id}" in links(page)[label]


def test_look_inside_takes_the_drawing_along(store: Store) -> None:
    page = opened("app.py", run=trained(store).id)
    assert "source" not in links(page)["Look inside"]
    page.session_state["drawing"] = [[0] * 28] * 28
    assert "source=drawing" in links(page.run())["Look inside"]


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_a_training_is_watched(store: Store, status: Status) -> None:
    run = in_state(store, status)
    page = opened("app.py", run=run.id)
    kept = status == Status.RUNNING
    assert network(page) == (f"run {run.id}" if kept else "preset quick-digits")
    assert guesses(page)["source"] == network(page)
    progress = component(page, "progress")
    assert progress is not None
    assert progress["state"] == f"{status.value} {json.dumps(kept)}"
    assert "It is learning." in words(page)
    assert "Look inside" not in links(page)


# -- who comes back --------------------------------------------------------------------------------


def test_own_last_run_is_there_even_if_others_trained_since(store: Store) -> None:
    run = own(store, Status.FINISHED)
    trained(store, TINY.replace(seed=2))
    page = opened("app.py")
    assert run.accuracy is not None
    said = words(page)
    assert "Your last network: **Digits · CNN 2–2 · Adam 0.001 · 4 steps · seed 1**" in said
    assert f"{100 * run.accuracy:.2f} % accuracy on all 500 test images, just now" in said
    assert network(page) == f"run {run.id}"
    assert f"run={run.id}" in links(page)["Look inside"]
    assert "run" not in link(page)
    page.button(key="continue").click().run()
    assert page.title[0].value == "Feature maps"
    assert link(page)["run"] == run.id


def test_without_an_own_run_the_newest_finished_one_is_there(store: Store) -> None:
    trained(store)
    newest = trained(store, TINY.replace(seed=2))
    in_state(store, Status.PAUSED, TINY.replace(seed=3))
    page = opened("app.py")
    assert "The newest network here:" in words(page)
    assert network(page) == f"run {newest.id}"
    assert "Look through the 3 runs trained here" in words(page)


def test_beginning_anew_plays_the_training_that_is_stored(store: Store, tiny: TrainConfig) -> None:
    trained(store)
    page = opened("app.py")
    assert not plays(page)
    page.button(key="anew").click().run()
    assert network(page) == "preset quick-digits"
    page.button(key="first_run").click().run()
    assert link(page)["run"] == tiny.run_id
    assert plays(page)
    assert "Trained before: this is the stored result, played again." in words(page)


def test_own_training_that_goes_on_is_chosen_at_once(store: Store) -> None:
    run = own(store, Status.RUNNING)
    page = opened("app.py")
    assert link(page)["run"] == run.id
    assert "It is learning." in words(page)


def test_own_run_that_was_cut_short_goes_on(store: Store) -> None:
    run = own(store, Status.PAUSED)
    page = opened("app.py")
    assert "It has done 2 of 4 steps." in words(page)
    page.button(key="resume").click().run()
    assert store.get(run.id).status == Status.FINISHED
    assert link(page)["run"] == run.id


# -- the tutorials ---------------------------------------------------------------------------------


def test_each_tutorial_has_a_picture_and_no_picture_is_left_over() -> None:
    files = sorted(PICTURES.iterdir())
    assert [file.stem for file in files] == sorted(TUTORIALS)
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    for name in TUTORIALS:
        drawing = xml.fromstring(picture(name, "<alt> & text"))
        assert drawing.attrib["aria-label"] == "<alt> & text"
        assert len(drawing)


def test_each_tutorial_begins_at_a_place_of_the_tutorials_own_table() -> None:
    table = Path(ROOT / "docs" / "tutorials.md").read_text(encoding="utf-8")
    shown = links(opened("app.py"))
    for tutorial in TUTORIALS.values():
        query = urlencode(tutorial.query)
        assert f"`{tutorial.page}?{query}`" in table or not query
        assert shown[tutorial.title] == query

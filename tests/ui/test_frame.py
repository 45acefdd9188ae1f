"""What all pages build on: `require_run`, the scrubber, `choose`, the URL."""

from threading import Thread

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from mnistlab.analysis.intervals import interval
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.errors import QueueFull
from mnistlab.events import Evaluated
from mnistlab.store import Status, Store
from mnistlab.train import train
from mnistlab.ui.kit import state
from mnistlab.ui.kit.wish import WISHES, Wish
from pages.runs import TINY, link, trained


def looking() -> None:
    """A page as those that look inside a network will be."""
    import streamlit as st

    from mnistlab import ui

    page = ui.page(
        "feature_maps",
        parameters={"layer": ui.text(), "neighbours": ui.whole(1, 20)},
    )
    page.title("Look")
    run = page.require_run()
    st.text(f"{run.id} at {page.step}")
    layer = page.choose("layer", "Layer", ["conv1", "conv2", "out"], default="conv2")
    st.text(f"layer {layer}")
    st.text(f"neighbours {page.query.get('neighbours', 8)}")


def look(**query: str) -> AppTest:
    page = AppTest.from_function(looking, default_timeout=SECONDS)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def test_without_a_run_the_page_offers_one_and_stops() -> None:
    page = look()
    assert not page.exception
    assert page.info[0].value.startswith("There is no network to look at yet.")
    assert page.button(key="first_run")
    assert not page.text


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.QUEUED, "has not started"),
        (Status.RUNNING, "just starting"),
        (Status.FAILED, "failed at the start. Out of memory."),
        (Status.STOPPED, "ended before the first step"),
        (Status.INTERRUPTED, "ended before the first step"),
    ],
)
def test_why_nothing_of_a_run_is_kept_is_said_and_stops_the_page(
    store: Store, status: Status, why: str
) -> None:
    run = store.request(TINY, "somebody")
    if status != Status.QUEUED:
        claim = store.claim(run.id)
        assert claim is not None
        if status != Status.RUNNING:
            store.end(claim, status, "Out of memory." if status == Status.FAILED else "")
    page = look(run=run.id)
    assert not page.exception
    assert why in page.info[0].value
    assert not page.text


def test_beginning_of_an_id_is_enough(store: Store) -> None:
    run = trained(store)
    page = look(run=run.id[:6])
    assert page.text[0].value == f"{run.id} at 4"
    assert link(page)["run"] == run.id


def test_scrubber_has_the_steps_of_the_snapshots_and_ends_at_the_trained_network(
    store: Store,
) -> None:
    run = trained(store)
    page = look(run=run.id)
    slider = page.sidebar.select_slider[0]
    assert list(slider.options) == [f"{step}" for step in store.snapshot_steps(run.id)]
    assert page.text[0].value == f"{run.id} at 4"
    assert "step" not in link(page)


def test_step_is_in_the_link_both_ways(store: Store) -> None:
    run = trained(store)
    page = look(run=run.id, step="1")
    assert page.text[0].value == f"{run.id} at 1"
    page = page.sidebar.select_slider[0].set_value(2).run()
    assert page.text[0].value == f"{run.id} at 2"
    assert link(page)["step"] == "2"
    page.query_params["step"] = "0"  # as by a link, or by Back
    assert page.run().text[0].value == f"{run.id} at 0"


def test_step_without_a_snapshot_becomes_the_nearest_with_one(store: Store) -> None:
    run = trained(store)
    assert store.snapshot_steps(run.id) == [0, 1, 2, 4]
    assert look(run=run.id, step="3").text[0].value == f"{run.id} at 2"
    assert look(run=run.id, step="99999").text[0].value == f"{run.id} at 4"


def test_choice_is_in_the_link_both_ways(store: Store) -> None:
    run = trained(store)
    page = look(run=run.id)
    assert page.text[1].value == "layer conv2"
    page = page.selectbox[0].set_value("out").run()
    assert page.text[1].value == "layer out"
    assert link(page)["layer"] == "out"
    assert look(**link(page)).text[1].value == "layer out"
    page.query_params["layer"] = "conv1"
    assert page.run().text[1].value == "layer conv1"


def test_choice_that_is_not_available_is_said(store: Store) -> None:
    page = look(run=trained(store).id, layer="conv9")
    assert [warning.value for warning in page.warning] == [
        "The link says layer=conv9, which is not available here."
    ]
    assert page.text[1].value == "layer conv2"


def test_own_parameter_is_checked(store: Store) -> None:
    run = trained(store)
    assert look(run=run.id, neighbours="20").text[2].value == "neighbours 20"
    page = look(run=run.id, neighbours="21")
    assert page.text[2].value == "neighbours 8"
    assert (
        page.warning[0].value
        == "The link says neighbours='21', but it has to be a whole number from 1 to 20."
    )


def test_what_is_wrong_with_a_link_is_said_in_the_language_of_the_link(store: Store) -> None:
    page = look(run=trained(store).id, neighbours="21", lang="zh")
    assert page.warning[0].value.startswith("链接里写着 neighbours=")


def test_another_run_begins_at_its_own_end(store: Store) -> None:
    def choosing() -> None:
        from mnistlab import ui
        from mnistlab.store import Store

        page = ui.page("feature_maps")
        other = [run for run in Store().runs() if page.run is not None and run.id != page.run.id]
        page.choose_run(other[0].id)

    one, other = trained(store), trained(store, TINY.replace(seed=2))
    page = AppTest.from_function(choosing, default_timeout=SECONDS)
    page.query_params["run"], page.query_params["step"] = one.id, "1"
    page.run()
    assert link(page) == {"run": other.id}


def test_accuracy_of_a_run_that_goes_on_stands_beside_the_step_at_which_it_was_measured(
    store: Store,
) -> None:
    run = store.request(TINY, "somebody")
    claim = store.claim(run.id)
    assert claim is not None
    events = [event for event in train(TINY, load_dataset("digits")) if event.step <= 3]
    store.record(claim, events)
    measured = [event for event in events if isinstance(event, Evaluated)][-1]
    assert store.get(run.id).step == 3 != measured.step
    sidebar = look(run=run.id).sidebar
    assert any(
        f"{measured.test_accuracy:.2%}".replace("%", " %") + " accuracy after 2 steps"
        in caption.value
        for caption in sidebar.caption
    )
    assert f"95 % interval: {interval(measured.correct, measured.count)}" in [
        caption.value for caption in sidebar.caption
    ]
    assert any("running" in badge.value for badge in sidebar.markdown)


@pytest.mark.parametrize("where", ["page", "fragment"])
def test_store_that_breaks_while_a_page_is_drawn_is_one_clear_sentence(where: str) -> None:
    def breaking() -> None:
        import streamlit as st

        from mnistlab import ui
        from mnistlab.errors import StoreError

        def breaks() -> None:
            raise StoreError("The store cannot be used: disk I/O error.", "Check it.")

        ui.page("data")
        (st.fragment(breaks) if st.query_params["where"] == "fragment" else breaks)()

    page = AppTest.from_function(breaking, default_timeout=SECONDS)
    page.query_params["where"] = where
    page.run()
    assert not page.exception
    assert [error.value for error in page.error] == [
        "The store cannot be used: disk I/O error. Check it."
    ]


def test_a_training_that_was_asked_for_and_left_says_why_it_cannot_start(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(config: TrainConfig, experiment: str = "") -> None:
        raise QueueFull("You have 10 runs waiting.", "Wait.")

    monkeypatch.setattr(state, "start", full)
    page = AppTest.from_file("../../pages/glossary.py", default_timeout=SECONDS)
    page.session_state[WISHES] = [Wish("train", "start", lambda: state.start(TINY))]
    page.run()
    assert [error.value for error in page.error] == ["You have 10 runs waiting. Wait."]
    assert page.title  # and the page is there
    page.run()
    assert not page.error  # said once


def test_a_training_is_asked_for_again_where_the_page_was_broken_off(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainConfig] = []

    def start(config: TrainConfig, experiment: str = "") -> None:
        asked.append(config)
        if len(asked) == 1:
            raise StopException  # as at any look into the session, once something else is asked

    monkeypatch.setattr(state, "start", start)
    page = AppTest.from_file("../../pages/glossary.py", default_timeout=SECONDS)
    page.session_state[WISHES] = [Wish("train", "start", lambda: state.start(TINY))]
    for _ in range(3):
        page.run()
    assert asked == [TINY, TINY]  # and not once more


def test_all_that_was_asked_for_on_the_page_before_is_done_in_its_order(store: Store) -> None:
    done: list[str] = []
    page = AppTest.from_file("../../pages/glossary.py", default_timeout=SECONDS)
    page.session_state[WISHES] = [
        Wish("train", "start", lambda: done.append("start")),
        Wish("train", "repeat", lambda: done.append("repeat")),
    ]
    page.run()
    assert done == ["start", "repeat"]


def test_what_is_asked_for_is_not_done_by_two_scripts_at_once(store: Store) -> None:
    """The script of the page that was left is still at it when that of the next page comes."""
    done: list[str] = []
    wished = Wish("class", "forget", lambda: done.append("by the next page"))
    page = AppTest.from_file("../../pages/glossary.py", default_timeout=SECONDS)
    page.session_state[WISHES] = [wished]
    with wished.lock:
        next_page = Thread(target=page.run)
        next_page.start()
        next_page.join(0.5)  # as long as it likes
        done.append("by the page that was left")
        wished.is_over = True
    next_page.join()
    assert done == ["by the page that was left"]
    assert page.title

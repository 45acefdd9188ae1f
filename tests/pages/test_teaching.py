"""Teach it your hand: the card on the draw page, and a fine-tuned run on the other pages."""

import json

import pytest
import torch
from hands import mirror_set, mirrored
from streamlit.testing.v1 import AppTest

from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.drawing_set import DrawingSet
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.run_names import run_name
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.drawings import save_drawing
from mnistlab.store.origins import keep_drawing_set
from mnistlab.train import evaluate, model_from
from mnistlab.ui.kit.navigation import page_file, pages_of_a_run
from mnistlab.ui.kit.state import client_name
from pages.elements import charts
from pages.runs import TINY, in_state, link, opened, trained, words

DRAW = "pages/draw.py"
PARENT = TINY.replace(channels=(4, 4), lr=0.01, max_steps=100, eval_every=50)


def draws(store: Store, page: AppTest, count: int, skipped: int = 0) -> AppTest:
    """The page once its reader has saved so many drawings, in mirror writing."""
    owner = client_name("", page.session_state["session"])
    images, labels = mirrored(count, skipped)
    for image, label in zip(images[:, 0].numpy(), labels.tolist(), strict=True):
        save_drawing(store, owner, image, label)
    return page.run()


def offers(page: AppTest) -> list[str]:
    return [button.label for button in page.button if button.key == "draw.teach"]


def bar(page: AppTest) -> list[str]:
    return [element.proto.text for element in page.get("progress")]


def test_what_is_still_needed_is_said_and_nothing_is_offered(store: Store) -> None:
    page = opened(DRAW, run=trained(store).id)
    assert bar(page) == ["20 more drawings are needed in your test set above."]
    page = draws(store, page, 3)
    assert bar(page)[0].startswith("17 more drawings are needed in your test set above. There is")
    assert not offers(page)
    assert not page.exception


def test_a_reader_teaches_a_network_and_sees_what_that_changed(store: Store) -> None:
    parent = InlineExecutor(store).start(PARENT)
    page = draws(store, opened(DRAW, run=parent.id), 41)
    assert offers(page) == ["Teach it 31 of your 41 drawings"]
    page.button(key="draw.teach").click().run()
    assert not page.exception
    assert not page.error
    (tuned,) = [run for run in store.runs() if run.config.parent == parent.id]
    assert tuned.status is Status.FINISHED
    own = mirror_set(41)
    assert tuned.config == fine_tuning(PARENT, own.id)
    held_out = torch.tensor(own.held_out)
    images, labels = torch.from_numpy(own.images)[held_out][:, None], torch.tensor(own.labels)
    said = words(page)
    for weights in (store.weights(parent.id), store.weights(tuned.id)):
        model = model_from(tuned.config, weights)
        _, correct = evaluate(model, images, labels[held_out], tuned.config)
        assert f"**{10 * correct:.2f} %** (" in said
    assert parent.accuracy is not None
    assert f"**{100 * parent.accuracy:.2f} %** (" in said
    assert tuned.accuracy is not None
    assert f"**{100 * tuned.accuracy:.2f} %** (" in said
    assert not offers(page)
    assert "Held-out drawings: " in charts(page)[-1].alt
    page.button(key=f"link.{[('compare', f'{parent.id},{tuned.id}')]}").click().run()
    assert link(page)["compare"] == f"{parent.id},{tuned.id}"
    assert "A network that was taught some of these drawings knows them." not in said
    assert "A network that was taught some of these drawings knows them." in words(page)


def test_one_more_drawing_is_taught_to_the_first_network_not_to_the_one_made_from_it(
    store: Store,
) -> None:
    parent, tuned = taught(store)
    page = draws(store, opened(DRAW, run=tuned.id), 20, skipped=30)
    assert offers(page) == ["Teach it 15 of your 20 drawings"]
    assert "It learned from 15 of 20 drawings" in words(page), "what it is already"
    page.button(key="draw.teach").click().run()
    assert sorted(str(run.config.parent) for run in store.runs()) == sorted(
        [str(None), parent.id, parent.id]
    )
    store.delete(parent.id)
    page = opened(DRAW, run=tuned.id)
    assert not page.exception
    assert not page.error
    assert "The network that this one was made from has been deleted." in words(page)
    assert "It learned from 15 of 20 drawings" in words(page)


def test_drawings_without_a_parent_are_compared_with_the_untrained_network(store: Store) -> None:
    own = mirror_set()
    keep_drawing_set(store, own)
    run = InlineExecutor(store).start(PARENT.replace(drawings=own.id))
    page = draws(store, opened(DRAW, run=run.id), 20, skipped=40)
    said = words(page)
    assert "This network has seen drawings from its first step on: teach another one." in said
    assert not offers(page)
    data = load_dataset("digits")
    (table,) = [line for line in said.splitlines() if line.startswith("| Digits test images")]
    for step, cell in zip((0, run.step), table.split("|")[2:4], strict=True):
        model = model_from(run.config, store.weights(run.id, step))
        _, correct = evaluate(model, data.test_images, data.test_labels, run.config)
        assert f"**{100 * correct / len(data.test_labels):.2f} %**" in cell
    assert "Draw for both networks" not in said


def test_what_was_taught_twice_is_told_apart_from_both(store: Store) -> None:
    parent, tuned = taught(store)
    own = mirror_set(30)
    keep_drawing_set(store, own)
    again = InlineExecutor(store).start(fine_tuning(tuned.config, own.id).replace(max_steps=4))
    page = draws(store, opened(DRAW, run=again.id), 20, skipped=40)
    assert offers(page) == ["Teach it 15 of your 20 drawings"]
    assert f"{tuned.id},{again.id}" in str([button.key for button in page.button])
    page.button(key="draw.teach").click().run()
    (new,) = [run for run in store.runs() if run.id not in (parent.id, tuned.id, again.id)]
    assert new.config.parent == parent.id


def taught(store: Store) -> tuple[RunRecord, RunRecord]:
    """A run, and one that was made from it."""
    parent = trained(store)
    drawn = keep_drawing_set(store, mirror_set(20))
    return parent, InlineExecutor(store).start(fine_tuning(TINY, drawn).replace(max_steps=4))


@pytest.mark.parametrize("status", [Status.RUNNING, Status.STOPPED])
def test_a_network_that_is_not_finished_is_not_taught(store: Store, status: Status) -> None:
    page = draws(store, opened(DRAW, run=in_state(store, status).id), 20)
    assert not page.exception
    assert "This network has not finished its own training yet." in words(page)
    assert not offers(page)


def test_a_network_that_learns_other_things_than_digits_is_not_taught_digits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnistlab.ui.draw.teaching.learns_digits", lambda run: False)
    assert "Teach it your hand" not in words(opened(DRAW, run=trained(store).id))


def test_a_training_that_goes_on_is_shown_with_its_progress(store: Store) -> None:
    parent = trained(store)
    page = draws(store, opened(DRAW, run=parent.id), 20)
    images, labels = mirrored(20)
    own = DrawingSet.of(images[:, 0].numpy(), labels.tolist())
    keep_drawing_set(store, own)
    store.request(fine_tuning(TINY, own.id))
    page.run()
    assert not page.exception
    assert bar(page) == ["Next in the queue."] or bar(page) == ["Starting …"]
    assert not offers(page)


def test_every_page_of_a_run_opens_on_a_fine_tuned_one(store: Store) -> None:
    parent, tuned = taught(store)
    store.delete(parent.id)
    for name in (*pages_of_a_run(), "runs", "train"):
        chosen = {"layer": "conv1"} if name == "embeddings" else {}  # no image gets further
        page = opened(page_file(name), run=tuned.id, **chosen)
        assert not page.exception, name
        assert not page.error, name
        assert run_name(tuned.config) in words(page) or name not in ("runs", "train")


def test_the_form_shows_what_a_fine_tuned_run_begins_with_and_lets_it_go(store: Store) -> None:
    _, tuned = taught(store)
    page = opened("pages/train.py", run=tuned.id)
    boxes = {box.label: box for box in page.text_input}
    assert boxes["Parent run"].value == tuned.config.parent
    assert boxes["Own drawings"].value == tuned.config.drawings
    page = boxes["Parent run"].set_value("").run()
    assert "parent" not in link(page)
    assert link(page)["drawings"] == tuned.config.drawings
    (box,) = page.run().text_input
    box.set_value("mine").run()
    assert any("drawings cannot be 'mine'" in error.value for error in page.error)


def test_a_link_with_a_parent_that_is_not_here_is_a_sentence_at_start(store: Store) -> None:
    trained(store)
    config = TrainConfig(dataset="digits", parent="0123456789ab", max_steps=3)
    page = opened("pages/train.py", **config.to_query())
    page.button(key="start").click().run()
    assert not page.exception
    assert any("There is no run 0123456789ab here" in error.value for error in page.error)
    assert json.loads(config.canonical)["parent"] == "0123456789ab"

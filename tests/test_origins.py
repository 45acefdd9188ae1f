"""What a fine-tuned run begins with: kept as long as it is needed, and missed in a sentence."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
import torch
from commandline import assert_one_line, call, called
from hands import mirror_set, mirrored

from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.errors import ConfigError, QueueFull, RunNotFound, StoreError
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.export.importing import import_run
from mnistlab.export.weights import weights_safetensors
from mnistlab.run_names import run_name
from mnistlab.store import Status, Store
from mnistlab.store.drawings import delete_drawing, drawings, save_drawing
from mnistlab.store.origins import dataset_of, drawing_set, drawing_set_kept, keep_drawing_set
from pages.runs import TINY, in_state, trained

SET = mirror_set(24)
QUICK: dict[str, Any] = {"max_steps": 3, "eval_size": 50}


def tuning(parent: TrainConfig = TINY) -> TrainConfig:
    return fine_tuning(parent, SET.id).replace(**QUICK)


def is_kept(store: Store) -> bool:
    with store.engine.connect() as connection:
        return bool(connection.scalar(sa.text("SELECT COUNT(*) FROM drawing_sets")))


# -- kept as long as it is needed ------------------------------------------------------------------


def test_drawings_that_no_run_began_with_do_not_stay(store: Store) -> None:
    trained(store)
    with pytest.raises(QueueFull), drawing_set_kept(store, SET):
        raise QueueFull("Too many runs wait.", "Wait for one of them.")
    assert not is_kept(store)
    with drawing_set_kept(store, SET):
        store.request(tuning())
    assert is_kept(store)


def test_a_run_outlives_the_drawings_and_the_parent_that_it_was_made_of(url: str) -> None:
    store = Store(url)
    images, labels = mirrored(24)
    for image, label in zip(images[:, 0].numpy(), labels.tolist(), strict=True):
        save_drawing(store, "me", image, label)
    assert keep_drawing_set(store, SET) == keep_drawing_set(store, SET) == SET.id
    parent = trained(store)
    first = store.weights(parent.id)
    run = InlineExecutor(store).start(tuning())
    assert run.status is Status.FINISHED
    assert run_name(run.config).startswith("Digits · CNN 2–2 fine-tuned on 18 of 24 drawings · ")
    for drawing in drawings(store, "me"):
        delete_drawing(store, "me", drawing.id)
    store.delete(parent.id)
    with pytest.raises(RunNotFound):
        store.get(parent.id)
    assert np.array_equal(drawing_set(store, SET.id).images, SET.images)
    assert dataset_of(store, run.config).drawings == SET.id
    assert InlineExecutor(store).start(tuning()) == run, "it is not trained again"
    kept = store.weights(run.id, 0)
    assert all(torch.equal(kept[name], tensor) for name, tensor in first.items())


@pytest.mark.parametrize("has_checkpoint", [True, False])
def test_a_run_that_was_cut_short_goes_on_without_its_parent(
    store: Store, has_checkpoint: bool
) -> None:
    keep_drawing_set(store, SET)
    trained(store)
    config = tuning().replace(max_steps=60, eval_every=20)
    whole = InlineExecutor(Store()).start(config)
    expected = store.weights(whole.id)
    store.delete(whole.id)
    keep_drawing_set(store, SET)
    paused = InlineExecutor(store).start(config, until=20)
    assert (paused.status, paused.step) == (Status.PAUSED, 20)
    store.delete(TINY.run_id)
    if not has_checkpoint:  # as where it is cut short before the first
        with store.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM checkpoints"))
    assert InlineExecutor(store).resume(paused.id).status is Status.FINISHED
    resumed = store.weights(paused.id)
    assert all(torch.equal(resumed[name], tensor) for name, tensor in expected.items())


def test_a_set_is_deleted_with_the_last_run_that_refers_to_it(url: str) -> None:
    store = Store(url)
    keep_drawing_set(store, SET)
    trained(store)
    first, second = (store.request(tuning().replace(seed=seed)) for seed in (1, 2))
    store.delete(first.id)
    assert is_kept(store)
    store.delete(second.id)
    assert not is_kept(store)


def test_a_damaged_set_is_said_to_be_and_mended_by_keeping_it_again(store: Store) -> None:
    keep_drawing_set(store, SET)
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE drawing_sets SET content = :other"), {"other": SET.content[::-1]}
        )
    with pytest.raises(StoreError, match="are damaged in the store"):
        drawing_set(store, SET.id)
    keep_drawing_set(store, SET)
    assert drawing_set(store, SET.id) == SET


def test_a_fine_tuned_run_is_exported_and_imported_as_any_other(store: Store) -> None:
    keep_drawing_set(store, SET)
    trained(store)
    run = InlineExecutor(store).start(tuning())
    file = weights_safetensors(store, run)
    store.delete(run.id)
    store.delete(TINY.run_id)
    again, new = import_run(store, file)
    assert new
    assert (again.config, again.final) == (run.config, run.final)


# -- missed in a sentence --------------------------------------------------------------------------


def test_what_is_not_here_is_refused_before_it_is_queued(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"^There is no run \w{12} here to begin with\."):
        store.request(tuning())
    parent = in_state(store, Status.RUNNING)
    with pytest.raises(ConfigError, match=r"is running: its last weights may still change\."):
        store.request(tuning())
    store.stop(parent.id)
    store.request(TINY.replace(seed=9))
    other = trained(store, TINY.replace(seed=8))
    config = replace(tuning(), parent=other.id)
    with pytest.raises(ConfigError, match=r"^The drawings 24-\w{16} are not in this store\."):
        store.request(config)
    keep_drawing_set(store, SET)
    with pytest.raises(ConfigError, match=r"has kernel 5, and that of its parent.* has 3") as wrong:
        store.request(config.replace(kernel=5))
    assert wrong.value.field == "kernel"
    assert all(run.config.drawings is None for run in store.runs())


def test_a_parent_that_is_deleted_while_the_run_waits_fails_it_with_a_sentence(
    store: Store,
) -> None:
    keep_drawing_set(store, SET)
    trained(store)
    run = store.request(tuning())
    store.delete(TINY.run_id)
    ended = InlineExecutor(store).start(run.config)
    assert ended.status is Status.FAILED
    assert ended.reason.startswith(f"There is no run {TINY.run_id} here to begin with.")
    trained(store)
    assert InlineExecutor(store).start(run.config).status is Status.FINISHED


def test_the_command_line_trains_it_and_says_what_is_missing(store: Store) -> None:
    flags = ["--dataset", "digits", "--channels", "2,2", "--kernel", "3", "--max-steps", "2"]
    argv = ["train", *flags, "--parent", TINY.run_id, "--drawings", SET.id]
    status, out, err = call(*argv)
    assert_one_line(status, out, err)
    assert f"There is no run {TINY.run_id} here" in err
    trained(store)
    status, out, err = call(*argv)
    assert_one_line(status, out, err)
    assert f"The drawings {SET.id} are not in this store." in err
    keep_drawing_set(store, SET)
    told = json.loads(called(*argv, "--json"))
    assert (told["status"], told["config"]["drawings"]) == ("finished", SET.id)


def test_drawings_alone_and_a_parent_alone_are_trainings_too(store: Store) -> None:
    keep_drawing_set(store, SET)
    trained(store)
    for config, name in (
        (tuning().replace(parent=None), "Digits · CNN 2–2 with 18 of 24 drawings · "),
        (tuning().replace(drawings=None), f"Digits · CNN 2–2 from run {TINY.run_id[:4]} · "),
    ):
        assert InlineExecutor(store).start(config).status is Status.FINISHED
        assert run_name(config).startswith(name)
    assert load_dataset("digits").drawings is None

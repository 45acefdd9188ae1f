"""A network is taught a hand: it learns it, does not forget, and everything is as with any run."""

import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hands import mirror_set, mirrored
from torch import Tensor
from trainings import all_told, of, run

from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, load_dataset, split, with_drawings
from mnistlab.errors import CheckpointMismatch, ConfigError
from mnistlab.events import Checkpoint, Finished, Snapshot
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.train import evaluate, model_from, train

PARENT = TrainConfig(dataset="digits", channels=(4, 8), lr=0.003, batch_size=32, epochs=4)
SET = mirror_set(40)
TUNED = fine_tuning(PARENT, SET.id)


@cache
def parent_weights() -> dict[str, Tensor]:
    return of(Snapshot, run(PARENT, load_dataset("digits")))[-1].weights


@cache
def data() -> Dataset:
    return with_drawings(load_dataset("digits"), SET, TUNED)


@cache
def events() -> list[Any]:
    return run(TUNED, data(), start=parent_weights())


def share(weights: dict[str, Tensor], images: Tensor, labels: Tensor) -> float:
    return evaluate(model_from(TUNED, weights), images, labels, TUNED)[1] / len(labels)


# -- what it learns from ---------------------------------------------------------------------------


def test_half_of_the_training_images_are_drawings_and_none_is_held_out() -> None:
    part, plain = split(data(), TUNED), load_dataset("digits")
    half = TUNED.train_count // 2
    assert len(part.train_images) == TUNED.train_count
    held_out = np.array(SET.held_out)
    learned = {image.tobytes() for image in SET.images[~held_out]}
    assert {image.numpy().tobytes() for image in part.train_images[:half]} == learned
    assert learned.isdisjoint(image.tobytes() for image in SET.images[held_out])
    assert torch.equal(part.train_images[half:], plain.train_images[half : TUNED.train_count])
    assert torch.equal(part.train_labels[half:], plain.train_labels[half : TUNED.train_count])
    labels = torch.tensor(SET.labels)[~torch.from_numpy(held_out)]
    assert torch.equal(part.train_labels[:half], labels.repeat(half)[:half])
    assert torch.equal(part.test_images, plain.test_images)


def test_images_held_out_for_validation_stay_the_same() -> None:
    config, plain = TUNED.replace(train_size=101, validation_size=30), load_dataset("digits")
    part = split(with_drawings(plain, SET, config), config)
    assert torch.equal(part.validation_images, plain.train_images[-30:])
    assert torch.equal(part.train_images[50:], plain.train_images[50:101])


# -- what it learns --------------------------------------------------------------------------------


def test_it_reads_the_hand_far_better_than_its_parent_and_forgets_little() -> None:
    weights = of(Snapshot, events())[-1].weights
    unseen = mirrored(400, skipped=40)  # by the same hand, in no set
    assert share(parent_weights(), *unseen) < 0.55
    assert share(weights, *unseen) > share(parent_weights(), *unseen) + 0.1
    held_out = torch.tensor(SET.held_out)
    images, labels = torch.from_numpy(SET.images)[:, None], torch.tensor(SET.labels)
    own = images[held_out], labels[held_out]
    assert share(weights, *own) > share(parent_weights(), *own)
    known = data().test_images, data().test_labels
    assert share(weights, *known) > share(parent_weights(), *known) - 0.06


def test_it_begins_with_its_parents_weights() -> None:
    first = of(Snapshot, events())[0]
    assert first.step == 0
    assert all(torch.equal(first.weights[name], kept) for name, kept in parent_weights().items())
    assert isinstance(events()[-1], Finished)


def test_it_goes_on_from_a_checkpoint_without_its_parent_as_if_never_interrupted() -> None:
    place = next(
        number
        for number, event in enumerate(events())
        if isinstance(event, Checkpoint) and event.step == 32
    )
    again = run(TUNED, data(), resume=events()[place])
    assert all_told(again) == all_told(events()[place + 1 :])


@pytest.mark.parametrize(
    "changes", [{"arch": "lstm", "hidden": 6}, {"batch_norm": True, "channels": (2, 3)}], ids=str
)
def test_every_kind_of_network_is_taught(changes: dict[str, Any]) -> None:
    parent = TrainConfig(dataset="digits", **changes)
    config = fine_tuning(parent, SET.id).replace(max_steps=2)
    weights = of(Snapshot, run(parent.replace(max_steps=3), load_dataset("digits")))[-1].weights
    with_set = with_drawings(load_dataset("digits"), SET, config)
    first, *_ = of(Snapshot, run(config, with_set, start=weights))
    assert all(torch.equal(first.weights[name], kept) for name, kept in weights.items())


# -- what does not fit -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "given"),
    [
        (TUNED, {}),
        (TUNED.replace(parent=None), {"start": {}}),
        (TUNED.replace(drawings=None), {"start": {}}),
        (TUNED.replace(drawings="40-0123456789abcdef"), {"start": {}}),
    ],
    ids=["no start", "no parent", "no drawings", "other drawings"],
)
def test_other_data_or_weights_than_the_configurations_are_refused(
    config: TrainConfig, given: dict[str, Any]
) -> None:
    if given:
        given = {"start": parent_weights()}
    with pytest.raises(ConfigError, match="Pass "):
        next(train(config, data(), **given))


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(CheckpointMismatch):
        next(train(TUNED.replace(channels=(4, 9)), data(), start=parent_weights()))


def test_a_run_without_a_parent_or_drawings_is_named_and_identified_as_ever() -> None:
    assert PARENT.canonical == dataclasses.replace(PARENT, parent=None, drawings=None).canonical
    assert "parent" not in PARENT.canonical
    assert "drawings" not in PARENT.canonical
    assert len({PARENT.run_id, TUNED.run_id, TUNED.replace(drawings=None).run_id}) == 3

"""What a DataLoader's arguments do is what the page says that they do."""

import inspect

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from mnistlab.analysis.data_loader import SAMPLERS, Few, LoaderOptions, batches, pad_to_the_largest
from mnistlab.data import Dataset, load_dataset
from mnistlab.ui.kit.texts import sections

COUNT = 23


def few(dataset: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    return dataset.train_images[:COUNT], dataset.train_labels[:COUNT]


@settings(deadline=None, max_examples=40)
@given(
    size=st.integers(1, COUNT),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_every_image_is_seen_once_in_batches_of_the_size_asked_for(
    size: int, shuffle: bool, drop_last: bool, seed: int
) -> None:
    images, labels = few(load_dataset("digits"))
    found = batches(images, labels, LoaderOptions(size, shuffle, drop_last, seed=seed))
    seen = [place for batch in found for place in batch.places]
    kept = COUNT // size * size if drop_last else COUNT
    assert len(seen) == len(set(seen)) == kept
    assert [len(batch.places) for batch in found] == [size] * (COUNT // size) + (
        [COUNT % size] if COUNT % size and not drop_last else []
    )
    assert all(batch.shape == f"({len(batch.places)}, 1, 28, 28)" for batch in found)
    assert all(labels[list(batch.places)].tolist() == list(batch.labels) for batch in found)
    if not shuffle:
        assert seen == list(range(kept))


def test_shuffling_depends_on_the_seed(digits: Dataset) -> None:
    one, same, other = (
        [batch.places for batch in batches(*few(digits), LoaderOptions(shuffle=True, seed=seed))]
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_samplers_choose_what_their_names_say(digits: Dataset) -> None:
    even = batches(*few(digits), LoaderOptions(sampler="even"))
    assert all(label % 2 == 0 for batch in even for label in batch.labels)
    one_class = batches(*few(digits), LoaderOptions(sampler="one-class"))
    assert all(len(set(batch.labels)) == 1 for batch in one_class)
    assert sum(len(batch.labels) for batch in one_class) == COUNT
    many = digits.train_images[:400].repeat(5, 1, 1, 1), digits.train_labels[:400].repeat(5)
    lopsided = (many[1] < 2).nonzero().flatten().tolist() + (
        many[1] == 9
    ).nonzero().flatten().tolist()[:10]
    drawn = batches(
        many[0][lopsided], many[1][lopsided], LoaderOptions(batch_size=50, sampler="balanced")
    )
    share = sum(label == 9 for batch in drawn for label in batch.labels) / sum(
        len(batch.labels) for batch in drawn
    )
    assert share == pytest.approx(1 / 3, abs=0.1)  # although there are only ten nines


def test_arguments_that_exclude_each_other_are_refused_by_torch(digits: Dataset) -> None:
    with pytest.raises(ValueError, match="mutually exclusive with shuffle"):
        batches(*few(digits), LoaderOptions(shuffle=True, sampler="even"))


def test_images_of_different_sizes_need_a_collate_function_of_ones_own(digits: Dataset) -> None:
    images, labels = few(digits)
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        batches(images, labels, LoaderOptions(collate="cropped"))
    samples = [Few(images, labels, cropped=True)[place] for place in range(4)]
    padded, y, places = pad_to_the_largest(samples)
    assert padded.shape == (
        4,
        1,
        max(s[0].shape[1] for s in samples),
        max(s[0].shape[2] for s in samples),
    )
    for image, (sample, *_) in zip(padded, samples, strict=True):
        assert torch.equal(image[:, : sample.shape[1], : sample.shape[2]], sample)
        assert image.sum() == pytest.approx(float(sample.sum()))
    assert y.tolist() == labels[:4].tolist()
    assert places.tolist() == [0, 1, 2, 3]
    assert [batch.places for batch in batches(images, labels, LoaderOptions(collate="pad"))] == [
        batch.places for batch in batches(images, labels, LoaderOptions())
    ]


def test_code_that_is_shown_is_the_call_that_is_made() -> None:
    assert LoaderOptions().code == "DataLoader(data, batch_size=5)"
    assert (
        LoaderOptions(3, True, True).code
        == "DataLoader(data, batch_size=3, shuffle=True, drop_last=True)"
    )
    assert all(
        "sampler=" in LoaderOptions(sampler=name).code for name in SAMPLERS if name != "none"
    )
    assert "collate_fn=pad_to_the_largest" in LoaderOptions(collate="pad").code


def test_every_argument_of_dataloader_is_explained() -> None:
    arguments = set(inspect.signature(DataLoader.__init__).parameters) - {"self"}
    text = sections("en", "data")["arguments"]
    assert {name for name in arguments if f"**{name}**" not in text} == set()

"""Which part of a class's experiment is whose, and what each trains."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.config import TrainConfig
from mnistlab.errors import ConfigError
from mnistlab.experiments.together import Experiment, parts, planned, split
from mnistlab.experiments.values import Range
from mnistlab.store import Status, Store

BASE = TrainConfig(dataset="digits", channels=(2, 2), kernel=3, max_steps=4, eval_every=2, seed=5)


def test_everybody_has_another_seed_and_late_joiners_the_next() -> None:
    experiment = planned(BASE, "seed", "", [4, 2, 7])
    assert [experiment.value(number) for number in (2, 4, 7)] == [5, 6, 7]
    assert [experiment.value(number) for number in (8, 9)] == [8, 9]
    assert experiment.config(4) == BASE.replace(seed=6)


def test_values_come_again_with_the_next_seed() -> None:
    experiment = planned(BASE, "lr", "0.1,0.001,0.01", [1, 2, 3, 4])
    assert experiment.values == (0.001, 0.01, 0.1)
    assert [experiment.config(n).lr for n in range(1, 8)] == [0.001, 0.01, 0.1] * 2 + [0.001]
    assert [experiment.config(n).seed for n in range(1, 8)] == [5, 5, 5, 6, 6, 6, 7]


@given(st.sets(st.integers(1, 200), min_size=1, max_size=40), st.integers(1, 30))
def test_nobody_trains_what_another_does(numbers: set[int], late: int) -> None:
    experiment = planned(BASE, "batch_size", "8,16,32", numbers)
    there = sorted(numbers) + [max(numbers) + place for place in range(1, late + 1)]
    assert [experiment.place(number) for number in there] == list(range(len(there)))
    assert len({experiment.config(number).run_id for number in there}) == len(there)


def test_a_range_is_split_among_the_members_that_are_there() -> None:
    linear = planned(BASE, "lr", "0.1..0.5", range(1, 6))
    assert linear.values == (0.1, 0.2, 0.3, 0.4, 0.5)
    logarithmic = planned(BASE, "lr", "0.0001..1", range(1, 6), logarithmic=True)
    assert logarithmic.values == (0.0001, 0.001, 0.01, 0.1, 1.0)
    assert planned(BASE, "lr", "0.1..0.5", []).values == (0.1, 0.5)


@given(st.integers(2, 60), st.booleans())
def test_a_range_keeps_its_ends_and_its_distances(count: int, logarithmic: bool) -> None:
    found = split(Range(0.01, 10.0, False, float), count, logarithmic)
    assert (found[0], found[-1], len(found)) == (0.01, 10.0, count)
    scaled = [math.log(value) if logarithmic else value for value in found]
    whole = (scaled[-1] - scaled[0]) / (count - 1)
    for place, value in enumerate(scaled):
        exact = scaled[0] + place * whole
        assert value == pytest.approx(exact, abs=0.01 if logarithmic else 0.05)


def test_whole_numbers_that_come_out_the_same_are_taken_once() -> None:
    assert split(Range(1, 4, False, int), 30, False) == (1, 2, 3, 4)
    assert split(Range(8, 512, False, int), 7, True) == (8, 16, 32, 64, 128, 256, 512)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("parent", "0123456789ab", "cannot try several values"),
        ("device", "cpu", "cannot try several values"),
        ("hidden", "8,16", "decides nothing"),
        ("kernel", "4,5", "padding 'same'"),
        ("lr", "fast", "lr cannot be"),
        ("momentum", "0.1,0.9", "decides nothing"),
        ("weight_decay", "0..0.1", "cannot begin at 0"),
        ("batch_size", ",".join(map(str, range(1, 600))), "too many"),
    ],
)
def test_what_cannot_be_trained_is_one_clear_sentence(field: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        planned(BASE, field, text, [1, 2], logarithmic=True)


@pytest.mark.parametrize(
    ("field", "text"),
    [("seed", ""), ("lr", "0.1,1"), ("channels", "2,2,4,8"), ("optimizer", "adam,sgd")],
)
def test_a_record_gives_the_same_experiment(field: str, text: str) -> None:
    import json

    experiment = planned(BASE, field, text, [1, 2, 3])
    record = json.loads(json.dumps(experiment.to_record()))
    assert Experiment.from_record(record) == experiment


def test_numbers_have_an_axis_and_choices_have_none() -> None:
    assert planned(BASE, "lr", "0.1,0.2", [1]).is_logarithmic
    assert planned(BASE, "batch_size", "8,512", [1]).is_logarithmic
    assert not planned(BASE, "batch_size", "8,16", [1]).is_logarithmic
    assert planned(BASE, "batch_size", "8,16", [1]).is_numeric
    assert not planned(BASE, "optimizer", "adam,sgd", [1]).is_numeric
    assert not planned(BASE, "seed", "", [1]).is_numeric


def test_parts_are_in_their_order_and_know_their_runs(store: Store) -> None:
    experiment = planned(BASE, "seed", "", [2, 3])
    store.request(experiment.config(3), "Ada")
    found = parts(store, experiment, [9, 3, 2])
    assert [part.number for part in found] == [2, 3, 9]
    assert [part.run and part.run.status for part in found] == [None, Status.QUEUED, None]
    assert [part.measured for part in found] == [None, None, None]
    assert not any(part.is_over for part in found)

"""Successive halving leaves the best of each rung, whatever the order in which they come there."""

import math
import statistics
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated
from mnistlab.experiments.halving import (
    Halving,
    Standing,
    compare,
    has_steps_left,
    planned_steps,
    rung_steps,
    rungs_of,
)
from mnistlab.experiments.sweep import Sweep
from mnistlab.experiments.sweep_results import StoppedEarly
from mnistlab.store import Status, Store
from mnistlab.train import train
from pages.runs import in_state, trained

SHARES = st.integers(0, 10).map(lambda tenths: tenths / 10)  # few, so that there are ties


@cache
def sweep(combinations: int, seeds: int = 1, factor: int = 3, **more: str) -> Sweep:
    texts = {
        "preset": "quick-digits",
        "channels": "2,2",
        "kernel": "3",
        "hidden": ",".join(map(str, range(1, combinations + 1))),
        "arch": "mlp",
        "seeds": str(seeds),
        "halving": str(factor),
        "max_steps": "36",
        "eval_every": "4",
        "eval_size": "100",
    }
    return Sweep.from_query(texts | more)


@st.composite
def races(draw: st.DrawFn) -> tuple[Sweep, dict[str, list[float]]]:
    """A sweep, and what each of its runs would reach at each rung."""
    asked = sweep(draw(st.integers(1, 12)), draw(st.integers(1, 3)), draw(st.integers(2, 4)))
    rungs = rungs_of(asked)
    lists = st.lists(SHARES, min_size=rungs, max_size=rungs)
    return asked, {run_id: draw(lists) for run_id in asked.configs}


def left_by_rung(asked: Sweep, shares: dict[str, list[float]]) -> list[list[tuple[str, ...]]]:
    """The oracle: synchronous successive halving, each rung's contenders and last the winners."""
    rungs = [[each.ids for each in asked.combinations]]
    while len(rungs) <= rungs_of(asked):
        place = len(rungs) - 1
        ranked = sorted(
            rungs[-1], key=lambda ids: -statistics.fmean(shares[run_id][place] for run_id in ids)
        )
        rungs.append(ranked[: len(rungs[-1]) // (asked.halving or 1)])
    return rungs


@given(races())
def test_the_steps_that_are_planned_are_those_of_synchronous_halving(
    race: tuple[Sweep, dict[str, list[float]]],
) -> None:
    asked, shares = race
    trained_to: dict[str, int] = {}
    for rung, contenders in enumerate(left_by_rung(asked, shares)):
        for run_id in (run_id for ids in contenders for run_id in ids):
            config = asked.configs[run_id]
            trained_to[run_id] = (*rung_steps(asked, config), config.total_steps)[rung]
    assert planned_steps(asked) == pytest.approx(sum(trained_to.values()))


@given(races(), st.randoms(use_true_random=False))
def test_in_whatever_order_runs_come_in_the_same_are_left_as_in_synchronous_halving(
    race: tuple[Sweep, dict[str, list[float]]], chance: Any
) -> None:
    asked, shares = race
    reached = dict.fromkeys(asked.configs, 0)  # so many rungs

    def standings() -> list[Standing]:
        return compare(asked, {i: shares[i][:n] for i, n in reached.items()}, reached.keys())

    def open_runs() -> Iterator[str]:
        for each, place in zip(asked.combinations, standings(), strict=True):
            yield from (i for i in each.ids if reached[i] <= place.rung < rungs_of(asked))

    while runs := list(open_runs()):
        reached[chance.choice(runs)] += 1
    oracle = left_by_rung(asked, shares)
    for each, place in zip(asked.combinations, standings(), strict=True):
        assert place.rung == max(rung for rung, ids in enumerate(oracle) if each.ids in ids)


@given(races(), st.data())
def test_who_goes_on_is_among_the_best_of_those_that_were_compared(
    race: tuple[Sweep, dict[str, list[float]]], data: st.DataObject
) -> None:
    asked, shares = race
    scores = {i: shares[i][: data.draw(st.integers(0, rungs_of(asked)))] for i in asked.configs}
    standings = compare(asked, scores, asked.configs)
    for rung in range(rungs_of(asked)):
        here = [
            (each, place)
            for each, place in zip(asked.combinations, standings, strict=True)
            if place.rung >= rung
        ]
        went_on = sum(place.rung > rung for _, place in here)
        compared = [
            statistics.fmean(scores[i][rung] for i in each.ids)
            for each, _ in here
            if all(len(scores[i]) > rung for i in each.ids)
        ]
        assert went_on == len(compared) // (asked.halving or 1)
        for each, place in here:
            if place.rung > rung:
                mean = statistics.fmean(scores[i][rung] for i in each.ids)
                assert sum(other > mean for other in compared) < went_on


def test_rungs_are_the_first_evaluations_from_those_shares_of_a_networks_own_steps_on() -> None:
    asked = sweep(9)
    assert (rungs_of(asked), rungs_of(sweep(8)), rungs_of(sweep(2))) == (2, 1, 0)
    (config, *_) = asked.configs.values()
    assert rung_steps(asked, config) == (4, 12)
    assert rung_steps(asked, config.replace(max_steps=40)) == (8, 16)
    assert rung_steps(asked, config.replace(eval_every=None)) == (36, 36)  # in its first epoch
    told = train_evaluations(config)
    assert {4, 12} < set(told)


def train_evaluations(config: TrainConfig) -> list[int]:
    from mnistlab.data import load_dataset

    events = train(config, load_dataset(config.dataset))
    return [event.step for event in events if isinstance(event, Evaluated)]


def test_one_that_failed_is_the_worst_and_one_that_somebody_paused_holds_nobody_up() -> None:
    asked = sweep(3, 2)
    one, two, three = (each.ids for each in asked.combinations)
    scores = {one[0]: [0.9], one[1]: [-math.inf], two[0]: [0.1], two[1]: [0.1], three[0]: [0.9]}
    waits = compare(asked, scores, {three[1]})
    assert waits == [Standing(0, 2, 2), Standing(0, 1, 2), Standing(0, None, 2)]
    goes_on = compare(asked, scores, {})
    assert goes_on == [Standing(0, 2, 2), Standing(1), Standing(0, None, 2)]


# -- over a store ----------------------------------------------------------------------------------


def at_rung(store: Store, config: TrainConfig, until: int, share: float) -> None:
    """The run has come to its rung with this accuracy, and paused."""
    store.request(config, until=until)
    claim = store.claim(config.run_id)
    assert claim is not None
    store.record(claim, [Evaluated(until, 0, 1.0, 1.0, share, 1, 10)])
    store.end(claim, Status.PAUSED)


def look(halving: Halving, store: Store) -> tuple[list[Standing], dict[str, int | None]]:
    runs = {run.id: run for run in store.runs(ids=halving.sweep.configs)}
    standings = halving.standings(store, runs)
    return standings, halving.promotions(halving.limits(standings), runs)


def test_the_best_is_promoted_once_by_whoever_looks(store: Store) -> None:
    asked = sweep(3)
    (a, b, c), watchers = asked.configs.values(), [Halving(asked), Halving(asked)]
    for config, share in ((a, 0.5), (b, 0.7)):
        at_rung(store, config, 12, share)
        assert look(watchers[0], store)[1] == {}, "others are still to come"
    at_rung(store, c, 12, 0.6)
    standings, promoted = look(watchers[0], store)
    assert standings == [Standing(0, 3, 3), Standing(1), Standing(0, 2, 3)]
    assert promoted == look(watchers[1], store)[1] == {b.run_id: None}
    runs = [store.promote(b.run_id, until=promoted[b.run_id]) for _ in watchers]
    assert runs[0] == runs[1]
    assert runs[0].status is Status.QUEUED
    for watcher in (*watchers, Halving(asked)):  # the last one has just loaded the page
        assert look(watcher, store) == (standings, {})
    stopped = watchers[0].stopped(standings, {r.id: r for r in store.runs()})
    assert stopped == {(a.run_id,): StoppedEarly(12, 3, 3), (c.run_id,): StoppedEarly(12, 2, 3)}


def test_without_rungs_nothing_is_promoted_that_another_sweep_left(store: Store) -> None:
    (config, *_) = sweep(3).configs.values()
    at_rung(store, config, 12, 0.5)
    assert look(Halving(sweep(2)), store) == ([Standing(0), Standing(0)], {})


@pytest.mark.parametrize("ask", ["pause", "stop"])
def test_what_a_person_paused_is_not_promoted_and_what_one_resumed_is_left_alone(
    store: Store, ask: str
) -> None:
    asked = sweep(3)
    (a, b, c), halving = asked.configs.values(), Halving(asked)
    for config, share in ((a, 0.5), (b, 0.7), (c, 0.6)):
        at_rung(store, config, 12, share)
    getattr(store, ask)(b.run_id)
    assert look(halving, store)[1] == {}
    store.resume(a.run_id)
    assert look(halving, store)[1] == {}
    claim = store.claim(a.run_id)
    assert claim is not None
    assert claim.until is None, "the person wants it trained to its end"


def test_runs_trained_earlier_count_and_are_read_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = sweep(3)
    (a, b, c), halving = asked.configs.values(), Halving(asked)
    finished = trained(store, a)
    early = trained(store, b.replace(target_accuracy=0.0))  # not of this sweep
    assert early.step < 12
    in_state(store, Status.FAILED, c)
    at_rung(store, b, 12, 1.0)
    standings, promoted = look(halving, store)
    assert [place.rung for place in standings] == [0, 1, 0]
    assert standings[2].rank == 3
    assert promoted == {b.run_id: None}
    assert finished.id not in halving.stopped(standings, {r.id: r for r in store.runs()})
    monkeypatch.setattr(store, "evaluations", lambda at: pytest.fail(f"read again: {at}"))
    assert look(halving, store) == (standings, promoted)


def test_a_run_that_finished_before_its_rung_counts_with_its_last_evaluation(store: Store) -> None:
    asked = sweep(3, target_accuracy="0")
    halving = Halving(asked)
    for config in asked.configs.values():
        assert trained(store, config).step < 12
    standings, promoted = look(halving, store)
    assert sorted(place.rung for place in standings) == [0, 0, 1]
    assert promoted == {}
    assert halving.stopped(standings, {run.id: run for run in store.runs()}) == {}


def test_only_validation_images_are_looked_at_where_there_are_some(store: Store) -> None:
    asked = sweep(3, validation_size="50")
    halving = Halving(asked)
    shares = {}
    for config in asked.configs.values():
        run = trained(store, config)
        event = store.evaluations({run.id: [12]})[run.id, 12]
        shares[run.id] = event.validation_accuracy
    standings, _ = look(halving, store)
    (best,) = [
        each.ids[0]
        for each, place in zip(asked.combinations, standings, strict=True)
        if place.rung == 1
    ]
    assert shares[best] == max(share for share in shares.values() if share is not None)


def test_what_is_left_to_ask_for(store: Store) -> None:
    (config, *_) = sweep(3).configs.values()
    assert has_steps_left(None, 12)
    run = in_state(store, Status.PAUSED, config)  # by hand, at step 2
    assert has_steps_left(run, 12)
    assert not has_steps_left(run, 2), "it has come so far"
    assert has_steps_left(run, None)
    store.delete(run.id)
    at_rung(store, config, 12, 0.5)
    assert not has_steps_left(store.get(run.id), 12)
    assert has_steps_left(store.get(run.id), 36)
    store.delete(run.id)
    claim = store.claim(store.request(config, until=12).id)
    assert claim is not None
    assert not has_steps_left(store.get(run.id), 12), "it is on its way"
    store.end(claim, Status.INTERRUPTED)
    assert has_steps_left(store.get(run.id), 12)

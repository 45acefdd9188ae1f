"""Successive halving: a sweep's combinations are compared at a few steps, its rungs, and only the
best of a rung are trained on. The others stay paused: a person can still resume them.

The rule is that of ASHA (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning"):
with the reduction factor η, the best 1/η of those that have reached a rung go on to the next one.
It is asynchronous because a rung of synchronous halving waits for its last run, and here that may
stand in a queue behind a whole class, lie on a machine that went down, or be paused by somebody.
Once all have reached a rung, the same combinations are left in either way.

Nothing of this is stored. The ranks follow from the evaluations in the store, so whoever looks at
a sweep comes to the same result, and `Store.promote` may be called by several at once.
"""

import math
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated
from mnistlab.experiments.sweep import Sweep
from mnistlab.experiments.sweep_results import StoppedEarly, measured
from mnistlab.store import ACTIVE, RunRecord, Status, Store

Scores = Mapping[str, Sequence[float]]  # run id -> its accuracy at each rung that it has reached
LOST = -math.inf  # the score of a run that failed


@dataclass(frozen=True)
class Standing:
    """How far a combination has come: to `rung`, counted from 0, in place `rank` of the `reached`
    that were compared there; None while it is on its way. Beyond the last rung it is trained to its
    end.
    """

    rung: int
    rank: int | None = None
    reached: int = 0


def rungs_of(sweep: Sweep) -> int:
    """How many rungs there are: as many as it takes to be left with fewer combinations than η."""
    factor, left, rungs = sweep.halving, len(sweep.combinations), 0
    while factor is not None and left >= factor:
        left, rungs = left // factor, rungs + 1
    return rungs


def rung_steps(sweep: Sweep, config: TrainConfig) -> tuple[int, ...]:
    """The steps at which this network is compared: its first evaluations from 1/η^K of its steps
    on, ..., 1/η^2 and 1/η.
    """
    rungs = rungs_of(sweep)
    shares = ((sweep.halving or 1) ** (rungs - rung) for rung in range(rungs))
    return tuple(config.next_evaluation(math.ceil(config.total_steps / share)) for share in shares)


def planned_steps(sweep: Sweep) -> float:
    """About how many steps the whole sweep takes: all networks are trained to the first rung, the
    best 1/η of them to the next one, and so on, the last ones to their ends.
    """
    configs, count = list(sweep.configs.values()), len(sweep.combinations)
    left, before, planned = count, 0, 0.0
    for rung in range(rungs_of(sweep) + 1):
        reached = [dict(enumerate(rung_steps(sweep, each))).get(rung) for each in configs]
        until = sum(
            each.total_steps if step is None else step
            for each, step in zip(configs, reached, strict=True)
        )
        planned += left / count * (until - before)
        left, before = left // (sweep.halving or 1), until
    return planned


def compare(sweep: Sweep, scores: Scores, coming: Collection[str]) -> list[Standing]:
    """Where each combination stands, by the means over its seeds, in the order of the sweep.

    `coming`: ids of the runs that train on by themselves, or once they are promoted. While some
    combinations are on their way to a rung, the best 1/η of the others go on; then one at least.
    """
    rungs, factor = rungs_of(sweep), sweep.halving or 1
    standings: dict[tuple[str, ...], Standing] = {}
    contenders, on_the_way = [each.ids for each in sweep.combinations], False
    for rung in range(rungs):
        here = {ids: [_has_reached(scores, run_id, rung) for run_id in ids] for ids in contenders}
        means = {
            ids: statistics.fmean(scores[run_id][rung] for run_id in ids)
            for ids in contenders
            if all(here[ids])
        }
        on_the_way |= any(  # to this rung, or to an earlier one
            not all(here[ids])
            and all(reached or i in coming for i, reached in zip(ids, here[ids], strict=True))
            for ids in contenders
        )
        best_first = sorted(means, key=lambda ids: -means[ids])
        ranks = {ids: rank for rank, ids in enumerate(best_first, start=1)}
        standings |= {ids: Standing(rung, ranks.get(ids), len(ranks)) for ids in contenders}
        contenders = best_first[: max(len(ranks) // factor, 0 if on_the_way else 1)]
    standings |= {ids: Standing(rungs) for ids in contenders}
    return [standings[each.ids] for each in sweep.combinations]


class Halving:
    """Where the runs of a sweep stand. What was measured at a rung is read from the store once: the
    same run measures the same again.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.steps = {run_id: rung_steps(sweep, each) for run_id, each in sweep.configs.items()}
        self._scores: dict[tuple[str, int], float] = {}  # by run id and step

    def standings(self, store: Store, runs: Mapping[str, RunRecord]) -> list[Standing]:
        """See `compare`; `runs`: those that are in the store, by id. Raises `StoreError`."""
        self._read(store, runs)
        scores = {run_id: list(self._of(run)) for run_id, run in runs.items()}
        return compare(self.sweep, scores, {i for i in self.steps if _is_coming(runs.get(i))})

    def limits(self, standings: Sequence[Standing]) -> dict[str, int | None]:
        """Run id -> the step up to which it may be trained; None: to its end."""
        return {
            run_id: dict(enumerate(self.steps[run_id])).get(standing.rung)
            for each, standing in zip(self.sweep.combinations, standings, strict=True)
            for run_id in each.ids
        }

    def promotions(
        self, limits: Mapping[str, int | None], runs: Mapping[str, RunRecord]
    ) -> dict[str, int | None]:
        """Of the runs that paused at a rung, those that may go on -> to which step (None: to the
        end). One that a person paused is none of them.
        """
        return {
            run_id: limits[run_id]
            for run_id, run in runs.items()
            if rungs_of(self.sweep)
            and run.status == Status.PAUSED
            and run.until is not None
            and run.until < (limits[run_id] or math.inf)
        }

    def stopped(
        self, standings: Sequence[Standing], runs: Mapping[str, RunRecord]
    ) -> dict[tuple[str, ...], StoppedEarly]:
        """Ids of a combination -> where it was left, of those that nobody trains to their ends."""
        placed = zip(self.sweep.combinations, standings, strict=True)
        return {
            each.ids: StoppedEarly(self.steps[each.ids[0]][place.rung], place.rank, place.reached)
            for each, place in placed
            if place.rank is not None
            and not any(i in runs and runs[i].status in ACTIVE for i in each.ids)
            and not all(i in runs and runs[i].status == Status.FINISHED for i in each.ids)
        }

    def _read(self, store: Store, runs: Mapping[str, RunRecord]) -> None:
        unread: dict[str, list[int]] = {}
        events: dict[tuple[str, int], Evaluated] = {}
        for run_id, run in runs.items():
            for step in self.steps[run_id]:
                if (run_id, step) in self._scores:
                    continue
                if step <= run.step:
                    unread.setdefault(run_id, []).append(step)
                elif run.status == Status.FINISHED and (last := store.latest(run_id, Evaluated)):
                    events[run_id, step] = last  # it reached its target accuracy before
        if unread:
            events |= store.evaluations(unread)
        for key, event in events.items():
            score = measured(event, self.sweep.validated)
            if score is not None:
                self._scores[key] = score

    def _of(self, run: RunRecord) -> Iterator[float]:
        for step in self.steps[run.id]:
            score = self._scores.get((run.id, step), LOST if run.status == Status.FAILED else None)
            if score is None:
                return
            yield score


def has_steps_left(run: RunRecord | None, limit: int | None) -> bool:
    """Whether a run (None: not in the store) has some steps to go up to its limit."""
    if run is None or limit is None:
        return True
    # nobody takes one that was interrupted to the step at which it was to pause
    until = None if run.status == Status.INTERRUPTED else run.until
    return max(run.step, until or 0) < limit


def _has_reached(scores: Scores, run_id: str, rung: int) -> bool:
    return len(scores.get(run_id, ())) > rung


def _is_coming(run: RunRecord | None) -> bool:
    return run is None or run.status in ACTIVE or run.until is not None

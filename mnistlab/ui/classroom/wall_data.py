"""The wall as small JSON: the same from the server's live route, which the teacher's browser asks,
and from a page that is drawn anew.
"""

import time
from collections import Counter
from math import isfinite
from typing import Any

from mnistlab.choices import DATASETS
from mnistlab.figures.curves import thin
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.store.members import Member, members
from mnistlab.store.queries import Queries
from mnistlab.store.wall import evaluated_since, runs_on_wall
from mnistlab.ui.kit import words
from mnistlab.ui.kit.attendance.aliases import alias, colour
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.state import Recorded

SORTS = ("name", "progress", "accuracy")  # the first is the default
AWAY_SECONDS = 75.0  # a tab in the background asks twice a minute, if its browser lets it
POINTS = 32  # of a curve
BEGUN = (*ACTIVE, Status.PAUSED, Status.STOPPED, Status.INTERRUPTED)


class Curves:
    """The test accuracy of runs over their steps. Whoever keeps it reads only what is new."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[tuple[object, ...], Recorded]] = {}

    def of(self, store: Queries, runs: list[RunRecord]) -> dict[str, list[tuple[int, float]]]:
        """Run id -> thinned (step, accuracy from 0 to 1) pairs. Raises `StoreError`."""
        known = self._read
        self._read = {
            run.id: known[run.id]
            if run.id in known and known[run.id][0][0] == run.started
            else ((), Recorded())
            for run in runs
        }
        changed = [run for run in runs if self._read[run.id][0] != _state(run)]
        new = evaluated_since(store, {run.id: self._read[run.id][1].seq for run in changed})
        for run in changed:
            recorded = self._read[run.id][1]
            recorded.add(list(new[run.id]))
            self._read[run.id] = _state(run), recorded
        return {run_id: _points(read[1]) for run_id, read in self._read.items()}


def wall_data(
    store: Queries, class_id: str, sort: str, projector: bool, curves: Curves
) -> dict[str, Any]:
    """The students of a class, sorted by one of `SORTS`; with `projector` by their aliases, and
    nothing that they wrote is in it. Raises `StoreError`.

    `here`, `said`  how many are not away, and the same in words
    `tiles`         of each student: see `_tile`
    """
    everybody = members(store, class_id)
    runs = {run.id: run for run in runs_on_wall(store, class_id)}
    shown = curves.of(store, [runs[id] for id in {each.run_id for each in everybody} & {*runs}])
    own: dict[str, list[RunRecord]] = {each.id: [] for each in everybody}
    for run in runs.values():
        own.get(run.session, []).append(run)
    raised = sorted(each.hand for each in everybody if each.hand is not None)
    tiles = [
        _tile(each, projector)
        | _learning(runs.get(each.run_id), shown.get(each.run_id, []), own[each.id])
        | {"hand": None if each.hand is None else raised.index(each.hand) + 1}
        for each in everybody
    ]
    tiles.sort(key=_KEYS[sort])
    here = Counter(tile["away"] for tile in tiles)[False]
    count = ngettext("{n} student is here", "{n} students are here", here).format(n=here)
    return {"here": here, "said": count, "tiles": tiles}


def _tile(each: Member, projector: bool) -> dict[str, Any]:
    """`number`   by which the routes know the student
    `name`, `color`  nickname or alias, and the colour of the alias
    `page`     the name of the page they are on
    `away`     whether their browser has not been heard for `AWAY_SECONDS`
    `drawing`  the last one, 784 bytes in hexadecimal digits; None without one
    `asked`    whether they are asked to show their page
    `shown`    since when they show it (seconds since 1970), or None
    """
    return {
        "number": each.number,
        "name": alias(each.number) if projector else each.nickname,
        "color": colour(each.number),
        "page": _(PAGES[each.page].label) if each.page in PAGES and each.seen > each.joined else "",
        "away": time.time() - each.seen > AWAY_SECONDS,
        "drawing": None if each.drawing is None else each.drawing.hex(),
        "asked": each.asked is not None,
        "shown": None if each.shown is None else each.shown.get("at", 0.0),
    }


def _learning(
    run: RunRecord | None, curve: list[tuple[int, float]], own: list[RunRecord]
) -> dict[str, Any]:
    """`curve`   (step, accuracy) pairs of the run they look at, which `steps` in all belong to
    `training`  whether it is being trained
    `now`      its latest accuracy, in words
    `best`     of their own finished runs: `share` of all test images, `text`, `interval`, and `on`
               which data set; None without any
    `done`     how many of their own runs are finished, and the parts of those begun
    """
    finished = [each for each in own if each.final is not None and each.status == Status.FINISHED]
    begun = [each for each in own if each.status in BEGUN]
    return {
        "curve": curve,
        "steps": 0 if run is None else run.total_steps,
        "training": run is not None and run.status == Status.RUNNING,
        "now": words.percent(curve[-1][1]) if curve else "",
        "best": _best(finished),
        "done": len(finished)
        + sum(min(1.0, each.step / max(1, each.total_steps)) for each in begun),
    }


def _best(finished: list[RunRecord]) -> dict[str, Any] | None:
    if not finished:
        return None
    best = max(finished, key=lambda run: run.accuracy or 0.0)
    assert best.final is not None
    return {
        "share": best.accuracy,
        "text": words.percent(best.accuracy),
        "interval": words.interval(best.final["correct"], best.final["count"]),
        "on": _(DATASETS[best.config.dataset].name),
    }


def _state(run: RunRecord) -> tuple[object, ...]:
    """It changes whenever something is recorded of the run."""
    return run.started, run.status, run.step


def _points(recorded: Recorded) -> list[tuple[int, float]]:
    events = [event for event in recorded.evaluated if isfinite(event.test_accuracy)]
    return [(event.step, round(event.test_accuracy, 4)) for event in thin(events, POINTS)]


def _by_name(tile: dict[str, Any]) -> tuple[Any, ...]:
    return tile["name"].casefold(), tile["number"]


def _by_progress(tile: dict[str, Any]) -> tuple[Any, ...]:
    return -tile["done"], tile["number"]


def _by_accuracy(tile: dict[str, Any]) -> tuple[Any, ...]:
    return -tile["best"]["share"] if tile["best"] else 1.0, tile["number"]


_KEYS = {"name": _by_name, "progress": _by_progress, "accuracy": _by_accuracy}

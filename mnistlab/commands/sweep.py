"""The command `sweep`: several values of some settings, each trained with several seeds."""

import json
import sys
import time
import uuid
from argparse import Namespace
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from mnistlab import terminal
from mnistlab.commands.common import is_over, need_data
from mnistlab.config import TrainConfig, format_value
from mnistlab.errors import QueueFull, RunStateError
from mnistlab.experiments.halving import Halving, has_steps_left
from mnistlab.experiments.sweep import Sweep
from mnistlab.experiments.sweep_results import Result, accuracy, results
from mnistlab.i18n import _
from mnistlab.store import ACTIVE, RunRecord, Status, Store

POLL_SECONDS = 0.2


def sweep(arguments: Namespace) -> int:
    """Train every network of the sweep that is not trained already, with halving only the best to
    their ends, and print how good each combination is, the best first.
    """
    asked = requested(arguments)
    store, halving = Store(), Halving(asked)
    runs = _stored(store, asked)
    untrained = {i: config for i, config in asked.configs.items() if not _is_over(store, runs, i)}
    if untrained:
        _check(store, untrained.values())
        with terminal.sweep_bar(len(untrained)) as show:
            _train(store, halving, untrained, show)
    ranking = _results(store, halving)
    if arguments.json:
        print(json.dumps([_record(asked, result) for result in ranking]))
    else:
        terminal.show_sweep(asked, ranking)
    return _mention_untrained(asked, ranking)


def requested(arguments: Namespace) -> Sweep:
    """The sweep that the flags describe. Warns of flags without effect. Raises `ConfigError`."""
    asked = Sweep.from_query(
        {name: text for name, text in vars(arguments).items() if isinstance(text, str)}
    )
    for name in asked.values:
        if not any(config.counts(name) for config in asked.configs.values()):
            sentence = _("{flag} has no effect on these configurations and is ignored.")
            flag = f"--{name.replace('_', '-')}"
            print(f"mnistlab: {sentence.format(flag=flag)}", file=sys.stderr)
    return asked


def _stored(store: Store, asked: Sweep) -> dict[str, RunRecord]:
    return {run.id: run for run in store.runs(ids=asked.configs)}


def _is_over(store: Store, runs: Mapping[str, RunRecord], run_id: str) -> bool:
    return run_id in runs and is_over(store, runs[run_id])


def _check(store: Store, configs: Collection[TrainConfig]) -> None:
    """Find out before the first training whether each of them is possible."""
    from mnistlab.executors import get_executor

    executor = get_executor(store)
    for config in configs:
        executor.check(config)
    for name in dict.fromkeys(config.dataset for config in configs):
        need_data(name)


def _train(
    store: Store, halving: Halving, configs: Mapping[str, TrainConfig], show: Callable[[int], None]
) -> None:
    """Train `configs` (by run id), as many at once as may run, up to where `halving` lets them,
    and `show` how many are done. Ctrl-C pauses those that this command has asked for.
    """
    from mnistlab.executors import get_executor

    executor, session, waiting = get_executor(store), uuid.uuid4().hex, dict(configs)
    part = halving.sweep.part
    try:
        while True:
            executor.ensure()
            runs = _stored(store, halving.sweep)
            limits = halving.limits(halving.standings(store, runs))
            promoted = halving.promotions(limits, runs)
            unasked = [i for i in waiting if i not in promoted]
            possible = [i for i in unasked if has_steps_left(runs.get(i), limits[i])]
            active = sum(run.status in ACTIVE for run in runs.values())
            show(len(configs) - len(possible) - len(promoted) - active)
            if not (promoted or possible or active):
                return
            with suppress(QueueFull):  # more is asked for as these end
                for run_id, until in promoted.items():
                    executor.promote(run_id, session, until)
                for run_id in possible:
                    executor.start(waiting[run_id], session, limits[run_id], part)
                    del waiting[run_id]
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        _pause(store, halving.sweep, session)
        raise


def _pause(store: Store, asked: Sweep, session: str) -> None:
    """Pause the runs of `session`, and keep those that paused at a rung so."""
    for run in store.runs(*ACTIVE, Status.PAUSED, ids=asked.configs):
        if run.session == session and (run.status in ACTIVE or run.until is not None):
            with suppress(RunStateError):  # it has just ended
                store.pause(run.id)


def _results(store: Store, halving: Halving) -> list[Result]:
    asked = halving.sweep
    runs = _stored(store, asked)
    trained = [run for run in runs.values() if run.status == Status.FINISHED]
    measured = {run.id: accuracy(store, run, asked.validated) for run in trained}
    return results(
        asked,
        {run_id: share for run_id, share in measured.items() if share is not None},
        halving.stopped(halving.standings(store, runs), runs),
    )


def _record(asked: Sweep, result: Result) -> dict[str, Any]:
    return {
        "settings": {
            name: format_value(name, value) for name, value in result.combination.settings.items()
        },
        "runs": list(result.combination.ids),
        "seeds": list(asked.seeds),
        "images": "validation" if asked.validated else "test",
        "accuracies": list(result.accuracies),
        "mean": result.mean,
        "deviation": result.deviation,
        "stopped_early": None if result.stopped is None else asdict(result.stopped),
    }


def _mention_untrained(asked: Sweep, ranking: list[Result]) -> int:
    """The exit status: 1, and a line, if not every network could be trained."""
    trained_on = [result for result in ranking if result.stopped is None]
    missing = sum(len(asked.seeds) - len(result.accuracies) for result in trained_on)
    if missing:
        sentence = _(
            "{count:,} of {total:,} networks have no result: they diverged, failed or were "
            "stopped. mnistlab runs lists them."
        ).format(count=missing, total=len(asked.configs))
        print(f"mnistlab: {sentence}", file=sys.stderr)
    return 1 if missing else 0

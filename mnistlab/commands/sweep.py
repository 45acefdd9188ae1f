"""The command `sweep`: several values of some settings, each trained with several seeds."""

import json
import sys
import time
import uuid
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mnistlab import terminal
from mnistlab.commands.common import is_over, known_run, need_data
from mnistlab.config import TrainConfig, format_value
from mnistlab.errors import RunStateError
from mnistlab.experiments.sweep import Result, Sweep, accuracy, results
from mnistlab.store import ACTIVE, RUNS_PER_SESSION, Status, Store

POLL_SECONDS = 0.2


def sweep(arguments: Namespace) -> int:
    """Train every network of the sweep that is not trained already, and print how good each
    combination is, the best first.
    """
    asked = requested(arguments)
    store = Store()
    untrained = [config for config in asked.configs.values() if not _is_trained(store, config)]
    if untrained:
        _check(untrained)
        with terminal.sweep_bar(len(untrained)) as show:
            _train(store, untrained, show)
    ranking = _results(store, asked)
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
            print(
                f"mnistlab: --{name.replace('_', '-')} has no effect on these configurations and "
                "is ignored.",
                file=sys.stderr,
            )
    return asked


def _is_trained(store: Store, config: TrainConfig) -> bool:
    run = known_run(store, config)
    return run is not None and is_over(store, run)


def _check(configs: list[TrainConfig]) -> None:
    """Find out before the first training whether each of them is possible."""
    from mnistlab.executors import check

    for config in configs:
        check(config)
    for name in dict.fromkeys(config.dataset for config in configs):
        need_data(name)


def _train(store: Store, configs: list[TrainConfig], show: Callable[[int], None]) -> None:
    """Train `configs`, as many at once as may run, and `show` how many are done. Ctrl-C pauses
    those that this command has asked for.
    """
    from mnistlab.executors import get_executor

    executor, session, waiting = get_executor(store), uuid.uuid4().hex, list(configs)
    active: set[str] = set()  # ids of the runs asked for that have not ended yet
    try:
        while waiting or active:
            executor.ensure()
            while waiting and len(active) < RUNS_PER_SESSION:
                active.add(executor.start(waiting[0], session).id)
                del waiting[0]
                active = _still_active(store, active)
                show(len(configs) - len(waiting) - len(active))
            time.sleep(POLL_SECONDS if active else 0)
            active = _still_active(store, active)
            show(len(configs) - len(waiting) - len(active))
    except KeyboardInterrupt:
        _pause(store, session)
        raise


def _still_active(store: Store, ids: set[str]) -> set[str]:
    return ids & {run.id for run in store.runs(*ACTIVE)}


def _pause(store: Store, session: str) -> None:
    for run in store.runs(*ACTIVE):
        if run.session == session:
            with suppress(RunStateError):  # it has just ended
                store.pause(run.id)


def _results(store: Store, asked: Sweep) -> list[Result]:
    trained = [run for run in store.runs(Status.FINISHED) if run.id in asked.configs]
    measured = {run.id: accuracy(store, run, asked.validated) for run in trained}
    return results(asked, {name: share for name, share in measured.items() if share is not None})


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
    }


def _mention_untrained(asked: Sweep, ranking: list[Result]) -> int:
    """The exit status: 1, and a line, if not every network could be trained."""
    missing = len(asked.configs) - sum(len(result.accuracies) for result in ranking)
    if missing:
        print(
            f"mnistlab: {missing:,} of {len(asked.configs):,} networks have no result: they "
            "diverged, failed or were stopped. mnistlab runs lists them.",
            file=sys.stderr,
        )
    return 1 if missing else 0

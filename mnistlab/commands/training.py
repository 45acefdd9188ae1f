"""The command `train`: a configuration from flags, and its training."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable

from mnistlab import terminal
from mnistlab.commands import sine
from mnistlab.commands.common import known_run, need_data
from mnistlab.config import FIELDS, TrainConfig, parse_value
from mnistlab.events import Diverged, Event
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.export.history import report
from mnistlab.logs import log_lines
from mnistlab.names import run_name
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Status, Store


def train(arguments: Namespace) -> int:
    """Train the configured network, unless that was done before, and tell the result."""
    if arguments.preset in SINE_PRESETS:
        return sine.train(arguments)
    config = configured(arguments)
    store = Store()

    def log(event: Event) -> None:
        for line in log_lines(arguments.log, config, [event]):
            print(line, flush=True)

    run = known_run(store, config)
    cached = run is not None and _is_over(store, run)
    if run is not None and cached:
        for _, event in store.events(run.id) if arguments.log != "none" else ():
            log(event)
    else:
        run = _trained(store, config, log)
    told = {**report(store, run), "cached": cached}
    print(json.dumps(told)) if arguments.json else terminal.show_result(told, run_name(config))
    if run.status != Status.FINISHED:
        print(f"mnistlab: run {run.id} is {run.status}. {run.reason}".rstrip(), file=sys.stderr)
    return 0 if run.status == Status.FINISHED else 1


def configured(arguments: Namespace) -> TrainConfig:
    """The configuration asked for: the preset with the given flags on top. Raises `ConfigError`; warns of flags that decide nothing."""
    base = PRESETS[arguments.preset] if arguments.preset else TrainConfig()
    given = {name: parse_value(name, text) for name, text in vars(arguments).items() if name in FIELDS}
    config = base.replace(**given)
    for name in given:
        if not config.counts(name):
            print(f"mnistlab: --{name.replace('_', '-')} decides nothing for this configuration, and is ignored.", file=sys.stderr)
    return config


def _is_over(store: Store, run: RunRecord) -> bool:
    """Finished, or diverged: training it again would end in the same way."""
    return run.status == Status.FINISHED or (run.status == Status.FAILED and bool(store.events(run.id, [Diverged])))


def _trained(store: Store, config: TrainConfig, on_event: Callable[[Event], None]) -> RunRecord:
    """Train here, from the last checkpoint if there is one; or watch, if another process is training this very run."""
    from mnistlab.executors import InlineExecutor, check

    check(config)
    need_data(config.dataset)
    with terminal.training_bar(config) as show:

        def tell(event: Event) -> None:
            show(event)
            on_event(event)

        return InlineExecutor(store, tell).start(config)

"""The command `train`: a configuration from flags, and its training."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable

from mnistlab import terminal
from mnistlab.commands import sine
from mnistlab.commands.common import is_over, known_run, need_data
from mnistlab.config import FIELDS, TrainConfig, parse_value
from mnistlab.events import Event
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.export.measurements import report
from mnistlab.i18n import _, sentences
from mnistlab.logs import log_lines
from mnistlab.presets import PRESETS
from mnistlab.run_names import run_name
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.runs import WORDS


def train(arguments: Namespace) -> int:
    """Train the configured network, unless it is trained already, and print the result."""
    if arguments.preset in SINE_PRESETS:
        return sine.train(arguments)
    config = configured(arguments)
    store = Store()

    def log(event: Event) -> None:
        for line in log_lines(arguments.log, config, [event]):
            print(line, flush=True)

    run = known_run(store, config)
    cached = run is not None and is_over(store, run)
    if run is not None and cached:
        for __, event in store.events(run.id) if arguments.log != "none" else ():
            log(event)
    else:
        run = _trained(store, config, log)
    result = {**report(store, run), "cached": cached}
    print(json.dumps(result)) if arguments.json else terminal.show_result(result, run_name(config))
    if run.status != Status.FINISHED:
        ended = _("Run {run_id} is {status}.").format(run_id=run.id, status=_(WORDS[run.status]))
        print(f"mnistlab: {sentences(ended, str(run.reason or ''))}", file=sys.stderr)
    return 0 if run.status == Status.FINISHED else 1


def configured(arguments: Namespace) -> TrainConfig:
    """The preset with the given flags on top. Warns of flags without effect.

    Raises `ConfigError`.
    """
    base = PRESETS[arguments.preset] if arguments.preset else TrainConfig()
    given = {
        name: parse_value(name, text) for name, text in vars(arguments).items() if name in FIELDS
    }
    config = base.replace(**given)
    for name in given:
        if not config.counts(name):
            sentence = _("{flag} has no effect on this configuration and is ignored.")
            flag = f"--{name.replace('_', '-')}"
            print(f"mnistlab: {sentence.format(flag=flag)}", file=sys.stderr)
    return config


def _trained(store: Store, config: TrainConfig, on_event: Callable[[Event], None]) -> RunRecord:
    """Train in this process, from the last checkpoint if there is one; or watch, if another process
    is training the same run.
    """
    from mnistlab.executors import InlineExecutor, check
    from mnistlab.train import emulates_bfloat16

    check(config)
    need_data(config.dataset)
    if emulates_bfloat16(config):
        sentence = _(
            "This processor has no instructions for bfloat16 and has to emulate it, which takes "
            "many times as long. To train fast, add --precision float32."
        )
        print(f"mnistlab: {sentence}", file=sys.stderr)
    _say_price(store, config)
    with terminal.training_bar(config) as show:

        def tell(event: Event) -> None:
            show(event)
            on_event(event)

        return InlineExecutor(store, tell).start(config)


def _say_price(store: Store, config: TrainConfig) -> None:
    """How long the training will take, where finished runs tell and somebody looks."""
    if not sys.stderr.isatty():
        return
    from mnistlab import cost

    seconds = cost.estimate(config, store.runs(Status.FINISHED, limit=cost.RECENT))
    if seconds is not None:
        sentence = _("About {time} here, as similar networks took.")
        print(f"mnistlab: {sentence.format(time=cost.rough(seconds))}", file=sys.stderr)

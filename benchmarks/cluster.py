"""What a second machine of a Ray cluster is worth.

    python -m benchmarks.cluster [--runs 8] [--preset speedrun]

Trains as many runs on one node and on two, with one core each, all of them on this machine: from
asking for the first to the end of the last. The nodes' processes are warm, as they are from the
second run on. For comparison, the same runs without a cluster, two at once.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mnistlab.config import TrainConfig
from mnistlab.executors import Executor, get_executor
from mnistlab.machine import cores
from mnistlab.presets import PRESETS
from mnistlab.store import ACTIVE, Status, Store

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the cluster of the tests

from executors.nodes import Nodes

POLL_SECONDS = 0.2
_seeds = count(1)


@contextmanager
def executor(nodes: int) -> Iterator[Executor]:
    """An executor with a store of its own, over a cluster of so many `nodes`; 0: without one."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        if nodes:
            os.environ["RAY_ADDRESS"] = stack.enter_context(Nodes(nodes)).address
            os.environ.pop("MNISTLAB_WORKERS", None)
        else:
            os.environ["MNISTLAB_WORKERS"] = "2"
        os.environ["MNISTLAB_EXECUTOR"] = "ray" if nodes else "local"
        made = get_executor(Store(f"sqlite:///{folder}/runs.db"))
        stack.callback(made.close)
        yield made


def seconds(trains: Executor, config: TrainConfig, runs: int, at_once: int) -> float:
    """How long `runs` trainings of `config` take, `at_once` together, each with its own seed."""
    warm_up(trains, config, at_once)
    begin = time.perf_counter()
    begin_all(trains, config, runs)
    until_idle(trains)
    took = time.perf_counter() - begin
    if trains.store.count(Status.FINISHED) != runs:
        raise RuntimeError(f"not all runs have finished: {trains.store.runs()}")
    return took


def warm_up(trains: Executor, config: TrainConfig, at_once: int) -> None:
    """Have `at_once` processes train at the same time, until each has made its first step."""
    # none ends by itself before the last has begun
    endless = config.replace(epochs=1000, max_steps=None, target_accuracy=None)
    begin_all(trains, endless, at_once)
    while any(run.step == 0 for run in trains.store.runs(*ACTIVE)):
        wait(trains)
    if trains.store.count(*ACTIVE) != at_once:
        raise RuntimeError(f"a warm-up run has ended: {trains.store.runs()}")
    for run in trains.store.runs(*ACTIVE):
        trains.store.stop(run.id)
    until_idle(trains)


def begin_all(trains: Executor, config: TrainConfig, runs: int) -> None:
    for _ in range(runs):
        trains.start(config.replace(seed=next(_seeds)))


def until_idle(trains: Executor) -> None:
    while trains.store.count(*ACTIVE):
        wait(trains)


def wait(trains: Executor) -> None:
    """As a page server does."""
    trains.ensure()
    time.sleep(POLL_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--preset", default="speedrun", choices=PRESETS)
    args = parser.parse_args()
    table = Table(
        "where",
        "seconds",
        "times one node",
        title=f"{args.runs} runs of {args.preset}, one thread each, on {cores()} cores",
    )
    places = {"one node": 1, "two nodes": 2, "no cluster, two at once": 0}
    took = {}
    for place, nodes in places.items():
        with executor(nodes) as trains:
            took[place] = seconds(trains, PRESETS[args.preset], args.runs, nodes or 2)
        ratio = took["one node"] / took[place]
        table.add_row(place, f"{took[place]:.1f}", f"{ratio:.2f}×")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()

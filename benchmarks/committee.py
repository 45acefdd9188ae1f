"""A class of thirty: one configuration with thirty seeds, and the committee of the thirty networks
beside its members.

    python -m benchmarks.committee [--preset speedrun] [--members 30]

All are trained one after another into a store of their own (`--store URL`: into that one, where
what is trained already is taken as it is).
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mnistlab.analysis.committee import Committee, committee
from mnistlab.analysis.evaluation import Accuracy, Comparison, Judgement, judgement
from mnistlab.analysis.intervals import percent
from mnistlab.data import load_dataset
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.together import Experiment
from mnistlab.machine import threads
from mnistlab.presets import PRESETS
from mnistlab.store import Store


def trained(store: Store, experiment: Experiment) -> list[Judgement]:
    """What each member's network predicts for all test images."""
    executor = InlineExecutor(store)
    labels = load_dataset(experiment.base.dataset).test_labels
    judged = []
    for number in track(experiment.numbers, "Training"):
        run = executor.start(experiment.config(number))
        logits = store.logits(run.id, run.step)
        assert logits is not None, run
        judged.append(judgement(logits, labels))
    return judged


def with_interval(accuracy: Accuracy) -> str:
    return f"{percent(accuracy.share)} ({100 * accuracy.low:.2f} to {100 * accuracy.high:.2f} %)"


def tested(comparison: Comparison) -> str:
    """McNemar's test in a cell."""
    return (
        f"alone right: {len(comparison.only_a)} and {len(comparison.only_b)}, "
        f"p = {comparison.p_value:.2g}"
    )


def table(result: Committee, preset: str) -> Table:
    shares = [each.share for each in result.members]
    count = len(shares)
    rows = {
        f"mean of the {count} members": f"{percent(statistics.fmean(shares))}, "
        f"deviation {percent(statistics.stdev(shares))}",
        "the weakest": with_interval(min(result.members, key=lambda each: each.share)),
        "the best": with_interval(result.members[result.best]),
        "the committee": with_interval(result.accuracy),
        "members that it beats": f"{result.beaten} of {count}"
        + (f" (as good: {result.equalled})" if result.equalled else ""),
        "the best against the committee": tested(result.against_best),
        "the middle one against the committee": tested(result.against_middle),
    }
    sizes = [size for size in (1, 2, 3, 5, 10, 20, 30) if size <= count]
    rows["with the first " + ", ".join(map(str, sizes))] = ", ".join(
        percent(result.growth[size - 1].share) for size in sizes
    )
    made = Table(title=f"{count} seeds of {preset}", show_header=False)
    for name, value in rows.items():
        made.add_row(name, value)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=list(PRESETS), default="speedrun")
    parser.add_argument("--members", type=int, default=30)
    parser.add_argument("--store", help="SQLAlchemy URL")
    wanted = parser.parse_args()
    torch.set_num_threads(threads())
    numbers = tuple(range(1, wanted.members + 1))
    experiment = Experiment(PRESETS[wanted.preset], "seed", (), numbers)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(wanted.store or f"sqlite:///{Path(folder) / 'runs.db'}")
        result = committee(trained(store, experiment))
    Console(width=100).print(table(result, wanted.preset))


if __name__ == "__main__":
    main()

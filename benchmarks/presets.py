"""Train every preset, and the speedrun with five seeds, to the figures that were published for them.

    python -m benchmarks.presets [PRESET ...]

Published figures are on the test images that each tutorial looked at (`history`); the last column is always on all 10,000.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mnistlab.events import Evaluated
from mnistlab.executors import InlineExecutor, threads
from mnistlab.presets import PRESETS
from mnistlab.store import Store

WANTED = {  # preset -> (the figure to reach, of what, after so many epochs; None: all)
    "tutorial-cnn": (0.97, "first 2,000", None),
    "tutorial-lstm": (0.96, "all", None),
    "case-cnn": (0.98, "all", None),
    "lenet-sgd": (0.988, "all", None),
    "pytorch-example": (0.98, "all", 1),
}
SPEEDRUN_SEEDS = (1, 2, 3, 4, 5)
SPEEDRUN_WANTED = 0.99


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*", choices=[*WANTED, "speedrun", []], help="only these")
    chosen = parser.parse_args().presets or [*WANTED, "speedrun"]
    table = Table(title=f"Presets on {threads()} threads")
    for column in ("preset", "published", "ours, same images", "ours, all 10,000", "training", "reached"):
        table.add_column(column)
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'runs.db'}")
        for name in (name for name in WANTED if name in chosen):
            wanted, images, epochs = WANTED[name]
            config = PRESETS[name] if epochs is None else PRESETS[name].replace(epochs=epochs)
            run = InlineExecutor(store).start(config)
            assert run.final is not None, run.reason
            last = [event.test_accuracy for _, event in store.events(run.id, (Evaluated,)) if isinstance(event, Evaluated)][-1]
            value = last if images != "all" else run.final["test_accuracy"]
            missed += [name] * (value < wanted)
            after = f" after {epochs} epoch" if epochs else ""
            table.add_row(
                name,
                f"≥ {wanted:.3f} ({images}){after}",
                f"{last:.4f}",
                f"{run.accuracy:.4f}",
                f"{run.final['seconds']['train']:.1f} s",
                "yes" if value >= wanted else "no",
            )
        if "speedrun" in chosen:
            runs = [InlineExecutor(store).start(PRESETS["speedrun"].replace(seed=seed)) for seed in SPEEDRUN_SEEDS]
            accuracies = [run.final["test_accuracy"] for run in runs if run.final is not None]
            mean, seconds = (
                statistics.mean(accuracies),
                statistics.median(run.final["seconds"]["train"] for run in runs if run.final is not None),
            )
            missed += ["speedrun"] * (mean < SPEEDRUN_WANTED)
            spread = f"{mean:.4f} ± {statistics.stdev(accuracies):.4f}"
            table.add_row(
                "speedrun, 5 seeds",
                f"≥ {SPEEDRUN_WANTED:.3f} (mean)",
                "",
                spread,
                f"{seconds:.1f} s",
                "yes" if mean >= SPEEDRUN_WANTED else "no",
            )
        store.engine.dispose()
    Console(width=140).print(table)
    sys.exit(f"Missed: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()

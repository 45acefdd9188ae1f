"""Train every preset, and the speedrun with five seeds: what the tutorials printed beside what we
print, and figures to reach.

    python -m benchmarks.presets [PRESET ...]

Each tutorial looked at test images of its own choice; the figures to reach name theirs, and the
last accuracy is always on all 10,000.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mnistlab.data import load_dataset
from mnistlab.events import Evaluated
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.sine import Window, final_loss, train_sine
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.logs import log_lines
from mnistlab.machine import threads
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from, predict

WANTED = {  # preset -> (the figure to reach, of what, after so many epochs; None: all)
    "tutorial-cnn": (0.97, "first 2,000", None),
    "tutorial-lstm": (0.96, "all", None),
    "case-cnn": (0.98, "all", None),
    "lenet-sgd": (0.988, "all", None),
    "pytorch-example": (0.98, "all", 1),
    "tiny": (0.99, "all", None),
}
SPEEDRUN_SEEDS = (1, 2, 3, 4, 5)
SPEEDRUN_WANTED = 0.99
SINE_WANTED = 0.05  # at most: mean squared error over the last ten windows


def lines(style: str, store: Store, run: RunRecord) -> list[str]:
    """What the tutorial whose log is of this style prints for `run`."""
    return log_lines(style, run.config, [event for _, event in store.events(run.id)])


def digits(store: Store, run: RunRecord, count: int) -> tuple[str, str]:
    """(what the last network takes the first test digits for, what they are)."""
    data = load_dataset(run.config.dataset)
    guesses = predict(
        model_from(run.config, store.weights(run.id)), data.test_images[:count], run.config
    ).argmax(1)
    return " ".join(map(str, guesses.tolist())), " ".join(
        map(str, data.test_labels[:count].tolist())
    )


def right_of_twenty(store: Store, run: RunRecord) -> str:
    guesses, labels = (said.split() for said in digits(store, run, 20))
    return f"{sum(guess == label for guess, label in zip(guesses, labels, strict=True))} of 20"


# preset -> (what, as published, ours)
PRINTED: dict[str, tuple[tuple[str, str, Callable[[Store, RunRecord], str]], ...]] = {
    "tutorial-cnn": (
        ("lines of the log", "24", lambda store, run: f"{len(lines('tutorial', store, run))}"),
        (
            "end of the last line",
            "test accuracy: 0.98",
            lambda store, run: lines("tutorial", store, run)[-1].rpartition(" | ")[2],
        ),
        ("ten predictions", "7 2 1 0 4 1 4 9 5 9", lambda store, run: digits(store, run, 10)[0]),
    ),
    "case-cnn": (
        ("steps of an epoch", "6000", lambda store, run: f"{run.config.steps_per_epoch}"),
        (
            "loss in the first line",
            "0.5199",
            lambda store, run: lines("case", store, run)[0].rpartition(" ")[2],
        ),
        (
            "loss in the last line",
            "0.0025",
            lambda store, run: lines("case", store, run)[-1].rpartition(" ")[2],
        ),
        ("of 20 predictions right", "18 of 20", right_of_twenty),
    ),
    "lenet-sgd": (
        (
            "last test",
            "98%",
            lambda store, run: (
                lines("official", store, run)[-1].strip().rpartition("(")[2].rstrip(")")
            ),
        ),
    ),
}


def trained(store: Store, name: str) -> RunRecord:
    """The run of a preset, of as many epochs as its figure is for."""
    epochs = WANTED[name][2]
    run = InlineExecutor(store).start(
        PRESETS[name] if epochs is None else PRESETS[name].replace(epochs=epochs)
    )
    assert run.final is not None, run.reason
    return run


def reached(store: Store, name: str, run: RunRecord) -> tuple[bool, list[str]]:
    """(whether the preset's figure is reached, the row that says so)."""
    wanted, images, epochs = WANTED[name]
    assert run.final is not None
    last = [
        event.test_accuracy
        for _, event in store.events(run.id, (Evaluated,))
        if isinstance(event, Evaluated)
    ][-1]
    good = (run.final["test_accuracy"] if images == "all" else last) >= wanted
    figure = f"≥ {wanted:.3f} ({images})" + (f" after {epochs} epoch" if epochs else "")
    return good, [
        name,
        figure,
        f"{last:.4f}",
        f"{run.accuracy:.4f}",
        f"{run.final['seconds']['train']:.1f} s",
    ]


def speedrun(store: Store) -> tuple[bool, list[str]]:
    """As `reached`, over five seeds."""
    runs = [
        InlineExecutor(store).start(PRESETS["speedrun"].replace(seed=seed))
        for seed in SPEEDRUN_SEEDS
    ]
    finals = [run.final for run in runs if run.final is not None]
    accuracies, seconds = (
        [final["test_accuracy"] for final in finals],
        statistics.median(final["seconds"]["train"] for final in finals),
    )
    mean, spread = statistics.mean(accuracies), statistics.stdev(accuracies)
    row = [
        "speedrun, 5 seeds",
        f"≥ {SPEEDRUN_WANTED:.3f} (mean)",
        "",
        f"{mean:.4f} ± {spread:.4f}",
        f"{seconds:.1f} s",
    ]
    return mean >= SPEEDRUN_WANTED, row


def sine() -> tuple[bool, list[str]]:
    """As `reached`, of the sine experiment: its error over the last ten windows."""
    begin = time.perf_counter()
    error = final_loss(
        [window for window in train_sine(SINE_PRESETS["sine-rnn"]) if isinstance(window, Window)]
    )
    row = [
        "sine-rnn",
        f"error < {SINE_WANTED} (last 10 windows)",
        f"{error:.4f}",
        "",
        f"{time.perf_counter() - begin:.1f} s",
    ]
    return error < SINE_WANTED, row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "presets", nargs="*", choices=[*WANTED, "speedrun", "sine-rnn", []], help="only these"
    )
    chosen = parser.parse_args().presets or [*WANTED, "speedrun", "sine-rnn"]
    figures = Table(
        "preset",
        "to reach",
        "ours, same images",
        "ours, all 10,000",
        "training",
        "reached",
        title=f"Presets on {threads()} threads",
    )
    printed = Table(
        "preset", "what is printed", "published", "ours", title="As the tutorials print it"
    )
    missed = []

    def add(good: bool, row: list[str]) -> None:
        figures.add_row(*row, "yes" if good else "no")
        missed.extend([row[0]] * (not good))

    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'runs.db'}")
        for name in (name for name in WANTED if name in chosen):
            run = trained(store, name)
            add(*reached(store, name, run))
            for what, published, ours in PRINTED.get(name, ()):
                printed.add_row(name, what, published, ours(store, run))
        if "speedrun" in chosen:
            add(*speedrun(store))
        if "sine-rnn" in chosen:
            add(*sine())
        store.engine.dispose()
    console = Console(width=140)
    for table in (printed, figures):
        if table.row_count:
            console.print(table)
    sys.exit(f"Missed: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()

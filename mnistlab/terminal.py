"""What the command line shows: tables and results on stdout, progress bars on stderr where that is a terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress
from rich.table import Table

from mnistlab.analysis.intervals import interval, percent
from mnistlab.config import FIELDS, TrainConfig, format_value
from mnistlab.events import Evaluated, Event
from mnistlab.events import Progress as Step
from mnistlab.names import run_name

WIDTH_OF_FILES = 160  # columns, where the output is no terminal


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table with a header."""
    console = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
    made = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        made.add_row(*row)
    console.print(made)


def show_result(told: dict[str, Any], name: str) -> None:
    """Print what `export.history.report` tells of a run."""
    parameters = "" if told["parameters"] is None else f", {told['parameters']:,} parameters"
    print(f"Run {told['run']}: {name}{parameters}, {told['status']}{' before' if told.get('cached') else ''}")
    if told["final"] is None:
        return
    final, seconds = told["final"], told["seconds"]
    _show_accuracy(final["correct"], final["count"], final["test_loss"])
    print(f"{' '.join(map(str, told['predictions']))}  prediction of the first ten test images")
    print(f"{' '.join(map(str, told['labels']))}  real number")
    print(f"{seconds['total']:.1f} s: {seconds['train']:.1f} s training, {seconds['eval']:.1f} s evaluation")


def show_sine(told: dict[str, Any]) -> None:
    """Print how the sine experiment went: the error of every tenth window, and of the last ten."""
    config = told["config"]
    print(
        f"{told['preset']}: {config['cell'].upper()} {config['hidden']}, {told['parameters']:,} parameters, "
        f"learning rate {config['lr']:g}, seed {config['seed']}"
    )
    for window in told["windows"][9::10]:
        print(f"window {window['window']:>3}: mean squared error {window['loss']:.4f}")
    print(f"mean over the last ten windows: {told['final_loss']:.4f}")


def show_evaluation(told: dict[str, Any], name: str) -> None:
    """Print what the command `evaluate` measured."""
    print(f"Run {told['run']}: {name}, weights of step {told['step']:,}")
    _show_accuracy(told["correct"], told["count"], told["test_loss"])
    table(
        ("class", "images", "right", "accuracy", "95 % interval"),
        [
            (c["class"], f"{c['count']:,}", f"{c['correct']:,}", percent(c["accuracy"]), interval(c["correct"], c["count"]))
            for c in told["per_class"]
        ],
    )


def _show_accuracy(correct: int, count: int, loss: float) -> None:
    share = f"{percent(correct / count)} ({correct:,} of {count:,} images; 95 % interval {interval(correct, count)})"
    print(f"Test accuracy {share}, test loss {loss:.4f}")


def show_settings(config: TrainConfig) -> None:
    """Print the fields of `config` that decide anything."""
    table(("setting", "value"), [(name, format_value(name, getattr(config, name))) for name in FIELDS if config.counts(name)])


@contextmanager
def training_bar(config: TrainConfig) -> Iterator[Callable[[Event], None]]:
    """A bar that follows the events it is given."""
    columns = ("{task.completed}/{task.total}", *(f"{{task.fields[{field}]}}" for field in ("loss", "accuracy", "speed", "left")))
    with _bars("{task.description}", BarColumn(), *columns) as bars:
        bar = bars.add_task(run_name(config), total=config.total_steps, loss="", accuracy="", speed="", left="")

        def show(event: Event) -> None:
            if isinstance(event, Step) and event.images_per_second:
                speed, left = f"{event.images_per_second:,.0f} images/s", f"{event.seconds_left:.0f} s left"
                bars.update(bar, completed=event.step, loss=f"loss {event.loss:.3f}", speed=speed, left=left)
            elif isinstance(event, Evaluated):
                bars.update(bar, completed=event.step, accuracy=percent(event.test_accuracy))

        yield show


@contextmanager
def download_bar(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each file: call it with (file, bytes done, bytes in all)."""
    with _bars("{task.description}", BarColumn(), DownloadColumn()) as bars:
        known: dict[str, Any] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in known:
                known[file] = bars.add_task(f"{name} {file}", total=None)
            bars.update(known[file], completed=done, total=total or None)

        yield show


@contextmanager
def _bars(*columns: Any) -> Iterator[Progress]:
    console = Console(stderr=True, markup=False, emoji=False)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True, redirect_stdout=sys.stdout.isatty()) as bars:
        yield bars

"""What the command line shows: tables and results on stdout, progress bars on stderr if it is a
terminal.
"""

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
from mnistlab.experiments.sweep import Sweep
from mnistlab.experiments.sweep_results import Result
from mnistlab.i18n import _
from mnistlab.run_names import run_name
from mnistlab.store.runs import WORDS

FILE_WIDTH = 160  # columns, where stdout is not a terminal


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table with a header."""
    console = Console(
        markup=False,
        highlight=False,
        emoji=False,
        width=None if sys.stdout.isatty() else FILE_WIDTH,
    )
    grid = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        grid.add_row(*row)
    console.print(grid)


def show_result(result: dict[str, Any], name: str) -> None:
    """Print what `export.measurements.report` tells of a run."""
    values = {"run": result["run"], "name": name, "status": _status(result)}
    if result["parameters"] is None:
        print(_("Run {run}: {name}, {status}").format(**values))
    else:
        sentence = _("Run {run}: {name}, {count:,} parameters, {status}")
        print(sentence.format(**values, count=result["parameters"]))
    if result["final"] is None:
        return
    final, seconds = result["final"], result["seconds"]
    _show_accuracy(final["correct"], final["count"], final["test_loss"])
    print(" ".join(map(str, result["predictions"])), end="  ")
    print(_("predictions for the first ten test images"))
    print(" ".join(map(str, result["labels"])), end="  ")
    print(_("true labels"))
    sentence = _("{total:.1f} s: {train:.1f} s training, {eval:.1f} s evaluation")
    print(sentence.format(**seconds))


def _status(result: dict[str, Any]) -> str:
    word = WORDS[result["status"]]
    status = _(word)
    return _("{status} earlier").format(status=status) if result.get("cached") else status


def show_sine(result: dict[str, Any]) -> None:
    """Print the loss of the sine experiment: in every tenth window, and over the last ten."""
    config = result["config"]
    sentence = _("{preset}: {network}, {count:,} parameters, learning rate {lr:g}, seed {seed}")
    print(
        sentence.format(
            preset=result["preset"],
            network=f"{config['cell'].upper()} {config['hidden']}",
            count=result["parameters"],
            lr=config["lr"],
            seed=config["seed"],
        )
    )
    for window in result["windows"][9::10]:
        sentence = _("window {window:>3}: mean squared error {loss:.4f}")
        print(sentence.format(**window))
    print(_("mean over the last ten windows: {loss:.4f}").format(loss=result["final_loss"]))


def show_sweep(sweep: Sweep, ranking: Sequence[Result]) -> None:
    """Print how good each combination of a sweep is."""
    accuracy = _("validation accuracy") if sweep.validated else _("test accuracy")
    halving = () if sweep.halving is None else (_("stopped early"),)
    table(
        (*sweep.varied, accuracy, _("± deviation, or 95 % interval"), _("seeds"), *halving),
        [
            (
                *(_setting(result, name) for name in sweep.varied),
                percent(result.mean),
                result.spread,
                _("{count} of {total}").format(
                    count=len(result.accuracies), total=len(sweep.seeds)
                ),
                *(_stop(result) for _ in halving),
            )
            for result in ranking
        ],
    )
    print(_("On the dashboard: {link}").format(link=f"runs?view=sweep&{sweep.canonical}"))


def _stop(result: Result) -> str:
    stopped = result.stopped
    if stopped is None:
        return ""
    return _("rank {rank} of {reached} at step {step:,}").format(
        rank=stopped.rank, reached=stopped.reached, step=stopped.step
    )


def _setting(result: Result, name: str) -> str:
    settings = result.combination.settings
    return format_value(name, settings[name]) if name in settings else "–"


def show_evaluation(result: dict[str, Any], name: str) -> None:
    """Print the result of the command `evaluate`."""
    sentence = _("Run {run}: {name}, weights of step {step:,}")
    print(sentence.format(run=result["run"], name=name, step=result["step"]))
    _show_accuracy(result["correct"], result["count"], result["test_loss"])
    table(
        (_("class"), _("images"), _("correct"), _("accuracy"), _("95 % interval")),
        [
            (
                _(c["class"]),
                f"{c['count']:,}",
                f"{c['correct']:,}",
                percent(c["accuracy"]),
                interval(c["correct"], c["count"]),
            )
            for c in result["per_class"]
        ],
    )


def _show_accuracy(correct: int, count: int, loss: float) -> None:
    sentence = _(
        "Test accuracy {accuracy} ({correct:,} of {count:,} images; 95 % interval {interval}), "
        "test loss {loss:.4f}"
    )
    print(
        sentence.format(
            accuracy=percent(correct / count),
            correct=correct,
            count=count,
            interval=interval(correct, count),
            loss=loss,
        )
    )


def show_settings(config: TrainConfig) -> None:
    """Print the settings that count for `config`."""
    table(
        (_("setting"), _("value")),
        [
            (name, format_value(name, getattr(config, name)))
            for name in FIELDS
            if config.counts(name)
        ],
    )


@contextmanager
def training_bar(config: TrainConfig) -> Iterator[Callable[[Event], None]]:
    """A progress bar; call it with each event."""
    columns = (
        "{task.completed}/{task.total}",
        *(f"{{task.fields[{field}]}}" for field in ("loss", "accuracy", "speed", "left")),
    )
    with _bars("{task.description}", BarColumn(), *columns) as bars:
        bar = bars.add_task(
            run_name(config), total=config.total_steps, loss="", accuracy="", speed="", left=""
        )

        def show(event: Event) -> None:
            if isinstance(event, Step) and event.images_per_second:
                speed = _("{count:,.0f} images/s").format(count=event.images_per_second)
                left = _("{seconds:.0f} s left").format(seconds=event.seconds_left)
                loss = _("loss {loss:.3f}").format(loss=event.loss)
                bars.update(bar, completed=event.step, loss=loss, speed=speed, left=left)
            elif isinstance(event, Evaluated):
                bars.update(bar, completed=event.step, accuracy=percent(event.test_accuracy))

        yield show


@contextmanager
def sweep_bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar; call it with how many networks are done."""
    with _bars("{task.description}", BarColumn(), "{task.completed}/{task.total}") as bars:
        bar = bars.add_task(_("Networks"), total=total)
        yield lambda done: bars.update(bar, completed=done)


@contextmanager
def download_bar(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar for each file; call it with (file, bytes done, bytes in total)."""
    with _bars("{task.description}", BarColumn(), DownloadColumn()) as bars:
        tasks: dict[str, Any] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(f"{name} {file}", total=None)
            bars.update(tasks[file], completed=done, total=total or None)

        yield show


@contextmanager
def _bars(*columns: Any) -> Iterator[Progress]:
    console = Console(stderr=True, markup=False, emoji=False)
    with Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ) as bars:
        yield bars

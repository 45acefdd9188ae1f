"""Where the time of a training goes: the arithmetic, and what we do besides.

    python -m benchmarks.profile [PRESET ...] [--steps 200] [--rounds 3] [--top 15]

Three ways are measured in turn, in seconds of the processor: a bare loop, `train` with its events
thrown away, and a run that is recorded in a store. Then `train` runs under Python's own profiler,
and what takes longest itself is listed. (The profiler makes many small calls look somewhat dearer
than they are; what PyTorch computes is one call for it.)
"""

import argparse
import cProfile
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType

from rich.console import Console
from rich.table import Table

from benchmarks.training import bare_loop
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.executors import InlineExecutor
from mnistlab.executors.process import prepare_process
from mnistlab.machine import threads
from mnistlab.presets import PRESETS
from mnistlab.store import Store
from mnistlab.train import train


def thrown_away(config: TrainConfig) -> None:
    """`train`, and nobody listens."""
    for _ in train(config, load_dataset(config.dataset)):
        pass


def recorded(config: TrainConfig) -> None:
    """A run in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'runs.db'}")
        InlineExecutor(store).start(config)
        store.engine.dispose()


def processor_seconds(work: Callable[[TrainConfig], object], config: TrainConfig) -> float:
    """What `work` takes of the processor, in all threads of this process."""
    begin = time.process_time()
    work(config)
    return time.process_time() - begin


def compared(config: TrainConfig, rounds: int) -> list[str]:
    """The medians of the three ways, measured in turn, and how much more the last two take."""
    ways = (bare_loop, thrown_away, recorded)
    for way in ways:
        way(config.replace(max_steps=2))
    times = [[processor_seconds(way, config) for way in ways] for _ in range(rounds)]
    bare, alone, stored = (statistics.median(column) for column in zip(*times, strict=True))
    return [
        f"{bare:.2f} s",
        f"{alone:.2f} s, {100 * (alone / bare - 1):+.1f} %",
        f"{stored:.2f} s, {100 * (stored / bare - 1):+.1f} %",
    ]


def longest(config: TrainConfig, top: int) -> list[list[str]]:
    """The functions that take longest themselves in `train`: share of the time, calls, name."""
    with cProfile.Profile() as profile:
        thrown_away(config)
    functions = sorted(profile.getstats(), key=lambda each: -each.inlinetime)
    total = sum(each.inlinetime for each in functions)
    return [
        [f"{100 * each.inlinetime / total:.1f} %", f"{each.callcount:,}", _name(each.code)]
        for each in functions[:top]
    ]


def _name(code: str | CodeType) -> str:
    """What a function is called: a text is that of a built-in one."""
    if isinstance(code, str):
        return code.strip("<>")
    return f"{Path(code.co_filename).name}: {code.co_qualname}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("presets", nargs="*", metavar="PRESET", help=f"of {', '.join(PRESETS)}")
    parser.add_argument("--steps", type=int, default=200, help="of each training, at most")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--top", type=int, default=15, help="so many functions are listed")
    args = parser.parse_args()
    prepare_process()
    console = Console(width=140)
    table = Table(
        "preset", "bare loop", "train", "recorded", title=f"{args.steps} steps, {threads()} threads"
    )
    for name in args.presets or PRESETS:
        config = PRESETS[name]
        config = config.replace(max_steps=min(args.steps, config.total_steps))
        table.add_row(name, *compared(config, args.rounds))
        functions = Table("share", "calls", "function", title=name)
        for row in longest(config, args.top):
            functions.add_row(*row)
        console.print(functions)
    console.print(table)


if __name__ == "__main__":
    main()

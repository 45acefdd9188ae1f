"""What a training loses to other work on the same cores, and how much of that is only its threads
waiting for each other.

    python -m benchmarks.contention [--presets tutorial-cnn tutorial-lstm] [--rounds 5]

Each row is a setting of OpenMP in the environment of the process that trains, each number the
median of the rounds in steps a second: alone, with a second training of the same kind (the slower
of the two), and with one busy process on each core. In brackets: times the first row's.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice

import torch
from rich.console import Console
from rich.table import Table

from mnistlab.data import load_dataset
from mnistlab.events import Progress
from mnistlab.executors.openmp import SETTINGS, sharing_cores
from mnistlab.machine import cores, threads
from mnistlab.presets import PRESETS
from mnistlab.train import train

OPENMP = ("OMP_", "GOMP_", "KMP_")
OURS = "... as we train"
SPINS = (100_000, 20_000, 5_000, 1_000)
ROWS: dict[str, tuple[int, dict[str, str]]] = {
    f"{threads()} threads, OpenMP's defaults": (threads(), {}),
    **{f"... GOMP_SPINCOUNT={n}": (threads(), {"GOMP_SPINCOUNT": str(n)}) for n in SPINS},
    "... OMP_WAIT_POLICY=PASSIVE": (threads(), {"OMP_WAIT_POLICY": "PASSIVE"}),
    OURS: (threads(), SETTINGS),
    "1 thread": (1, {}),
}
WARM_UP = 10  # steps


class Training:
    """A process that trains on demand, in the way of `row`."""

    def __init__(self, preset: str, row: str) -> None:
        threads, settings = ROWS[row]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(OPENMP)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.contention", "--train", preset, str(threads), row],
            env=plain | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, seconds: float) -> None:
        """Train for so long."""
        assert self.process.stdin is not None
        print(seconds, file=self.process.stdin, flush=True)

    def rate(self) -> float:
        """Steps a second of what was begun last."""
        assert self.process.stdout is not None
        return float(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate()


def train_on_demand(preset: str, threads: int, row: str) -> None:
    """The other side of `Training`: for each number of seconds on stdin, the rate on stdout."""
    torch.set_num_threads(threads)
    config = PRESETS[preset].replace(
        epochs=1_000, max_steps=None, log_every=1, eval_every=1_000_000, schedule="none"
    )
    events = train(config, load_dataset(config.dataset))
    steps = (event for event in events if isinstance(event, Progress))
    for _ in islice(steps, WARM_UP):
        pass
    with sharing_cores() if row == OURS else nullcontext():
        answer(steps)


def answer(steps: Iterator[Progress]) -> None:
    for line in sys.stdin:
        begin, count, seconds = time.perf_counter(), 0, float(line)
        while time.perf_counter() < begin + seconds:
            next(steps)
            count += 1
        print(count / (time.perf_counter() - begin), flush=True)


def together(trainings: list[Training], seconds: float) -> float:
    """The lowest rate of these trainings, at once."""
    for training in trainings:
        training.begin(seconds)
    return min(training.rate() for training in trainings)


@contextmanager
def busy_cores() -> Iterator[None]:
    """One process that computes for each core."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores())]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def measured(preset: str, rounds: int, seconds: float) -> dict[str, list[float]]:
    """row -> steps a second alone, two at once, and with busy cores: medians of the rounds. In
    each round every row has its turn, because a machine's speed may change within minutes.
    """
    pairs = {row: [Training(preset, row) for _ in range(2)] for row in ROWS}
    for pair in pairs.values():
        together(pair, 0.1)  # until both are ready
    rates: dict[str, list[list[float]]] = {row: [] for row in ROWS}
    for _ in range(rounds):
        alone = {row: together(pair[:1], seconds) for row, pair in pairs.items()}
        two = {row: together(pair, seconds) for row, pair in pairs.items()}
        with busy_cores():
            busy = {row: together(pair[:1], seconds) for row, pair in pairs.items()}
        for row in ROWS:
            rates[row].append([alone[row], two[row], busy[row]])
    for pair in pairs.values():
        for training in pair:
            training.end()
    return {row: list(map(statistics.median, zip(*rates[row], strict=True))) for row in ROWS}


def table(preset: str, rounds: int, seconds: float) -> Table:
    made = Table(
        "setting",
        "alone",
        "two at once, each",
        "beside a busy process a core",
        title=f"{preset}: steps a second on {cores()} cores, PyTorch {torch.__version__}",
    )
    rates = measured(preset, rounds, seconds)
    first = next(iter(rates.values()))
    for row, each in rates.items():
        compared = zip(each, first, strict=True)
        made.add_row(row, *(f"{rate:.1f} ({rate / base:.2f}×)" for rate, base in compared))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presets", nargs="+", default=["tutorial-cnn", "tutorial-lstm"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--train", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        train_on_demand(args.train[0], int(args.train[1]), args.train[2])
        return
    for preset in args.presets:
        Console(width=110).print(table(preset, args.rounds, args.seconds))


if __name__ == "__main__":
    main()

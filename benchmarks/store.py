"""The store: writers in parallel, large weights, a thousand runs, and what a run takes.

    python -m benchmarks.store [--seconds 5] [--postgresql URL]

"one lock" is PostgreSQL as it would be if whoever writes kept all other writers waiting. Without a
URL a PostgreSQL server of our own is started, with its usual settings, on this machine: it takes
from the same cores as the writers. Everything written into a database of yours is deleted again.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.synchronize import Barrier
from pathlib import Path

import sqlalchemy as sa
import torch
from rich.console import Console
from rich.table import Table
from safetensors.torch import save

from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.events import Checkpoint, Evaluated, Event, Progress, Snapshot, to_record
from mnistlab.presets import PRESETS
from mnistlab.store import Claim, Status, Store
from mnistlab.store.database import WRITE
from mnistlab.train import train
from mnistlab.train.run import snapshot_steps

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the PostgreSQL server of the tests

import postgresql  # noqa: E402

WRITERS = (1, 2, 4, 8)
EVENTS = 10  # of one write, ...
WEIGHTS = 116_000  # ... and bytes of the weights in it: those of `tutorial-cnn`
SIZES = (1, 10, 50, 100)  # MB
RUNS = 1000
_seeds = count(1)


@dataclass(frozen=True)
class Row:
    """A database; `one_lock`: in which writers take turns."""

    name: str
    url: str
    one_lock: bool = False

    def open(self) -> Store:
        store = Store(self.url)
        if self.one_lock:

            @sa.event.listens_for(store.engine, "begin")
            def _begun(connection: sa.Connection) -> None:
                if connection.get_execution_options().get(WRITE):
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")

        return store


@dataclass(frozen=True)
class Job:
    """Write into a run of its own for so many seconds: events and `size` bytes of weights at a
    time.
    """

    row: Row
    seed: int
    size: int
    seconds: float


def progress(step: int) -> Progress:
    norms = {"conv1": 0.123456789, "conv2": 0.234567891, "fc": 0.345678912}
    return Progress(step, 0, 1.23456789, 0.001, norms, 12345.6789, 12.3456789)


def weights(size: int) -> dict[str, torch.Tensor]:
    return {"weight": torch.rand(size // 4)}


def claimed(store: Store, seed: int) -> Claim:
    claim = store.claim(store.request(TrainConfig(seed=seed)).id)
    assert claim is not None
    return claim


_barrier: Barrier


def meet(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier
    torch.set_num_threads(1)


def write(job: Job) -> list[float]:
    """How long each write took, in seconds."""
    store = job.row.open()
    claim, tensors = claimed(store, job.seed), weights(job.size)
    _barrier.wait()
    took, begin, step = [], time.perf_counter(), 0
    while (now := time.perf_counter()) < begin + job.seconds:
        step += EVENTS
        events: list[Event] = [progress(step + number) for number in range(EVENTS)]
        store.record(claim, events + [Snapshot(step, 0, tensors)] * bool(job.size))
        took.append(time.perf_counter() - now)
    store.end(claim, Status.STOPPED)
    store.delete(claim.run_id)
    store.engine.dispose()
    return took


def together(jobs: list[Job]) -> list[list[float]]:
    """`write` of each in a process of its own, at once."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(jobs))
    with context.Pool(len(jobs), meet, (barrier,)) as pool:
        return pool.map(write, jobs, chunksize=1)


def slowest(took: list[float], percent: int) -> float:
    """From how many seconds on the slowest `percent` of them are."""
    return statistics.quantiles(took, n=100 // percent, method="inclusive")[-1]


def parallel(rows: list[Row], seconds: float) -> Table:
    made = Table("store", *(f"{writers} at once" for writers in WRITERS))
    made.title = f"Writes of {EVENTS} events and {WEIGHTS:,} bytes: events a second, slowest 1 %"
    for row in rows:
        cells, alone = [], 0.0
        for writers in WRITERS:
            jobs = [Job(row, next(_seeds), WEIGHTS, seconds) for _ in range(writers)]
            took = [each for one in together(jobs) for each in one]
            rate = EVENTS * len(took) / seconds
            alone = alone or rate
            slow = 1000 * slowest(took, 1)
            cells.append(f"{rate:,.0f} ({rate / alone:.2f}×), {slow:.0f} ms")
        made.add_row(row.name, *cells)
    return made


def beside(rows: list[Row], seconds: float) -> Table:
    """What a small write takes while another worker writes large weights."""
    made = Table("store", "alone", "beside 50 MB at a time", "slowest")
    made.title = f"A write of {EVENTS} events: median (slowest 5 %)"
    for row in rows:
        small = [Job(row, next(_seeds), 0, seconds) for _ in range(2)]
        large = Job(row, next(_seeds), 50 * 10**6, seconds)
        [alone], [took, _] = together(small[:1]), together([small[1], large])
        cells = [
            f"{1000 * statistics.median(each):.1f} ({1000 * slowest(each, 5):.0f}) ms"
            for each in (alone, took)
        ]
        made.add_row(row.name, *cells, f"{1000 * max(took):.0f} ms")
    return made


def sizes(rows: list[Row]) -> Table:
    made = Table("store", *(f"{size} MB" for size in SIZES), title="Weights: to write, to read")
    for row in rows:
        store = row.open()
        claim, cells = claimed(store, next(_seeds)), []
        for size in SIZES:
            begin = time.perf_counter()
            store.record(claim, [Snapshot(size, 0, weights(size * 10**6))])
            wrote = time.perf_counter()
            store.weights(claim.run_id, size)
            cells.append(f"{wrote - begin:.2f} s, {time.perf_counter() - wrote:.2f} s")
        made.add_row(row.name, *cells)
        store.end(claim, Status.STOPPED)
        store.delete(claim.run_id)
    return made


def thousand(rows: list[Row]) -> Table:
    """How long it takes to list runs."""
    made = Table("store", "runs()", "runs(limit=50)", title=f"Of {RUNS:,} runs, median of 20")
    for row in rows:
        store, ids = row.open(), []
        for _ in range(RUNS):
            config = TrainConfig(seed=next(_seeds))
            ids.append(store.add(config, [progress(1)], Status.STOPPED, None, {}).id)
        cells = []
        for limit in (None, 50):
            took = []
            for _ in range(20):
                begin = time.perf_counter()
                store.runs(limit=limit)
                took.append(time.perf_counter() - begin)
            cells.append(f"{1000 * statistics.median(took):.1f} ms")
        made.add_row(row.name, *cells)
        for run_id in ids:
            store.delete(run_id)
    return made


def bytes_of(config: TrainConfig) -> dict[str, int]:
    """What a run takes that does all its steps, by what takes it. Its first steps tell how large
    each event is.
    """
    first: dict[type, Event] = {}
    wanted = (Progress, Evaluated, Snapshot, Checkpoint)
    data = load_dataset(config.dataset)
    with closing(train(config, data)) as events:
        for event in events:
            first[type(event)] = event  # the latest: the optimiser has a state after a step
            if event.step and isinstance(event, Checkpoint):
                break
    told = {kind: len(json.dumps(to_record(first[kind]))) for kind in wanted[:2]}
    kept = snapshot_steps(config)
    steps = range(config.total_steps + 1)
    evaluated = {step for step in steps if step == config.next_evaluation(step)}
    logged = {step for step in steps if step < 2 or step % config.log_every == 0}
    return {
        "snapshots": len(kept) * len(save(first[Snapshot].weights)),
        "checkpoint": len(save(first[Checkpoint].tensors)),
        "events": told[Progress] * len(logged | kept | evaluated)
        + told[Evaluated] * len(evaluated),
        "predictions": len(data.test_labels) * 10 * 4,
    }


def presets() -> Table:
    made = Table("preset", "a run", "snapshots", "checkpoint", "events", "predictions")
    made.title = "MB"
    for name, preset in PRESETS.items():
        parts = bytes_of(preset)
        cells = (f"{size / 1e6:.1f}" for size in (sum(parts.values()), *parts.values()))
        made.add_row(name, *cells)
    return made


@contextmanager
def databases(url: str | None) -> Iterator[list[Row]]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        rows = [Row("SQLite", f"sqlite:///{folder}/runs.db")]
        programs = None if url else postgresql.find()
        if programs is not None:
            durable = "-c listen_addresses='' -c max_wal_size=4GB"
            url = stack.enter_context(postgresql.server(programs, durable)).fresh()
        if url:
            rows += [Row("PostgreSQL, one lock", url, one_lock=True), Row("PostgreSQL", url)]
        else:
            print(f"There is no PostgreSQL. {postgresql.ADVICE}", file=sys.stderr)
        yield rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--postgresql", metavar="URL", help="a database of yours")
    args = parser.parse_args()
    console = Console(width=130)
    with databases(args.postgresql) as rows:
        console.print(parallel(rows, args.seconds))
        console.print(beside(rows, args.seconds))
        one_each = [row for row in rows if not row.one_lock]
        console.print(sizes(one_each))
        console.print(thousand(one_each))
    console.print(presets())


if __name__ == "__main__":
    main()

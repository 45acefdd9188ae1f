"""How fast training is: the tutorials' own way, a bare loop, and ours, all measured in the same
run.

    python -m benchmarks.training [--rounds 3] [--skip-example]

"ours" is timed from Start to the finished run in the store: a process of its own, all recording,
snapshots, and at the end all 10,000 test images, which the tutorials never do. "bare loop" is our
arithmetic without any of that but the same evaluations.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional as F

from benchmarks import tutorials
from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import augment, load_dataset, to_input
from mnistlab.events import Progress
from mnistlab.executors import get_executor
from mnistlab.executors.process import prepare_process
from mnistlab.experiments.race import RACERS
from mnistlab.machine import threads
from mnistlab.presets import PRESETS
from mnistlab.store import ACTIVE, RunRecord, Status, Store
from mnistlab.train import OPTIMIZERS, SCHEDULES, evaluate, predict

PAIRS: dict[str, tuple[str, TrainConfig]] = {
    "CNN, tutorial-cnn": ("cnn", PRESETS["tutorial-cnn"]),
    "LeNet, lenet-sgd, one epoch": ("lenet", PRESETS["lenet-sgd"].replace(epochs=1)),
    "LSTM, tutorial-lstm": ("lstm", PRESETS["tutorial-lstm"]),
}
TARGET = 0.99


def seconds_of(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def by_itself(tutorial: str) -> tuple[float, float]:
    """(seconds, accuracy) of one of the tutorials in a plain process, without our settings of this
    one.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.tutorials", tutorial],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, accuracy = done.stdout.split()
    return float(seconds), float(accuracy)


def bare_loop(config: TrainConfig) -> float:
    """The same arithmetic and the same evaluations as ours, and nothing else; returns the accuracy
    on all test images.
    """
    data = load_dataset(config.dataset)
    torch.manual_seed(config.seed)
    model = models.fast(models.build(config)).to(memory_format=models.layout(config))
    optimizer = OPTIMIZERS[config.optimizer](config, model.parameters())
    schedule = SCHEDULES[config.schedule](config, optimizer)
    count = config.eval_size or len(data.test_images)
    test_images, test_labels = data.test_images[:count], data.test_labels[:count]
    evaluate(model, test_images, test_labels, config)
    for step, chosen in enumerate(islice(mini_batches(config), config.total_steps), start=1):
        x = to_input(augment(data.train_images[chosen], config), config)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16"):
            loss = F.cross_entropy(
                model(x), data.train_labels[chosen], label_smoothing=config.label_smoothing
            )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step == config.next_evaluation(step):
            _, correct = evaluate(model, test_images, test_labels, config)
    if count < len(data.test_images):
        _, correct = evaluate(model, data.test_images, data.test_labels, config)
    return correct / len(data.test_images)


def mini_batches(config: TrainConfig) -> Iterator[Tensor]:
    """The places of the images of each mini-batch, in a new random order each epoch."""
    while True:
        yield from torch.randperm(config.train_count).split(config.batch_size)


def ours(config: TrainConfig, store: Store) -> tuple[float, float, RunRecord]:
    """(seconds from Start to the first loss in the store, seconds to the finished run by the
    store's own times, the run).
    """
    executor, first, begin = get_executor(store, "local"), None, time.perf_counter()
    run = executor.start(config)
    while run.status in ACTIVE:
        if first is None and store.events(run.id, (Progress,)):
            first = time.perf_counter() - begin
        time.sleep(0.02 if first is None else 0.25)
        run = store.get(run.id)
    if run.status != Status.FINISHED or first is None or run.ended is None:
        raise SystemExit(f"The run of the benchmark is {run.status}: {run.reason}")
    return first, run.ended - run.created, run


def in_turn(store: Store) -> tuple[float, float]:
    """(seconds from asking for five short trainings to the end of the last, seconds that they
    trained): a race of optimisers.
    """
    executor, begin = get_executor(store, "local"), time.time()
    asked = [
        executor.start(TrainConfig(optimizer=name, lr=0.01, max_steps=200)).id for name in RACERS
    ]
    while any(store.get(run_id).status in ACTIVE for run_id in asked):
        time.sleep(0.25)
        executor.ensure()
    runs = [store.get(run_id) for run_id in asked]
    if any(run.status != Status.FINISHED for run in runs):
        raise SystemExit(
            f"A run of the race is not finished: {[(run.status, run.reason) for run in runs]}"
        )
    return max(run.ended or 0 for run in runs) - begin, sum(
        (run.ended or 0) - (run.started or 0) for run in runs
    )


def wait_for_spare(store: Store, seconds: float = 12.0) -> None:
    """Let the next warm process get ready, so that it takes no time from what is measured."""
    get_executor(store, "local").ensure()
    time.sleep(seconds)


def median(values: list[float]) -> float:
    return statistics.median(values)


def evaluation_memory(config: TrainConfig) -> float:
    """MiB that evaluating all test images adds to this process's peak memory, after training has
    touched its own.
    """
    data = load_dataset(config.dataset)
    model = models.build(config).eval()
    predict(model, data.test_images[:500], config)
    process, peak = psutil.Process(), 0
    before = process.memory_info().rss
    for batch in data.test_images.split(250):
        predict(model, batch, config)
        peak = max(peak, process.memory_info().rss)
    predict(model, data.test_images, config)
    return (max(peak, process.memory_info().rss) - before) / 2**20


def compared(
    tutorial: str, config: TrainConfig, rounds: int, store: Store
) -> tuple[list[str], list[float]]:
    """(medians of the tutorial's way, the bare loop and ours, as a row of the table; seconds from
    Start to the first loss).
    """
    times: dict[str, list[float]] = {"tutorial": [], "bare": [], "ours": []}
    first_losses = []
    for _ in range(rounds):
        wait_for_spare(store)
        first, total, run = ours(config, store)
        first_losses.append(first)
        times["ours"].append(total)
        store.delete(run.id)
        wait_for_spare(store)
        times["bare"].append(seconds_of(lambda: bare_loop(config)))
        seconds, accuracy = by_itself(tutorial)
        times["tutorial"].append(seconds)
    t, b, o = (median(times[key]) for key in ("tutorial", "bare", "ours"))
    row = [
        f"{t:.1f} s",
        f"{b:.1f} s",
        f"{o:.1f} s",
        f"{t / o:.1f}× faster",
        f"{100 * (o / b - 1):+.1f} %",
        f"{accuracy:.4f}, {run.accuracy:.4f}",
    ]
    return row, first_losses


def speedruns(count: int, store: Store) -> list[tuple[float, RunRecord]]:
    """(seconds from Start to finished, the run), each with a seed of its own."""
    done = []
    for seed in range(1, count + 1):
        wait_for_spare(store)
        done.append(ours(PRESETS["speedrun"].replace(seed=seed), store)[1:])
    return done


def against_the_example(fast: float) -> str:
    """How much sooner than today's PyTorch example a speedrun of `fast` seconds is at 0.99."""
    begin = time.perf_counter()
    epochs, reached = tutorials.example_to(TARGET)
    slow = time.perf_counter() - begin
    return (
        f"Today's PyTorch example reaches {reached:.4f} after {epochs} epochs, {slow:.0f} s: "
        f"speedrun is there {slow / fast:.0f}× sooner."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="the median of so many rounds is shown"
    )
    parser.add_argument(
        "--skip-example",
        action="store_true",
        help="leave out the minutes that today's PyTorch example takes to reach 0.99",
    )
    args = parser.parse_args()
    prepare_process()
    table = Table(
        "what",
        "tutorial's way",
        "bare loop",
        "ours",
        "ours against tutorial",
        "ours against bare loop",
        "accuracy: tutorial's, ours",
        title=(
            f"Training on {threads()} threads, PyTorch {torch.__version__}; medians of "
            f"{args.rounds} rounds"
        ),
    )
    first_losses: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'runs.db'}")
        for name, (tutorial, config) in PAIRS.items():
            row, first = compared(tutorial, config, args.rounds, store)
            table.add_row(name, *row)
            first_losses += first
        fast_ones = speedruns(args.rounds, store)
        wait_for_spare(store)
        race, trained = in_turn(store)
        store.engine.dispose()
    Console(width=140).print(table)
    fast = median([seconds for seconds, _ in fast_ones])
    print(
        f"Start to the first loss in the store: {median(first_losses):.2f} s (median of "
        f"{len(first_losses)})."
    )
    print(
        f"Five runs of 200 steps, started at once: finished after {race:.1f} s, of which "
        f"they trained {trained:.1f} s."
    )
    print(
        f"Evaluation of 10,000 images adds {evaluation_memory(PRESETS['tutorial-cnn']):.0f} MiB "
        "to the peak memory."
    )
    print(
        f"speedrun: {fast:.1f} s from Start to finished; accuracies "
        f"{', '.join(f'{run.accuracy:.4f}' for _, run in fast_ones)}."
    )
    if not args.skip_example:
        print(against_the_example(fast))


if __name__ == "__main__":
    main()

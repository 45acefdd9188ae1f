"""The process that trains: `python -m mnistlab.executors.worker`.

It begins as the spare: it waits for a free slot, warms up, and waits for a run in the queue. It
claims that run and trains it. Then it takes the next of the queue, or is the spare again, or ends
because another process is. So the queue is worked on without anybody's help, also when the server
is long gone.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from filelock import FileLock
from psutil import Process

from mnistlab.config import TrainConfig
from mnistlab.errors import DataError, MnistlabError, StoreBusy
from mnistlab.executors.detached import launch, sweep
from mnistlab.executors.folder import IDLE_SECONDS, WorkerFolder, settings
from mnistlab.executors.local import SPARE
from mnistlab.i18n import Text, message
from mnistlab.machine import BYTES_PER_WORKER, niceness, threads
from mnistlab.presets import PRESETS
from mnistlab.store import Claim, Status, Store, budget

Found = TypeVar("Found")
POLL_SECONDS = 0.05  # how often the spare looks whether somebody asks for a run
# how often it looks for a run in any case, for workers that died, and whether it is still needed
SWEEP_SECONDS = 1.0
# how long a training has the machine to itself, before the next spare gets ready
ALONE_SECONDS = 15.0
# a process that has grown beyond this ends with its run; warm ones have about half of it
GROWN_BYTES = 2 * BYTES_PER_WORKER


def main() -> None:
    """Train one run after another; return once there is another spare and nothing to train, or no
    spare is needed.
    """
    mine = settings()
    if hasattr(os, "nice"):
        os.nice(niceness())
    store = Store()
    folder = WorkerFolder(store, SPARE)
    spare = folder.take(SPARE.lock, patience=1.0)
    if spare is None:
        return
    # until then nothing could be trained here, and getting ready would only hold up those who train
    slot = _wait(store, folder, spare, mine, lambda news: folder.take_slot())
    if slot is None:
        return
    waiting = 0
    with suppress(StoreBusy):
        waiting = store.count(Status.QUEUED)
    if not waiting:  # else the run that waits warms this process up
        _warm_up()
    from mnistlab.executors.process import interruption_by
    from mnistlab.train import device_kinds

    kinds = device_kinds()

    def turn(news: bool) -> Claim | None:
        return store.claim_next(kinds) if news and store.count(Status.QUEUED) else None

    with interruption_by(
        {signal.SIGTERM: message("The system asked the training process to end.")}
    ) as interruption:
        while claim := _wait(store, folder, spare, mine, turn, interruption):
            with succession(store, folder, spare) as stay:
                fit = train_claim(store, claim, interruption)
                if not fit or interruption() or folder.wanted_settings() != mine:
                    slot.release()
                    return
                stay()


@contextmanager
def succession(store: Store, folder: WorkerFolder, spare: FileLock) -> Iterator[Callable[[], None]]:
    """While this process trains, see to it that there is a next spare; and at the end, unless it
    calls the function given, to stay.

    The next spare is started at once where it could train at once. Otherwise it waits: getting
    ready takes seconds of the processor, which a short training on a small machine would have to do
    without, and this process can train what comes next. Until then nobody else becomes the spare,
    because this process still has the lock.
    """
    over, staying = threading.Event(), threading.Event()

    def hand_on() -> None:
        if spare.is_locked:
            spare.release()
            if folder.wanted.exists():
                launch(store, folder, detached=False)

    def watch() -> None:
        free = folder.take_slot() if spare.is_locked else None
        if free is not None:
            free.release()
        if free is not None or not over.wait(ALONE_SECONDS):
            hand_on()

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield staying.set
        finally:
            over.set()
            watching.result()
            if not staying.is_set():
                hand_on()


def train_claim(
    store: Store,
    claim: Claim,
    interruption: Callable[[], Text],
    note: Mapping[str, Any] | None = None,
) -> bool:
    """Train the claimed run; returns whether this process is fit for another one.

    It is not after an error, or where memory that was used for the run would be missed by others.
    `note` is recorded with the run's environment.
    """
    from mnistlab.executors.recording import run_claim

    run = run_claim(store, claim, interruption, note)
    while True:
        try:
            next(run)
        except StopIteration as over:
            _make_room(store)
            return (
                over.value is None
                and claim.config.device == "cpu"
                and Process().memory_info().rss < GROWN_BYTES
            )


def _make_room(store: Store) -> None:
    """Delete what the store need not keep; the page of runs says where that goes wrong."""
    with suppress(MnistlabError):
        limit = budget()
        if limit is not None:
            store.tidy(limit)


def _wait(
    store: Store,
    folder: WorkerFolder,
    spare: FileLock,
    mine: str,
    look: Callable[[bool], Found | None],
    interruption: Callable[[], Text] = str,
) -> Found | None:
    """Look out for workers that died until `look` finds something, and return that; None once there
    is another spare, or none is needed any more. `look` is told whether somebody has asked for a
    run since it looked last, or it is time to look in any case.
    """
    swept, asked, heard = 0.0, 0, time.monotonic()
    while not interruption() and folder.wanted.exists():
        with suppress(StoreBusy):  # look again
            before, asked = asked, folder.asked()
            news = asked != before
            if time.monotonic() - swept > SWEEP_SECONDS:
                swept, news = time.monotonic(), True
                sweep(store, folder)
                if not folder.is_needed(store, mine):
                    return None
            found = look(news)
            if found is not None:
                return found
            heard = time.monotonic()
        if time.monotonic() - heard > IDLE_SECONDS:  # the store is away
            return None
        if not (spare.is_locked or folder.hold(spare)):  # the spare, or becomes it
            return None
        time.sleep(POLL_SECONDS)
    return None


def _warm_up() -> None:
    """Do once what is slow the first time: imports, the processor's code for convolutions and
    recurrence, reading the data.
    """
    import torch

    from mnistlab.data import Dataset, load_dataset
    from mnistlab.train import emulates_bfloat16, train

    torch.set_num_threads(threads())
    nothing = torch.zeros(50, 1, 28, 28, dtype=torch.uint8), torch.zeros(50, dtype=torch.int64)
    data = Dataset("mnist", *nothing, *nothing, tuple("0123456789"))
    for preset in ("tutorial-cnn", "speedrun", "tutorial-lstm"):
        config: TrainConfig = PRESETS[preset].replace(
            train_size=50, batch_size=50, eval_size=50, max_steps=2
        )
        if not emulates_bfloat16(config):  # which nobody should wait for who does not ask for it
            for _ in train(config, data):
                pass
    for name in ("mnist", "digits"):
        with suppress(DataError):  # whoever trains on it will be told
            load_dataset(name)


if __name__ == "__main__":
    main()

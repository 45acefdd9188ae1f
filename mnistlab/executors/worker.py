"""The process of one training: `python -m mnistlab.executors.worker`.

It begins as the spare: it warms up, waits for a free slot, then for a run in the queue. It claims that run, trains it, sees to it
that there is a next spare, and ends. So the queue is worked on without anybody's help, also when the server is long gone.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from filelock import FileLock

from mnistlab.config import TrainConfig
from mnistlab.errors import DataError
from mnistlab.executors.base import threads
from mnistlab.executors.local import Room, launch, settings
from mnistlab.presets import PRESETS
from mnistlab.store import ACTIVE, Claim, Status, Store

POLL_SECONDS = 0.05  # how often the spare looks for a run
SWEEP_SECONDS = 1.0  # how often it looks whether workers died, and whether it is still needed
IDLE_SECONDS = 60.0  # how long it waits when nobody looks at the queue
ALONE_SECONDS = 15.0  # how long a training that nothing waits for has the machine to itself, before the next spare gets ready


def main() -> None:
    """Wait for a run, train it, and return; or return without one if there is another spare, or none is needed."""
    mine = settings()
    store = Store()
    room = Room(store)
    spare = room.take("spare", patience=1.0)
    if spare is None:
        return
    slot = room.take_slot()
    if slot is not None:
        _warm_up()
    else:  # there is time: nothing can start before a training ends, and that would only be held up
        with ThreadPoolExecutor(1, initializer=_give_way) as pool:
            pool.submit(_warm_up).result()
    from mnistlab.executors.recording import interruption_by, run_claim

    with interruption_by({signal.SIGTERM: "The system asked the training process to end."}) as interruption:
        turn = _wait_for_turn(store, room, slot, mine, interruption)
        if turn is None:
            return
        claim, slot = turn
        with succession(store, room, spare):
            for _ in run_claim(store, claim, interruption):
                pass
            slot.release()


@contextmanager
def succession(store: Store, room: Room, spare: FileLock) -> Iterator[None]:
    """See to it that there is a next spare: at once where it could train at once, else once it has something to do, at the end at last.

    Getting ready takes seconds of the processor, which a short training on a small machine would have to do without. Until then
    nobody else becomes the spare, because this process still has the lock.
    """
    over = threading.Event()

    def see_to_it() -> None:
        free, begin = room.take_slot(), time.monotonic()
        if free is not None:
            free.release()
        while free is None and not store.count(Status.QUEUED) and time.monotonic() - begin < ALONE_SECONDS and not over.wait(SWEEP_SECONDS):
            pass
        spare.release()
        launch(store, room, detached=False)

    with ThreadPoolExecutor(1) as pool:
        successor = pool.submit(see_to_it)
        try:
            yield
        finally:
            over.set()
            successor.result()


def _wait_for_turn(
    store: Store, room: Room, slot: FileLock | None, mine: str, interruption: Callable[[], str]
) -> tuple[Claim, FileLock] | None:
    """A run, and the slot to train it in; None once the spare is not needed any more."""
    swept = 0.0
    while not interruption() and room.wanted.exists():
        if time.monotonic() - swept > SWEEP_SECONDS:
            swept = time.monotonic()
            store.sweep()
            if not _needed(store, room, mine):
                return None
        slot = slot or room.take_slot()
        if slot is not None and store.count(Status.QUEUED):
            claim = store.claim_next()
            if claim is not None:
                return claim, slot
        time.sleep(POLL_SECONDS)
    return None


def _needed(store: Store, room: Room, mine: str) -> bool:
    """Whether somebody looks at the queue, or a run is in it. With other settings than ours another spare takes our place."""
    if room.wanted_settings() != mine:
        return store.count(Status.QUEUED) > 0
    return time.time() - room.wanted.stat().st_mtime < IDLE_SECONDS or store.count(*ACTIVE) > 0


def _give_way() -> None:
    """Take only what the trainings leave over of the processor. On Linux this holds for the calling thread alone."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _warm_up() -> None:
    """Do once what is slow the first time: imports, the processor's code for convolutions and recurrence, reading the data."""
    import torch

    from mnistlab.data import Dataset, load_dataset
    from mnistlab.train import train

    torch.set_num_threads(threads())
    nothing = torch.zeros(50, 1, 28, 28, dtype=torch.uint8), torch.zeros(50, dtype=torch.int64)
    data = Dataset("mnist", *nothing, *nothing, tuple("0123456789"))
    for preset in ("tutorial-cnn", "speedrun", "tutorial-lstm"):
        config: TrainConfig = PRESETS[preset].replace(train_size=50, batch_size=50, eval_size=50, max_steps=2)
        for _ in train(config, data):
            pass
    for name in ("mnist", "digits"):
        with suppress(DataError):  # whoever trains on it will be told
            load_dataset(name)


if __name__ == "__main__":
    main()

"""What all executors share: train a claimed run, and tell the store what
happens, while it happens.
"""

import ctypes
import math
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import torch

import mnistlab
from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.cost import roughly
from mnistlab.errors import ClaimLost, MnistlabError, StoreBusy, StoreError
from mnistlab.events import Checkpoint, Diverged, Event, Finished, Progress, to_record
from mnistlab.executors.openmp import sharing_cores
from mnistlab.i18n import N_, Text, message, messages
from mnistlab.machine import max_seconds, threads
from mnistlab.store import HEARTBEAT_SECONDS, Claim, Status, Store
from mnistlab.store.origins import dataset_of, first_weights
from mnistlab.store.runs import ENDING, pause_at, step_of
from mnistlab.train import train

Result = TypeVar("Result")
# at most so long until an event is in the store, and until a person's wish is known here
WRITE_SECONDS = 0.25
BUSY_SECONDS = 120.0  # how long a worker tries to write into a store that is locked or away
LAST_WORDS_SECONDS = 60.0  # how long a worker tries to say how its run ended
COMPARED = N_(
    "Paused at step {step:,}, where its sweep compares the networks. Resume to train it to the end."
)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # as malloc.h numbers them
_OUT_OF_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "bad_alloc",
    "could not create a memory object",
)


@dataclass(frozen=True)
class End:
    """How a run leaves its worker."""

    status: Status
    reason: Text = ""
    final: dict[str, Any] | None = None  # the record of its `Finished`


def run_claim(
    store: Store,
    claim: Claim,
    interruption: Callable[[], Text] = lambda: "",
    note: Mapping[str, Any] | None = None,
) -> Generator[Event, None, Exception | None]:
    """Train the claimed run in this process, from its last checkpoint on, and record everything,
    and `note` with its environment.

    Yields the events on the way, and returns the error that broke the training off, if one did.

    Whatever happens, the run's status says so afterwards, also when the caller closes this iterator
    early. Once `interruption()` returns a reason, the run is left with a checkpoint, interrupted
    for that reason.
    """
    writer, limit = Writer(store, claim), TimeLimit()
    problem: Exception | None = None
    # if the caller wants no more
    end = End(
        Status.INTERRUPTED,
        message("The training was interrupted. Resume continues from the last snapshot."),
    )
    try:
        with (
            sharing_cores(),
            closing(_train(store, claim, writer, limit, interruption, note)) as events,
        ):
            for event in events:
                writer.add(event)
                yield event
        end = _end_of(event, writer, interruption())
    except ClaimLost:
        pass  # and so are the last words: whoever owns the run now has nothing to do with us
    except Exception as error:
        problem = error
        end = End(Status.FAILED, in_words(error, claim.config))
        if not isinstance(error, MnistlabError) and not _out_of_memory(error):
            traceback.print_exc()
    finally:
        trouble = writer.close()
        # a run has finished only once all of it is in the store
        if trouble is not None and end.status != Status.FAILED:
            end = End(Status.FAILED, in_words(trouble, claim.config))
        _last_words(store, claim, end)
    return problem or trouble


def in_words(error: Exception, config: TrainConfig) -> Text:
    """Why a run failed: what happened, why, and what to do."""
    if isinstance(error, MnistlabError):
        return error.message
    if _out_of_memory(error):
        return messages(
            "Memory ran out: a batch of one image is too large for this network on this machine. "
            "Choose a smaller network.",
            "Memory ran out: a batch of {n:,} images is too large for this network on this "
            "machine. Choose a smaller batch or a smaller network.",
            config.batch_size,
        )
    return message(
        "Training stopped with an unexpected error ({error}). The training process's log has the "
        "details. Resume continues from the last snapshot.",
        error=": ".join([type(error).__name__, *str(error).splitlines()[:1]]),
    )


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        sign in str(error).lower() for sign in _OUT_OF_MEMORY
    )


@contextmanager
def interruption_by(reasons: Mapping[int, Text]) -> Iterator[Callable[[], Text]]:
    """Within, the first of these signals (number -> reason) only sets what the function given
    returns, "" before.

    From then on all of them act as ever. Only the main thread may handle signals: in other threads
    nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: ""
        return
    caught: list[Text] = []
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in reasons}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, _: object) -> None:
        caught.append(reasons[number])
        restore()

    for number in reasons:
        signal.signal(number, handle)
    try:
        yield lambda: caught[0] if caught else ""
    finally:
        restore()


def prepare_process() -> None:
    """Give this process the threads of a training, and let it keep freed memory for the next step
    instead of returning it.

    The C library of Linux returns large blocks to the system at once; getting them back, page by
    page, takes up to half of the time of an evaluation (`benchmarks/training.py`). The blocks
    themselves stay as large as they were.
    """
    torch.set_num_threads(threads())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)
        mallopt(_M_TRIM_THRESHOLD, 512 * 2**20)


def environment(config: TrainConfig) -> dict[str, Any]:
    """What the numbers of a run depend on besides its configuration, JSON-safe."""
    device = torch.device(config.device)
    return {
        "mnistlab": mnistlab.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "parameters": sum(stage.parameters for stage in models.describe(config)),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else config.device,
    }


def patiently(work: Callable[[], Result]) -> Result:
    """`work()`, tried again for `BUSY_SECONDS` while the store is busy. Raises what it raises."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return work()
        except StoreBusy:
            if time.monotonic() > give_up:
                raise
            time.sleep(WRITE_SECONDS)


class Writer:
    """Writes events into the store from a thread of its own, so that training does not wait for the
    disk.

    Several events at a time; the very first loss at once. It also keeps the run's heart beating,
    and fetches what a person wants.
    """

    def __init__(self, store: Store, claim: Claim) -> None:
        self.wanted = pause_at(claim.until)
        self.step = 0  # of the latest event
        self.at_limit = False  # whether it has come to the step where it is to pause
        self._store, self._claim = store, claim
        self._events: list[Event] = []
        self._lock = threading.Lock()  # of `_events`
        self._wake = threading.Event()
        self._closed = False
        self._told_loss = False
        self._last_write = 0.0
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="mnistlab-writer", daemon=True)
        self._thread.start()

    def add(self, event: Event) -> None:
        """Have `event` written soon."""
        self.step = event.step
        with self._lock:
            self._events.append(event)
        if not self._told_loss and isinstance(event, Progress):
            self._told_loss = True
            self._wake.set()

    def stop_wanted(self) -> bool:
        """Whether the training is to stop: a person wants that, or it is `at_limit`. Raises what
        went wrong with writing: `ClaimLost`, `StoreError`.
        """
        if self._error is not None:
            raise self._error
        wanted = self.wanted  # which changes at any time
        until = step_of(wanted)
        self.at_limit = until is not None and self.step >= until
        return self.at_limit or wanted in ENDING

    def close(self) -> Exception | None:
        """Write what is left, and return what went wrong with writing, if anything."""
        self._closed = True
        self._wake.set()
        self._thread.join()
        return self._error

    def _work(self) -> None:
        try:
            while not self._closed:
                self._wake.wait(WRITE_SECONDS)
                self._wake.clear()
                self._write()
            self._write()
        except Exception as error:  # told to the training thread by `stop_wanted` and `close`
            self._error = error

    def _write(self) -> None:
        with self._lock:
            events, self._events = self._events, []
        now = time.monotonic()
        if events or now - self._last_write >= HEARTBEAT_SECONDS:
            self.wanted = patiently(lambda: self._store.record(self._claim, events))
            self._last_write = now
        else:
            self.wanted = patiently(lambda: self._store.wanted(self._claim))


class TimeLimit:
    """How long a run may train here, however often it is resumed: `machine.max_seconds`."""

    def __init__(self) -> None:
        self._end = math.inf  # of the monotonic clock

    def begin(self, resume: Checkpoint | None) -> None:
        """From now on time passes; some of it had passed at `resume`. Raises `ExecutorError`."""
        seconds = max_seconds()
        if seconds is not None:
            before = 0.0 if resume is None else resume.state["seconds"]["total"]
            self._end = time.monotonic() + seconds - before

    def is_over(self) -> bool:
        """Whether the training has to stop now."""
        return time.monotonic() >= self._end


def _train(
    store: Store,
    claim: Claim,
    writer: Writer,
    limit: TimeLimit,
    interruption: Callable[[], Text],
    note: Mapping[str, Any] | None,
) -> Generator[Event]:
    config = claim.config
    prepare_process()
    patiently(lambda: store.describe(claim, environment(config) | dict(note or {})))
    store.reserve_space()
    resume = patiently(lambda: store.checkpoint(claim.run_id))
    if resume is not None and resume.step == 0:
        resume = None  # step 0 is evaluated after its checkpoint
    data = patiently(lambda: dataset_of(store, config))
    start = None if resume is not None else patiently(lambda: first_weights(store, config))
    patiently(lambda: store.rewind(claim, None if resume is None else resume.step))
    limit.begin(resume)
    writer.step = 0 if resume is None else resume.step
    yield from train(
        config,
        data,
        resume,
        lambda: writer.stop_wanted() or bool(interruption()) or limit.is_over(),
        start,
    )


def _end_of(last: Event, writer: Writer, interruption: Text) -> End:
    """What the last event of a training means for its run."""
    if isinstance(last, Finished):
        return End(Status.FINISHED, final=to_record(last))
    if isinstance(last, Diverged):
        return End(Status.FAILED, last.why)
    if writer.wanted in ENDING:
        return End(ENDING[writer.wanted])
    if writer.at_limit:
        return End(Status.PAUSED, message(COMPARED, step=last.step))
    if interruption:
        why = message(
            "{interruption} Resume continues from step {step:,}.",
            interruption=interruption,
            step=last.step,
        )
        return End(Status.INTERRUPTED, why)
    return End(Status.STOPPED, _too_long(max_seconds() or 0))


def _too_long(seconds: float) -> Text:
    return message(
        "It has trained for {time}, as long as one run may here (MNISTLAB_MAX_SECONDS). What it "
        "learned is kept. Choose fewer epochs or a smaller network, or ask whoever runs this "
        "installation for more time.",
        time=roughly(seconds),
    )


def _last_words(store: Store, claim: Claim, end: End) -> None:
    """Say how the run ended, also on a full disk: there the reserve is given up for it. Raises
    `StoreError` if all is in vain.
    """
    give_up = time.monotonic() + LAST_WORDS_SECONDS
    while True:
        try:
            store.end(claim, end.status, end.reason, end.final)
        except ClaimLost:
            return
        except StoreError:
            if time.monotonic() > give_up:
                raise
            store.release_space()
            time.sleep(0.5)
        else:
            return


@cache
def _processor() -> str:
    """The processor's name, as well as the system tells it."""
    known = Path("/proc/cpuinfo")
    names = (
        [
            line.partition(":")[2].strip()
            for line in known.read_text().splitlines()
            if line.startswith("model name")
        ]
        if known.is_file()
        else []
    )
    return names[0] if names else platform.processor() or platform.machine()

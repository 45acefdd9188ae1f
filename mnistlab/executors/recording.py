"""What all executors share: train a claimed run, and tell the store what
happens, while it happens.
"""

import math
import time
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import torch

from mnistlab.config import TrainConfig
from mnistlab.cost import roughly
from mnistlab.errors import ClaimLost, MnistlabError, StoreError
from mnistlab.events import Checkpoint, Diverged, Event, Finished, to_record
from mnistlab.executors.openmp import sharing_cores
from mnistlab.executors.process import environment, prepare_process
from mnistlab.executors.writer import Writer, patiently
from mnistlab.i18n import N_, Text, message, messages
from mnistlab.machine import max_seconds
from mnistlab.store import Claim, Status, Store
from mnistlab.store.origins import dataset_of, first_weights
from mnistlab.store.runs import ENDING
from mnistlab.train import train

LAST_WORDS_SECONDS = 60.0  # how long a worker tries to say how its run ended
COMPARED = N_(
    "Paused at step {step:,}, where its sweep compares the networks. Resume to train it to the end."
)
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

"""What happens in a training run. All events are frozen and JSON-safe, the tensors of `Snapshot` and `Checkpoint` aside.

`step` counts the updates made so far: 0 is the untrained network. `epoch` counts the passes over the training set begun so far,
less one: 0 is the first.
"""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # torch takes a second to import, and whoever only reads a store does not need it
    from torch import Tensor


@dataclass(frozen=True)
class Progress:
    """The loss of the mini-batch of this step, each `log_every` steps."""

    step: int
    epoch: int
    loss: float  # mean cross-entropy of the mini-batch, in nats
    lr: float  # the learning rate of the step that follows
    gradient_norms: dict[str, float]  # layer -> Euclidean norm of its gradient
    images_per_second: float  # since the last event of this kind, evaluation aside
    seconds_left: float  # for the rest of the training, evaluation included


@dataclass(frozen=True)
class Evaluated:
    """The network of this step, measured on the evaluation subset of the test images."""

    step: int
    epoch: int
    train_loss: float  # of the mini-batch that led to this step; at step 0 that of the first mini-batch, before any update
    test_loss: float  # mean cross-entropy, in nats
    test_accuracy: float  # correct / count, 0 to 1
    correct: int
    count: int
    validation_accuracy: float | None = None  # on the held-out training images, if there are any


@dataclass(frozen=True)
class Snapshot:
    """The weights at this step, for looking inside."""

    step: int
    epoch: int
    weights: "dict[str, Tensor]" = field(repr=False)


@dataclass(frozen=True)
class Checkpoint:
    """All that is needed to go on from this step as if nothing had happened.

    `tensors` holds the weights, the optimiser's state and the random state; `state` the rest, JSON-safe.
    """

    step: int
    epoch: int
    tensors: "dict[str, Tensor]" = field(repr=False)
    state: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Finished:
    """The end: the network measured on all test images. `reason` is "epochs", "steps" or "target accuracy"."""

    step: int
    epoch: int
    reason: str
    test_loss: float
    test_accuracy: float
    correct: int
    count: int
    seconds: dict[str, float]  # "total", "train", "eval"
    predictions: list[int]  # predicted digit of each of the first ten test images
    labels: list[int]  # and what they are


@dataclass(frozen=True)
class Diverged:
    """The loss became infinite, not a number, or far larger than guessing: training has stopped by itself."""

    step: int
    epoch: int
    loss: float | None  # None where it is not a finite number
    explanation: str


@dataclass(frozen=True)
class Paused:
    """Training was asked to stop here. A `Checkpoint` of the same step came just before."""

    step: int
    epoch: int


Event = Progress | Evaluated | Snapshot | Checkpoint | Finished | Diverged | Paused
KINDS: dict[str, type] = {kind.__name__.lower(): kind for kind in (Progress, Evaluated, Snapshot, Checkpoint, Finished, Diverged, Paused)}


def to_record(event: Event) -> dict[str, Any]:
    """The event as a JSON-safe dict with its `kind`. Tensors are left out (only their step and epoch remain)."""
    body = {"step": event.step, "epoch": event.epoch} if isinstance(event, Snapshot | Checkpoint) else asdict(event)
    return {"kind": type(event).__name__.lower(), **body}


def from_record(record: dict[str, Any]) -> Event:
    """The inverse of `to_record`, for the kinds without tensors."""
    body = dict(record)
    return KINDS[body.pop("kind")](**body)

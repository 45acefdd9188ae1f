"""What happens in a training run. All events are frozen and JSON-safe, the tensors of `Snapshot`,
`Checkpoint` and `Predicted` aside.

`step` counts the updates made so far: 0 is the untrained network. `epoch` counts the passes over
the training set begun so far, less one: 0 is the first.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, get_args

from mnistlab.compatibility import RENAMED_EVENT_FIELDS, with_new_names
from mnistlab.i18n import Text, restored, stored

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
    # of the mini-batch that led to this step; at step 0 that of the first mini-batch, before any
    # update
    train_loss: float
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

    `tensors` holds the weights, the optimiser's state and the random state; `state` the rest,
    JSON-safe.
    """

    step: int
    epoch: int
    tensors: "dict[str, Tensor]" = field(repr=False)
    state: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Predicted:
    """What the trained network predicts for all test images, which `Finished` then counts."""

    step: int
    epoch: int
    logits: "Tensor" = field(repr=False)  # (N, 10) float32


@dataclass(frozen=True)
class Finished:
    """The end: the network measured on all test images. `reason` is "epochs", "steps" or "target
    accuracy".
    """

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
    """The loss became infinite, not a number, or far larger than guessing: training has stopped by
    itself.
    """

    step: int
    epoch: int
    loss: float | None  # None where it is not a finite number
    why: Text  # "explanation" in its record: to be said in the reader's language

    @property
    def explanation(self) -> str:
        """Why, and what to do, in the language that is spoken here."""
        return str(self.why)


@dataclass(frozen=True)
class Paused:
    """Training was asked to stop here. A `Checkpoint` of the same step came just before."""

    step: int
    epoch: int


Event = Progress | Evaluated | Snapshot | Checkpoint | Predicted | Finished | Diverged | Paused
KINDS: dict[str, type] = {kind.__name__.lower(): kind for kind in get_args(Event)}


VERSION = 1  # of the records: raised when what a field says changes, not when one is added


def to_record(event: Event) -> dict[str, Any]:
    """The event as a JSON-safe dict with its `kind` and `VERSION`. Tensors are left out (only their
    step and epoch remain).
    """
    values: dict[str, Any] = (
        {"step": event.step, "epoch": event.epoch}
        if isinstance(event, Snapshot | Checkpoint | Predicted)
        else asdict(event)
    )
    if isinstance(event, Diverged):
        values = {name: values[name] for name in ("step", "epoch", "loss")}
        values["explanation"] = stored(event.why)
    return {"kind": type(event).__name__.lower(), "v": VERSION, **values}


def from_record(record: Mapping[str, Any]) -> Event | None:
    """The inverse of `to_record`, for the kinds without tensors, of any version; None if this
    version does not know the kind, or what a newer one means by it.
    """
    kind = KINDS.get(record["kind"])
    if kind is None or record.get("v", 1) > VERSION:
        return None
    return kind(**_known_fields(kind, record))


def _known_fields(kind: type, record: Mapping[str, Any]) -> dict[str, Any]:
    """What `record` says of the fields of an event of this `kind`, by their names of today."""
    values = with_new_names(record, RENAMED_EVENT_FIELDS.get(kind.__name__.lower(), {}))
    if kind is Diverged:
        values["why"] = restored(values["explanation"])
    return {each.name: values[each.name] for each in fields(kind) if each.name in values}

"""Import a safetensors file that `weights` wrote as a run. What it claims about its accuracy is not
trusted, but measured again.
"""

import json
import math
from typing import TYPE_CHECKING, Any

from mnistlab.config import TrainConfig
from mnistlab.errors import CheckpointMismatch, ConfigError, WeightsFileError
from mnistlab.events import Evaluated, Event, Finished, Predicted, Snapshot, from_record, to_record
from mnistlab.i18n import message
from mnistlab.store import RunRecord, Status, Store

if TYPE_CHECKING:
    from torch import Tensor

ADVICE = message("Use a file that was written by mnistlab export --format safetensors.")
MAX_HEADER_BYTES = 4 * 2**20  # of a file: slow to read beyond
NOT_SAFETENSORS = message("This is not a safetensors file, or it is incomplete.")
MAX_TENSORS = 1_000  # in a file: the deepest network has some dozens
# of what the file says of its environment
KEPT = ("mnistlab", "torch", "python", "system", "processor", "threads", "device")


def import_run(store: Store, data: bytes, session: str = "") -> tuple[RunRecord, bool]:
    """The run whose file's bytes are `data`, and whether it is new here; one that is here already
    is left as it is.

    The accuracy is measured anew, on all test images; the curve is the one that the file tells. A
    run that had not reached its end is here a stopped one. Raises `WeightsFileError`, `DataError`
    where the data set is not here, and `RunStateError` if a run of the same configuration is here
    that has not finished.
    """
    from mnistlab import models

    metadata, weights = _read(data)
    config = _config(metadata)
    existing = next(iter(store.runs(ids=[config.run_id])), None)
    if existing is not None and existing.status == Status.FINISHED:
        return existing, False
    step = _step(metadata, config)
    claimed = _end(metadata)
    early = claimed is not None and claimed.reason == "target accuracy"
    ended = early or step == config.total_steps
    _check(config, weights)
    measured = _measured(config, weights, step, claimed) if ended else ()
    snapshot = Snapshot(step, max(0, step - 1) // config.steps_per_epoch, weights)
    events: list[Event] = [*_history(metadata, step), snapshot, *measured]
    environment = {
        name: value
        for name, value in _json(metadata, "environment", {}).items()
        if name in KEPT and isinstance(value, str | int)
    }
    environment |= {
        "parameters": sum(stage.parameters for stage in models.describe(config)),
        "loaded": True,
    }
    final = to_record(measured[-1]) if measured else None
    status = Status.FINISHED if measured else Status.STOPPED
    return store.add(config, events, status, final, environment, session), True


def _read(data: bytes) -> tuple[dict[str, str], "dict[str, Tensor]"]:
    """(metadata, weights) of a safetensors file: eight bytes tell the length of a JSON header,
    which tells all the rest.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    if int.from_bytes(data[:8], "little") > MAX_HEADER_BYTES:
        raise WeightsFileError(NOT_SAFETENSORS, ADVICE)
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        tensors = header.keys() - {"__metadata__"} if isinstance(header, dict) else ()
        if len(tensors) > MAX_TENSORS:  # slow to make, and slower to compare
            raise WeightsFileError(
                message(
                    "The file names {count:,} tensors, more than any network here has.",
                    count=len(tensors),
                ),
                ADVICE,
            )
        weights = load(data)
    except (SafetensorError, ValueError, RecursionError) as reason:
        raise WeightsFileError(NOT_SAFETENSORS, ADVICE) from reason
    metadata = header.get("__metadata__", {})
    if "config" not in metadata:
        raise WeightsFileError(
            message("This safetensors file does not say how its network was configured."), ADVICE
        )
    return metadata, weights


def _config(metadata: dict[str, str]) -> TrainConfig:
    values = _json(metadata, "config", None)
    try:
        return TrainConfig.from_dict(values)
    except ConfigError as reason:
        raise WeightsFileError(
            message("The file's configuration cannot be trained. {what}", what=reason.args[0]),
            ADVICE,
        ) from reason


def _json(metadata: dict[str, str], name: str, default: Any) -> dict[str, Any]:
    """The entry `name`, which has to be a JSON object; `default` where it is not there, or null."""
    try:
        values = json.loads(metadata.get(name, "null"))
    except (ValueError, RecursionError) as reason:
        raise _odd(name) from reason
    values = default if values is None else values
    if not isinstance(values, dict):
        raise _odd(name)
    return values


def _odd(name: str) -> WeightsFileError:
    return WeightsFileError(
        message("The file's entry {name} cannot be read.", name=repr(name)), ADVICE
    )


def _step(metadata: dict[str, str], config: TrainConfig) -> int:
    text = metadata.get("step", str(config.total_steps))
    if not (
        text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= config.total_steps
    ):
        raise _odd("step")
    return int(text)


def _end(metadata: dict[str, str]) -> Finished | None:
    """How the training ended, as the file tells it; None where it does not say, or where only a
    newer version knows what it says.
    """
    record = _json(metadata, "final", {})
    try:
        event = from_record({"kind": "finished", **record}) if record else None
    except TypeError as reason:
        raise _odd("final") from reason
    return event if isinstance(event, Finished) else None


def _history(metadata: dict[str, str], last: int) -> list[Evaluated]:
    """The evaluations that the file tells, in order, but for what only a newer version knows."""
    try:
        records = json.loads(metadata.get("history", "[]"))
        events = [from_record({"kind": "evaluated", **record}) for record in records]
        evaluations = [
            Evaluated(
                int(event.step),
                int(event.epoch),
                float(event.train_loss),
                float(event.test_loss),
                float(event.test_accuracy),
                int(event.correct),
                int(event.count),
                None if event.validation_accuracy is None else float(event.validation_accuracy),
            )
            for event in events
            if isinstance(event, Evaluated)
        ]
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
        OverflowError,
    ) as reason:
        raise _odd("history") from reason
    numbers = [
        value
        for event in evaluations
        for value in (
            event.train_loss,
            event.test_loss,
            event.test_accuracy,
            event.validation_accuracy or 0.0,
        )
    ]
    steps = [event.step for event in evaluations]
    in_order = steps == sorted(set(steps)) and all(0 <= step <= last for step in steps)
    if (
        not in_order
        or not all(map(math.isfinite, numbers))
        or not all(0 <= event.correct <= event.count and event.count for event in evaluations)
    ):
        raise _odd("history")
    return evaluations


def _check(config: TrainConfig, weights: "dict[str, Tensor]") -> None:
    """Raises `WeightsFileError` unless `weights` are finite numbers for the network of `config`."""
    from mnistlab.train import model_from

    try:
        model_from(config, weights)
    except (CheckpointMismatch, ConfigError) as reason:
        raise WeightsFileError(
            message(
                "The file's weights do not fit its own configuration. {what}", what=reason.args[0]
            ),
            ADVICE,
        ) from reason
    if not all(tensor.isfinite().all() for tensor in weights.values()):
        raise WeightsFileError(message("Some of the file's weights are NaN or infinite."), ADVICE)


def _measured(
    config: TrainConfig, weights: "dict[str, Tensor]", step: int, claimed: Finished | None
) -> tuple[Predicted, Finished]:
    """The network measured on all test images; how long its training took is as the file tells."""
    from mnistlab.data import load_dataset
    from mnistlab.train import model_from, predict, score

    data = load_dataset(config.dataset)
    logits = predict(model_from(config, weights), data.test_images, config)  # (N, 10)
    loss, correct = score(logits, data.test_labels)
    count, recorded = len(data.test_images), None if claimed is None else claimed.seconds
    if not math.isfinite(loss):
        raise WeightsFileError(
            message("The loss of the file's network on the test images is not a finite number."),
            ADVICE,
        )
    kinds = ("total", "train", "eval")
    is_valid = isinstance(recorded, dict) and all(
        isinstance(recorded.get(kind), int | float) and recorded[kind] >= 0 for kind in kinds
    )
    seconds = {kind: float(recorded[kind]) if is_valid and recorded else 0.0 for kind in kinds}
    whole = step == config.epochs * config.steps_per_epoch
    reason = "epochs" if whole else "steps" if step == config.total_steps else "target accuracy"
    predictions, labels = logits[:10].argmax(1).tolist(), data.test_labels[:10].tolist()
    epoch = max(0, step - 1) // config.steps_per_epoch
    finished = Finished(
        step, epoch, reason, loss, correct / count, correct, count, seconds, predictions, labels
    )
    return Predicted(step, epoch, logits), finished

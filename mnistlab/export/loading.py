"""A safetensors file of `weights`, taken into a store as a run: nothing that it says of its quality is believed, but measured."""

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mnistlab.config import TrainConfig
from mnistlab.errors import CheckpointMismatch, ConfigError, WeightsFileError
from mnistlab.events import Evaluated, Event, Finished, Snapshot
from mnistlab.store import RunRecord, Status, Store

if TYPE_CHECKING:
    from torch import Tensor

ADVICE = "Take a file that was written by mnistlab export --format safetensors."
KEPT = ("mnistlab", "torch", "python", "system", "processor", "threads", "device")  # of what the file says of its environment


def load_run(store: Store, data: bytes, session: str = "") -> tuple[RunRecord, bool]:
    """The run whose file's bytes are `data`, and whether it is new here; one that is here already is left as it is.

    The accuracy is measured anew, on all test images; the curve is the one that the file tells. A run that had not reached its
    end is here a stopped one. Raises `WeightsFileError`, `DataError` where the data set is not here, and `RunStateError` if a run
    of the same configuration is here that has not finished.
    """
    from mnistlab import models

    metadata, weights = _read(data)
    config = _config(metadata)
    known = next((run for run in store.runs() if run.id == config.run_id), None)
    if known is not None and known.status == Status.FINISHED:
        return known, False
    step = _step(metadata, config)
    told = _json(metadata, "final", {})
    ended = step == config.total_steps or told.get("reason") == "target accuracy"
    _check(config, weights)
    finished = _finished(config, weights, step, told) if ended else None
    snapshot = Snapshot(step, max(0, step - 1) // config.steps_per_epoch, weights)
    events: list[Event] = [*_history(metadata, step), snapshot, *([finished] if finished else [])]
    environment = {
        name: value for name, value in _json(metadata, "environment", {}).items() if name in KEPT and isinstance(value, str | int)
    }
    environment |= {"parameters": sum(stage.parameters for stage in models.describe(config)), "loaded": True}
    final = asdict(finished) if finished else None
    return store.add(config, events, Status.FINISHED if finished else Status.STOPPED, final, environment, session), True


def _read(data: bytes) -> tuple[dict[str, str], "dict[str, Tensor]"]:
    """(metadata, weights) of a safetensors file: eight bytes tell the length of a JSON header, which tells all the rest."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        weights = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (SafetensorError, ValueError, RecursionError) as reason:
        raise WeightsFileError("This is not a safetensors file, or not all of it.", ADVICE) from reason
    metadata = header.get("__metadata__", {})
    if "config" not in metadata:
        raise WeightsFileError("This safetensors file does not say how its network was configured.", ADVICE)
    return metadata, weights


def _config(metadata: dict[str, str]) -> TrainConfig:
    found = _json(metadata, "config", None)
    try:
        return TrainConfig.from_dict(found)
    except ConfigError as reason:
        raise WeightsFileError(f"The file's configuration is none that can be trained. {reason.what}", ADVICE) from reason


def _json(metadata: dict[str, str], name: str, default: Any) -> dict[str, Any]:
    """The entry `name`, which has to be a JSON object; `default` where it is not there, or null."""
    try:
        found = json.loads(metadata.get(name, "null"))
    except (ValueError, RecursionError) as reason:
        raise _odd(name) from reason
    found = default if found is None else found
    if not isinstance(found, dict):
        raise _odd(name)
    return found


def _odd(name: str) -> WeightsFileError:
    return WeightsFileError(f"What the file says as {name!r} cannot be read.", ADVICE)


def _step(metadata: dict[str, str], config: TrainConfig) -> int:
    text = metadata.get("step", str(config.total_steps))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= config.total_steps):
        raise _odd("step")
    return int(text)


def _history(metadata: dict[str, str], last: int) -> list[Evaluated]:
    """The evaluations that the file tells, in order."""
    try:
        found = [
            Evaluated(
                int(row["step"]), int(row["epoch"]), float(row["train_loss"]), float(row["test_loss"]), float(row["test_accuracy"]),
                int(row["correct"]), int(row["count"]), None if row.get("validation_accuracy") is None else float(row["validation_accuracy"]),
            )
            for row in json.loads(metadata.get("history", "[]"))
        ]  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as reason:
        raise _odd("history") from reason
    numbers = [
        value for event in found for value in (event.train_loss, event.test_loss, event.test_accuracy, event.validation_accuracy or 0.0)
    ]
    steps = [event.step for event in found]
    in_order = steps == sorted(set(steps)) and all(0 <= step <= last for step in steps)
    if (
        not in_order
        or not all(map(math.isfinite, numbers))
        or not all(0 <= event.correct <= event.count and event.count for event in found)
    ):
        raise _odd("history")
    return found


def _check(config: TrainConfig, weights: "dict[str, Tensor]") -> None:
    """Raises `WeightsFileError` unless `weights` are finite numbers for the network of `config`."""
    from mnistlab.train import model_from

    try:
        model_from(config, weights)
    except (CheckpointMismatch, ConfigError) as reason:
        raise WeightsFileError(f"The file's weights do not fit its own configuration. {reason.what}", ADVICE) from reason
    if not all(tensor.isfinite().all() for tensor in weights.values()):
        raise WeightsFileError("Some of the file's weights are no finite numbers.", ADVICE)


def _finished(config: TrainConfig, weights: "dict[str, Tensor]", step: int, told: dict[str, Any]) -> Finished:
    """The network measured on all test images; how long its training took is as the file tells."""
    from mnistlab.data import load_dataset
    from mnistlab.train import evaluate, model_from, predict

    data, model = load_dataset(config.dataset), model_from(config, weights)
    loss, correct = evaluate(model, data.test_images, data.test_labels, config)
    count, given = len(data.test_images), told.get("seconds")
    if not math.isfinite(loss):
        raise WeightsFileError("The loss of the file's network on the test images is not a finite number.", ADVICE)
    kinds = ("total", "train", "eval")
    known = isinstance(given, dict) and all(isinstance(given.get(kind), int | float) and given[kind] >= 0 for kind in kinds)
    seconds = {kind: float(given[kind]) if known and given else 0.0 for kind in kinds}
    whole = step == config.epochs * config.steps_per_epoch
    reason = "epochs" if whole else "steps" if step == config.total_steps else "target accuracy"
    guesses, labels = predict(model, data.test_images[:10], config).argmax(1).tolist(), data.test_labels[:10].tolist()
    epoch = max(0, step - 1) // config.steps_per_epoch
    return Finished(step, epoch, reason, loss, correct / count, correct, count, seconds, guesses, labels)

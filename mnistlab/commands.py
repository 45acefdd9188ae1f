"""What the commands of the command line do. Each takes the parsed arguments and returns an exit status.

Torch is imported only where something is computed: what was computed before is shown without waiting for it.
"""

import json
import math
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from mnistlab import terminal
from mnistlab.analysis.intervals import percent, wilson
from mnistlab.config import FIELDS, TrainConfig, parse_value
from mnistlab.errors import ConfigError, DrawingError, ExportError, RunNotFound, WeightsFileError
from mnistlab.events import Diverged, Event
from mnistlab.experiments.sine_config import SINE_PRESETS, SineConfig
from mnistlab.export import CODE, EXPORTS
from mnistlab.export.history import report
from mnistlab.export.sine_script import sine_script
from mnistlab.logs import log_lines
from mnistlab.names import network_name, run_name
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Status, Store


def train(arguments: Namespace) -> int:
    """Train the configured network, unless that was done before, and tell the result."""
    if arguments.preset in SINE_PRESETS:
        return _train_sine(arguments)
    config = configured(arguments)
    store = Store()

    def log(event: Event) -> None:
        for line in log_lines(arguments.log, config, [event]):
            print(line, flush=True)

    run = _known(store, config)
    cached = run is not None and _is_over(store, run)
    if run is not None and cached:
        for _, event in store.events(run.id) if arguments.log != "none" else ():
            log(event)
    else:
        run = _trained(store, config, log)
    told = {**report(store, run), "cached": cached}
    print(json.dumps(told)) if arguments.json else terminal.show_result(told, run_name(config))
    if run.status != Status.FINISHED:
        print(f"mnistlab: run {run.id} is {run.status}. {run.reason}".rstrip(), file=sys.stderr)
    return 0 if run.status == Status.FINISHED else 1


def presets(arguments: Namespace) -> int:
    """List the presets."""
    if arguments.json:
        listed: list[dict[str, Any]] = [
            {"preset": name, "run": config.run_id, "config": config.to_dict()} for name, config in PRESETS.items()
        ]
        listed += [{"preset": name, "run": None, "config": config.to_dict()} for name, config in SINE_PRESETS.items()]  # no run: not kept
        print(json.dumps(listed))
        return 0
    rows = [
        (name, network_name(c), c.dataset, f"{c.optimizer} {c.lr:g}", f"{c.batch_size}", f"{c.epochs}", c.run_id)
        for name, c in PRESETS.items()
    ]
    rows += [(name, f"{c.cell.upper()} {c.hidden}", "sine", f"adam {c.lr:g}", "1", "1", "") for name, c in SINE_PRESETS.items()]
    terminal.table(("preset", "network", "data set", "optimiser", "batch", "epochs", "run"), rows)
    return 0


def runs(arguments: Namespace) -> int:
    """List the runs in the store."""
    found = Store().runs()
    if arguments.json:
        print(json.dumps([_summary(run) for run in found]))
    elif not found:
        print("There are no runs yet. Train one: python -m mnistlab train --preset speedrun")
    else:
        rows = [
            (
                run.id,
                run_name(run.config),
                run.status,
                percent(run.accuracy),
                f"{run.step:,} of {run.total_steps:,}",
                _when(run.created),
            )
            for run in found
        ]
        terminal.table(("run", "name", "status", "accuracy", "steps", "asked for"), rows)
    return 0


def show(arguments: Namespace) -> int:
    """Show one run: what was measured, and what its network consists of."""
    from mnistlab import models

    store = Store()
    run = store.find(arguments.run)
    stages = models.describe(run.config)
    told = {
        **report(store, run),
        "stages": [asdict(stage) for stage in stages],
        "network": models.printed(run.config),
        "snapshots": store.snapshot_steps(run.id),
        "environment": run.environment,
    }
    if arguments.json:
        print(json.dumps(told))
        return 0
    terminal.show_result(told, run_name(run.config))
    print(f"\n{told['network']}\n")
    terminal.table(
        ("stage", "kind", "output", "parameters"), [(s.name, s.kind, "×".join(map(str, s.shape)), f"{s.parameters:,}") for s in stages]
    )
    print()
    terminal.show_settings(run.config)
    return 0


def evaluate(arguments: Namespace) -> int:
    """Measure the last weights of a run on all test images."""
    import torch

    from mnistlab.data import load_dataset
    from mnistlab.train import model_from, predict

    store = Store()
    run = store.find(arguments.run)
    weights = store.weights(run.id)
    _need_data(run.config.dataset)
    data = load_dataset(run.config.dataset)
    logits = predict(model_from(run.config, weights), data.test_images, run.config)  # (N, 10)
    right = logits.argmax(1) == data.test_labels
    per_class = []
    for label, name in enumerate(data.classes):
        of_class = right[data.test_labels == label]
        per_class.append(
            {"class": name, "count": len(of_class), "correct": int(of_class.sum()), "accuracy": of_class.float().mean().item()}
        )
    correct, count = int(right.sum()), len(right)
    told = {
        "run": run.id,
        "step": store.snapshot_steps(run.id)[-1],
        "count": count,
        "correct": correct,
        "accuracy": correct / count,
        "interval": wilson(correct, count),  # 95 %
        "test_loss": torch.nn.functional.cross_entropy(logits, data.test_labels).item(),
        "per_class": per_class,
    }
    print(json.dumps(told)) if arguments.json else terminal.show_evaluation(told, run_name(run.config))
    return 0


def predict(arguments: Namespace) -> int:
    """Read the digit in each picture, as it is read on the drawing page."""
    import torch

    from mnistlab.analysis.drawing import read_digit
    from mnistlab.train import model_from
    from mnistlab.train import predict as logits_of

    store = Store()
    run = store.find(arguments.run)
    model = model_from(run.config, store.weights(run.id))
    for image in arguments.images:
        try:
            digit = read_digit(image)  # uint8 (28, 28)
        except DrawingError as error:
            raise DrawingError(f"{image}: {error.what}", error.advice) from error
        probabilities = logits_of(model, torch.from_numpy(digit.copy())[None, None], run.config).softmax(1)[0].tolist()
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        told = {"image": image, "digit": best, "probabilities": probabilities}
        print(json.dumps(told) if arguments.json else f"{image}: {best} ({percent(probabilities[best])})", flush=True)
    return 0


def export(arguments: Namespace) -> int:
    """Write a run to a file; of a preset, also where it was never trained, its code."""
    content = _exported(arguments.run, arguments.format)
    try:
        Path(arguments.out).write_bytes(content)
    except (OSError, ValueError) as error:
        raise ExportError(
            f"{arguments.out!r} cannot be written: {getattr(error, 'strerror', None) or error}.", "Choose another --out."
        ) from error
    print(f"Wrote {len(content):,} bytes to {arguments.out}")
    return 0


def _exported(name: str, form: str) -> bytes:
    """The bytes of the run or preset `name` in the format `form`. Raises `RunNotFound`, `ExportError`."""
    if name in SINE_PRESETS:
        if form != "script":
            raise ExportError(f"{name} is trained anew each time, and can only be written as a script.", "Choose --format script.")
        return sine_script(SINE_PRESETS[name]).encode()
    store = Store()
    config = PRESETS.get(name)
    if config is not None and form in CODE and _known(store, config) is None:
        return CODE[form](config).encode()
    return EXPORTS[form].made_from(store, store.find(name if config is None else config.run_id))


def load(arguments: Namespace) -> int:
    """Take in a run from a file, and tell what it is."""
    from mnistlab.export.loading import load_run

    store = Store()
    try:
        content = Path(arguments.file).read_bytes()
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        raise WeightsFileError(f"{arguments.file!r} cannot be read: {words}.", "Choose another file.") from error
    run, new = load_run(store, content)
    told = {**report(store, run), "new": new}
    print(json.dumps(told)) if arguments.json else terminal.show_result(told, run_name(run.config))
    if not new:
        print(f"mnistlab: run {run.id} was here already, and is left as it was.", file=sys.stderr)
    return 0


def data(arguments: Namespace) -> int:
    """Download a data set if need be, verify it, and say what it holds."""
    from mnistlab.data import data_root, load_dataset

    name = arguments.dataset
    _need_data(name)
    found = load_dataset(name)
    print(f"{name} is complete and verified" + ("." if name == "digits" else f", in {data_root()}."))
    for part, images, labels in (("training", found.train_images, found.train_labels), ("test", found.test_images, found.test_labels)):
        print(f"{part + ':':9} images {tuple(images[:, 0].shape)}, labels {tuple(labels.shape)}")
    return 0


# -- from sine to cosine ---------------------------------------------------------------------------------------------------------


def sine_configured(arguments: Namespace) -> SineConfig:
    """The sine experiment asked for. Raises `ConfigError` for a flag that it does not have."""
    names = {"arch": "cell", "hidden": "hidden", "lr": "lr", "seed": "seed"}
    given = {name: parse_value(name, text) for name, text in vars(arguments).items() if name in FIELDS}
    unknown = [f"--{name.replace('_', '-')}" for name in given if name not in names] + ["--log"] * (arguments.log != "none")
    if unknown:
        raise ConfigError(f"{arguments.preset} has no {unknown[0]}.", "It takes --arch rnn, gru or lstm, --hidden, --lr and --seed.")
    return SINE_PRESETS[arguments.preset].replace(**{names[name]: value for name, value in given.items()})


def _train_sine(arguments: Namespace) -> int:
    """Train the sine experiment; it takes a moment, and so is never kept."""
    config = sine_configured(arguments)
    from mnistlab.experiments.sine import Window, build, final_loss, train_sine

    network = build(config)
    windows = [event for event in train_sine(config, network) if isinstance(event, Window)]
    told = {
        "preset": arguments.preset,
        "config": config.to_dict(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "windows": [{"window": window.index + 1, "loss": window.loss} for window in windows],
        "final_loss": final_loss(windows),
        "cached": False,
    }
    print(json.dumps(told)) if arguments.json else terminal.show_sine(told)
    return 0


# -- training --------------------------------------------------------------------------------------------------------------------


def configured(arguments: Namespace) -> TrainConfig:
    """The configuration asked for: the preset with the given flags on top. Raises `ConfigError`; warns of flags that decide nothing."""
    base = PRESETS[arguments.preset] if arguments.preset else TrainConfig()
    given = {name: parse_value(name, text) for name, text in vars(arguments).items() if name in FIELDS}
    config = base.replace(**given)
    for name in given:
        if not config.counts(name):
            print(f"mnistlab: --{name.replace('_', '-')} decides nothing for this configuration, and is ignored.", file=sys.stderr)
    return config


def _known(store: Store, config: TrainConfig) -> RunRecord | None:
    try:
        return store.get(config.run_id)
    except RunNotFound:
        return None


def _is_over(store: Store, run: RunRecord) -> bool:
    """Finished, or diverged: training it again would end in the same way."""
    return run.status == Status.FINISHED or (run.status == Status.FAILED and bool(store.events(run.id, [Diverged])))


def _trained(store: Store, config: TrainConfig, on_event: Callable[[Event], None]) -> RunRecord:
    """Train here, from the last checkpoint if there is one; or watch, if another process is training this very run."""
    from mnistlab.executors import InlineExecutor, check

    check(config)
    _need_data(config.dataset)
    with terminal.training_bar(config) as show:

        def tell(event: Event) -> None:
            show(event)
            on_event(event)

        return InlineExecutor(store, tell).start(config)


def _need_data(name: str) -> None:
    """Download the data set `name` with a progress bar, if it is not there or damaged. Raises `DownloadFailed`."""
    from mnistlab.data import download, problem

    if problem(name) is not None:
        with terminal.download_bar(name) as show:
            download(name, on_progress=show)


# -- words -----------------------------------------------------------------------------------------------------------------------


def _summary(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "name": run_name(run.config),
        "status": str(run.status),
        "reason": run.reason,
        "test_accuracy": run.accuracy,
        "step": run.step,
        "total_steps": run.total_steps,
        "created": run.created,
        "config": run.config.to_dict(),
    }


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(math.floor(seconds)).strftime("%Y-%m-%d %H:%M")

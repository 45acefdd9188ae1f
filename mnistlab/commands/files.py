"""The commands `export`, `import` and `data`: files of runs, and of data sets."""

import json
import sys
from argparse import Namespace
from pathlib import Path

from mnistlab import terminal
from mnistlab.commands.common import known_run, need_data
from mnistlab.errors import ExportError, WeightsFileError
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.export import CODE, EXPORTS
from mnistlab.export.history import report
from mnistlab.export.sine_script import sine_script
from mnistlab.names import run_name
from mnistlab.presets import PRESETS
from mnistlab.store import Store


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
    if config is not None and form in CODE and known_run(store, config) is None:
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
    need_data(name)
    found = load_dataset(name)
    print(f"{name} is complete and verified" + ("." if name == "digits" else f", in {data_root()}."))
    for part, images, labels in (("training", found.train_images, found.train_labels), ("test", found.test_images, found.test_labels)):
        print(f"{part + ':':9} images {tuple(images[:, 0].shape)}, labels {tuple(labels.shape)}")
    return 0

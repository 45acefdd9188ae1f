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
from mnistlab.export.measurements import report
from mnistlab.export.sine_script import sine_script
from mnistlab.i18n import _, message
from mnistlab.presets import PRESETS
from mnistlab.run_names import run_name
from mnistlab.store import Store


def export(arguments: Namespace) -> int:
    """Write a run to a file; a preset's code can be written without training it."""
    content = _exported(arguments.run, arguments.format)
    try:
        Path(arguments.out).write_bytes(content)
    except (OSError, ValueError) as error:
        raise ExportError(
            message(
                "{out} cannot be written: {reason}.",
                out=repr(arguments.out),
                reason=getattr(error, "strerror", None) or error,
            ),
            message("Choose another --out."),
        ) from error
    print(_("Wrote {size:,} bytes to {file}").format(size=len(content), file=arguments.out))
    return 0


def _exported(name: str, form: str) -> bytes:
    """The bytes of the run or preset `name` in the format `form`. Raises `RunNotFound`,
    `ExportError`.
    """
    if name in SINE_PRESETS:
        if form != "script":
            raise ExportError(
                message("{name} is not kept, so it can only be exported as a script.", name=name),
                message("Choose --format script."),
            )
        return sine_script(SINE_PRESETS[name]).encode()
    store = Store()
    config = PRESETS.get(name)
    if config is not None and form in CODE and known_run(store, config) is None:
        return CODE[form](config).encode()
    return EXPORTS[form].made_from(store, store.find(name if config is None else config.run_id))


def load(arguments: Namespace) -> int:
    """Add the run in a file to the store, and show it."""
    from mnistlab.export.importing import import_run

    store = Store()
    try:
        content = Path(arguments.file).read_bytes()
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        raise WeightsFileError(
            message("{file} cannot be read: {reason}.", file=repr(arguments.file), reason=words),
            message("Choose another file."),
        ) from error
    run, new = import_run(store, content)
    result = {**report(store, run), "new": new}
    if arguments.json:
        print(json.dumps(result))
    else:
        terminal.show_result(result, run_name(run.config))
    if not new:
        sentence = _("Run {run} was in the store already and is unchanged.").format(run=run.id)
        print(f"mnistlab: {sentence}", file=sys.stderr)
    return 0


def data(arguments: Namespace) -> int:
    """Download a data set if necessary, verify it, and print what is in it."""
    from mnistlab.data import data_root, load_dataset, needs_files

    name = arguments.dataset
    need_data(name)
    dataset = load_dataset(name)
    if needs_files(name):
        sentence = _("{name} is complete and verified, in {folder}.")
        print(sentence.format(name=name, folder=data_root()))
    else:
        print(_("{name} is complete and verified.").format(name=name))
    for sentence, images, labels in (
        (
            _("training: images {images}, labels {labels}"),
            dataset.train_images,
            dataset.train_labels,
        ),
        (_("test:     images {images}, labels {labels}"), dataset.test_images, dataset.test_labels),
    ):
        print(sentence.format(images=tuple(images[:, 0].shape), labels=tuple(labels.shape)))
    return 0

"""The code twin: for each configuration, the shortest honest PyTorch script that does the same,
without mnistlab.

It draws the same random numbers in the same order as `mnistlab.train`, so that on a processor, with
the same number of threads, its final weights are those of the run, bit for bit. A script is made of
sections, which a notebook shows as cells.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from textwrap import fill

from mnistlab.choices import DATASETS, Bundled
from mnistlab.config import TrainConfig
from mnistlab.events import Diverged
from mnistlab.export.data_code import data_code
from mnistlab.export.start import has_start, start_command, start_name
from mnistlab.export.training_code import evaluation_code, run_code, steps_in_words, training_code
from mnistlab.i18n import _, language
from mnistlab.machine import threads as configured_threads
from mnistlab.store import RunRecord, Store

WIDTH = 98  # columns, of sentences


@dataclass(frozen=True)
class Section:
    """A part of the script: its title, a sentence on what it does, and its code."""

    title: str
    sentence: str
    code: str


def script(config: TrainConfig, threads: int | None = None, broken_off: int | None = None) -> str:
    """The twin of `config` as a Python file. `threads` of the training; None: as many as trainings
    have here.

    `broken_off`: the step at which the run diverged, if it did; there the twin stops too. Raises
    `ConfigError` where the network is impossible.
    """
    return _script(config, threads or configured_threads(), broken_off, language())


@lru_cache(maxsize=256)  # a page shows the same one at each of its reruns
def _script(config: TrainConfig, threads: int, broken_off: int | None, language: str) -> str:
    parts = [
        f"# -- {part.title}: {part.sentence}\n\n{_spaced(part.code)}\n"
        for part in sections(config, broken_off=broken_off)
    ]
    return "\n\n".join([f"{_head(config)}\n{_settings(config, threads)}\n", *parts])


def script_of(store: Store, run: RunRecord) -> bytes:
    """The twin of `run`: with the number of threads that it was trained with, and stopping where it
    diverged.
    """
    return script(run.config, threads_of(run), diverged_at(store, run)).encode()


def threads_of(run: RunRecord) -> int | None:
    """The threads that `run` was trained with; None if it has not begun."""
    return None if run.environment is None else run.environment.get("threads")


def diverged_at(store: Store, run: RunRecord) -> int | None:
    """The step at which `run` diverged; None if it did not."""
    return next((event.step for __, event in store.events(run.id, [Diverged])), None)


def diff(before: str, after: str) -> list[int]:
    """The numbers of the lines of `after`, from 1 on, that are not in `before` or are other ones
    there.
    """
    changes = SequenceMatcher(
        None, before.splitlines(), after.splitlines(), autojunk=False
    ).get_opcodes()
    return [
        line + 1
        for kind, __, ___, start, end in changes
        if kind != "equal"
        for line in range(start, end)
    ]


def sections(
    config: TrainConfig, in_notebook: bool = False, broken_off: int | None = None
) -> list[Section]:
    """Data, model, training, evaluation, in this order. What a script asks on its command line, a
    notebook has as variables.
    """
    # imports torch, which listing the formats does not need
    from mnistlab.export.network_code import model_code

    return [
        Section(_("Data"), _images(config), data_code(config, in_notebook)),
        Section(
            _("Model"),
            _("images (N, 1, 28, 28) to one number for each of the ten classes, the logits"),
            model_code(config),
        ),
        Section(
            _("Training"),
            _("{steps}, {count} images at a time").format(
                steps=steps_in_words(config, broken_off), count=config.batch_size
            ),
            training_code(config, in_notebook, broken_off),
        ),
        Section(
            _("Evaluation"),
            _("the share of images classified correctly; without gradients, in batches"),
            evaluation_code(config),
        ),
        Section(
            _("Run it"), _("train, then measure on all test images"), run_code(config, in_notebook)
        ),
    ]


def _images(config: TrainConfig) -> str:
    sentence = (
        _(
            "{count:,} images to learn from, {test:,} to test on, as bytes from 0 (black) to 255 "
            "(white)"
        )
        if config.drawings is None
        else _(
            "{count:,} images to learn from (half of them drawings), {test:,} to test on, as bytes "
            "from 0 (black) to 255 (white)"
        )
    )
    return sentence.format(count=config.train_count, test=DATASETS[config.dataset].test_count)


def imports(config: TrainConfig, in_notebook: bool = False) -> str:
    """The import statements, sorted: those that are used and no others."""
    standard = ["argparse"] if not in_notebook else []
    standard += ["math"] if config.augment_rotation else []
    foreign = ["from torch import nn", "from torch.nn import functional as F"]
    source = DATASETS[config.dataset].source
    if isinstance(source, Bundled):
        foreign += source.imports
    else:
        standard.append("os")
        foreign.append(f"from torchvision.datasets import {source.name}")
    blank = [""] if standard else []
    return "\n".join(
        [*(f"import {name}" for name in standard), *blank, "import torch", *sorted(foreign)]
    )


def _spaced(code: str) -> str:
    return f"\n{code}" if code.startswith(("class", "def", "@")) else code


def _head(config: TrainConfig) -> str:
    import torch

    title = _("A network learns to classify images: a mnistlab run in plain PyTorch.")
    indented = " " * 38
    folder = fill(
        _("the folder of the images (or MNISTLAB_DATA); missing ones are downloaded to it"),
        WIDTH,
        initial_indent=indented,
        subsequent_indent=indented,
    )
    log = _("prints a line at each evaluation")
    same = _(
        "On the same processor, with PyTorch {version} and the number of threads below, it ends "
        "with the same weights as mnistlab, bit for bit."
    ).format(version=torch.__version__.partition("+")[0])
    return f'''"""{title}

    python FILE.py --data-dir data    {folder.lstrip()}
    python FILE.py --log tutorial     {log}

{fill(same, WIDTH)}
{_start_in_words(config)}"""

{imports(config)}
'''


def _start_in_words(config: TrainConfig) -> str:
    if not has_start(config):
        return ""
    if config.parent and config.drawings:
        sentence = _(
            "It needs the weights of run {parent} and the drawings {drawings}, in one file, which "
            "the runs page offers for download, and which this writes where mnistlab keeps the run:"
        )
    elif config.parent:
        sentence = _(
            "It needs the weights of run {parent}, in one file, which the runs page offers for "
            "download, and which this writes where mnistlab keeps the run:"
        )
    else:
        sentence = _(
            "It needs the drawings {drawings}, in one file, which the runs page offers for "
            "download, and which this writes where mnistlab keeps the run:"
        )
    return f"""
{fill(sentence.format(parent=config.parent, drawings=config.drawings), WIDTH)}

    {start_command(config)}
"""


def _settings(config: TrainConfig, threads: int) -> str:
    source = DATASETS[config.dataset].source
    if isinstance(source, Bundled):
        sentence = _("not needed: these images come with {package}")
        where = f'help="{sentence.format(package=source.package)}"'
    else:
        where = 'default=os.environ.get("MNISTLAB_DATA", "data")'
    start = f'parser.add_argument("--start", default="{start_name(config)}")\n'
    weights = _("a file to save the trained weights in")
    return f"""parser = argparse.ArgumentParser()
parser.add_argument("--data-dir", {where})
{start if has_start(config) else ""}\
parser.add_argument("--log", choices=["none", "tutorial"], default="none")
parser.add_argument("--weights", help="{weights}")
args = parser.parse_args()

{threads_line(threads)}"""


def threads_line(threads: int) -> str:
    """The line that sets the number of threads."""
    changes = _("another number changes the last bits")
    return f"torch.set_num_threads({threads})  # {changes}"

"""The code twin: for each configuration, the shortest honest PyTorch script that does the same,
without mnistlab.

It draws the same random numbers in the same order as `mnistlab.train`, so that on a processor, with
the same number of threads, its final weights are those of the run, bit for bit. A script is made of
sections, which a notebook shows as cells.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from mnistlab.choices import DATASETS, Bundled
from mnistlab.config import TrainConfig
from mnistlab.events import Diverged
from mnistlab.export.data_code import data_code
from mnistlab.export.start import has_start, start_command, start_name
from mnistlab.export.training_code import evaluation_code, run_code, steps_in_words, training_code
from mnistlab.machine import threads as configured_threads
from mnistlab.store import RunRecord, Store


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
    return _script(config, threads or configured_threads(), broken_off)


@lru_cache(maxsize=256)  # a page shows the same one at each of its reruns
def _script(config: TrainConfig, threads: int, broken_off: int | None) -> str:
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
    return next((event.step for _, event in store.events(run.id, [Diverged])), None)


def diff(before: str, after: str) -> list[int]:
    """The numbers of the lines of `after`, from 1 on, that are not in `before` or are other ones
    there.
    """
    changes = SequenceMatcher(
        None, before.splitlines(), after.splitlines(), autojunk=False
    ).get_opcodes()
    return [
        line + 1
        for kind, _, _, start, end in changes
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

    count, test_count = config.train_count, DATASETS[config.dataset].test_count
    return [
        Section(
            "Data",
            f"{count:,} images to learn from{_half(config)}, {test_count:,} to test on, as bytes "
            "from 0 (black) to 255 (white)",
            data_code(config, in_notebook),
        ),
        Section(
            "Model",
            "images (N, 1, 28, 28) to one number for each of the ten classes, the logits",
            model_code(config),
        ),
        Section(
            "Training",
            f"{steps_in_words(config, broken_off)}, {config.batch_size} images at a time",
            training_code(config, in_notebook, broken_off),
        ),
        Section(
            "Evaluation",
            "the share of images classified correctly; without gradients, in batches",
            evaluation_code(config),
        ),
        Section("Run", "train, then measure on all test images", run_code(config, in_notebook)),
    ]


def _half(config: TrainConfig) -> str:
    return "" if config.drawings is None else " (half of them drawings)"


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

    return f'''"""A network learns to classify images: a mnistlab run in plain PyTorch.

    python FILE.py --data-dir data    the folder of the images (or MNISTLAB_DATA); missing ones
                                      are downloaded to it
    python FILE.py --log tutorial     prints a line at each evaluation

On the same processor, with PyTorch {torch.__version__.partition("+")[0]} and the number of threads
below, it ends with the same weights as mnistlab, bit for bit.
{_start_in_words(config)}"""

{imports(config)}
'''


def _start_in_words(config: TrainConfig) -> str:
    if not has_start(config):
        return ""
    parent = f"the weights of run {config.parent}" if config.parent else ""
    drawings = f"the drawings {config.drawings}" if config.drawings else ""
    return f"""
It needs {" and ".join(filter(None, (parent, drawings)))}, in one file, which the
runs page offers for download, and which this writes where mnistlab keeps the run:

    {start_command(config)}
"""


def _settings(config: TrainConfig, threads: int) -> str:
    source = DATASETS[config.dataset].source
    if isinstance(source, Bundled):
        where = f'help="not needed: these images come with {source.package}"'
    else:
        where = 'default=os.environ.get("MNISTLAB_DATA", "data")'
    start = f'parser.add_argument("--start", default="{start_name(config)}")\n'
    return f"""parser = argparse.ArgumentParser()
parser.add_argument("--data-dir", {where})
{start if has_start(config) else ""}\
parser.add_argument("--log", choices=["none", "tutorial"], default="none")
parser.add_argument("--weights", help="a file to save the trained weights in")
args = parser.parse_args()

{threads_line(threads)}"""


def threads_line(threads: int) -> str:
    """The line that sets the number of threads."""
    return f"torch.set_num_threads({threads})  # another number changes the last bits"

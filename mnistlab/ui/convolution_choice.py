"""What the views of the page `convolution` share: the choice of a digit, and of a kernel."""

import math
import re
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from mnistlab import data
from mnistlab.analysis.kernels import KERNELS
from mnistlab.analysis.looking import convolutions, effective_weight
from mnistlab.config import DATASET_SIZES
from mnistlab.data import Dataset, load_dataset
from mnistlab.names import DATASET_NAMES, run_name
from mnistlab.store import RunRecord
from mnistlab.ui import cached, pictures, words
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.url import EVERYWHERE, Parameter, one_of, whole

KERNEL_NAMES = {
    "identity": N_("Identity"),
    "blur": N_("Blur"),
    "sharpen": N_("Sharpen"),
    "edges": N_("Edges"),
    "upright": N_("Upright edges"),
    "run": N_("Of a trained network"),
    "own": N_("My own"),
}
SIZES = (1, 2, 3, 4, 5)
LARGEST = 7  # kernels of a run beyond that have too many numbers to be written out
WEIGHT = 1_000.0  # the largest number in a kernel, by size
COLUMNS = [3, 7]  # widths of the controls and of the stepper


def _numbers(text: str) -> str:
    """Checks the numbers of a kernel, row by row; see `Parameter`."""
    if not re.fullmatch(r"[-+.,0-9e]{1,1000}", text):
        raise ValueError(text)
    values = [float(part) for part in text.split(",")]
    if math.isqrt(len(values)) ** 2 != len(values) or len(values) > LARGEST**2 or not all(abs(value) <= WEIGHT for value in values):
        raise ValueError(text)
    return text


PARAMETERS = {
    "kernel": one_of(*KERNEL_NAMES),
    "weights": Parameter(_numbers, "the numbers of a square kernel, row by row, with commas between them"),
    "of": EVERYWHERE["run"],
    "when": one_of("start", "end"),
    "map": whole(0, 255),
    "size": whole(1, 5),
}


@dataclass(frozen=True, eq=False)
class Digit:
    """The data-set image that is looked at."""

    dataset: Dataset
    pixels: Tensor  # (28, 28) from 0 to 1
    name: str


def default_dataset(page: Page) -> str:
    """That of the chosen run, if it is here, or else MNIST, if it is here."""
    if page.run is not None and data.problem(page.run.config.dataset) is None:
        return page.run.config.dataset
    return "mnist" if data.problem("mnist") is None else "digits"


def ready(name: str) -> Dataset:
    """The data set `name`. Stops the page where it is not here."""
    if not data_ready(name):
        st.stop()
    return load_dataset(name)


def choose_digit(page: Page) -> Digit:
    """The controls, and the digit that they choose."""
    default = default_dataset(page)
    if page.query.get("dataset"):  # chosen in a link or in the lab: here it can be changed back
        default = page.choose("dataset", _("Data set"), list(DATASET_SIZES), default, format_func=DATASET_NAMES.__getitem__)
    dataset = ready(default)
    chosen = pictures.by_class(page, dataset, *pictures.chosen_place(page, dataset))
    return Digit(dataset, chosen.image[0].float() / 255, chosen.name)


@dataclass(frozen=True, eq=False)
class Kernel:
    """(k, k) numbers, and what is added to each sum."""

    numbers: Tensor
    bias: float = 0.0


def choose_kernel(page: Page) -> Kernel:
    """The preset, the trained network's kernel, or the reader's own."""
    runs = _runs_with_kernels(page)
    options = [name for name in KERNEL_NAMES if (name != "run" or runs) and (name != "own" or page.query.get("weights"))]
    chosen = page.choose("kernel", _("Kernel"), options, "edges", format_func=lambda name: _(KERNEL_NAMES[name]))
    if chosen == "own":
        numbers = [float(part) for part in page.query.get("weights").split(",")]
        size = math.isqrt(len(numbers))
        return Kernel(torch.tensor(numbers).reshape(size, size))
    if chosen == "run":
        return _trained_kernel(page, runs)
    return Kernel(KERNELS[chosen](page.choose("size", _("Size"), SIZES, 3, widget=st.select_slider)))


def _runs_with_kernels(page: Page) -> dict[str, RunRecord]:
    """The runs whose first convolution can be shown, the chosen one first."""
    runs = [run for run in page.store.runs() if run.started is not None and _first_kernel_size(run) is not None]
    runs.sort(key=lambda run: page.run is None or run.id != page.run.id)
    return {run.id: run for run in runs if page.store.snapshot_steps(run.id)}


def _first_kernel_size(run: RunRecord) -> int | None:
    config = run.config
    size = {"cnn": config.kernel, "lenet": 5, "lenet5": 5, "pytorch-example": 3}.get(config.arch)
    return size if size is not None and size <= LARGEST else None


def _trained_kernel(page: Page, runs: dict[str, RunRecord]) -> Kernel:
    def told(run_id: str) -> str:
        run = runs[run_id]
        return run_name(run.config) + ("" if run.accuracy is None else f" · {words.percent(run.accuracy)}")

    run = runs[page.choose("of", _("Network"), list(runs), format_func=told)]
    steps = page.store.snapshot_steps(run.id)
    names = {"start": _("untrained"), "end": _("trained")}
    when = page.choose("when", _("Its kernels"), list(names), "end", widget=st.segmented_control, format_func=names.__getitem__)
    layer = next(iter(convolutions(cached.model(run, steps[0 if when == "start" else -1])).values()))
    weight = effective_weight(layer).detach()  # (O, 1, k, k)
    if page.query.get("map", 0) >= len(weight):
        page.query.set("map", None)
    number = page.choose("map", _("Kernel number"), range(len(weight)))
    if run.config.normalize == "zscore":
        st.caption(_("This network was shown z-scored pixels. Here they are from 0 to 1, so its numbers are other ones."))
    return Kernel(weight[number, 0].float(), 0.0 if layer.bias is None else float(layer.bias[number].detach()))

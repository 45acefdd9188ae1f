"""The inputs of the page `convolution`: the choice of a digit and of a kernel."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor, nn

from mnistlab import data
from mnistlab.analysis.inspection import convolutions, effective_weight
from mnistlab.analysis.kernels import KERNELS
from mnistlab.choices import DATASETS
from mnistlab.data import Dataset, load_dataset
from mnistlab.i18n import message
from mnistlab.models import first_kernel_size
from mnistlab.store import RunRecord
from mnistlab.ui.kit import words
from mnistlab.ui.kit.chosen_run import to_choose_from
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.inputs import pictures
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import EVERYWHERE, Parameter, one_of, whole

KERNEL_NAMES = {
    "identity": N_("Identity"),
    "blur": N_("Blur"),
    "sharpen": N_("Sharpen"),
    "edges": N_("Edges"),
    "upright": N_("Vertical edges"),
    "run": N_("From a trained network"),
    "own": N_("Custom"),
}
SIZES = (1, 2, 3, 4, 5)
KERNEL, SIZE = "edges", 3  # at first
LARGEST = 7  # larger kernels of a run have too many weights to write out
MAX_WEIGHT = 1_000.0  # in absolute value
COLUMNS = [3, 7]  # widths of the controls and of the stepper


def _numbers(text: str) -> str:
    """Check the numbers of a kernel, row by row; see `Parameter`."""
    if not re.fullmatch(r"[-+.,0-9e]{1,1000}", text):
        raise ValueError(text)
    values = [float(part) for part in text.split(",")]
    if (
        math.isqrt(len(values)) ** 2 != len(values)
        or len(values) > LARGEST**2
        or not all(abs(value) <= MAX_WEIGHT for value in values)
    ):
        raise ValueError(text)
    return text


KERNEL_PARAMETERS = {
    "kernel": one_of(*KERNEL_NAMES),
    "weights": Parameter(
        _numbers, message("the numbers of a square kernel, row by row, separated by commas")
    ),
    "of": EVERYWHERE["run"],
    "when": one_of("start", "end"),
    "map": whole(0, 255),
    "size": whole(1, 5),
}


@dataclass(frozen=True, eq=False)
class Digit:
    """The chosen test image."""

    dataset: Dataset
    pixels: Tensor  # (28, 28) from 0 to 1
    name: str


def default_dataset(page: Page) -> str:
    """The first that is available: the chosen run's data set, MNIST, the small digits."""
    if page.run is not None and data.problem(page.run.config.dataset) is None:
        return page.run.config.dataset
    return "mnist" if data.problem("mnist") is None else "digits"


def ready(name: str) -> Dataset:
    """The data set `name`. Stops the page if it has not been downloaded."""
    if not data_ready(name):
        st.stop()
    return load_dataset(name)


def choose_digit(page: Page) -> Digit:
    """Show the controls for the digit, and return it."""
    default = default_dataset(page)
    if page.query.get("dataset"):  # chosen in a link or in the lab: here it can be changed back
        default = page.choose(
            "dataset",
            _("Data set"),
            list(DATASETS),
            default,
            format_func=lambda name: _(DATASETS[name].name),
        )
    dataset = ready(default)
    chosen = pictures.by_class(page, dataset)
    return Digit(dataset, chosen.image[0].float() / 255, chosen.name)


@dataclass(frozen=True, eq=False)
class Kernel:
    """The (k, k) weights, and the bias."""

    numbers: Tensor
    bias: float = 0.0


def choose_kernel(page: Page) -> Kernel:
    """The controls for a preset, a kernel of a trained network, or one that the reader has edited;
    and what they choose.
    """
    runs = _runs_with_kernels(page)
    first = next(runs, None)
    options = [
        name
        for name in KERNEL_NAMES
        if (name != "run" or first) and (name != "own" or page.query.get("weights"))
    ]
    chosen = page.choose(
        "kernel", _("Kernel"), options, KERNEL, format_func=lambda name: _(KERNEL_NAMES[name])
    )
    if chosen == "run" and first is not None:
        _choose_trained_kernel(page, {run.id: run for run in (first, *runs)})
    elif chosen != "own":
        page.choose("size", _("Size"), SIZES, SIZE, widget=st.select_slider)
    return shown_kernel(page)


def shown_kernel(page: Page) -> Kernel:
    """What the controls of `choose_kernel`, once they are drawn, choose."""
    chosen = page.query.get("kernel", KERNEL)
    if chosen == "own":
        numbers = [float(part) for part in page.query.get("weights").split(",")]
        size = math.isqrt(len(numbers))
        return Kernel(torch.tensor(numbers).reshape(size, size))
    if chosen != "run":
        return Kernel(KERNELS[chosen](page.query.get("size", SIZE)))
    run = page.store.get(page.query.get("of"))
    layer = _first_convolution(page, run, page.query.get("when", "end"))
    number = page.query.get("map", 0)
    bias = 0.0 if layer.bias is None else float(layer.bias[number].detach())
    return Kernel(effective_weight(layer).detach()[number, 0].float(), bias)


def _runs_with_kernels(page: Page) -> Iterator[RunRecord]:
    """The runs whose first convolution can be shown; the chosen run comes first. Each asks the
    store, so nobody takes more of them than needed.
    """
    started = (run for run in page.store.runs() if run.started is not None and _shows_kernel(run))
    runs = to_choose_from(started)
    runs.sort(key=lambda run: page.run is None or run.id != page.run.id)
    return (run for run in runs if page.store.snapshot_steps(run.id))


def _shows_kernel(run: RunRecord) -> bool:
    size = first_kernel_size(run.config)
    return size is not None and size <= LARGEST


def _choose_trained_kernel(page: Page, runs: dict[str, RunRecord]) -> None:
    def describe(run_id: str) -> str:
        run = runs[run_id]
        return words.title_of(run) + (
            "" if run.accuracy is None else f" · {words.percent(run.accuracy)}"
        )

    run = runs[page.choose("of", _("Network"), list(runs), format_func=describe)]
    page.query.settle("of", run.id)  # also by default: which runs there are may change at any time
    names = {"start": _("untrained"), "end": _("trained")}
    when = page.choose(
        "when",
        _("Weights"),
        list(names),
        "end",
        widget=st.segmented_control,
        format_func=names.__getitem__,
    )
    count = len(_first_convolution(page, run, when).weight)
    page.choose("map", _("Kernel number"), range(count))
    if run.config.normalize == "zscore":
        st.caption(
            _(
                "This network was trained on z-scored pixels. Here pixels range from 0 to 1, so "
                "the outputs differ from those inside the network."
            )
        )


def _first_convolution(page: Page, run: RunRecord, when: str) -> nn.Conv2d:
    """That of `run` at its "start" or "end", with the weight (O, 1, k, k)."""
    step = page.store.snapshot_steps(run.id)[0 if when == "start" else -1]
    return next(iter(convolutions(cached.model(run, step)).values()))

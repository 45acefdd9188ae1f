"""The page `convolution`: which digit, which view; and the first view, a kernel that slides over a picture."""

import math
import re
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from mnistlab import data
from mnistlab.analysis.convolution import Geometry, Walk, convolution
from mnistlab.analysis.kernels import CHANNELS, KERNELS, as_channels, flipped, turned, weight_of
from mnistlab.analysis.looking import convolutions, effective_weight
from mnistlab.config import DATASET_SIZES, option
from mnistlab.data import Dataset, load_dataset
from mnistlab.figures.convolution import groups_picture
from mnistlab.names import run_name
from mnistlab.store import RunRecord
from mnistlab.ui import cached, pictures, words
from mnistlab.ui.convolution_stepper import Wording, stepper
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.url import EVERYWHERE, Parameter, one_of, whole

VIEWS = {"convolution": N_("Convolution"), "pooling": N_("Pooling"), "invariance": N_("Invariance lab")}
KERNEL_NAMES = {
    "identity": N_("Identity"),
    "blur": N_("Blur"),
    "sharpen": N_("Sharpen"),
    "edges": N_("Edges"),
    "upright": N_("Upright edges"),
    "run": N_("Of a trained network"),
    "own": N_("My own"),
}
CHANNEL_NAMES = {1: (N_("grey"),), 3: (N_("red"), N_("green"), N_("blue")), 4: (N_("right edges"), N_("upper edges"), N_("left edges"), N_("lower edges"))}  # fmt: skip
PICTURE_NAMES = {1: N_("1: grey"), 3: N_("3: in colour"), 4: N_("4: maps of edges")}
SIZES = (1, 2, 3, 4, 5)
LARGEST = 7  # kernels of a run beyond that have too many numbers to be written out
WEIGHT = 1_000.0  # the largest number in a kernel, by size


def _numbers(text: str) -> str:
    """Checks the numbers of a kernel, row by row; see `Parameter`."""
    if not re.fullmatch(r"[-+.,0-9e]{1,600}", text):
        raise ValueError(text)
    values = [float(part) for part in text.split(",")]
    if math.isqrt(len(values)) ** 2 != len(values) or len(values) > LARGEST**2 or not all(abs(value) <= WEIGHT for value in values):
        raise ValueError(text)
    return text


PARAMETERS = {
    "view": one_of(*VIEWS),
    "dataset": one_of(*DATASET_SIZES),
    "kernel": one_of(*KERNEL_NAMES),
    "weights": Parameter(_numbers, "the numbers of a square kernel, row by row, with commas between them"),
    "of": EVERYWHERE["run"],
    "when": one_of("start", "end"),
    "map": whole(0, 255),
    "size": whole(1, 5),
    "stride": whole(1, 4),
    "padding": whole(0, 4),
    "dilation": whole(1, 4),
    "channels": whole(1, 4),
    "groups": whole(1, 4),
    "output": whole(0, 3),
    "flip": one_of("yes", "no"),
    "row": whole(0, 60),
    "col": whole(0, 60),
    "pool": one_of(*option("pooling").choices),
    "window": whole(2, 4),
    "pool_stride": whole(1, 4),
    "pool_padding": whole(0, 2),
    "ceil": one_of("yes", "no"),
    "count_pad": one_of("yes", "no"),
    "shift": whole(0, 8),
    "change": one_of("right", "down", "turn", "zoom"),
}


@dataclass(frozen=True, eq=False)
class Digit:
    """The data-set image that is looked at."""

    dataset: Dataset
    pixels: Tensor  # (28, 28) from 0 to 1
    name: str


def choose_view(page: Page) -> str:
    """Which view is shown; only that one is computed."""
    return page.choose(
        "view", _("View"), list(VIEWS), widget=st.segmented_control, format_func=lambda name: _(VIEWS[name]), label_visibility="collapsed"
    )


def choose_dataset(page: Page) -> Dataset:
    """The data set. Stops the page where it is not here."""
    default = "mnist" if data.problem("mnist") is None else "digits"
    if page.run is not None and data.problem(page.run.config.dataset) is None:
        default = page.run.config.dataset
    name = page.query.get("dataset", default)
    if not data_ready(name):
        st.stop()
    return load_dataset(name)


def choose_digit(page: Page) -> Digit:
    """The controls, and the digit that they choose."""
    dataset = choose_dataset(page)
    picture = pictures.by_class(page, dataset, *pictures.chosen_place(page, dataset))
    return Digit(dataset, picture.image[0].float() / 255, picture.name)


# -- the kernel ----------------------------------------------------------------------------------------------------------------


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
    names = {"start": _("before training"), "end": _("as trained")}
    when = page.choose("when", _("Its kernels"), list(names), "end", widget=st.segmented_control, format_func=names.__getitem__)
    layer = next(iter(convolutions(cached.model(run, steps[0 if when == "start" else -1])).values()))
    weight = effective_weight(layer).detach()  # (O, 1, k, k)
    if page.query.get("map", 0) >= len(weight):
        page.query.set("map", None)
    number = page.choose("map", _("Kernel number"), range(len(weight)))
    return Kernel(weight[number, 0].float(), 0.0 if layer.bias is None else float(layer.bias[number].detach()))


# -- the view --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """What is chosen beside the kernel. As many output maps as channels."""

    geometry: Geometry
    channels: int
    groups: int
    output: int
    flip: bool


def show(page: Page) -> None:
    """A kernel sliding over a digit, step by step."""
    left, right = st.columns([1, 2], gap="medium")
    with left, st.container(border=True):
        digit = choose_digit(page)
        kernel = choose_kernel(page)
        settings = _choose_settings(page, len(kernel.numbers))
    walk = walk_of(digit, kernel, settings)
    with right, st.container(border=True):
        _stepper(page, walk, settings)
    with st.container(border=True):
        _sizes(walk, settings)
    if settings.flip:
        _difference(digit, kernel, settings, walk)
    if settings.channels > 1:
        with st.container(border=True):
            _groups(settings)


def walk_of(digit: Digit, kernel: Kernel, settings: Settings) -> Walk:
    """Every step of the chosen output map. Raises `AnalysisError` where the kernel does not fit."""
    x = as_channels(digit.pixels, settings.channels)
    weight = weight_of(kernel.numbers, settings.channels, settings.groups)
    bias = torch.full((settings.channels,), kernel.bias)
    return convolution(x, flipped(weight) if settings.flip else weight, bias, settings.geometry, settings.groups, settings.output)


def _choose_settings(page: Page, size: int) -> Settings:
    stride = page.choose("stride", _("Stride"), range(1, 5), widget=st.segmented_control)
    padding = page.choose("padding", _("Padding on each side"), range(5), widget=st.segmented_control)
    dilation = page.choose("dilation", _("Dilation"), range(1, 5), widget=st.segmented_control)
    with st.expander(_("Channels, groups, flipping"), expanded=any(page.query.get(name) for name in ("channels", "flip"))):
        channels = page.choose("channels", _("Channels of the picture"), CHANNELS, format_func=lambda count: _(PICTURE_NAMES[count]))
        groups, output = 1, 0
        if channels > 1:
            fitting = [count for count in range(1, channels + 1) if channels % count == 0]
            groups = _within(page, "groups", _("Groups"), fitting)
            output = _within(page, "output", _("Output map"), list(range(channels)))
        flip = page.choose(
            "flip", _("Flip the kernel first"), ["no", "yes"], widget=st.segmented_control, format_func={"no": _("no"), "yes": _("yes")}.get
        )
    return Settings(Geometry(size, stride, padding, dilation), channels, groups, output, flip == "yes")


def _within(page: Page, name: str, label: str, options: list[int]) -> int:
    """As `page.choose`; a choice that the number of channels has outdated begins anew, without a word."""
    if page.query.get(name, options[0]) not in options:
        page.query.set(name, None)
    return page.choose(name, label, options, widget=st.segmented_control)


def _stepper(page: Page, walk: Walk, settings: Settings) -> None:
    def moved(row: int, column: int) -> None:
        page.query.set("row", row)
        page.query.set("col", column)

    def edited(numbers: list[float]) -> None:
        changed = torch.tensor(numbers).reshape(walk.geometry.size, walk.geometry.size)
        changed = turned(flipped(changed) if settings.flip else changed, -settings.output)
        page.query.set("weights", ",".join(f"{value:.6g}" for value in changed.flatten().tolist()))
        page.query.set("kernel", "own")

    names = [_(name) for name in CHANNEL_NAMES[settings.channels]]
    wording = Wording(
        _("patch under the window"), _("kernel (edit it)"), _("products"), [names[channel] for channel in walk.channels]
    )  # fmt: skip
    strongest = np.unravel_index(int(walk.output.argmax()), walk.output.shape)
    place = page.query.get("row", int(strongest[0])), page.query.get("col", int(strongest[1]))
    stepper(walk, "conv", wording, place, moved, "stepper", edited)


def _sizes(walk: Walk, settings: Settings) -> None:
    geometry, size = walk.geometry, 28
    st.markdown(f"**{_('How large is the output?')}**")
    st.latex(
        r"\left\lfloor \frac{\text{size} + 2 \cdot \text{padding} - \text{dilation} \cdot (\text{kernel} - 1) - 1}{\text{stride}} \right\rfloor + 1"
    )
    st.latex(geometry.formula(size))
    same = geometry.dilation * (geometry.size - 1)
    if geometry.stride == 1 and same % 2 == 0:
        st.caption(
            _("It would keep its size with a padding of {n} on each side: dilation × (kernel − 1) / 2, at stride 1.").format(n=same // 2)
        )
    per_output = settings.channels // settings.groups
    st.caption(
        _(
            "Numbers to learn: {outputs} output maps × {seen} channels that each of them sees × {k}×{k} + {outputs} biases = **{total:,}**."
        ).format(outputs=settings.channels, seen=per_output, k=geometry.size, total=settings.channels * (per_output * geometry.size**2 + 1))
    )


def _difference(digit: Digit, kernel: Kernel, settings: Settings, walk: Walk) -> None:
    other = walk_of(digit, kernel, Settings(settings.geometry, settings.channels, settings.groups, settings.output, False))
    largest = float(np.abs(walk.output - other.output).max())
    if largest < 1e-6:
        sentence = _("With this kernel nothing changes: turned by half a circle, it is the same.")
    else:
        sentence = _("Flipped or not, the outputs differ by up to {largest:.3g} here.").format(largest=largest)
    st.info(
        _("Mathematics flips the kernel and calls that a convolution. PyTorch's `Conv2d` does not flip: it computes the cross-correlation.")
        + f" {sentence} "
        + _("To a network it is all the same, since it learns its kernels: it would learn them flipped."),
        icon=":material/flip:",
    )


def _groups(settings: Settings) -> None:
    channels, groups = settings.channels, settings.groups
    left, right = st.columns([2, 3], vertical_alignment="center", gap="large")
    seen = channels // groups
    alt = _("{channels} input maps and {channels} output maps in {groups} groups: each output map sees the {seen} input maps of its group.")
    told = alt.format(channels=channels, groups=groups, seen=seen)
    with left:
        st.html(groups_picture(channels, channels, groups, settings.output, told, (_("input"), _("output"))))
    with right:
        st.markdown(f"**groups = {groups}**")
        st.markdown(told)
        st.markdown(
            _("Its weight is of shape `({channels}, {seen}, {k}, {k})`: output maps, input maps that each sees, height, width.").format(
                channels=channels, seen=seen, k=settings.geometry.size
            )
        )
        st.caption(
            _("Here output map n has the same kernel for each channel that it sees, turned by n quarter turns. A network learns each of them by itself.")
        )  # fmt: skip

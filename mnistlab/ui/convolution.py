"""The page `convolution`: its views, and the first of them, a kernel that slides over a picture."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from mnistlab.analysis.convolution import Geometry, Walk, convolution
from mnistlab.analysis.kernels import CHANNELS, as_channels, flipped, taken_back, weight_of
from mnistlab.config import DATASET_SIZES, option
from mnistlab.figures.convolution import groups_figure
from mnistlab.figures.pictures import picture
from mnistlab.ui import convolution_choice
from mnistlab.ui.charts import chart
from mnistlab.ui.convolution_choice import COLUMNS, Digit, Kernel, choose_digit, choose_kernel
from mnistlab.ui.convolution_stepper import Wording, stepper
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _, ngettext
from mnistlab.ui.url import one_of, whole

VIEWS = {"convolution": N_("Convolution"), "pooling": N_("Pooling"), "invariance": N_("Invariance lab")}
CHANNEL_NAMES = {1: (N_("grey"),), 3: (N_("red"), N_("green"), N_("blue")), 4: (N_("right edges"), N_("upper edges"), N_("left edges"), N_("lower edges"))}  # fmt: skip
PICTURE_NAMES = {1: N_("1: grey"), 3: N_("3: in colour"), 4: N_("4: maps of edges")}


PARAMETERS = {
    "view": one_of(*VIEWS),
    "dataset": one_of(*DATASET_SIZES),
    **convolution_choice.PARAMETERS,
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


def choose_view(page: Page) -> str:
    """Which view is shown; only that one is computed."""
    before = page.query.get("view", next(iter(VIEWS)))
    chosen: str = page.choose(
        "view", _("View"), list(VIEWS), widget=st.segmented_control, format_func=lambda name: _(VIEWS[name]), label_visibility="collapsed"
    )
    if chosen != before:  # a place in one view's output is none in another's
        page.query.set("row", None)
        page.query.set("col", None)
    return chosen


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
    left, right = st.columns(COLUMNS)
    with left, st.container(border=True):
        digit = choose_digit(page)
        kernel = choose_kernel(page)
        settings = _choose_settings(page, digit, len(kernel.numbers))
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


def _choose_settings(page: Page, digit: Digit, size: int) -> Settings:
    stride = page.choose("stride", _("Stride"), range(1, 5), widget=st.segmented_control)
    padding = page.choose("padding", _("Padding on each side"), range(5), widget=st.segmented_control)
    dilation = page.choose("dilation", _("Dilation"), range(1, 5), widget=st.segmented_control)
    with st.expander(_("Channels, groups, flipping"), expanded=any(page.query.get(name) for name in ("channels", "flip"))):
        channels = page.choose("channels", _("Channels of the picture"), CHANNELS, format_func=lambda count: _(PICTURE_NAMES[count]))
        if channels == 3:
            colored = (as_channels(digit.pixels, 3) * 255).round().byte().permute(1, 2, 0).numpy()  # (28, 28, 3)
            st.html(picture(colored, _("The digit in colour"), 84))
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
        laid = torch.tensor(numbers).reshape(walk.geometry.size, walk.geometry.size)
        changed = taken_back(laid, settings.output, settings.flip)
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
    st.latex(r"\left\lfloor \frac{n + 2p - d(k - 1) - 1}{s} \right\rfloor + 1")
    st.latex(geometry.formula(size))
    st.caption(_("n: rows (or columns) of the input, p: padding on each side, d: dilation, k: size of the kernel, s: stride."))
    same = geometry.dilation * (geometry.size - 1)
    if geometry.stride == 1 and same % 2 == 0:
        st.caption(
            _("It would keep its size with a padding of {n} on each side: dilation × (kernel − 1) / 2, at stride 1.").format(n=same // 2)
        )
    per_output = settings.channels // settings.groups
    st.caption(
        _(
            "Numbers to learn: {outputs} (output maps) × {seen} (channels that each of them sees) × {k}×{k}, and {outputs} for the bias: **{total:,}**."
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
    told = ngettext(
        "{channels} input maps and {channels} output maps in one group: each output map sees all of the input maps.",
        "{channels} input maps and {channels} output maps in {groups} groups. An output map sees only the {seen} of its group.",
        groups,
    ).format(channels=channels, groups=groups, seen=seen)
    with left:
        chart(groups_figure(channels, channels, groups, settings.output, told, (_("input map"), _("output map"))), "groups")
    with right:
        st.markdown(told)
        st.markdown(
            _("Its weight is of shape `({channels}, {seen}, {k}, {k})`: output maps, input maps that each sees, height, width.").format(
                channels=channels, seen=seen, k=settings.geometry.size
            )
        )
        st.caption(
            _("Here output map n has the same kernel for each channel that it sees, turned by n quarter turns. A network learns each of them by itself.")
        )  # fmt: skip

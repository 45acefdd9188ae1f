"""The view `convolution`: a kernel that slides over a picture."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from mnistlab.analysis.convolution import Geometry, Walk, convolution
from mnistlab.analysis.kernels import CHANNELS, as_channels, base_kernel, flipped, weight_of
from mnistlab.figures.convolution import groups_figure
from mnistlab.figures.pictures import picture
from mnistlab.ui.convolution.inputs import COLUMNS, Digit, Kernel, choose_digit, choose_kernel
from mnistlab.ui.convolution.stepper import Wording, stepper
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import N_, _, ngettext
from mnistlab.ui.kit.page import Page

CHANNEL_NAMES = {
    1: (N_("grey"),),
    3: (N_("red"), N_("green"), N_("blue")),
    4: (N_("right edges"), N_("top edges"), N_("left edges"), N_("bottom edges")),
}
PICTURE_NAMES = {1: N_("1: greyscale"), 3: N_("3: colour"), 4: N_("4: edge maps")}


@dataclass(frozen=True)
class LayerSettings:
    """The settings besides the kernel. There are as many output maps as channels."""

    geometry: Geometry
    channels: int
    groups: int
    output: int
    flip: bool


def sliding_kernel(page: Page) -> None:
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


def walk_of(digit: Digit, kernel: Kernel, settings: LayerSettings) -> Walk:
    """Every step of the chosen output map. Raises `AnalysisError` where the kernel does not fit."""
    x = as_channels(digit.pixels, settings.channels)
    weight = weight_of(kernel.numbers, settings.channels, settings.groups)
    bias = torch.full((settings.channels,), kernel.bias)
    return convolution(
        x,
        flipped(weight) if settings.flip else weight,
        bias,
        settings.geometry,
        settings.groups,
        settings.output,
    )


def _choose_settings(page: Page, digit: Digit, size: int) -> LayerSettings:
    page.choose("stride", _("Stride"), range(1, 5), widget=st.segmented_control)
    page.choose("padding", _("Padding on each side"), range(5), widget=st.segmented_control)
    page.choose("dilation", _("Dilation"), range(1, 5), widget=st.segmented_control)
    with st.expander(
        _("Channels, groups, flipping"),
        expanded=any(page.query.get(name) for name in ("channels", "flip")),
    ):
        channels = page.choose(
            "channels",
            _("Input channels"),
            CHANNELS,
            format_func=lambda count: _(PICTURE_NAMES[count]),
        )
        if channels == 3:
            # (28, 28, 3)
            colored = (as_channels(digit.pixels, 3) * 255).round().byte().permute(1, 2, 0).numpy()
            st.html(picture(colored, _("The digit in colour"), 84))
        if channels > 1:
            fitting = [count for count in range(1, channels + 1) if channels % count == 0]
            page.choose("groups", _("Groups"), fitting, widget=st.segmented_control)
            page.choose("output", _("Output map"), range(channels), widget=st.segmented_control)
        page.choose(
            "flip",
            _("Flip the kernel first"),
            ["no", "yes"],
            widget=st.segmented_control,
            format_func={"no": _("no"), "yes": _("yes")}.get,
        )
    return shown_settings(page, size)


def shown_settings(page: Page, size: int) -> LayerSettings:
    """What the controls, once they are drawn, choose beside a kernel of `size`."""
    query = page.query
    window = Geometry(
        size, query.get("stride", 1), query.get("padding", 0), query.get("dilation", 1)
    )
    channels, flip = query.get("channels", 1), query.get("flip") == "yes"
    if channels == 1:
        return LayerSettings(window, channels, 1, 0, flip)
    return LayerSettings(window, channels, query.get("groups", 1), query.get("output", 0), flip)


def _stepper(page: Page, walk: Walk, settings: LayerSettings) -> None:
    def moved(row: int, column: int) -> None:
        page.query.set("row", row)
        page.query.set("col", column)

    def edited(numbers: list[float]) -> None:
        shown = torch.tensor(numbers).reshape(walk.geometry.size, walk.geometry.size)
        changed = base_kernel(shown, settings.output, settings.flip)
        page.query.set("weights", ",".join(f"{value:.6g}" for value in changed.flatten().tolist()))
        page.query.set("kernel", "own")

    names = [_(name) for name in CHANNEL_NAMES[settings.channels]]
    wording = Wording(
        _("input patch"),
        _("kernel (editable)"),
        _("products"),
        [names[channel] for channel in walk.channels],
    )
    strongest = np.unravel_index(int(walk.output.argmax()), walk.output.shape)
    place = page.query.get("row", int(strongest[0])), page.query.get("col", int(strongest[1]))
    stepper(walk, "conv", wording, place, moved, "stepper", edited)


def _sizes(walk: Walk, settings: LayerSettings) -> None:
    geometry, size = walk.geometry, 28
    st.markdown(f"**{_('Output size')}**")
    st.latex(r"\left\lfloor \frac{n + 2p - d(k - 1) - 1}{s} \right\rfloor + 1")
    st.latex(geometry.formula(size))
    st.caption(
        _(
            "n: input height or width, p: padding on each side, d: dilation, k: kernel size, s: "
            "stride."
        )
    )
    same = geometry.dilation * (geometry.size - 1)
    if geometry.stride == 1 and same % 2 == 0:
        st.caption(
            _(
                "At stride 1, a padding of dilation × (kernel size − 1) / 2 = {n} on each side "
                "keeps the input size."
            ).format(n=same // 2)
        )
    per_output = settings.channels // settings.groups
    st.caption(
        _(
            "Learnable parameters: {outputs} (output maps) × {inputs} (input maps per output map) "
            "× {k}×{k} weights + {outputs} biases = **{total:,}**."
        ).format(
            outputs=settings.channels,
            inputs=per_output,
            k=geometry.size,
            total=settings.channels * (per_output * geometry.size**2 + 1),
        )
    )


def _difference(digit: Digit, kernel: Kernel, settings: LayerSettings, walk: Walk) -> None:
    other = walk_of(
        digit,
        kernel,
        LayerSettings(
            settings.geometry, settings.channels, settings.groups, settings.output, False
        ),
    )
    largest = float(np.abs(walk.output - other.output).max())
    if largest < 1e-6:
        sentence = _(
            "With this kernel, flipping changes nothing: rotated by 180°, it stays the same."
        )
    else:
        sentence = _("Here flipping changes the output by up to {largest:.3g}.").format(
            largest=largest
        )
    st.info(
        _(
            "In mathematics, a convolution flips the kernel. PyTorch's `Conv2d` does not: it "
            "computes the cross-correlation."
        )
        + f" {sentence} "
        + _(
            "To a network it makes no difference, because it learns its kernels: it would simply "
            "learn them flipped."
        ),
        icon=":material/flip:",
    )


def _groups(settings: LayerSettings) -> None:
    channels, groups = settings.channels, settings.groups
    left, right = st.columns([2, 3], vertical_alignment="center", gap="large")
    inputs = channels // groups
    sentence = ngettext(
        "{channels} input maps and {channels} output maps in one group: each output map sees "
        "every input map.",
        "{channels} input maps and {channels} output maps in {groups} groups: each output map "
        "sees only the {inputs} input maps of its group.",
        groups,
    ).format(channels=channels, groups=groups, inputs=inputs)
    with left:
        chart(
            groups_figure(
                channels,
                channels,
                groups,
                settings.output,
                sentence,
                (_("input map"), _("output map")),
            ),
            "groups",
        )
    with right:
        st.markdown(sentence)
        st.markdown(
            _(
                "The weight has the shape `({channels}, {inputs}, {k}, {k})`: output maps, input "
                "maps per output map, height, width."
            ).format(channels=channels, inputs=inputs, k=settings.geometry.size)
        )
        st.caption(
            _(
                "Here output map n applies the same kernel to every channel it sees, rotated by n "
                "quarter turns. A network learns each of these kernels separately."
            )
        )

"""The second view of the page `convolution`: what pooling keeps of each window, and what survives a shift."""

import numpy as np
import streamlit as st

from mnistlab.analysis.convolution import POOLINGS, Geometry, Walk, pooling, shifted, survival
from mnistlab.data import load_dataset
from mnistlab.figures.convolution import small_pictures, survival_figure
from mnistlab.ui.charts import chart
from mnistlab.ui.convolution_choice import COLUMNS, Digit, choose_digit
from mnistlab.ui.convolution_stepper import Wording, stepper
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _

NAMES = {"max": N_("Max"), "mean": N_("Mean"), "stochastic": N_("Stochastic"), "none": N_("None")}
WHAT = {
    "max": N_("The largest number of each window goes on. Padding is −∞, so that it never wins, not even among negative numbers."),
    "mean": N_("The mean of each window goes on. Padding is 0; whether it is counted among the numbers is a choice."),
    "stochastic": N_("In training, one number of each window is drawn, each with a probability in proportion to itself. In evaluation, as here, all of them go on, weighted with these probabilities."),
    "none": N_("Every number goes on, and the layers behind have as much to compute as before."),
}  # fmt: skip
SHIFTS = tuple(range(9))
IMAGES = 500  # test images over which the effect of a shift is averaged
YES_NO = {"no": N_("no"), "yes": N_("yes")}


def show(page: Page) -> None:
    """A pooling window sliding over a digit, and below it the same digit shifted."""
    left, right = st.columns(COLUMNS)
    with left, st.container(border=True):
        digit = choose_digit(page)
        kind = page.choose("pool", _("Pooling"), list(POOLINGS), widget=st.segmented_control, format_func=lambda name: _(NAMES[name]))
        st.caption(_(WHAT[kind]))
        geometry, count_pad = _choose_geometry(page, kind)
    walk = pooling(digit.pixels, kind, geometry, count_pad)
    with right, st.container(border=True):
        _stepper(page, walk, kind)
    if kind != "none":
        with st.container(border=True):
            _sizes(walk)
    with st.container(border=True):
        _shift(page, digit, kind, geometry.size)


def _choose_geometry(page: Page, kind: str) -> tuple[Geometry, bool]:
    """(the window's way, whether padding counts). Only what this pooling has is asked."""
    if kind == "none":
        return Geometry(page.query.get("window", 2), page.query.get("window", 2)), True
    size = page.choose("window", _("Window"), range(2, 5), widget=st.segmented_control, format_func=lambda k: f"{k}×{k}")
    if kind == "stochastic":
        return Geometry(size, size), True
    stride = page.choose("pool_stride", _("Stride (by default as large as the window)"), range(1, 5), size, widget=st.segmented_control)
    most = size // 2
    if page.query.get("pool_padding", 0) > most:
        page.query.set("pool_padding", None)
    padding = page.choose("pool_padding", _("Padding on each side"), range(most + 1), widget=st.segmented_control)
    ceil = _switch(page, "ceil", _("Round up (ceil_mode)"), "no")
    count_pad = kind == "max" or _switch(page, "count_pad", _("Count the padding (count_include_pad)"), "yes")
    return Geometry(size, stride, padding, ceil_mode=ceil), count_pad


def _switch(page: Page, name: str, label: str, default: str) -> bool:
    return page.choose(name, label, list(YES_NO), default, widget=st.segmented_control, format_func=lambda word: _(YES_NO[word])) == "yes"


def _stepper(page: Page, walk: Walk, kind: str) -> None:
    def moved(row: int, column: int) -> None:
        page.query.set("row", row)
        page.query.set("col", column)

    weights = _("probabilities") if kind == "stochastic" else _("weights")
    wording = Wording(_("numbers under the window"), weights, _("products"), [_("grey")])
    first = np.unravel_index(int(walk.output.argmax()), walk.output.shape)
    stepper(walk, kind, wording, (page.query.get("row", int(first[0])), page.query.get("col", int(first[1]))), moved, "stepper")


def _sizes(walk: Walk) -> None:
    geometry = walk.geometry
    st.markdown(f"**{_('How large is the output?')}**")
    left, right = ("\\lceil", "\\rceil") if geometry.ceil_mode else ("\\lfloor", "\\rfloor")
    st.latex(rf"\left{left} \frac{{n + 2p - d(k - 1) - 1}}{{s}} \right{right} + 1")
    st.latex(geometry.formula(28))
    st.caption(_("n: rows (or columns) of the input, p: padding on each side, d: dilation (here 1), k: size of the window, s: stride."))
    if geometry.begins_in_padding(28):
        st.caption(_("Rounded up, one more window would begin behind the picture, in the padding: it is left out."))
    elif geometry.ceil_mode and geometry.output_size(28) > Geometry(geometry.size, geometry.stride, geometry.padding).output_size(28):
        st.caption(
            _("Rounding up keeps the last rows and columns, in windows that reach beyond the picture. What is beyond does not count.")
        )
    elif not geometry.ceil_mode and (left_out := (28 + 2 * geometry.padding - geometry.size) % geometry.stride):
        st.caption(_("Rounding down leaves the last {n} rows and columns out: no window reaches them.").format(n=left_out))


def _shift(page: Page, digit: Digit, kind: str, size: int) -> None:
    """The digit before and after a shift, pooled; and for all poolings how much of it changes."""
    st.markdown(f"**{_('What survives a shift?')}**")
    left, right = st.columns([2, 3], gap="large")
    with left:
        distance = page.choose("shift", _("Shift to the right (pixels)"), SHIFTS, 1, widget=st.select_slider)
        before, after = (pooling(image, kind, Geometry(size, size)).output for image in (digit.pixels, shifted(digit.pixels, distance)))
        images = [digit.pixels.numpy(), shifted(digit.pixels, distance).numpy()]
        st.html(small_pictures(images, [_("before"), _("shifted by {n}").format(n=distance)], 86))
        st.html(small_pictures([before, after, np.abs(after - before)], [_("pooled"), _("pooled, shifted"), _("difference")], 86))
        change = float(np.linalg.norm(after - before) / np.linalg.norm(before)) if before.any() else 0.0
        told = _("{name}: the change is **{change:.2f}** times as long as what was there.").format(name=_(NAMES[kind]), change=change)
        st.markdown(told if kind != "none" else _("Without pooling: the change is **{change:.2f}** times as long as what was there.").format(change=change))  # fmt: skip
        if kind != "none" and distance and distance % size == 0:
            st.caption(
                _("A shift by the stride, or a multiple of it, moves the pooled picture by whole cells and changes nothing else in it.")
            )
    with right:
        names = {name: _(word) for name, word in NAMES.items()}
        chart(survival_figure(SHIFTS, _survival(digit.dataset.name, size), names, distance), "survival")
        st.caption(
            _("Averages over the first {n} test images, windows of {size}×{size}. 0: nothing changes; 1.41: nothing in common.").format(
                n=IMAGES, size=size
            )
        )


@st.cache_data(max_entries=16, show_spinner=False)
def _survival(dataset: str, size: int) -> dict[str, np.ndarray]:
    return survival(load_dataset(dataset).test_images[:IMAGES, 0].float() / 255, SHIFTS, size)

"""The view `pooling`: what pooling keeps of each window, and how much its output changes under a
shift.
"""

import numpy as np
import streamlit as st

from mnistlab.analysis.convolution import (
    RESIZABLE,
    Geometry,
    Walk,
    pooling,
    shift_change,
    shifted,
)
from mnistlab.choices import POOLINGS
from mnistlab.data import load_dataset
from mnistlab.figures.convolution import shift_change_figure, small_pictures
from mnistlab.ui.convolution.inputs import COLUMNS, Digit, choose_digit
from mnistlab.ui.convolution.pooling_loss import what_is_lost
from mnistlab.ui.convolution.stepper import Wording, stepper
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import N_, _, capital, ngettext
from mnistlab.ui.kit.page import Page

SHIFTS = tuple(range(9))
IMAGES = 500  # test images over which the effect of a shift is averaged
YES_NO = {"no": N_("no"), "yes": N_("yes")}


def sliding_window(page: Page) -> None:
    """A pooling window sliding over a digit, and below it the same digit shifted."""
    left, right = st.columns(COLUMNS)
    with left, st.container(border=True):
        digit = choose_digit(page)
        kind = page.choose(
            "pool",
            _("Pooling"),
            list(POOLINGS),
            widget=st.segmented_control,
            format_func=_name,
        )
        st.caption(_(POOLINGS[kind].explanation))
        geometry, count_pad = _choose_geometry(page, kind)
    walk = pooling(digit.pixels, kind, geometry, count_pad)
    place = _place(page, walk)
    with right, st.container(border=True):
        _stepper(page, walk, kind, place)
    if kind == "max":
        with right, st.container(border=True):
            what_is_lost(walk, *place)
    if kind != "none":
        with st.container(border=True):
            _sizes(walk)
    with st.container(border=True):
        _shift(page, digit, kind, geometry.size)


def _name(kind: str) -> str:
    return capital(_(POOLINGS[kind].label))


def _choose_geometry(page: Page, kind: str) -> tuple[Geometry, bool]:
    """(geometry, whether padding counts). Shows only the controls that this pooling has."""
    if kind != "none":
        size = page.choose(
            "window",
            _("Window size"),
            range(2, 5),
            widget=st.segmented_control,
            format_func=lambda k: f"{k}×{k}",
        )
        if kind in RESIZABLE:
            _choose_steps(page, kind, size)
    return shown_geometry(page, kind)


def _choose_steps(page: Page, kind: str, size: int) -> None:
    """The controls for how a window of `size` moves."""
    page.choose(
        "pool_stride",
        _("Stride (default: the window size)"),
        range(1, 5),
        size,
        widget=st.segmented_control,
    )
    page.choose(
        "pool_padding",
        _("Padding on each side"),
        range(size // 2 + 1),
        widget=st.segmented_control,
    )
    _switch(page, "ceil", _("Round up (ceil_mode)"), "no")
    if kind != "max":
        _switch(page, "count_pad", _("Count the padding (count_include_pad)"), "yes")


def shown_geometry(page: Page, kind: str) -> tuple[Geometry, bool]:
    """What the controls of the pooling `kind`, once they are drawn, choose: (geometry, whether
    padding counts).
    """
    query = page.query
    size = query.get("window", 2)
    if kind not in RESIZABLE:
        return Geometry(size, size), True
    geometry = Geometry(
        size,
        query.get("pool_stride", size),
        query.get("pool_padding", 0),
        ceil_mode=query.get("ceil") == "yes",
    )
    return geometry, kind == "max" or query.get("count_pad", "yes") == "yes"


def _switch(page: Page, name: str, label: str, default: str) -> None:
    page.choose(
        name,
        label,
        list(YES_NO),
        default,
        widget=st.segmented_control,
        format_func=lambda word: _(YES_NO[word]),
    )


def _place(page: Page, walk: Walk) -> tuple[int, int]:
    """Row and column of the output that the URL names, or else of its largest number."""
    first = np.unravel_index(int(walk.output.argmax()), walk.output.shape)
    row, column = page.query.get("row", int(first[0])), page.query.get("col", int(first[1]))
    rows, columns = walk.output.shape
    return min(row, rows - 1), min(column, columns - 1)


def _stepper(page: Page, walk: Walk, kind: str, place: tuple[int, int]) -> None:
    def moved(row: int, column: int) -> None:
        page.query.set("row", row)
        page.query.set("col", column)

    weights = _("probabilities") if kind == "stochastic" else _("weights")
    wording = Wording(_("values in the window"), weights, _("products"), [_("grey")])
    stepper(walk, kind, wording, place, moved, "stepper")


def _sizes(walk: Walk) -> None:
    geometry = walk.geometry
    st.markdown(f"**{_('Output size')}**")
    left, right = ("\\lceil", "\\rceil") if geometry.ceil_mode else ("\\lfloor", "\\rfloor")
    st.latex(rf"\left{left} \frac{{n + 2p - d(k - 1) - 1}}{{s}} \right{right} + 1")
    st.latex(geometry.formula(28))
    st.caption(
        _(
            "n: input height or width, p: padding on each side, d: dilation (here 1), k: window "
            "size, s: stride."
        )
    )
    if geometry.begins_in_padding(28):
        st.caption(
            _(
                "Rounding up would add a window that starts beyond the picture, in the padding: "
                "PyTorch leaves it out."
            )
        )
    elif geometry.ceil_mode and geometry.output_size(28) > Geometry(
        geometry.size, geometry.stride, geometry.padding
    ).output_size(28):
        st.caption(
            _(
                "Rounding up keeps the last rows and columns, in windows that extend beyond the "
                "picture. Positions outside it do not count."
            )
        )
    elif dropped := _dropped(geometry):
        st.caption(
            ngettext(
                "Rounding down drops the last row and the last column: no window covers them.",
                "Rounding down drops the last {n} rows and columns: no window covers them.",
                dropped,
            ).format(n=dropped)
        )


def _dropped(geometry: Geometry) -> int:
    """How many of the 28 rows no window covers."""
    uncovered = (28 + 2 * geometry.padding - geometry.size) % geometry.stride
    return 0 if geometry.ceil_mode else max(0, uncovered - geometry.padding)


def _shift(page: Page, digit: Digit, kind: str, size: int) -> None:
    """The digit before and after a shift, pooled, and how much each kind of pooling changes."""
    st.markdown(f"**{_('Shift invariance')}**")
    left, right = st.columns([2, 3], gap="large")
    with left:
        distance = page.choose(
            "shift", _("Shift to the right (pixels)"), SHIFTS, 1, widget=st.select_slider
        )
        _before_and_after(digit, kind, size, distance)
        if kind != "none" and distance and distance % size == 0:
            st.caption(
                _(
                    "A shift by a multiple of the window size moves the pooled picture by whole "
                    "cells and changes nothing else."
                )
            )
    with right:
        names = {name: _name(name) for name in POOLINGS}
        changes = _shift_change(digit.dataset.name, size)
        chart(shift_change_figure(SHIFTS, changes, names, distance), "shift_change")
        st.caption(
            _(
                "Averages over the first {n} test images, with {size}×{size} windows that do not "
                "overlap. 0: nothing changes; 1.41: before and after have nothing in common."
            ).format(n=IMAGES, size=size)
        )


def _before_and_after(digit: Digit, kind: str, size: int, distance: int) -> None:
    """The digit and its pooled picture before and after a shift, and how large the change is."""
    images = (digit.pixels, shifted(digit.pixels, distance))
    before, after = (pooling(image, kind, Geometry(size, size)).output for image in images)
    st.html(
        small_pictures(
            [image.numpy() for image in images],
            [_("before"), _("shifted by {n}").format(n=distance)],
            86,
        )
    )
    st.html(
        small_pictures(
            [before, after, np.abs(after - before)],
            [_("pooled"), _("pooled, shifted"), _("difference")],
            86,
        )
    )
    length = float(np.linalg.norm(before))
    change = float(np.linalg.norm(after - before)) / length if length else 0.0
    name = _("Without pooling")
    if kind != "none":
        name = _("{name} pooling").format(name=_name(kind))
    st.markdown(
        _("{name}: the output changed by **{change:.0f} %** of its size (L2 norm).").format(
            name=name, change=100 * change
        )
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _shift_change(dataset: str, size: int) -> dict[str, np.ndarray]:
    return shift_change(load_dataset(dataset).test_images[:IMAGES, 0].float() / 255, SHIFTS, size)

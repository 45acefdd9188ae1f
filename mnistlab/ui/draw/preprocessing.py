"""Preprocessing, from ink to the network's input: each step as a picture, with a switch."""

import numpy as np
import streamlit as st

from mnistlab.analysis import drawing
from mnistlab.config import TrainConfig
from mnistlab.figures.pictures import picture
from mnistlab.ui.kit.i18n import N_, _, labelled
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import signed

TILE = 132  # CSS pixels
STEPS = {  # step -> (name, what it does)
    "drawing": (N_("Your drawing"), ""),
    "crop": (N_("Crop"), N_("to the ink")),
    "fit": (N_("Fit"), N_("into 20×20")),
    "centre": (N_("Centre"), N_("by centre of mass")),
    "normalise": (N_("Normalise"), N_("as in training")),
}
SWITCHES = tuple(STEPS)[1:]  # the steps that can be left out


def switch(page: Page, name: str, disabled: bool = False) -> bool:
    """A switch for the step `name`, kept in the URL: whether the step is done."""
    why_not = _("This network was trained on values from 0 to 1: there is nothing to normalise.")
    label, help = _(STEPS[name][0]), why_not if disabled else None
    return page.switch(name, label, disabled=disabled, help=help)


def preprocess(page: Page, ink: np.ndarray, config: TrainConfig) -> tuple[np.ndarray, bool]:
    """Preprocess `ink` (H, W), showing each step as a picture with a switch: (uint8 (28, 28),
    whether it is normalised).

    Raises `DrawingError` if there is no digit.
    """
    drawing.check(ink)
    with st.container(horizontal=True, gap="small"):
        columns = {name: st.container(width=TILE + 8, gap="small") for name in STEPS}
    zscored = config.normalize == "zscore"
    on = {}
    for name in SWITCHES:
        with columns[name]:
            on[name] = switch(page, name, disabled=name == "normalise" and not zscored)
    images = {
        step.name: step.image for step in drawing.steps(ink, on["crop"], on["fit"], on["centre"])
    }
    final = images["place"] if "place" in images else images["centre"]
    with columns["drawing"]:
        st.markdown(_(STEPS["drawing"][0]))
        _tile(images["drawing"], _("Your drawing"))
    for name in ("crop", "fit", "centre"):
        with columns[name]:
            _step(name, images.get(name))
    with columns["normalise"]:
        _normalised(final, config, on["normalise"])
    return final, on["normalise"]


def _step(name: str, image: np.ndarray | None) -> None:
    if image is None:
        st.caption(_("Switched off."))
    else:
        _tile(image, labelled(_(STEPS[name][0]), _(STEPS[name][1])))


def _tile(image: np.ndarray, what: str) -> None:
    rows, columns = image.shape
    st.html(picture(image, f"{what}, {rows}×{columns}", TILE))
    st.caption(f"{what} · {rows}×{columns}")


def _normalised(final: np.ndarray, config: TrainConfig, on: bool) -> None:
    low, high = drawing.value_range(config if on else config.replace(normalize="none"))
    st.html(
        picture(
            final,
            _("Network input: 28×28 values from {low:.2f} to {high:.2f}").format(
                low=low, high=high
            ),
            TILE,
        )
    )
    st.caption(
        _("Network input: from {low} (black) to {high} (white)").format(
            low=signed(low, ".2f"), high=signed(high, ".2f")
        )
    )

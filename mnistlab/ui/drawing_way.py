"""The way from ink to what a network is given: each step as a picture, with a switch."""

import numpy as np
import streamlit as st

from mnistlab.analysis import drawing
from mnistlab.config import TrainConfig
from mnistlab.figures.pictures import picture
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _

TILE = 132  # CSS pixels
WAY = {  # step -> (what it is called, what it does)
    "drawing": (N_("Your drawing"), ""),
    "crop": (N_("Crop"), N_("to the ink")),
    "fit": (N_("Fit"), N_("into 20×20")),
    "centre": (N_("Centre"), N_("of mass in the middle of 28×28")),
    "normalise": (N_("Normalise"), N_("as in training")),
}
SWITCHES = tuple(WAY)[1:]  # the steps that can be left out


def switch(page: Page, name: str, disabled: bool = False) -> bool:
    """Whether the step `name` is done: a switch whose position is in the URL."""
    key, on = f"draw.{name}", page.query.get(name, 1) == 1
    shown = st.session_state.get(key)
    follows = shown is None or st.session_state.get(f"{key}.url") != on
    st.session_state[key] = on if follows else shown  # told the browser each time, as in `Page.choose`
    why_not = _("This network was trained on values from 0 to 1: there is nothing to normalise.") if disabled else None
    value = st.toggle(_(WAY[name][0]), key=key, disabled=disabled, help=why_not)
    st.session_state[f"{key}.url"] = value
    page.query.set(name, None if value else 0)
    return value


def way(page: Page, ink: np.ndarray, config: TrainConfig) -> tuple[np.ndarray, bool]:
    """The way from `ink` (H, W) to the network, as pictures with a switch each: (uint8 (28, 28), whether it is normalised).

    Raises `DrawingError` where there is nothing to read.
    """
    drawing.check(ink)
    with st.container(horizontal=True, gap="small"):
        places = {name: st.container(width=TILE + 8, gap="small") for name in WAY}
    zscored = config.normalize == "zscore"
    on = {}
    for name in SWITCHES:
        with places[name]:
            on[name] = switch(page, name, disabled=name == "normalise" and not zscored)
    taken = {step.name: step.image for step in drawing.steps(ink, on["crop"], on["fit"], on["centre"])}
    final = taken["place"] if "place" in taken else taken["centre"]
    with places["drawing"]:
        st.markdown(_(WAY["drawing"][0]))
        _tile(taken["drawing"], _("What you drew"))
    for name in ("crop", "fit", "centre"):
        with places[name]:
            _step(name, taken.get(name))
    with places["normalise"]:
        _normalised(final, config, on["normalise"])
    return final, on["normalise"]


def _step(name: str, image: np.ndarray | None) -> None:
    if image is None:
        st.caption(_("Switched off."))
    else:
        _tile(image, f"{_(WAY[name][0])}: {_(WAY[name][1])}")


def _tile(image: np.ndarray, what: str) -> None:
    rows, columns = image.shape
    st.html(picture(image, f"{what}, {rows}×{columns}", TILE))
    st.caption(f"{what} · {rows}×{columns}")


def _normalised(final: np.ndarray, config: TrainConfig, on: bool) -> None:
    low, high = drawing.value_range(config if on else config.replace(normalize="none"))
    st.html(picture(final, _("What the network is given: 28×28 values from {low:.2f} to {high:.2f}").format(low=low, high=high), TILE))
    st.caption(_("What the network is given: from {low:.2f} (black) to {high:.2f} (white)").format(low=low, high=high))

"""Looking inside one network with one picture: what is looked at, and the choice of the view."""

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistlab.analysis.feature_maps import FeatureMaps
from mnistlab.analysis.looking import Target
from mnistlab.config import RECURRENT, TrainConfig
from mnistlab.data import CLASSES
from mnistlab.figures.feature_maps import COLOR_RANGES
from mnistlab.figures.thumbnails import data_url
from mnistlab.store import RunRecord
from mnistlab.ui import cached, pictures, words
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.pictures import Picture
from mnistlab.ui.strip import strip
from mnistlab.ui.url import one_of, text, whole

VIEWS = {
    "rows": N_("Row by row"),
    "gates": N_("Gates and states"),
    "hide": N_("Hide a row"),
    "maps": N_("Activations"),
    "gradients": N_("Gradients"),
    "kernels": N_("Kernels"),
    "weights": N_("Weights"),
    "excites": N_("What excites it"),
    "why": N_("Why this answer"),
}
VIEWS_OF = {
    "recurrent": ("rows", "gates", "hide", "maps", "gradients", "excites", "why"),
    "mlp": ("maps", "gradients", "weights", "excites", "why"),
    "cnn": ("maps", "gradients", "kernels", "excites", "why"),
}
METHODS = ("integrated-gradients", "saliency", "grad-cam", "occlusion")
PARAMETERS = {
    **pictures.PARAMETERS,
    "view": one_of(*VIEWS),
    "stage": text(),
    "map": whole(0, 10**6),
    "row": whole(0, 27),
    "col": whole(0, 27),
    "class": whole(0, 9),
    "against": whole(0, 9),
    "range": one_of(*COLOR_RANGES),
    "method": one_of(*METHODS),
    "layer": text(),
    "hide": whole(0, 27),
}
PICTURE_PIXELS = 240  # at most


@dataclass(frozen=True, eq=False)
class Look:
    """What the views of one page run share."""

    page: Page
    run: RunRecord
    step: int
    picture: Picture
    maps: FeatureMaps
    classes: tuple[str, ...]

    @property
    def probabilities(self) -> np.ndarray:
        """Of the ten classes, (10,)."""
        return self.maps.stages[-1].array

    @property
    def answer(self) -> int:
        return int(self.probabilities.argmax())

    def stage_names(self, without: tuple[str, ...] = ()) -> list[str]:
        return [stage.name for stage in self.maps.stages if stage.name not in without]


def kind_of(config: TrainConfig) -> str:
    """ "recurrent", "mlp" or "cnn": what decides how one looks into a network."""
    if config.arch in RECURRENT:
        return "recurrent"
    return "mlp" if config.arch == "mlp" else "cnn"


def views_of(config: TrainConfig) -> tuple[str, ...]:
    """The views that make sense for this kind of network, the default first."""
    return VIEWS_OF[kind_of(config)]


def lesson_of(config: TrainConfig) -> str:
    """The section of the lesson that says what to notice in this kind of network."""
    return config.arch if config.arch in RECURRENT else kind_of(config)


def look_at(page: Page, run: RunRecord) -> Look:
    """The card with the picture and the network's answer."""
    assert page.step is not None
    picture = pictures.choose_picture(page, run)
    maps = cached.feature_maps(run, page.step, picture.pixels)
    look = Look(page, run, page.step, picture, maps, CLASSES[run.config.dataset])
    st.html(
        f'<img src="{data_url(picture.array)}" alt="{html.escape(picture.name)}" '
        f'style="width:100%;max-width:{PICTURE_PIXELS}px;image-rendering:pixelated;border-radius:8px;display:block">'
    )
    st.caption(picture.name)
    share = float(look.probabilities[look.answer])
    share_text = words.percent(share) if share < 0.99995 else _("more than {share}").format(share=words.percent(0.9999))
    st.markdown(
        _("The network says **{answer}**, with a probability of {share}.").format(answer=look.classes[look.answer], share=share_text)
    )
    if picture.label is not None:
        right = look.answer == picture.label
        st.markdown(_(":green[:material/check: Right]") if right else _(":red[:material/close: Wrong: it is {label}]").format(label=look.classes[picture.label]))  # fmt: skip
    return look


def choose_view(look: Look) -> str:
    """Which view is shown; only that one is computed."""
    views = list(views_of(look.run.config))
    return look.page.choose(
        "view", _("View"), views, widget=st.segmented_control, format_func=lambda name: _(VIEWS[name]), label_visibility="collapsed"
    )


def choose_stage(look: Look, without: tuple[str, ...] = ()) -> str:
    """The strip of stages; the name of the one that is chosen, never one of `without`."""
    names = look.stage_names(without)
    first = next(stage.name for stage in look.maps.stages if stage.kind in ("conv", "recurrent", "linear"))
    wanted = look.page.query.get("stage", first)
    if wanted not in look.stage_names():
        st.caption(_("This network has no stage {wanted}; here is {first}.").format(wanted=repr(wanted[:40]), first=first))
    chosen = wanted if wanted in names else first

    def clicked(name: str) -> None:
        if name in look.stage_names():
            for parameter, value in {"stage": name, "map": None, "row": None, "col": None}.items():
                look.page.query.set(parameter, value)

    strip(look.maps, chosen, names, clicked, key="strip")
    return chosen


def choose_target(look: Look, against: bool = False) -> Target:
    """For which class the network is asked, and, if `against`, rather than which other one."""
    page, classes = look.page, look.classes
    if not against:
        return Target(page.choose("class", _("Class"), range(10), look.answer, format_func=classes.__getitem__))
    left, right = st.columns(2)
    with left:
        digit: int = page.choose("class", _("Class"), range(10), look.answer, format_func=classes.__getitem__)
    others = [None, *(number for number in range(10) if number != digit)]
    if page.query.get("against") not in others:
        page.query.set("against", None)
    with right:
        other = page.choose(
            "against", _("Rather than"), others, format_func=lambda number: _("any other") if number is None else classes[number]
        )
    return Target(digit, other)

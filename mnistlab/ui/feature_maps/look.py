"""Looking inside a network with one picture: the choice of picture, stage and class."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistlab.analysis.feature_maps import FeatureMaps
from mnistlab.analysis.inspection import Target
from mnistlab.analysis.intervals import probability
from mnistlab.choices import ARCHITECTURES, DATASETS
from mnistlab.config import TrainConfig
from mnistlab.store import RunRecord
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs import pictures
from mnistlab.ui.kit.inputs.pictures import Picture
from mnistlab.ui.kit.inputs.strip import strip
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import literal

SAME_KIND = {  # architecture -> what the link that proposes just this one would set
    "lstm": {"preset": "tutorial-lstm"},
    "mlp": {"arch": "mlp", "hidden": "32"},
}


@dataclass(frozen=True, eq=False)
class Look:
    """A network at one step, a picture and its feature maps, which all views share."""

    page: Page
    run: RunRecord
    step: int
    picture: Picture
    maps: FeatureMaps
    classes: tuple[str, ...]

    @property
    def probabilities(self) -> np.ndarray:
        """The probabilities of the ten classes, (10,)."""
        return self.maps.stages[-1].array

    @property
    def answer(self) -> int:
        return int(self.probabilities.argmax())

    def stage_names(self, without: tuple[str, ...] = ()) -> list[str]:
        return [stage.name for stage in self.maps.stages if stage.name not in without]


def section_of(config: TrainConfig) -> str:
    """The section of the page's text for this kind of network."""
    return ARCHITECTURES[config.arch].section


def look_at(page: Page, run: RunRecord) -> Look:
    """The card with the picture and the network's prediction."""
    assert page.step is not None
    picture = pictures.choose_picture(page, run)
    maps = cached.feature_maps(run, page.step, picture.pixels)
    look = Look(page, run, page.step, picture, maps, DATASETS[run.config.dataset].classes)
    with st.container(key="looked_at", gap="small"):
        st.html(pictures.large(picture))
        with st.container(gap="small"):
            _answer(look)
    return look


def _answer(look: Look) -> None:
    """What the picture is, and what the network says."""
    picture = look.picture
    st.caption(picture.name)
    share_text = probability(float(look.probabilities[look.answer]))
    st.markdown(
        _("The network predicts **{answer}**, with a probability of {share}.").format(
            answer=look.classes[look.answer], share=share_text
        )
    )
    if picture.label is not None:
        correct = look.answer == picture.label
        st.markdown(
            _(":green[:material/check: Correct]")
            if correct
            else _(":red[:material/close: Wrong: it is {label}]").format(
                label=look.classes[picture.label]
            )
        )


def chosen_stage(look: Look, without: tuple[str, ...] = ()) -> str:
    """The stage that the URL names, or the first with weights; never one of `without`."""
    first = next(
        stage.name for stage in look.maps.stages if stage.kind in ("conv", "recurrent", "linear")
    )
    wanted: str = look.page.query.get("stage", first)
    return wanted if wanted in look.stage_names(without) else first


def chosen_target(look: Look, against: bool = False) -> Target:
    """The class that the URL names, or the network's answer; if `against`, another one, too."""
    digit: int = look.page.query.get("class", look.answer)
    return Target(digit, look.page.query.get("against") if against else None)


def choose_stage(look: Look, without: tuple[str, ...] = ()) -> str:
    """The strip of stages; returns the name of the chosen one, never one of `without`."""
    names, chosen = look.stage_names(without), chosen_stage(look, without)
    wanted = look.page.query.get("stage", chosen)
    if wanted not in look.stage_names():
        st.caption(
            _("This network has no stage {wanted}; showing {first} instead.").format(
                wanted=literal(repr(wanted[:40])), first=chosen
            )
        )

    def clicked(name: str) -> None:
        if name in look.stage_names():
            look.page.query.set("stage", name)
            look.page.query.reset("map", "row", "col")

    strip(look.maps, chosen, names, clicked, key="strip")
    return chosen


def choose_target(look: Look, against: bool = False) -> Target:
    """The choice of a class and, if `against`, of another one to compare it with."""
    page, classes = look.page, look.classes
    if not against:
        return Target(
            page.choose(
                "class", _("Class"), range(10), look.answer, format_func=classes.__getitem__
            )
        )
    left, right = st.columns(2)
    with left:
        digit: int = page.choose(
            "class", _("Class"), range(10), look.answer, format_func=classes.__getitem__
        )
    others = [None, *(number for number in range(10) if number != digit)]
    with right:
        other = page.choose(
            "against",
            _("Rather than"),
            others,
            format_func=lambda number: _("(no other class)") if number is None else classes[number],
        )
    return Target(digit, other)

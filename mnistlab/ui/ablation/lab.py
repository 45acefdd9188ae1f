"""What the views of the page `ablation` share: the network, a test image, and what is silent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from mnistlab.analysis.ablation import Box, Part, Silence, part_count, silenceable
from mnistlab.analysis.evaluation import Judgement
from mnistlab.analysis.feature_maps import FeatureMaps
from mnistlab.data import Dataset, load_dataset
from mnistlab.i18n import listed, message
from mnistlab.models import INPUT_SHAPE, Stage, describe
from mnistlab.store import RunRecord
from mnistlab.ui.ablation.jobs import AblationJobs
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs import pictures
from mnistlab.ui.kit.inputs.pictures import Picture
from mnistlab.ui.kit.inputs.strip import strip
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import Parameter, text


def _parts(text: str) -> str:
    if not re.fullmatch(r"\w+\.\d{1,6}(,\w+\.\d{1,6})*", text):
        raise ValueError(text)
    return text


def _box(text: str) -> str:
    if not re.fullmatch(r"\d{1,2}(-\d{1,2}){3}", text) or not _fits(_box_of(text)):
        raise ValueError(text)
    return text


def _box_of(text: str) -> Box:
    top, left, bottom, right = (int(number) for number in text.split("-"))
    return top, left, bottom, right


def _fits(box: Box) -> bool:
    top, left, bottom, right = box
    _, height, width = INPUT_SHAPE
    return 0 <= top < bottom <= height and 0 <= left < right <= width


PARAMETERS = {
    **pictures.PARAMETERS,
    "stage": text(),
    "off": Parameter(
        _parts, message("stages with the number of a map or unit, such as conv2.7,conv2.12")
    ),
    "box": Parameter(_box, message("rows and columns of pixels, such as 8-8-20-20")),
}


@dataclass(frozen=True, eq=False)
class Lab:
    """A network at one step, a test image in it, and what is silent."""

    page: Page
    run: RunRecord
    step: int
    dataset: Dataset
    picture: Picture
    maps: FeatureMaps  # of the picture, in the whole network
    silence: Silence

    @property
    def stages(self) -> dict[str, Stage]:
        """Those that can be silenced, by name."""
        return {stage.name: stage for stage in silenceable(describe(self.run.config))}

    @property
    def intact(self) -> Judgement:
        """The whole network on all test images."""
        return cached.judgement(self.run, self.step)

    @property
    def jobs(self) -> AblationJobs:
        return AblationJobs(self.page.store, self.run, self.step)

    def silent_in(self, stage: str) -> list[int]:
        """The silent channels or units of `stage`."""
        return [channel for name, channel in self.silence.parts if name == stage]

    def with_silent(self, stage: str, channels: Sequence[int]) -> tuple[Part, ...]:
        """What is silent if of `stage` it is `channels`."""
        others = [part for part in self.silence.parts if part[0] != stage]
        return (*others, *((stage, channel) for channel in sorted(channels)))


def lab_of(page: Page, run: RunRecord) -> Lab:
    """The card with the picture, and what the URL says is silent."""
    assert page.step is not None
    picture = pictures.choose_picture(page, run)
    maps = cached.feature_maps(run, page.step, picture.pixels)
    dataset = load_dataset(run.config.dataset)
    st.html(pictures.large(picture))
    st.caption(picture.name)
    return Lab(page, run, page.step, dataset, picture, maps, Silence())


def with_choices(lab: Lab, say: bool = True) -> Lab:
    """`lab` with what the URL says is silent now; and, if `say`, what of that it does not have."""
    known, parts = lab.stages, []
    missing = []
    for part in (lab.page.query.get("off") or "").split(","):
        stage, _dot, number = part.partition(".")
        if stage in known and int(number) < part_count(known[stage]):
            parts.append((stage, int(number)))
        elif part:
            missing.append(part)
    if missing and say:
        st.caption(
            _("Not in this network, and so left out: {parts}.").format(parts=listed(missing[:9]))
        )
    box = lab.page.query.get("box")
    silence = Silence(tuple(dict.fromkeys(parts)), None if box is None else _box_of(box))
    return replace(lab, silence=silence)


def keep_parts(lab: Lab, parts: Sequence[Part]) -> None:
    """Put what is silent into the URL."""
    lab.page.query.set("off", ",".join(f"{stage}.{n}" for stage, n in parts) or None)


def keep_box(lab: Lab, box: Sequence[int]) -> None:
    """Put the box of silent pixels into the URL; an empty one takes it out."""
    wanted = tuple(int(number) for number in box)
    fits = len(wanted) == 4 and _fits((wanted[0], wanted[1], wanted[2], wanted[3]))
    lab.page.query.set("box", "-".join(map(str, wanted)) if fits else None)


def _stage_names(lab: Lab, with_input: bool) -> list[str]:
    return [*(["input"] if with_input else []), *lab.stages]


def chosen_stage(lab: Lab, with_input: bool) -> str:
    """The stage that the URL names, or the first with weights."""
    first = next(stage.name for stage in lab.stages.values() if stage.parameters)
    wanted: str = lab.page.query.get("stage", first)
    return wanted if wanted in _stage_names(lab, with_input) else first


def choose_stage(lab: Lab, with_input: bool) -> str:
    """The strip of stages that can be silenced; returns the name of the chosen one."""
    names, chosen = _stage_names(lab, with_input), chosen_stage(lab, with_input)

    def clicked(name: str) -> None:
        if name in names:
            lab.page.query.set("stage", name)

    strip(lab.maps, chosen, names, clicked, key="ablation.strip")
    return chosen


def part(stage: Stage) -> str:
    """What a figure calls the parts of a stage: a "map" or a "unit"."""
    return "map" if has_maps(stage) else "unit"


def has_maps(stage: Stage) -> bool:
    """Whether the parts of a stage are maps, not single units."""
    return len(stage.shape) == 3

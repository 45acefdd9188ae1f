"""A run judged on all test images, and those images with their predictions."""

import html
import math
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistlab.analysis.evaluation import Judgement
from mnistlab.analysis.intervals import probability
from mnistlab.data import Dataset, load_dataset
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.pictures import picture, probability_columns
from mnistlab.store import RunRecord
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.inputs.image_choice import place_of
from mnistlab.ui.kit.page import Page

SIDE = 96  # pixels of an image


@dataclass(frozen=True, eq=False)
class JudgedRun:
    """A run at one step with its predictions for all test images, which all views share."""

    page: Page
    run: RunRecord
    step: int
    dataset: Dataset
    judgement: Judgement

    @property
    def classes(self) -> tuple[str, ...]:
        return self.dataset.class_names


def judge(page: Page, run: RunRecord) -> JudgedRun:
    """Judge the run at the page's step on all test images. Stops the page if they have not been
    downloaded.
    """
    assert page.step is not None
    if not data_ready(run.config.dataset):
        st.stop()
    return JudgedRun(
        page, run, page.step, load_dataset(run.config.dataset), cached.judgement(run, page.step)
    )


def images(
    judged: JudgedRun, places: np.ndarray, key: str, at_once: int, other: JudgedRun | None = None
) -> None:
    """The test images `places`, `at_once` per page, each with its ten probabilities and a link to
    its feature maps.
    """
    pages = math.ceil(len(places) / at_once)
    number = st.pagination(pages, key=f"{key}.page") if pages > 1 else 1
    with st.container(horizontal=True):
        for index in places[(number - 1) * at_once : number * at_once].tolist():
            with st.container(width=SIDE + 8, gap=None):
                st.html(_image(judged, index, other))
                digit, place = place_of(judged.dataset.test_labels, index)
                judged.page.link(
                    "feature_maps",
                    _("Inspect"),
                    run=judged.run.id,
                    step=judged.step,
                    digit=digit,
                    index=place,
                )


def _image(judged: JudgedRun, index: int, other: JudgedRun | None) -> str:
    judgement, classes = judged.judgement, judged.classes
    truth, right = int(judgement.labels[index]), bool(judgement.correct[index])
    lines = [_prediction(judged, index, "" if other is None else "A")]
    if other is not None:
        lines.append(_prediction(other, index, "B"))
    elif not right:
        lines.append(
            _("true {name}: {share}").format(
                name=html.escape(classes[truth]),
                share=_probability(judgement.probabilities[index, truth]),
            )
        )
    alt = _("Test image {index}, labelled {name}").format(index=index, name=classes[truth])
    shown = picture(judged.dataset.test_images[index, 0].numpy(), alt, SIDE, GOOD if right else BAD)
    bars = "".join(
        probability_columns(each.judgement.probabilities[index], classes, truth, SIDE)
        for each in (judged, other)
        if each is not None
    )
    text = "".join(f"<div>{line}</div>" for line in lines)
    return f'<div style="font-size:.82rem;line-height:1.35">{shown}{bars}{text}</div>'


def _prediction(judged: JudgedRun, index: int, letter: str) -> str:
    template = _("{letter}: <b>{name}</b>, {share}") if letter else _("says <b>{name}</b>: {share}")
    name = html.escape(judged.classes[int(judged.judgement.predictions[index])])
    return template.format(
        letter=letter, name=name, share=_probability(judged.judgement.confidence[index])
    )


def _probability(share: float) -> str:
    return html.escape(probability(float(share)))

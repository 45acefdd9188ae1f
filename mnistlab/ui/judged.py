"""A network judged on all test images: the images that it was asked about, each with its answer."""

import html
import math
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistlab.analysis.evaluation import Judgement
from mnistlab.data import Dataset, load_dataset
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.pictures import picture, probability_columns
from mnistlab.store import RunRecord
from mnistlab.ui import cached, words
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import _
from mnistlab.ui.pictures import place_of

SIDE = 96  # pixels of an image


@dataclass(frozen=True, eq=False)
class Judged:
    """What the views share."""

    page: Page
    run: RunRecord
    step: int
    dataset: Dataset
    judgement: Judgement

    @property
    def classes(self) -> tuple[str, ...]:
        return self.dataset.classes


def judged(page: Page, run: RunRecord) -> Judged:
    """What the network of the page's step says of all test images. Stops the page where these are not here."""
    assert page.step is not None
    if not data_ready(run.config.dataset):
        st.stop()
    return Judged(page, run, page.step, load_dataset(run.config.dataset), cached.judgement(run, page.step))


def images(found: Judged, places: np.ndarray, key: str, at_once: int, other: Judged | None = None) -> None:
    """The test images `places`, `at_once` of them, each with its ten probabilities and a way into the network."""
    pages = math.ceil(len(places) / at_once)
    number = st.pagination(pages, key=f"{key}.page") if pages > 1 else 1
    with st.container(horizontal=True):
        for index in places[(number - 1) * at_once : number * at_once].tolist():
            with st.container(width=SIDE + 8, gap=None):
                st.html(_image(found, index, other))
                digit, place = place_of(found.dataset, index)
                found.page.link("feature_maps", _("Inside"), run=found.run.id, step=found.step, digit=digit, index=place)


def _image(found: Judged, index: int, other: Judged | None) -> str:
    judgement, classes = found.judgement, found.classes
    truth, right = int(judgement.labels[index]), bool(judgement.correct[index])
    answers = [_answer(found, index, "" if other is None else "A")]
    if other is not None:
        answers.append(_answer(other, index, "B"))
    elif not right:
        answers.append(_("is {name}: {share}").format(name=html.escape(classes[truth]), share=_sure(judgement.probabilities[index, truth])))
    alt = _("Test image {index}, labelled {name}").format(index=index, name=classes[truth])
    shown = picture(found.dataset.test_images[index, 0].numpy(), alt, SIDE, GOOD if right else BAD)
    bars = "".join(
        probability_columns(each.judgement.probabilities[index], classes, truth, SIDE) for each in (found, other) if each is not None
    )
    lines = "".join(f"<div>{line}</div>" for line in answers)
    return f'<div style="font-size:.82rem;line-height:1.35">{shown}{bars}{lines}</div>'


def _answer(found: Judged, index: int, letter: str) -> str:
    words_of = _("{letter}: <b>{name}</b>, {share}") if letter else _("says <b>{name}</b>: {share}")
    name = html.escape(found.classes[int(found.judgement.predictions[index])])
    return words_of.format(letter=letter, name=name, share=_sure(float(found.judgement.confidence[index])))


def _sure(share: float) -> str:
    """A probability that never claims certainty."""
    return words.percent(share) if share < 0.99995 else f"&gt; {words.percent(0.9999)}"

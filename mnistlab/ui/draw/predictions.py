"""What networks make of a drawing: predictions, nearest training images, and attribution."""

from dataclasses import replace

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from mnistlab.analysis import neighbours
from mnistlab.analysis.inspection import Target
from mnistlab.analysis.intervals import probability
from mnistlab.choices import DATASETS
from mnistlab.figures.attribution import attribution_figure
from mnistlab.figures.pictures import gallery, probability_bars
from mnistlab.store import RunRecord
from mnistlab.train import predict
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.chosen_run import to_choose_from
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import N_, _, listed
from mnistlab.ui.kit.inputs.attribution import choose_method, explain_method
from mnistlab.ui.kit.network.live_network import live_network
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.words import literal, unique_names

MOST_RUNS, ACROSS = 4, 2
# training images to search for neighbours: as many as a network processes in a second or two
CANDIDATES = 5000
SPACES = {"pixels": N_("by pixels"), "features": N_("by the network's features")}


def chosen_runs(page: Page, run: RunRecord) -> list[RunRecord]:
    """The runs that predict side by side: those in the URL, or the page's own."""
    runs = [other for other in page.store.runs() if other.accuracy is not None]
    by_id = {other.id: other for other in to_choose_from(runs)} | {run.id: run}
    names = dict(zip(by_id, unique_names(list(by_id.values())), strict=True))
    chosen = page.choose_several(
        "compare",
        _("Networks"),
        list(by_id),
        [run.id],
        format_func=names.__getitem__,
        max_selections=MOST_RUNS,
        label_visibility="collapsed",
    )
    return [by_id[run_id] for run_id in chosen]


def step_of(page: Page, run: RunRecord) -> int:
    """The snapshot step of `run` nearest to the page's step; if that is the page's last, then the
    last of `run`.
    """
    if page.run is not None and run.id == page.run.id and page.step is not None:
        return page.step
    steps = page.store.snapshot_steps(run.id)
    if page.step is None or page.step == page.steps[-1]:
        return steps[-1]
    wanted = page.step
    return min(steps, key=lambda step: (abs(step - wanted), step))


def probabilities(
    page: Page, run: RunRecord, images: np.ndarray, normalise: bool = True
) -> np.ndarray:
    """Probabilities, float32 (N, 10), of `run` at the page's step for uint8 (N, 28, 28)."""
    config = run.config if normalise else run.config.replace(normalize="none")
    model = cached.model(run, step_of(page, run))
    return (
        predict(model, torch.from_numpy(np.array(images))[:, None], config).softmax(1).cpu().numpy()
    )


def predictions(page: Page, runs: list[RunRecord], image: np.ndarray, normalise: bool) -> None:
    """What each of `runs` takes `image`, uint8 (28, 28), for."""
    across = min(len(runs), ACROSS)
    columns = [column for _row in range(0, len(runs), across) for column in st.columns(across)]
    for column, run, name in zip(columns, runs, unique_names(runs), strict=False):
        with column, guard():
            shares, classes = (
                probabilities(page, run, image[None], normalise)[0],
                DATASETS[run.config.dataset].class_names,
            )
            st.metric(_("Prediction"), classes[int(shares.argmax())])
            st.caption(
                _("{name}, step {step:,}").format(name=literal(name), step=step_of(page, run))
            )
            alt_text = listed(
                f"{name} {probability(float(share))}"
                for name, share in zip(classes, shares, strict=True)
            )
            st.html(
                probability_bars(
                    shares, classes, _("Probabilities: {shares}").format(shares=alt_text)
                )
            )


def awaited(run: RunRecord) -> None:
    """The place of what `run` will predict, while there is nothing to predict from."""
    st.caption(_("The prediction appears here as soon as you draw."))
    classes = DATASETS[run.config.dataset].class_names
    st.html(probability_bars(None, classes, _("No prediction yet")))


def live(page: Page, run: RunRecord, image: np.ndarray | None, normalise: bool) -> None:
    """The whole network of `run`, which follows the pen on the canvas while it moves; with a file,
    the network with the prepared `image`, uint8 (28, 28).
    """
    st.markdown(f"**{_('The network while you draw')}**")
    canvas = page.query.get("from", "canvas") == "canvas"
    live_network(
        page,
        run,
        picture=None if canvas else image,
        pen="canvas" if canvas else None,
        prepare={name: page.query.get(name, 1) == 1 for name in ("crop", "fit", "centre")},
        normalise=normalise,
        key="draw.live",
    )


def nearest_images(page: Page, run: RunRecord, image: np.ndarray) -> None:
    """The training images nearest to `image`, uint8 (28, 28), in pixel or feature space."""
    space = page.choose(
        "space",
        _("Nearest"),
        list(SPACES),
        widget=st.segmented_control,
        format_func=lambda name: _(SPACES[name]),
        label_visibility="collapsed",
    )
    part = cached.images_of(run)
    images, labels = part.train_images[:CANDIDATES], part.train_labels[:CANDIDATES]
    drawn = torch.from_numpy(np.array(image))[None, None]
    if space == "features":
        nearest = _nearest_by_features(page, run, drawn, labels)
    else:
        nearest = neighbours.nearest_images(drawn[0], images, labels)
    classes = DATASETS[run.config.dataset].class_names
    names = [classes[label] for label in nearest.labels]
    st.html(
        gallery(
            [images[index, 0].numpy() for index in nearest.indices],
            [
                f"{name} · {distance:.1f}"
                for name, distance in zip(names, nearest.distances, strict=True)
            ],
            [
                _("Training image {index}, labelled {name}").format(index=index, name=name)
                for index, name in zip(nearest.indices, names, strict=True)
            ],
            [None] * len(names),
        )
    )
    st.caption(
        _("From the first {n:,} training images. Label · Euclidean distance").format(n=len(images))
    )


def _nearest_by_features(
    page: Page, run: RunRecord, drawn: Tensor, labels: Tensor
) -> neighbours.Neighbours:
    step = step_of(page, run)
    features = cached.last_features(run, step, drawn)
    rows = np.concatenate([features, cached.train_features(run, step, CANDIDATES)])
    nearest = neighbours.nearest_rows(rows, 0, np.concatenate([[-1], labels]))
    return replace(nearest, indices=nearest.indices - 1)  # row 0 is the drawing itself


def attribution(page: Page, run: RunRecord, image: np.ndarray) -> None:
    """Which pixels of `image`, uint8 (28, 28), count towards the predicted or another class."""
    classes, step = DATASETS[run.config.dataset].class_names, step_of(page, run)
    predicted = int(probabilities(page, run, image[None])[0].argmax())
    left, right = st.columns(2)
    with left:
        digit = page.choose(
            "class",
            _("Class"),
            [None, *range(10)],
            format_func=lambda digit: _("the predicted class") if digit is None else classes[digit],
        )
    with right:
        method = choose_method(page, cached.model(run, step))
    target = Target(predicted if digit is None else digit)
    result = cached.attribution(run, step, np.ascontiguousarray(image).tobytes(), target, method)
    chart(attribution_figure(image / 255, result, classes).update_layout(height=440), "draw.why")
    explain_method(method)
    if not page.query.get("normalise", 1):
        st.caption(_("Computed for the drawing normalised as in training."))

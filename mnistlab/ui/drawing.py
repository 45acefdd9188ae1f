"""What the chosen networks say of a drawing: their predictions, the nearest training images, the pixels that decide."""

import numpy as np
import streamlit as st
import torch

from mnistlab.analysis import neighbours
from mnistlab.analysis.looking import Target
from mnistlab.data import CLASSES, load_dataset, split
from mnistlab.figures.feature_maps import attribution_figure
from mnistlab.figures.pictures import gallery, probability_bars
from mnistlab.store import RunRecord
from mnistlab.train import predict
from mnistlab.ui import cached, words
from mnistlab.ui.charts import chart
from mnistlab.ui.compare import unique_names
from mnistlab.ui.drawing_way import SWITCHES
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import _
from mnistlab.ui.inside import METHODS
from mnistlab.ui.reasons import METHOD_NAMES, METHOD_WORDS, has_grad_cam
from mnistlab.ui.url import Parameter, one_of, text, whole

PARAMETERS: dict[str, Parameter] = {
    "from": one_of("canvas", "file"),
    "compare": text(),
    "pen": whole(1, 100),
    "class": whole(0, 9),
    "method": one_of(*METHODS),
    **{name: whole(0, 1) for name in SWITCHES},
}
MOST_RUNS, ACROSS = 4, 2  # networks that predict, and how many of them side by side: the bars need room
CANDIDATES = 5000  # training images among which neighbours are sought: as many as the network sees in a second or two


def chosen_runs(page: Page, run: RunRecord) -> list[RunRecord]:
    """The runs that predict side by side: those that the URL names, or the page's own."""
    known = {other.id: other for other in page.store.runs() if other.accuracy is not None} | {run.id: run}
    names = dict(zip(known, unique_names(list(known.values())), strict=True))
    wanted = [run_id for run_id in page.query.get("compare", run.id).split(",") if run_id in known][:MOST_RUNS] or [run.id]
    key = "draw.compare"
    if st.session_state.get(key) is None or st.session_state.get(f"{key}.url") != wanted:
        st.session_state[key] = wanted
    chosen = st.multiselect(
        _("Networks"), list(known), key=key, format_func=names.__getitem__, max_selections=MOST_RUNS, label_visibility="collapsed"
    ) or [run.id]
    st.session_state[f"{key}.url"] = chosen
    page.query.set("compare", None if chosen == [run.id] else ",".join(chosen))
    return [known[run_id] for run_id in chosen]


def step_of(page: Page, run: RunRecord) -> int:
    """The step at which weights of `run` are kept that is nearest to the page's; the page's last step is every run's last."""
    if page.run is not None and run.id == page.run.id and page.step is not None:
        return page.step
    steps = page.store.snapshot_steps(run.id)
    if page.step is None or page.step == page.steps[-1]:
        return steps[-1]
    wanted = page.step
    return min(steps, key=lambda step: (abs(step - wanted), step))


def probabilities(page: Page, run: RunRecord, images: np.ndarray, normalise: bool = True) -> np.ndarray:
    """What `run` gives `images`, uint8 (N, 28, 28), at the page's step: float32 (N, 10)."""
    config = run.config if normalise else run.config.replace(normalize="none")
    model = cached.model(run, step_of(page, run))
    return predict(model, torch.from_numpy(np.array(images))[:, None], config).softmax(1).cpu().numpy()


def predictions(page: Page, runs: list[RunRecord], image: np.ndarray, normalise: bool) -> None:
    """What each of `runs` takes `image`, uint8 (28, 28), for."""
    across = min(len(runs), ACROSS)
    columns = [column for _row in range(0, len(runs), across) for column in st.columns(across)]
    for column, run, name in zip(columns, runs, unique_names(runs), strict=False):
        with column, guard():
            shares, classes = probabilities(page, run, image[None], normalise)[0], CLASSES[run.config.dataset]
            st.metric(_("Prediction"), classes[int(shares.argmax())])
            st.caption(_("{name}, step {step:,}").format(name=name, step=step_of(page, run)))
            spoken = ", ".join(f"{name} {words.percent(float(share))}" for name, share in zip(classes, shares, strict=True))
            st.html(probability_bars(shares, classes, _("Probabilities: {shares}").format(shares=spoken)))


def nearest(page: Page, run: RunRecord, image: np.ndarray) -> None:
    """The training images that are nearest to `image`, uint8 (28, 28), to the eye of the pixels or of the network."""
    spaces = {"pixels": _("pixel by pixel"), "features": _("as the network sees them")}
    space = st.segmented_control(
        _("Nearest"), list(spaces), default="pixels", format_func=spaces.__getitem__, key="draw.space", label_visibility="collapsed"
    )
    part = split(load_dataset(run.config.dataset), run.config)
    images, labels = part.train_images[:CANDIDATES], part.train_labels[:CANDIDATES]
    drawn = torch.from_numpy(np.array(image))[None, None]
    if space == "features":
        step = step_of(page, run)
        rows = np.concatenate([cached.deciding_features(run, step, drawn), cached.train_features(run, step, CANDIDATES)])
        found = neighbours.nearest_rows(rows, 0, np.concatenate([[-1], labels]))
        places = found.indices - 1  # row 0 is the drawing itself
    else:
        found = neighbours.nearest_images(drawn[0], images, labels)
        places = found.indices
    classes = CLASSES[run.config.dataset]
    names = [classes[label] for label in found.labels]
    st.html(
        gallery(
            [images[index, 0].numpy() for index in places],
            [f"{name} · {distance:.1f}" for name, distance in zip(names, found.distances, strict=True)],
            [_("Training image {index}, a {name}").format(index=index, name=name) for index, name in zip(places, names, strict=True)],
            [None] * len(names),
        )
    )
    st.caption(_("Of the first {n:,} training images: label · Euclidean distance.").format(n=len(images)))


def why(page: Page, run: RunRecord, image: np.ndarray) -> None:
    """Which pixels of `image`, uint8 (28, 28), speak for the network's answer, or for another class."""
    classes, step = CLASSES[run.config.dataset], step_of(page, run)
    answer = int(probabilities(page, run, image[None])[0].argmax())
    left, right = st.columns(2)
    with left:
        digit = page.choose(
            "class", _("Why"), [None, *range(10)], format_func=lambda digit: _("its answer") if digit is None else classes[digit]
        )
    with right:
        methods = [name for name in METHODS if name != "grad-cam" or has_grad_cam(cached.model(run, step))]
        method = page.choose("method", _("Method"), methods, format_func=lambda name: _(METHOD_NAMES[name]))
    target = Target(answer if digit is None else digit)
    found = cached.attribution(run, step, np.ascontiguousarray(image).tobytes(), target, method)
    chart(attribution_figure(image / 255, found, classes).update_layout(height=440), "draw.why")
    st.caption(_(METHOD_WORDS[method]))
    if not page.query.get("normalise", 1):
        st.caption(_("Shown for the drawing normalised as in training."))

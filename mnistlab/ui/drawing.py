"""The parts of the page on which one draws: the way to 28×28, the predictions, the neighbours, and one's own test set."""

import numpy as np
import streamlit as st
import torch

from mnistlab.analysis import drawing, neighbours
from mnistlab.analysis.looking import Target
from mnistlab.config import TrainConfig
from mnistlab.data import CLASSES, load_dataset, split
from mnistlab.figures.feature_maps import attribution_figure
from mnistlab.figures.pictures import gallery, picture, probability_bars
from mnistlab.store import RunRecord
from mnistlab.store.drawings import Drawing, delete_drawing, drawings, save_drawing
from mnistlab.train import predict
from mnistlab.ui import cached, state, words
from mnistlab.ui.charts import chart
from mnistlab.ui.compare import unique_names
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.inside import METHODS
from mnistlab.ui.reasons import METHOD_NAMES, METHOD_WORDS, has_grad_cam
from mnistlab.ui.url import Parameter, one_of, text, whole

PARAMETERS: dict[str, Parameter] = {
    "from": one_of("canvas", "file"),
    "compare": text(),
    "pen": whole(1, 100),
    "class": whole(0, 9),
    "method": one_of(*METHODS),
    **{name: whole(0, 1) for name in ("crop", "fit", "centre", "normalise")},
}
MOST_RUNS = 4  # side by side
CANDIDATES = 5000  # training images among which neighbours are sought: as many as the network sees in a second or two
TILE = 132  # CSS pixels
WAY = {  # step -> (what it is called, what it does)
    "drawing": (N_("Your drawing"), ""),
    "crop": (N_("Crop"), N_("to the ink")),
    "fit": (N_("Fit"), N_("into 20×20")),
    "centre": (N_("Centre"), N_("of mass in the middle of 28×28")),
    "normalise": (N_("Normalise"), N_("as in training")),
}


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


def switch(page: Page, name: str, disabled: bool = False) -> bool:
    """Whether the step `name` is done: a switch whose position is in the URL."""
    key, on = f"draw.{name}", page.query.get(name, 1) == 1
    if st.session_state.get(key) is None or st.session_state.get(f"{key}.url") != on:
        st.session_state[key] = on
    value = st.toggle(_(WAY[name][0]), key=key, disabled=disabled)
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
    for name in ("crop", "fit", "centre", "normalise"):
        with places[name]:
            on[name] = switch(page, name, disabled=name == "normalise" and not zscored)
    taken = {step.name: step.image for step in drawing.steps(ink, on["crop"], on["fit"], on["centre"])}
    final = taken.pop("place", None) if "place" in taken else taken["centre"]
    assert final is not None
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


# -- what the networks say -----------------------------------------------------------------------------------------------------


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
    for column, run, name in zip(st.columns(len(runs)), runs, unique_names(runs), strict=True):
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
    chart(attribution_figure(image / 255, found).update_layout(height=420), "draw.why")
    st.caption(_(METHOD_WORDS[method]))
    if not page.query.get("normalise", 1):
        st.caption(_("Shown for the drawing normalised as in training."))


# -- one's own test set --------------------------------------------------------------------------------------------------------


def save(page: Page, image: np.ndarray, config: TrainConfig) -> None:
    """Download `image`, uint8 (28, 28), or keep it in one's own test set."""
    label = st.pills(_("What is it really?"), range(10), key="draw.label", format_func=lambda index: CLASSES[config.dataset][index])
    low, high = drawing.value_range(config)
    with st.container(horizontal=True):
        if st.button(_("Save as a test image"), icon=":material/bookmark_add:", disabled=label is None, key="draw.save"):
            with guard():
                save_drawing(page.store, state.session_id(), image, int(label or 0))
                st.toast(_("Saved."))
        st.download_button(
            "PNG", drawing.to_png(image), "digit.png", "image/png", icon=":material/download:", on_click="ignore", key="draw.png"
        )
        st.download_button(
            "CSV", drawing.digit_csv(image, config), "digit.csv", "text/csv", icon=":material/download:", on_click="ignore", key="draw.csv",
            help=_("28 lines of 28 values as the network is given them, from {low:.2f} (black) to {high:.2f} (white), not bytes.").format(low=low, high=high),
        )  # fmt: skip


def own_test_set(page: Page, runs: list[RunRecord]) -> None:
    """What was saved, and how many of them each of `runs` gets right."""
    with guard():
        saved = drawings(page.store, state.session_id())
        if not saved:
            st.caption(_("Nothing is saved yet. Say what your drawing really is, and save it: ten of each digit already make a test."))
            return
        images, labels = np.stack([each.image for each in saved]), np.array([each.label for each in saved])
        guesses = {run.id: probabilities(page, run, images).argmax(1) for run in runs}
        for run, name in zip(runs, unique_names(runs), strict=True):
            correct = int((guesses[run.id] == labels).sum())
            st.markdown(
                _("**{name}**: {correct} of {count} right, {accuracy} (95 % interval {interval})").format(
                    name=name,
                    correct=correct,
                    count=len(saved),
                    accuracy=words.percent(correct / len(saved)),
                    interval=words.interval(correct, len(saved)),
                )
            )
        classes, guessed = CLASSES[runs[0].config.dataset], guesses[runs[0].id]
        told = [
            _("{label}, taken for {guess}").format(label=classes[label], guess=classes[guess])
            for label, guess in zip(labels, guessed, strict=True)
        ]
        st.html(
            gallery(
                list(images), [f"{classes[a]} → {classes[b]}" for a, b in zip(labels, guessed, strict=True)], told, list(guessed == labels)
            )
        )
        st.caption(
            _("Truth → what {name} takes it for. They belong to this browser tab: download what is to last.").format(
                name=unique_names(runs)[0]
            )
        )
        _set_tools(page, saved, images, labels)


def _set_tools(page: Page, saved: list[Drawing], images: np.ndarray, labels: np.ndarray) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("All as CSV"), lambda: drawing.drawings_csv(images, labels.tolist()).encode(), "drawings.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key="draw.set.csv",
        )  # fmt: skip
        st.download_button(
            _("All as PNG"),
            lambda: drawing.to_png(images),
            "drawings.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
            key="draw.set.png",
        )
        with st.popover(_("Delete"), icon=":material/delete:"):
            number = st.selectbox(
                _("Which one"), range(len(saved)), format_func=lambda index: f"{index + 1}: {labels[index]}", key="draw.which"
            )
            st.button(_("Delete this one"), on_click=_forget, args=(page, [saved[number]]), key="draw.delete")
            st.button(_("Delete all"), on_click=_forget, args=(page, saved), key="draw.delete.all")


def _forget(page: Page, gone: list[Drawing]) -> None:
    with guard():
        for each in gone:
            delete_drawing(page.store, state.session_id(), each.id)

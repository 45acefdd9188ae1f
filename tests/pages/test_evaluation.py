"""Judging networks: the numbers are scikit-learn's, the images are those of the cell, and a link opens the same view."""

import re
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from streamlit.testing.v1 import AppTest
from streamlit.typing import PlotlyState

from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from, predict
from mnistlab.ui import evaluation
from mnistlab.ui.pictures import place_of
from pages.made import TINY, link, opened, trained, words
from pages.test_feature_maps import charts, numbers, traces

pytestmark = pytest.mark.usefixtures("one_thread")

PAGE = "pages/evaluation.py"
LAST = 60
CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=LAST, eval_every=LAST)  # knows something, but makes mistakes
LSTM = CNN.replace(arch="lstm", hidden=8)


def look(run: RunRecord, alone: bool = True, **query: Any) -> AppTest:
    page = opened(PAGE, alone, run=run.id, **{name: str(value) for name, value in query.items()})
    assert not page.exception
    assert not page.error, words(page)
    return page


def probabilities(store: Store, run: RunRecord, step: int | None = None) -> np.ndarray:
    """A plain forward pass over all test images."""
    images = load_dataset("digits").test_images
    return predict(model_from(run.config, store.weights(run.id, step)), images, run.config).softmax(1).numpy()


def labels() -> np.ndarray:
    return load_dataset("digits").test_labels.numpy()


def pictured(page: AppTest) -> list[int]:
    """The numbers of the test images that are shown, in order."""
    return [int(number) for element in page.get("html") for number in re.findall(r'alt="Test image (\d+),', element.proto.body)]


def table(page: AppTest, chart: int = 0) -> np.ndarray:
    """The numbers of a heat map (10, 10)."""
    return numbers(traces(page, chart)[0]["z"])


# -- every view ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [CNN, LSTM], ids=lambda config: config.arch)
def test_every_view_renders_at_every_step_with_described_charts(store: Store, config: TrainConfig) -> None:
    run = trained(store, config)
    page = look(run)
    for view in evaluation.VIEWS:
        for step in store.snapshot_steps(run.id):
            page.query_params["view"], page.query_params["step"] = view, str(step)
            page.run()
            assert not page.exception, (view, step)
            assert not page.error, (view, step, words(page))
            assert not page.warning, (view, step, words(page))
            assert len(charts(page)) == (view != "mistakes"), view
            assert all(len(chart.alt) > 40 for chart in charts(page)), view


def test_without_a_run_one_click_trains_one_and_judges_it(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    from mnistlab.ui import frame

    monkeypatch.setattr(frame, "first_config", lambda: TINY)
    page = opened(PAGE, alone=True)
    assert not page.exception
    assert "There is no network to look at yet" in words(page)
    page.button(key="first_run").click().run()
    assert not page.exception
    assert link(page)["run"] == TINY.run_id
    assert charts(page)


# -- the numbers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [CNN, LSTM], ids=lambda config: config.arch)
@pytest.mark.parametrize(("share", "normalize"), [("counts", None), ("true", "true"), ("predicted", "pred")])
def test_confusion_matrix_is_that_of_a_plain_forward_pass(store: Store, config: TrainConfig, share: str, normalize: Any) -> None:
    run = trained(store, config)
    for step in (0, LAST):
        wanted = confusion_matrix(labels(), probabilities(store, run, step).argmax(1), labels=range(10), normalize=normalize)
        page = look(run, share=share, color="all", step=step)
        assert np.allclose(table(page), wanted if normalize is None else 100 * wanted, rtol=1e-5)
        page = look(run, share=share, step=step)
        off = ~np.eye(10, dtype=bool)
        assert np.allclose(table(page)[off], (wanted if normalize is None else 100 * wanted)[off], rtol=1e-5)
        assert np.isnan(np.diag(table(page))).all()


def test_accuracy_stands_with_its_interval_beside_that_of_the_first_images(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    run = trained(store, CNN)
    right = probabilities(store, run).argmax(1) == labels()
    monkeypatch.setattr(evaluation, "FIRST", 200)
    page = look(run)
    assert [metric.label for metric in page.metric] == [
        "Accuracy on all 500 test images", "Only the first 200, as while training",
    ]  # fmt: skip
    for metric, correct in zip(page.metric, (right, right[:200]), strict=True):
        low, high = proportion_confint(correct.sum(), len(correct), method="wilson")
        assert metric.value == f"{100 * correct.mean():.2f} %"
        assert f"95 % interval: {100 * low:.2f} to {100 * high:.2f} %" in words(page)


def test_accuracy_on_the_first_images_is_left_out_where_there_are_no_more(store: Store) -> None:
    assert len(look(trained(store, CNN)).metric) == 1


def test_scores_of_each_class_are_those_of_scikit_learn(store: Store) -> None:
    run = trained(store, CNN)
    page = look(run, view="classes")
    said = probabilities(store, run).argmax(1)
    wanted = precision_recall_fscore_support(labels(), said, labels=range(10), zero_division=np.nan)
    shown = page.dataframe[0].value
    for column, values in zip(("Precision (%)", "Recall (%)", "F1 (%)"), wanted[:3], strict=True):
        assert np.allclose(shown[column], 100 * values, equal_nan=True)
    assert shown["Images"].tolist() == wanted[3].tolist()
    low, high = proportion_confint((said[labels() == 3] == 3).sum(), (labels() == 3).sum(), method="wilson")
    assert shown["95 % interval of the recall"][3] == f"{100 * low:.2f} to {100 * high:.2f} %"


def test_calibration_compares_confidence_and_accuracy(store: Store) -> None:
    run = trained(store, CNN)
    found = probabilities(store, run)
    confidence, right = found.max(1), found.argmax(1) == labels()
    bins = np.ceil(confidence * 10).astype(int)
    error = sum(abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))
    page = look(run, view="calibration")
    assert f"expected calibration error is {100 * error:.2f} %" in charts(page)[0].alt
    assert f"Expected calibration error: **{100 * error:.2f} %**" in words(page)
    assert f"{100 * confidence.mean():.2f} % sure, and right in {100 * accuracy_score(labels(), found.argmax(1)):.2f} %" in words(page)


def test_most_confident_mistakes_come_first_with_all_their_probabilities(store: Store) -> None:
    run = trained(store, CNN)
    found = probabilities(store, run)
    wrong = np.flatnonzero(found.argmax(1) != labels())
    wanted = wrong[np.argsort(-found.max(1)[wrong], kind="stable")]
    page = look(run, view="mistakes")
    assert f"**{len(wrong)} mistakes**" in words(page)
    assert pictured(page) == wanted[: evaluation.MANY].tolist()
    first = next(element.proto.body for element in page.get("html") if f"Test image {wanted[0]}," in element.proto.body)
    assert ", ".join(f"{digit}: {share:.2%}" for digit, share in enumerate(found[wanted[0]].tolist())) in first


# -- one cell ------------------------------------------------------------------------------------------------------------------


def test_commonest_confusion_is_shown_at_first(store: Store) -> None:
    run = trained(store, CNN)
    said = probabilities(store, run).argmax(1)
    errors = confusion_matrix(labels(), said, labels=range(10)) * (1 - np.eye(10, dtype=int))
    page = look(run)
    true, predicted = page.selectbox(key="evaluation.true").value, page.selectbox(key="evaluation.predicted").value
    assert errors[true, predicted] == errors.max() > 0


@pytest.mark.parametrize("way", ["link", "boxes", "click"])
def test_cell_shows_its_images_however_it_was_chosen_and_stands_in_the_link(store: Store, way: str) -> None:
    run = trained(store, CNN)
    found = probabilities(store, run)
    best = int(np.bincount(labels()[found.argmax(1) == labels()]).argmax())
    true = predicted = best
    places = np.flatnonzero((labels() == true) & (found.argmax(1) == predicted))
    assert len(places) > evaluation.FEW, "so that there is more than one page of them"
    wanted = places[np.argsort(-found.max(1)[places], kind="stable")]
    page = look(run, **({"true": true, "predicted": predicted} if way == "link" else {}))
    if way == "boxes":
        page.selectbox(key="evaluation.true").set_value(true).run()
        page.selectbox(key="evaluation.predicted").set_value(predicted).run()
    elif way == "click":
        point = {"point_index": 11 * best, "customdata": [true, predicted]}
        page.session_state["matrix"] = PlotlyState({"selection": {"points": [point], "point_indices": [11 * best], "box": [], "lasso": []}})
        page.run()
    assert not page.exception
    assert link(page) | {"true": str(best), "predicted": str(best)} == link(page)
    assert pictured(page) == wanted[: evaluation.FEW].tolist()
    assert f"{len(places)} images of {best} are recognised." in words(page)
    assert pictured(look(run, **{name: value for name, value in link(page).items() if name != "run"})) == pictured(page)


def test_cell_without_images_says_so(store: Store) -> None:
    run = trained(store, CNN)
    matrix = confusion_matrix(labels(), probabilities(store, run).argmax(1), labels=range(10))
    true, predicted = np.argwhere((matrix == 0) & ~np.eye(10, dtype=bool))[0].tolist()
    page = look(run, true=true, predicted=predicted)
    assert pictured(page) == []
    assert f"0 images of {true} are taken for {predicted}." in words(page)


def test_each_image_leads_into_the_feature_maps_of_this_step(store: Store) -> None:
    run = trained(store, CNN)
    page = look(run, alone=False, view="mistakes", step=8)
    wanted = [
        {"run": run.id, "step": "8", "digit": str(digit), "index": str(place)}
        for digit, place in (place_of(load_dataset("digits"), index) for index in pictured(page))
    ]
    links = [element.proto for element in page.main.get("page_link") if element.proto.label == "Inside"]
    assert [dict(part.split("=") for part in target.query_string.split("&")) for target in links] == wanted
    assert {target.page for target in links} == {"feature_maps"}


# -- two networks --------------------------------------------------------------------------------------------------------------


def test_two_runs_are_compared_image_by_image(store: Store) -> None:
    a, b = trained(store, CNN), trained(store, LSTM)
    said_a, said_b = (probabilities(store, run).argmax(1) for run in (a, b))
    matrices = [confusion_matrix(labels(), said, labels=range(10)) for said in (said_a, said_b)]
    right_a, right_b = said_a == labels(), said_b == labels()
    only = {"a": np.flatnonzero(right_a & ~right_b), "b": np.flatnonzero(right_b & ~right_a)}
    assert all(len(places) for places in only.values())
    page = look(a, view="compare", other=b.id)
    assert np.array_equal(table(page), matrices[1] - matrices[0])
    for which, places in only.items():
        page = look(a, view="compare", other=b.id, only=which)
        assert pictured(page) == places[: evaluation.FEW].tolist()
    said = page.info[0].value
    assert said.startswith(f"{len(only['a']):,} images only A gets right, {len(only['b']):,} only B.")
    chance = mcnemar([[0, len(only["a"])], [len(only["b"]), 0]], exact=True).pvalue
    assert ("is better" in said and "poor explanation" in said) == (chance < 0.05)


def test_network_is_compared_with_itself_before_training_when_there_is_no_other(store: Store) -> None:
    run = trained(store, CNN)
    page = look(run, view="compare")
    before, after = (confusion_matrix(labels(), probabilities(store, run, step).argmax(1), labels=range(10)) for step in (0, LAST))
    assert np.array_equal(table(page), before - after)
    page.select_slider(key="evaluation.other_step").set_value(LAST).run()
    assert link(page)["other_step"] == str(LAST)
    assert not table(page).any()
    assert "nothing tells them apart" in page.info[0].value


def test_choosing_another_run_to_compare_with_forgets_the_step_of_the_first(store: Store) -> None:
    a, b, c = trained(store, CNN), trained(store, LSTM), trained(store, TINY)
    page = look(a, view="compare", other=b.id, other_step=LAST)
    page.selectbox(key="evaluation.other").set_value(c.id).run()
    assert not page.exception
    assert not page.warning
    assert link(page)["other"] == c.id
    assert "step 4:" in words(page)

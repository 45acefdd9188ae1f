"""Judging networks: the numbers are scikit-learn's, the images are those of the cell, and a link
opens the same view.
"""

import re
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
import streamlit as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from streamlit.testing.v1 import AppTest
from streamlit.typing import PlotlyState

from mnistlab.analysis.intervals import probability
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.store import RunRecord, Store
from mnistlab.store.tables import PREDICTIONS
from mnistlab.train import model_from, predict
from mnistlab.ui.evaluation import confusion, scores
from mnistlab.ui.evaluation.views import VIEWS
from mnistlab.ui.kit.inputs.image_choice import place_of
from pages.elements import charts, numbers, traces
from pages.runs import TINY, link, opened, trained, words

PAGE = "pages/evaluation.py"
LAST = 60
# knows something, but makes mistakes
CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=LAST, eval_every=LAST)
LSTM = CNN.replace(arch="lstm", hidden=8)


def look(run: RunRecord, alone: bool = True, **query: Any) -> AppTest:
    page = opened(PAGE, alone, run=run.id, **{name: str(value) for name, value in query.items()})
    assert not page.exception
    assert not page.error, words(page)
    return page


def probabilities(store: Store, run: RunRecord, step: int | None = None) -> np.ndarray:
    """A plain forward pass over all test images."""
    images = load_dataset("digits").test_images
    return (
        predict(model_from(run.config, store.weights(run.id, step)), images, run.config)
        .softmax(1)
        .numpy()
    )


def labels() -> np.ndarray:
    return load_dataset("digits").test_labels.numpy()


def pictured(page: AppTest) -> list[int]:
    """The numbers of the test images that are shown, in order."""
    return [
        int(number)
        for element in page.get("html")
        for number in re.findall(r'alt="Test image (\d+),', element.proto.body)
    ]


def table(page: AppTest, chart: int = 0) -> np.ndarray:
    """The numbers of a heat map (10, 10)."""
    return numbers(traces(page, chart)[0]["z"])


# -- every view ------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [CNN, LSTM], ids=lambda config: config.arch)
def test_every_view_renders_at_every_step_with_described_charts(
    store: Store, config: TrainConfig
) -> None:
    run = trained(store, config)
    page = look(run)
    for view in VIEWS:
        for step in store.snapshot_steps(run.id):
            page.query_params["view"], page.query_params["step"] = view, str(step)
            page.run()
            assert not page.exception, (view, step)
            assert not page.error, (view, step, words(page))
            assert not page.warning, (view, step, words(page))
            assert len(charts(page)) == (view != "mistakes"), view
            assert all(len(chart.alt) > 40 for chart in charts(page)), view


def test_without_a_run_one_click_trains_one_and_judges_it(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    from mnistlab.ui.kit import chosen_run

    monkeypatch.setattr(chosen_run, "first_config", lambda: TINY)
    page = opened(PAGE, alone=True)
    assert not page.exception
    assert "There is no network to look at yet" in words(page)
    page.button(key="first_run").click().run()
    assert not page.exception
    assert link(page)["run"] == TINY.run_id
    assert charts(page)


# -- the numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [CNN, LSTM], ids=lambda config: config.arch)
@pytest.mark.parametrize(
    ("share", "normalize"), [("counts", None), ("true", "true"), ("predicted", "pred")]
)
def test_confusion_matrix_is_that_of_a_plain_forward_pass(
    store: Store, config: TrainConfig, share: str, normalize: Any
) -> None:
    run = trained(store, config)
    for step in (0, LAST):
        wanted = confusion_matrix(
            labels(),
            probabilities(store, run, step).argmax(1),
            labels=range(10),
            normalize=normalize,
        )
        page = look(run, share=share, color="all", step=step)
        assert np.allclose(table(page), wanted if normalize is None else 100 * wanted, rtol=1e-5)
        page = look(run, share=share, step=step)
        off = ~np.eye(10, dtype=bool)
        assert np.allclose(
            table(page)[off], (wanted if normalize is None else 100 * wanted)[off], rtol=1e-5
        )
        assert np.isnan(np.diag(table(page))).all()


def test_accuracy_stands_with_its_interval_beside_that_of_the_first_images(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    run = trained(store, CNN)
    right = probabilities(store, run).argmax(1) == labels()
    monkeypatch.setattr(scores, "FIRST", 200)
    page = look(run)
    assert [metric.label for metric in page.metric] == [
        "Accuracy on all 500 test images",
        "On the first 200 only",
    ]
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
    low, high = proportion_confint(
        (said[labels() == 3] == 3).sum(), (labels() == 3).sum(), method="wilson"
    )
    assert shown["95 % interval of the recall"][3] == f"{100 * low:.2f} to {100 * high:.2f} %"


def test_calibration_compares_confidence_and_accuracy(store: Store) -> None:
    run = trained(store, CNN)
    found = probabilities(store, run)
    confidence, right = found.max(1), found.argmax(1) == labels()
    bins = np.ceil(confidence * 10).astype(int)
    error = sum(
        abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    )
    page = look(run, view="calibration")
    assert f"expected calibration error is {100 * error:.2f} %" in charts(page)[0].alt
    assert f"Expected calibration error: **{100 * error:.2f} %**" in words(page)
    assert (
        f"mean confidence is {100 * confidence.mean():.2f} %, its accuracy "
        f"{100 * accuracy_score(labels(), found.argmax(1)):.2f} %" in words(page)
    )


def test_most_confident_mistakes_come_first_with_all_their_probabilities(store: Store) -> None:
    run = trained(store, CNN)
    found = probabilities(store, run)
    wrong = np.flatnonzero(found.argmax(1) != labels())
    wanted = wrong[np.argsort(-found.max(1)[wrong], kind="stable")]
    page = look(run, view="mistakes")
    assert f"**{len(wrong)} mistakes**" in words(page)
    assert pictured(page) == wanted[: scores.AT_ONCE].tolist()
    first = next(
        element.proto.body
        for element in page.get("html")
        if f"Test image {wanted[0]}," in element.proto.body
    )
    assert (
        ", ".join(
            f"{digit}: {probability(share)}"
            for digit, share in enumerate(found[wanted[0]].tolist())
        )
        in first
    )


# -- computed once ---------------------------------------------------------------------------------


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no network is tested on any images."""

    def refuse(*_: Any) -> None:
        raise AssertionError("the network was tested again")

    monkeypatch.setattr("mnistlab.analysis.evaluation.predict", refuse)


def forget_predictions(store: Store) -> None:
    """As if an earlier version had trained every run."""
    with store.engine.begin() as connection:
        connection.execute(sa.delete(PREDICTIONS))


def shown(page: AppTest) -> tuple[str, list[float]]:
    """All that a page says in words, tables and descriptions of charts: the text without its
    fractions, and these.
    """
    tables = [table.value.to_csv() for table in page.dataframe]
    said = "\n".join([words(page), *tables, *(chart.alt for chart in charts(page))])
    fraction = r"\d+\.\d+(?:e-\d+)?"
    return re.sub(fraction, "#", said), [float(text) for text in re.findall(fraction, said)]


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize("config", [CNN, LSTM], ids=lambda config: config.arch)
def test_a_finished_network_is_not_tested_again_in_any_view(
    store: Store, config: TrainConfig
) -> None:
    run, other = trained(store, config), trained(store, TINY)
    for view in VIEWS:
        page = look(run, view=view, other=other.id)
        assert page.metric[0].value == f"{100 * (run.accuracy or 0):.2f} %"
    assert opened(PAGE, alone=True, run=run.id, step="8").exception, "steps in between are tested"


@pytest.mark.parametrize("config", [CNN, LSTM], ids=lambda config: config.arch)
@pytest.mark.parametrize("view", VIEWS)
def test_a_run_of_an_earlier_version_shows_the_same(
    store: Store, config: TrainConfig, view: str
) -> None:
    run, other = trained(store, config), trained(store, TINY)
    stored = look(run, view=view, other=other.id)
    forget_predictions(store)
    st.cache_data.clear()
    (text, fractions), (expected, wanted) = (
        shown(look(run, view=view, other=other.id)),
        shown(stored),
    )
    assert text == expected
    # the network trains in another memory layout: a last bit may turn a rounded 11.164999 %
    assert fractions == pytest.approx(wanted, abs=0.0101)


def test_damaged_predictions_are_one_sentence(store: Store) -> None:
    run = trained(store, CNN)
    with store.engine.begin() as connection:
        connection.execute(sa.update(PREDICTIONS).values(logits=b"damaged"))
    page = opened(PAGE, alone=True, run=run.id)
    assert not page.exception
    [error] = page.error
    assert error.value.startswith(f"The predictions of run '{run.id}' are damaged in the store.")


# -- one cell --------------------------------------------------------------------------------------


def test_commonest_confusion_is_shown_at_first(store: Store) -> None:
    run = trained(store, CNN)
    said = probabilities(store, run).argmax(1)
    errors = confusion_matrix(labels(), said, labels=range(10)) * (1 - np.eye(10, dtype=int))
    page = look(run)
    true, predicted = (
        page.selectbox(key="evaluation.true").value,
        page.selectbox(key="evaluation.predicted").value,
    )
    assert errors[true, predicted] == errors.max() > 0


@pytest.mark.parametrize("way", ["link", "boxes", "click"])
def test_cell_shows_its_images_however_it_was_chosen_and_stands_in_the_link(
    store: Store, way: str
) -> None:
    run = trained(store, CNN)
    found = probabilities(store, run)
    best = int(np.bincount(labels()[found.argmax(1) == labels()]).argmax())
    true = predicted = best
    places = np.flatnonzero((labels() == true) & (found.argmax(1) == predicted))
    assert len(places) > confusion.AT_ONCE, "so that there is more than one page of them"
    wanted = places[np.argsort(-found.max(1)[places], kind="stable")]
    page = look(run, **({"true": true, "predicted": predicted} if way == "link" else {}))
    if way == "boxes":
        page.selectbox(key="evaluation.true").set_value(true).run()
        page.selectbox(key="evaluation.predicted").set_value(predicted).run()
    elif way == "click":
        point = {"point_index": 11 * best, "customdata": [true, predicted]}
        page.session_state["matrix"] = PlotlyState(
            {"selection": {"points": [point], "point_indices": [11 * best], "box": [], "lasso": []}}
        )
        page.run()
    assert not page.exception
    assert link(page) | {"true": str(best), "predicted": str(best)} == link(page)
    assert pictured(page) == wanted[: confusion.AT_ONCE].tolist()
    assert f"{len(places)} images labelled {best} are classified correctly." in words(page)
    assert pictured(
        look(run, **{name: value for name, value in link(page).items() if name != "run"})
    ) == pictured(page)


def test_cell_without_images_says_so(store: Store) -> None:
    run = trained(store, CNN)
    matrix = confusion_matrix(labels(), probabilities(store, run).argmax(1), labels=range(10))
    true, predicted = np.argwhere((matrix == 0) & ~np.eye(10, dtype=bool))[0].tolist()
    page = look(run, true=true, predicted=predicted)
    assert pictured(page) == []
    assert f"0 images labelled {true} are classified as {predicted}." in words(page)


def test_each_image_leads_into_the_feature_maps_of_this_step(store: Store) -> None:
    run = trained(store, CNN)
    page = look(run, alone=False, view="mistakes", step=8)
    wanted = [
        {"run": run.id, "step": "8", "digit": str(digit), "index": str(place)}
        for digit, place in (
            place_of(load_dataset("digits").test_labels, index) for index in pictured(page)
        )
    ]
    links = [
        element.proto for element in page.main.get("page_link") if element.proto.label == "Inspect"
    ]
    assert [
        dict(part.split("=") for part in target.query_string.split("&")) for target in links
    ] == wanted
    assert {target.page for target in links} == {"feature_maps"}


# -- two networks ----------------------------------------------------------------------------------


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
        assert pictured(page) == places[: confusion.AT_ONCE].tolist()
    said = page.info[0].value
    assert said.startswith(
        f"A alone gets {len(only['a']):,} images right, B alone {len(only['b']):,}."
    )
    chance = mcnemar([[0, len(only["a"])], [len(only["b"]), 0]], exact=True).pvalue
    assert ("is better" in said and "poor explanation" in said) == (chance < 0.05)


def test_network_is_compared_with_itself_before_training_when_there_is_no_other(
    store: Store,
) -> None:
    run = trained(store, CNN)
    page = look(run, view="compare")
    before, after = (
        confusion_matrix(labels(), probabilities(store, run, step).argmax(1), labels=range(10))
        for step in (0, LAST)
    )
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

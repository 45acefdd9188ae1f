"""Maps of a layer: the points are scikit-learn's, the neighbours those of a naive search, and a
link opens the same view.
"""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from mnistlab.analysis.inspection import network_input, walk
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.models import describe
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from, predict
from mnistlab.ui.embeddings import controls as embedding_controls
from mnistlab.ui.embeddings import jobs, maps, output
from mnistlab.ui.embeddings.jobs import MapJobs, MapSettings
from mnistlab.ui.embeddings.views import VIEWS
from mnistlab.ui.kit.inputs.image_choice import place_of
from pages.elements import charts, numbers, traces
from pages.runs import TINY, link, opened, trained, words

PAGE = "pages/embeddings.py"
CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=20, eval_every=20)
SHORT = "500"  # iterations
COUNT = 200  # images, to be quick
CONTROLS = {
    (module, name): getattr(module, name)
    for module, name in (
        (maps, "MAP"),
        (maps, "TRAINING"),
        (maps, "SETTINGS"),
        (output, "OUTPUT"),
    )
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store for all tests of this module, so that every map is computed once."""
    return f"sqlite:///{tmp_path_factory.mktemp('embeddings') / 'runs.db'}"


@pytest.fixture(autouse=True)
def _shared(_apart: None, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNISTLAB_STORE", url)
    for (module, name), controls in CONTROLS.items():
        monkeypatch.setattr(module, name, replace(controls, counts=(COUNT,)))


@pytest.fixture
def store(_shared: None) -> Store:
    return Store()


@pytest.fixture
def run(store: Store) -> RunRecord:
    return (
        store.get(CNN.run_id)
        if any(run.id == CNN.run_id for run in store.runs())
        else trained(store, CNN)
    )


def look(run: RunRecord, **query: Any) -> AppTest:
    page = opened(
        PAGE,
        alone=True,
        run=run.id,
        **{"iterations": SHORT} | {name: str(value) for name, value in query.items()},
    )
    assert not page.exception
    assert not page.error, words(page)
    return page


def seen(
    store: Store, run: RunRecord, layer: str, step: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(output of `layer` (N, D), answers (N,)) for the images of a map: a plain forward pass."""
    model, images = (
        model_from(run.config, store.weights(run.id, step)),
        load_dataset("digits").test_images[:COUNT],
    )
    with torch.no_grad():
        found = {
            name: value.flatten(1).numpy()
            for name, _, value in walk(model, network_input(images, run.config, model))
        }
    return found[layer], predict(model, images, run.config).argmax(1).numpy()


def labels() -> np.ndarray:
    return load_dataset("digits").test_labels[:COUNT].numpy()


def drawn(page: AppTest, chart: int = 0, dimensions: int = 2) -> np.ndarray:
    """The points of a chart (N, d), each at the place of its image; the class of each is held
    against its label.
    """
    points = np.full((COUNT, dimensions), np.nan, np.float32)
    for digit, trace in enumerate(traces(page, chart)[:10]):
        data = numbers(trace["customdata"])
        assert (data[:, 1] == digit).all()
        assert np.array_equal(data[:, 0], np.flatnonzero(labels() == digit))
        points[data[:, 0]] = np.stack([numbers(trace[axis]) for axis in "xyz"[:dimensions]], axis=1)
    return points


def ringed(page: AppTest) -> np.ndarray:
    """The places of the images that are marked as mistakes."""
    return np.flatnonzero(~np.isnan(numbers(traces(page)[10]["x"])))


def pictured(page: AppTest) -> list[int]:
    """The test images that are shown: the chosen one, then its neighbours."""
    return [
        int(number)
        for element in page.get("html")
        for number in re.findall(r'alt="Test image (\d+),', element.proto.body)
    ]


# -- the maps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["flatten", "out"])
def test_points_of_tsne_are_scikit_learns_and_the_mistakes_are_marked(
    store: Store, run: RunRecord, layer: str
) -> None:
    page = look(run, layer=layer)
    features, said = seen(store, run, layer)
    assert np.array_equal(
        drawn(page),
        TSNE(perplexity=30, max_iter=int(SHORT), random_state=0).fit_transform(features),
    )
    assert np.array_equal(ringed(page), np.flatnonzero(said != labels()))
    trust = trustworthiness(features, drawn(page), n_neighbors=10)
    assert f"Trustworthiness: **{trust:.3f}**" in words(page)


def test_points_of_pca_in_space_are_scikit_learns(store: Store, run: RunRecord) -> None:
    page = look(run, layer="pool1", method="pca", dimensions=3, step=1)
    features, said = seen(store, run, "pool1", 1)
    oracle = PCA(3, svd_solver="full").fit(features.astype(float))
    np.testing.assert_allclose(
        np.abs(drawn(page, dimensions=3)),
        np.abs(oracle.transform(features.astype(float))),
        rtol=1e-2,
        atol=1e-2,
    )
    assert np.array_equal(ringed(page), np.flatnonzero(said != labels()))
    assert (
        f"{100 * oracle.explained_variance_ratio_[0]:.2f} % of the variance" in charts(page)[0].spec
    )


def test_seed_perplexity_and_beginning_are_those_chosen(store: Store, run: RunRecord) -> None:
    page = look(run, perplexity=10, seed=3, style="dots")
    features, _ = seen(store, run, "flatten")
    oracle = TSNE(perplexity=10, max_iter=int(SHORT), init="random", random_state=3).fit_transform(
        features
    )
    assert np.array_equal(drawn(page), oracle)
    assert traces(page)[0]["mode"] == "markers"


def test_the_layer_before_the_output_stands_beside_the_output(store: Store, run: RunRecord) -> None:
    page = look(run, view="output", method="pca")
    names = [stage.name for stage in describe(run.config)]
    assert len(charts(page)) == 2
    for place, layer in enumerate((names[-2], names[-1])):
        output, _ = seen(store, run, layer)
        points = PCA(2, svd_solver="full").fit_transform(output)
        assert np.allclose(np.abs(drawn(page, place)), np.abs(points), atol=1e-3)
    page = look(run, view="output", method="pca", layer=names[-1])
    assert len(charts(page)) == 1


def test_animation_has_a_frame_for_each_step_begun_with_the_one_before(
    store: Store, run: RunRecord
) -> None:
    page = look(run, view="training")
    figure = json.loads(charts(page)[0].spec)
    steps = store.snapshot_steps(run.id)
    assert [frame["name"] for frame in figure["frames"]] == [f"{step:,}" for step in steps]
    first = np.full((COUNT, 2), np.nan, np.float32)
    for step, frame in zip(steps, figure["frames"], strict=True):
        features, said = seen(store, run, "flatten", step)
        wrong = np.flatnonzero(~np.isnan(numbers(frame["data"][10]["x"])))
        assert np.array_equal(wrong, np.flatnonzero(said != labels()))
        if step == 0:
            for digit, trace in enumerate(frame["data"][:10]):
                first[labels() == digit] = np.stack(
                    [numbers(trace["x"]), numbers(trace["y"])], axis=1
                )
            assert np.array_equal(
                first,
                TSNE(perplexity=30, max_iter=int(SHORT), random_state=0).fit_transform(features),
            )
    assert np.array_equal(
        drawn(page)[labels() == 0, 0], numbers(figure["frames"][-1]["data"][0]["x"])
    )
    assert [button["label"] for button in figure["layout"]["updatemenus"][0]["buttons"]] == [
        "▶ Play",
        "❚❚ Pause",
    ]


def test_other_settings_stand_beside_pca_with_how_well_neighbours_survive(
    store: Store, run: RunRecord
) -> None:
    page = look(run, view="settings", layer="out")
    features, _ = seen(store, run, "out")
    table = page.dataframe[0].value
    assert table["Map"].tolist() == [
        "all 10 dimensions",
        "PCA",
        "perplexity 5, seed 1",
        "perplexity 30, seed 1",
        "perplexity 100, seed 1",
        "t-SNE, initialised with PCA",
        "perplexity 5, seed 2",
        "perplexity 30, seed 2",
        "perplexity 100, seed 2",
    ]
    assert len(charts(page)) == len(table) - 1
    oracle = TSNE(perplexity=5, max_iter=int(SHORT), init="random", random_state=2).fit_transform(
        features
    )
    assert np.array_equal(drawn(page, 5), oracle)
    for chart in range(len(charts(page))):
        assert table["Trustworthiness"][chart + 1] == pytest.approx(
            trustworthiness(features, drawn(page, chart), n_neighbors=10)
        )


# -- one image -------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["link", "typed"])
def test_chosen_image_is_shown_with_its_nearest_in_all_dimensions(
    store: Store, run: RunRecord, way: str
) -> None:
    place = 123
    digit, index = place_of(load_dataset("digits").test_labels, place)
    page = look(run, digit=digit, index=index) if way == "link" else look(run)
    if way == "typed":
        assert pictured(page) == []
        page.number_input(key="embeddings.image").set_value(place).run()
        assert not page.exception
    features, said = seen(store, run, "flatten")
    far = np.linalg.norm(features - features[place], axis=1)
    far[place] = np.inf
    assert pictured(page) == [place, *np.argsort(far)[:8].tolist()]
    assert {name: link(page)[name] for name in ("digit", "index")} == {
        "digit": str(digit),
        "index": str(index),
    }
    assert ("classified correctly" in words(page)) == (said[place] == labels()[place])


def test_image_that_is_not_on_the_map_is_said_to_be_missing(run: RunRecord) -> None:
    page = look(run, index=321)
    assert f"Test image 321 is not among the first {COUNT}." in words(page)
    assert pictured(page) == []


# -- choices, links, waiting -----------------------------------------------------------------------


def test_choices_go_into_the_link_and_the_link_opens_the_same_view(run: RunRecord) -> None:
    page = look(run)
    page.selectbox(key="embeddings.layer").set_value("pool2").run()
    page.segmented_control(key="embeddings.method").set_value("pca").run()
    page.segmented_control(key="embeddings.dimensions").set_value(3).run()
    page.segmented_control(key="embeddings.style").set_value("dots").run()
    assert not page.exception
    chosen = {"layer": "pool2", "method": "pca", "dimensions": "3", "style": "dots"}
    assert chosen.items() <= link(page).items()
    fresh = opened(PAGE, alone=True, **link(page))
    assert charts(fresh)[0].spec == charts(page)[0].spec


def test_layer_of_another_network_is_one_clear_sentence(run: RunRecord) -> None:
    page = look(run, layer="lstm")
    assert [warning.value for warning in page.warning] == [
        "The link says layer=lstm, which is not available here."
    ]
    assert charts(page)


def test_more_images_than_there_are_become_all_of_them(
    run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "MAP", CONTROLS[maps, "MAP"])
    page = look(run, count=5000, method="pca")
    assert not page.warning
    assert f"a map of {len(load_dataset('digits').test_images)} images" in charts(page)[0].alt


def test_while_a_map_is_computed_the_page_says_so_and_how_long_it_will_take(
    store: Store, run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MNISTLAB_EXECUTOR")
    monkeypatch.setattr(embedding_controls, "PATIENCE", 0.0)
    monkeypatch.setattr(MapJobs, "_key", lambda map_jobs, *what: ("never", *what))
    go = threading.Event()
    kept = MapJobs.map

    def waits(map_jobs: MapJobs, step: int) -> Iterator[Any]:
        assert go.wait(SECONDS)
        yield from kept(map_jobs, step)

    monkeypatch.setattr(MapJobs, "map", waits)
    monkeypatch.setattr(jobs, "_factors", {"tsne": 100.0})
    page = look(run)
    assert re.search(
        r"Computing maps · (about .+ left|one other computation comes first)",
        words(page),
    )
    assert not charts(page)
    go.set()
    monkeypatch.setattr(embedding_controls, "PATIENCE", SECONDS)
    page.run()
    assert not page.exception
    assert charts(page)
    assert jobs._factors["tsne"] != 100.0, "what this one took tells how long the next one takes"


def test_nobody_is_told_how_long_the_first_map_takes(
    run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_factors", {})
    maps_of = MapJobs(Store(), run, MapSettings("relu1", COUNT, "pca"))
    assert maps_of.start("ann", 0).is_guess
    factor = jobs._factors["pca"]
    second = maps_of.start("ann", 1)
    assert not second.is_guess
    assert second.seconds == maps_of.settings.seconds * factor


def test_weights_beyond_all_bounds_are_one_clear_sentence(
    run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grown(config: TrainConfig, weights: dict[str, torch.Tensor]) -> torch.nn.Sequential:
        return model_from(config, {name: weight * np.inf for name, weight in weights.items()})

    monkeypatch.setattr(jobs, "model_from", grown)
    page = opened(PAGE, alone=True, run=run.id, layer="conv1")
    assert not page.exception
    assert [error.value for error in page.error] == [
        (
            "This layer's outputs are NaN or infinite for some images: the weights have blown up. "
            "Choose an earlier step."
        )
    ]


@pytest.mark.parametrize("arch", ["lstm", "mlp"])
def test_every_layer_of_other_networks_can_be_mapped(store: Store, arch: str) -> None:
    other = trained(store, TINY.replace(arch=arch, hidden=6))
    for stage in describe(other.config):
        page = look(other, layer=stage.name, method="pca")
        features, _ = seen(store, other, stage.name)
        assert f"{features.shape[1]:,} dimensions" in words(page)


def test_every_view_has_a_text_and_described_charts(run: RunRecord) -> None:
    for view in VIEWS:
        page = look(run, view=view, layer="out" if view == "settings" else "flatten")
        assert "What to notice" in words(page)
        assert charts(page)
        assert all(len(chart.alt) > 40 for chart in charts(page))


@pytest.mark.parametrize(
    ("changes", "layer"),
    [
        ({}, "flatten"),
        ({"dropout": 0.5}, "dropout"),
        ({"class_maps": True, "batch_norm": True}, "pool2"),
        ({"arch": "lstm"}, "last"),
        ({"arch": "mlp"}, "relu1"),
    ],
)
def test_the_map_begins_with_what_the_last_layer_with_weights_is_given(
    changes: dict[str, Any], layer: str
) -> None:
    assert embedding_controls.before_output(describe(TINY.replace(**changes))) == layer

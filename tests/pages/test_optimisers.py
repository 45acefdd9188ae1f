"""Optimisers: one click races five of them, and the map, the curves and the valley show what came
of it.
"""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.analysis.loss_surface import loss_surface
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.experiments import descent, race
from mnistlab.store import Status, Store
from mnistlab.train import model_from
from mnistlab.ui.optimisers import descent as descent_view
from mnistlab.ui.optimisers import races
from mnistlab.ui.optimisers.views import VIEWS
from pages.elements import charts, numbers, traces
from pages.runs import in_state, link, opened, trained, words

PAGE = "pages/optimisers.py"
SHORT = {
    name: config.replace(hidden=4, max_steps=8, eval_every=4)
    for name, config in race.optimizers("digits", 0.01).items()
}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(races, "optimizers", lambda dataset, rate, size: SHORT)
    monkeypatch.setattr(races.loss_surface, "GRID", 5)
    monkeypatch.setattr(races, "SURFACE_IMAGES", 40)
    monkeypatch.setattr(descent_view, "PASSES", 4)


def look(**query: Any) -> AppTest:
    page = opened(PAGE, alone=True, **{name: str(value) for name, value in query.items()})
    assert not page.exception
    assert not page.error, words(page)
    return page


def click(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    assert not page.error, words(page)
    return page


def accuracies(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Accuracy, all test images"])


def wanted(store: Store, configs: dict[str, TrainConfig]) -> list[str]:
    return [
        f"{100 * (store.get(config.run_id).accuracy or 0):.2f} %" for config in configs.values()
    ]


def test_one_click_races_five_and_the_map_is_their_loss(store: Store) -> None:
    page = click(look(), "race.optimisers")
    assert {store.get(config.run_id).status for config in SHORT.values()} == {Status.FINISHED}
    assert accuracies(page) == wanted(store, SHORT)
    loss, accuracy = page.get("vega_lite_chart")
    assert loss.proto.alt.startswith("Test loss")
    assert accuracy.proto.alt.startswith("Test accuracy")
    assert "accuracy (all test images)" in accuracy.proto.spec
    page.query_params["view"] = "surface"
    page.run()
    assert not page.exception
    kept = {
        name: {
            step: store.weights(config.run_id, step) for step in store.snapshot_steps(config.run_id)
        }
        for name, config in SHORT.items()
    }
    data, config = load_dataset("digits"), SHORT["sgd"]
    model = model_from(config, kept["sgd"][0])
    surface = loss_surface(
        model, kept, data.train_images[:40], data.train_labels[:40], config, grid=5
    )
    contour, *ways = traces(page)
    assert numbers(contour["customdata"]) == pytest.approx(surface.loss, rel=1e-3)
    assert numbers(contour["z"]) == pytest.approx(np.log10(surface.loss), abs=1e-3)
    adam = next(way for way in ways if way["name"] == "Adam" and way["showlegend"])
    assert numbers(adam["x"]) == pytest.approx(surface.paths["adam"].places[:, 0], abs=1e-3)
    assert numbers(adam["customdata"])[:, 1] == pytest.approx(
        surface.paths["adam"].losses, rel=1e-3
    )
    assert f"captures {100 * surface.share:.0f} %" in words(page)
    page.query_params["who"] = "descents"
    page.run()
    assert {trace.get("name") for trace in traces(page)} == {
        "loss",
        "SGD",
        "momentum",
        "Nesterov",
        "start",
    }


def test_map_waits_for_the_race_and_leaves_out_what_diverged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = look(view="surface")
    assert not charts(page)
    wild = SHORT | {"rmsprop": SHORT["rmsprop"].replace(lr=100.0, max_steps=40)}
    monkeypatch.setattr(races, "optimizers", lambda dataset, rate, size: wild)
    page = click(look(view="surface"), "race.optimisers")
    assert store.get(wild["rmsprop"].run_id).status == Status.FAILED
    assert "Left out, because training diverged: RMSprop." in words(page)
    assert {trace.get("name") for trace in traces(page)} == {
        "loss",
        "SGD",
        "momentum",
        "Nesterov",
        "Adam",
        "start",
    }


def test_what_failed_otherwise_than_by_diverging_can_be_trained_again(store: Store) -> None:
    in_state(store, Status.FAILED, SHORT["adam"])
    for name in set(SHORT) - {"adam"}:
        trained(store, SHORT[name])
    page = click(look(), "race.optimisers")
    assert store.get(SHORT["adam"].run_id).status == Status.FINISHED
    assert "race.optimisers" not in {button.key for button in page.button}


def test_too_high_a_learning_rate_says_why_it_diverged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = {
        name: config.replace(max_steps=30, hidden=8)
        for name, config in race.rates("digits", "adam").items()
    }
    configs["100"] = configs["0.01"].replace(lr=100.0)
    monkeypatch.setattr(
        races,
        "rates",
        lambda dataset, optimizer: {name: configs[name] for name in ("0.001", "0.01", "100")},
    )
    page = click(look(view="rate", optimizer="adam"), "race.rates")
    assert "race.rates" not in {button.key for button in page.button}, (
        "what diverged would do so again"
    )
    reason = store.get(configs["100"].run_id).reason
    assert reason
    assert [warning.value for warning in page.warning] == [f"**learning rate 100**: {reason}"]
    assert link(page)["optimizer"] == "adam"


def test_batches_are_shown_over_epochs_and_over_seconds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {
        name: config.replace(hidden=4, epochs=1, train_size=200)
        for name, config in race.batches("digits").items()
    }
    monkeypatch.setattr(races, "batches", lambda dataset: short)
    page = click(look(view="batch"), "race.batches")
    assert accuracies(page) == wanted(store, short)
    by_epoch, by_second = (chart.proto.alt for chart in page.get("vega_lite_chart"))
    names = "batch of 5, batch of 20, batch of 50, batch of 200, batch of 1,297"
    assert by_epoch == f"Test loss over epoch: {names}"
    assert by_second == f"Test loss over seconds of training: {names}"


def test_curves_and_table_say_which_images_they_are_measured_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = {name: config.replace(eval_size=100) for name, config in SHORT.items()}
    monkeypatch.setattr(races, "optimizers", lambda dataset, rate, size: configs)
    page = click(look(), "race.optimisers")
    loss, accuracy = page.get("vega_lite_chart")
    assert "loss in nats (first 100 test images)" in loss.proto.spec
    assert "accuracy (first 100 test images)" in accuracy.proto.spec
    assert "on the first 100 test images; the table is measured after it" in words(page)
    assert accuracies(page) == wanted(store, configs)


def test_valley_shows_pytorchs_own_ways(store: Store) -> None:
    page = look(view="inertia", valley_lr="0.09", momentum="0.5", ways="sgd-momentum")
    lines = {trace["name"]: trace for trace in traces(page) if trace.get("showlegend")}
    for label, name in (("SGD", "sgd"), ("momentum", "momentum")):
        way = descent.descend(name, 0.09, 0.5, descent_view.VALLEY_STEPS)
        assert np.stack([numbers(lines[label][axis]) for axis in "xy"], axis=1) == pytest.approx(
            way, rel=1e-4, abs=1e-4
        )
    assert ["SGD" in warning.value for warning in page.warning] == [True]


def test_repetition_shows_equal_losses_after_half_the_passes() -> None:
    page = look(view="repeat")
    losses = descent.repeated_half(load_dataset("digits"), 4)
    assert numbers(traces(page)[0]["y"]) == pytest.approx(losses["whole"])
    assert numbers(traces(page)[1]["y"]) == pytest.approx(losses["halves"])
    assert (
        f"is **{losses['halves'][2]:.4f}**; after 4 passes in one full batch, it is "
        f"**{losses['whole'][4]:.4f}**" in words(page)
    )


def test_every_view_has_described_charts_and_its_link(store: Store) -> None:
    for view in VIEWS:
        page = look(view=view)
        assert link(page)["view"] == view
        # the others wait for a race
        assert bool(charts(page)) == (view in ("inertia", "repeat")), view
        assert all(len(chart.alt) > 40 for chart in charts(page)), view


def test_a_race_says_how_long_it_is_and_takes_another_batch_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(races, "optimizers", race.optimizers)
    page = opened(PAGE, dataset="digits", view="race", raced_batch="200")
    assert not page.exception
    batches = -(-1_297 // 200)
    assert (
        f"140 steps with batches of 200. An epoch of 1,297 images has {batches} steps, so that is "
        f"{140 / batches:.2g} epochs."
    ) in words(page)

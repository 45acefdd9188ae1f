"""Looking inside: every kind of network, every view; the numbers shown are the network's own."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from mnistlab.analysis.inspection import network_input, walk
from mnistlab.choices import ARCHITECTURES
from mnistlab.data import load_dataset
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from, predict
from mnistlab.ui.feature_maps import visualisation
from mnistlab.ui.feature_maps.views import VIEWS
from mnistlab.ui.kit.inputs.image_choice import place_of
from mnistlab.ui.kit.views import applicable
from mnistlab.ui.kit.words import signed
from pages.elements import charts, numbers, traces
from pages.runs import TINY, opened, trained, words

PAGE = "pages/feature_maps.py"


SEPARABLE = TINY.replace(
    convolutions=2, separable=True, class_maps=True, padding=0, batch_norm=True
)
NETWORKS = {arch: TINY.replace(arch=arch, hidden=6) for arch in ARCHITECTURES} | {
    "separable": SEPARABLE
}


@pytest.fixture(autouse=True)
def _few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visualisation, "AT_ONCE", 2)


def look(run: RunRecord, **query: Any) -> AppTest:
    page = opened(
        PAGE, alone=True, run=run.id, **{name: str(value) for name, value in query.items()}
    )
    assert not page.exception
    return page


def link(page: AppTest) -> dict[str, str]:
    """The parameters of the page's URL."""
    return {
        name: value if isinstance(value, str) else value[0]
        for name, value in page.query_params.items()
    }


def outputs(
    store: Store, run: RunRecord, image: torch.Tensor, step: int | None = None
) -> dict[str, np.ndarray]:
    """A plain forward pass, stage by stage."""
    model = model_from(run.config, store.weights(run.id, step))
    with torch.no_grad():
        return {
            name: value[0].numpy()
            for name, _, value in walk(model, network_input(image, run.config, model))
        }


def maps_of(page: AppTest) -> np.ndarray:
    """The maps (C, H, W) that one can point at in the first chart."""
    points = next(
        numbers(trace["customdata"]) for trace in traces(page) if trace.get("mode") == "markers"
    )
    channels, rows, cols = (points[:, axis].astype(int) for axis in range(3))
    maps = np.full((channels.max() + 1, rows.max() + 1, cols.max() + 1), np.nan, np.float32)
    maps[channels, rows, cols] = points[:, 3]
    return maps


# -- every kind, every view ------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_every_view_of_every_kind_of_network_renders_with_described_charts(
    store: Store, network: str
) -> None:
    run = trained(store, NETWORKS[network])
    page = look(run)
    for view in applicable(VIEWS, run.config):
        page.query_params["view"] = view
        page.run()
        assert not page.exception, view
        assert not page.error, (view, words(page))
        assert not page.warning, (view, words(page))
        assert charts(page) or view == "live"  # which draws by itself
        assert all(len(chart.alt) > 20 for chart in charts(page)), view


@pytest.mark.parametrize("network", NETWORKS)
def test_every_stage_of_every_kind_of_network_renders(store: Store, network: str) -> None:
    run = trained(store, NETWORKS[network])
    page = look(run, view="maps")
    for stage in outputs(store, run, load_dataset("digits").test_images[0]):
        page.query_params["stage"] = stage
        page.run()
        assert not page.exception, stage
        assert not page.error, stage
        assert f"stage {stage}:" in charts(page)[0].alt


def test_every_view_belongs_to_some_kind_of_network() -> None:
    assert set(VIEWS) == {
        view for config in NETWORKS.values() for view in applicable(VIEWS, config)
    }


# -- the numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["conv1", "relu1", "pool1", "conv2", "pool2"])
def test_maps_are_those_of_a_plain_forward_pass(store: Store, stage: str) -> None:
    run = trained(store)
    page = look(run, stage=stage, index=5)
    assert np.array_equal(
        maps_of(page), outputs(store, run, load_dataset("digits").test_images[5])[stage]
    )


def test_scrubber_shows_the_weights_of_its_step_and_keeps_it_in_the_link(store: Store) -> None:
    run = trained(store)
    page = look(run, stage="conv2")
    for step in store.snapshot_steps(run.id):
        page = page.sidebar.select_slider[0].set_value(step).run()
        assert not page.exception
        assert link(page)["step"] == str(step)
        assert np.array_equal(
            maps_of(page), outputs(store, run, load_dataset("digits").test_images[0], step)["conv2"]
        )


def test_play_begins_at_the_untrained_network_and_can_be_paused(store: Store) -> None:
    page = look(trained(store))
    page.button(key="play").click().run()
    assert link(page)["step"] == "0"
    assert page.button(key="play").label == "Pause"
    page.button(key="play").click().run()
    assert page.button(key="play").label == "Play"


def test_arithmetic_of_a_cell_ends_in_the_number_of_the_map(store: Store) -> None:
    run = trained(store)
    truth = outputs(store, run, load_dataset("digits").test_images[2])
    page = look(run, index=2, stage="conv2", map=1, row=3, col=4)
    told = "".join(element.proto.body for element in page.get("html"))
    shown = float(told.split("</b> &nbsp;(conv2)")[0].split('title="')[-1].split('"')[0])
    assert shown == pytest.approx(float(truth["conv2"][1, 3, 4]), abs=1e-5)
    assert f'title="{float(truth["relu2"][1, 3, 4]):.7g}"' in told
    assert "conv2, row 3, column 4 sees rows" in charts(page)[2].alt


def test_probabilities_after_the_last_row_are_the_networks_answer(store: Store) -> None:
    run = trained(store, NETWORKS["lstm"])
    image = load_dataset("digits").test_images[:1]
    answer = (
        predict(model_from(run.config, store.weights(run.id)), image, run.config)
        .softmax(1)[0]
        .numpy()
    )
    page = look(run, view="rows")
    assert np.allclose(numbers(traces(page)[1]["z"])[-1], answer, atol=1e-5)


def test_how_soon_a_network_has_decided_and_which_gate_closes_is_said(store: Store) -> None:
    run = trained(store, NETWORKS["lstm"])
    page = look(run, view="rows")
    shares = numbers(traces(page)[1]["z"])
    final = shares[-1].argmax()
    since = next(n for n in range(1, 29) if (shares[n - 1 :].argmax(1) == final).all())
    assert f"From {since} of 28 rows on, the prediction stays **{final}**." in words(page)
    page = look(run, view="gates")
    forget = numbers(next(trace for trace in traces(page) if "forget" in trace["name"])["z"])
    fall = (np.maximum.accumulate(forget, 1) - forget).max(1)  # of each unit, over the rows
    unit = int(fall.argmax())
    assert f"**unit {unit}** closes most: its forget gate f falls from" in words(page)
    assert np.allclose(numbers(traces(page, 1)[0]["y"]), forget[unit])
    other = look(run, view="gates", gate="o", unit=int(fall.argmin()))
    assert "Closed, the cell keeps its contents to itself." in words(other)


def test_made_picture_excites_as_much_as_the_page_says(store: Store) -> None:
    run = trained(store)
    page = look(run, view="ideal", stage="conv2", map=1)
    made = numbers(traces(page)[0]["customdata"])[..., 3].reshape(-1)
    picture = torch.from_numpy(made[~np.isnan(made)].reshape(1, 28, 28).astype(np.uint8))
    reached = outputs(store, run, picture)["conv2"][1].max()
    real = max(
        outputs(store, run, image)["conv2"][1].max() for image in load_dataset("digits").test_images
    )
    assert f"takes it to **{signed(float(reached))}**" in words(page)
    assert f"the best of 500 test images to **{signed(float(real))}**" in words(page)


def test_changed_picture_changes_the_answer_and_another_run_is_asked(store: Store) -> None:
    run, other = trained(store), trained(store, TINY.replace(seed=3))
    page = look(run, view="fool", other=other.id)
    before, change, after = (numbers(trace["z"]).reshape(28, 28) for trace in traces(page))
    np.testing.assert_allclose(before + change, after, atol=1e-3)
    assert f"more than **{np.abs(change).max():.1f}** of 255 grey levels" in words(page)

    def answers(run: RunRecord) -> list[int]:
        model = model_from(run.config, store.weights(run.id))
        with torch.no_grad():
            return [
                int(model(torch.tensor(pixels / 255)[None, None].float()).argmax())
                for pixels in (before, after)
            ]

    said, now = answers(run)
    assert said != now
    assert f"Instead of **{said}** " in words(page)
    assert f"the network now says **{now}** " in words(page)
    said, now = answers(other)
    fooled = "is fooled, too: it says" if said != now else "is not fooled: it says"
    assert f"{fooled} **{now}**" in words(page)


def test_looking_changes_nothing_in_the_network(store: Store) -> None:
    from mnistlab.ui.kit.compute import cached

    images = load_dataset("digits").test_images
    for arch in ("cnn", "lstm"):
        run = trained(store, NETWORKS[arch])
        step = store.snapshot_steps(run.id)[-1]
        page = look(run)
        model = cached.model(run, step)
        fresh = predict(model_from(run.config, store.weights(run.id)), images, run.config)
        for view in applicable(VIEWS, run.config):
            page.query_params["view"] = view
            page.run()
        assert cached.model(run, step) is model
        assert torch.equal(predict(model, images, run.config), fresh)
        assert not any(
            module._forward_hooks or module._backward_hooks for module in model.modules()
        )
        assert all(parameter.grad is None for parameter in model.parameters())


# -- links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {
            "view": "maps",
            "stage": "pool1",
            "map": 1,
            "row": 2,
            "col": 3,
            "range": "network",
            "digit": 4,
            "index": 6,
            "step": 2,
        },
        {"view": "why", "class": 7, "against": 1, "method": "occlusion", "digit": 2, "index": 0},
        {"view": "gradients", "stage": "relu2", "class": 3, "step": 1},
        {"view": "kernels", "stage": "conv2", "map": 1},
        {"view": "excites", "stage": "pool2", "map": 1},
        {"view": "ideal", "stage": "relu2", "map": 1},
        {"view": "fool", "attack": "fgsm", "norm": "l2", "towards": 3},
    ],
    ids=lambda query: query["view"],
)
def test_link_opens_the_same_view_in_a_fresh_browser(store: Store, query: dict[str, Any]) -> None:
    run = trained(store)
    first = look(run, **query)
    assert not first.warning
    opened_link = link(first)
    assert opened_link == {"run": run.id} | {name: str(value) for name, value in query.items()}
    again = look(run, **{name: value for name, value in opened_link.items() if name != "run"})
    assert [chart.spec for chart in charts(again)] == [chart.spec for chart in charts(first)]
    other = look(run)
    assert [chart.alt for chart in charts(other)] != [chart.alt for chart in charts(first)]


def test_choices_go_into_the_link(store: Store) -> None:
    run, data = trained(store), load_dataset("digits")
    page = look(run)
    page.selectbox(key="picture.digit").set_value(8).run()
    page.number_input(key="picture.index").set_value(3).run()
    page.selectbox(key="feature_maps.row").set_value(20).run()
    assert link(page) | {"digit": "8", "index": "3", "row": "20"} == link(page)
    image = data.test_images[data.test_labels == 8][3]
    assert np.array_equal(maps_of(page), outputs(store, run, image)["conv1"])


def test_stage_of_another_network_is_said_to_be_missing(store: Store) -> None:
    page = look(trained(store), stage="lstm")
    assert "This network has no stage 'lstm'; showing conv1 instead." in words(page)


@pytest.mark.parametrize(
    ("name", "value"), [("map", 99), ("row", 27), ("view", "gates"), ("method", "grad-cam")]
)
def test_choice_that_this_network_has_not_is_one_clear_sentence(
    store: Store, name: str, value: Any
) -> None:
    run = trained(store, NETWORKS["mlp"] if name == "method" else TINY)
    page = look(
        run,
        **({"stage": "pool2", name: value} if name != "method" else {"view": "why", name: value}),
    )
    assert [
        f"The link says {name}={value}, which is not available here." in warning.value
        for warning in page.warning
    ] == [True]


# -- which run -------------------------------------------------------------------------------------


def test_without_a_run_one_click_trains_one_and_shows_it(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    from mnistlab.ui.kit import chosen_run

    monkeypatch.setattr(chosen_run, "first_config", lambda: TINY)
    page = opened(PAGE, alone=True)
    assert not page.exception
    page.button(key="first_run").click().run()
    assert not page.exception
    assert link(page)["run"] == TINY.run_id
    assert charts(page)


def test_latest_run_is_shown_by_itself_and_another_can_be_chosen(store: Store) -> None:
    older, newer = trained(store, NETWORKS["mlp"]), trained(store)
    page = opened(PAGE, alone=True)
    assert link(page)["run"] == newer.id
    page.selectbox(key="feature_maps.run").set_value(older.id).run()
    assert not page.exception
    assert link(page)["run"] == older.id
    assert "linear1" in charts(page)[0].alt


# -- which picture ---------------------------------------------------------------------------------


def test_index_with_a_digit_counts_in_that_class_and_alone_in_the_test_set(store: Store) -> None:
    run, images = trained(store), load_dataset("digits").test_images
    digit, place = place_of(load_dataset("digits").test_labels, 77)
    for query in ({"index": 77}, {"digit": digit, "index": place}):
        page = look(run, stage="conv1", **query)
        assert np.array_equal(maps_of(page), outputs(store, run, images[77])["conv1"])
    assert "only 500 such images" in words(look(run, index=9_000))


def test_mistakes_are_pictures_that_the_network_of_this_step_gets_wrong(store: Store) -> None:
    run, data = trained(store), load_dataset("digits")
    said = predict(
        model_from(run.config, store.weights(run.id)), data.test_images, run.config
    ).argmax(1)
    page = look(run, source="mistakes", stage="conv1")
    listed = page.selectbox(key="picture.mistake").options
    assert len(listed) == min(100, int((said != data.test_labels).sum()))
    page.selectbox(key="picture.mistake").select_index(2).run()
    chosen = page.selectbox(key="picture.mistake").value
    assert said[chosen] != data.test_labels[chosen]
    assert (link(page)["digit"], link(page)["index"]) == tuple(
        str(part) for part in place_of(data.test_labels, chosen)
    )
    assert np.array_equal(maps_of(page), outputs(store, run, data.test_images[chosen])["conv1"])
    assert "Wrong: it is" in words(page)


def test_uploaded_picture_is_looked_at_and_a_text_file_is_one_clear_sentence(store: Store) -> None:
    picture = np.full((120, 90), 255, np.uint8)
    picture[20:100, 40:48] = 0
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    page = look(trained(store), source="upload")
    assert not charts(page)
    page.file_uploader(key="picture.upload").set_value(
        ("one.png", file.getvalue(), "image/png")
    ).run()
    assert not page.exception
    assert charts(page)
    page.file_uploader(key="picture.upload").set_value(
        ("note.png", b"only words", "image/png")
    ).run()
    assert not page.exception
    assert len(page.error) == 1
    assert not charts(page)


def test_drawing_of_this_session_is_looked_at(store: Store) -> None:
    run, image = trained(store), load_dataset("digits").test_images[9]
    page = look(run, source="drawing", stage="conv1")
    assert "You have not drawn anything in this browser tab yet." in words(page)
    page.session_state["drawing"] = image[0].tolist()
    page.run()
    assert not page.exception
    assert np.array_equal(maps_of(page), outputs(store, run, image)["conv1"])


@pytest.mark.parametrize(
    ("arch", "gate"), [("lstm", "forget gate"), ("gru", "update gate"), ("rnn", "no gates")]
)
def test_text_of_a_recurrent_network_speaks_of_the_gates_that_it_has(
    store: Store, arch: str, gate: str
) -> None:
    said = words(look(trained(store, NETWORKS[arch]), view="gradients"))
    assert gate in said
    assert "Only the state after the last row is passed on" in said


def test_views_with_notes_of_their_own_show_only_these_and_no_network_proposes_itself(
    store: Store,
) -> None:
    page = look(trained(store, NETWORKS["lstm"]), view="fool")
    said = words(page)
    assert "A picture that fools one network need not fool another." in said
    assert "forget gate is near 1" not in said
    assert "A network without convolutions" in said
    assert "An LSTM, which reads" not in said

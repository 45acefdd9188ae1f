"""The canvas, the way to 28×28, files of every kind, the predictions, and one's own test set."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from strokes import CANVAS, Drawn, message, rendered

from mnistlab.analysis.attribution import attribute
from mnistlab.analysis.drawing import canvas_ink, prepare
from mnistlab.analysis.embedding import features
from mnistlab.analysis.inspection import Target
from mnistlab.analysis.intervals import wilson
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset, to_input
from mnistlab.errors import DrawingError
from mnistlab.models import MODELS
from mnistlab.store import RunRecord, Store
from mnistlab.store.drawings import MOST, delete_drawing, drawings, save_drawing
from mnistlab.train import model_from, predict
from mnistlab.ui.kit.state import client_name
from pages.elements import beside_error, charts, numbers, traces
from pages.runs import TINY, link, opened, trained, words

DRAW = "pages/draw.py"
THREE = Drawn(3, 200, 60, 40, 20)
SMALL = Drawn(7, 80, 190, 10, 10)


@pytest.fixture
def run(store: Store) -> RunRecord:
    return trained(store)


def draw(page: AppTest, *drawn: Drawn) -> AppTest:
    """What the page shows once the browser has told it of these drawings."""
    page.session_state["draw.canvas"] = message(*drawn)
    return page.run()


def given(drawn: Drawn, **steps: bool) -> np.ndarray:
    """The picture that the network is to be given, uint8 (28, 28)."""
    return prepare(canvas_ink(np.asarray(rendered(drawn))), **steps)


def answer(
    store: Store,
    run: RunRecord,
    image: np.ndarray,
    config: TrainConfig | None = None,
    step: int | None = None,
) -> torch.Tensor:
    """What `run` says of `image`, by a plain forward pass: float32 (10,)."""
    model = model_from(run.config, store.weights(run.id, step))
    with torch.inference_mode():
        return model(
            to_input(torch.from_numpy(np.array(image))[None, None], config or run.config)
        ).softmax(1)[0]


def shown(page: AppTest) -> list[list[float]]:
    """The probabilities on the page, in per cent, for each network."""
    found = []
    for element in page.get("html"):
        if 'aria-label="Probabilities:' in element.proto.body:
            spoken = element.proto.body.split('aria-label="Probabilities: ')[1].split('"')[0]
            found.append([float(part.split()[1]) for part in spoken.split(", ")])
    return found


def metrics(page: AppTest) -> list[str]:
    return [metric.value for metric in page.metric if metric.label == "Prediction"]


def png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def uploaded(page: AppTest, data: bytes, name: str = "digit.png") -> AppTest:
    return page.file_uploader(key="draw.upload").set_value((name, data, "image/png")).run()


# -- the canvas and the predictions ----------------------------------------------------------------


def test_without_a_network_the_page_offers_to_train_one() -> None:
    page = opened(DRAW)
    assert not page.exception
    assert page.button(key="first_run")
    assert not page.metric


def test_empty_canvas_is_one_clear_sentence(run: RunRecord) -> None:
    page = opened(DRAW, run=run.id)
    assert not page.exception
    assert not page.error
    assert [info.value for info in page.info] == ["Nothing is drawn yet. Draw one large digit."]
    assert metrics(page) == []
    assert words(page).count("The prediction appears here as soon as you draw.") == 1
    assert 'aria-label="No prediction yet"' in words(page)


def test_single_dot_is_one_clear_sentence(run: RunRecord) -> None:
    page = opened(DRAW, run=run.id)
    dot = message(replace(THREE, size=0))
    page.session_state["draw.canvas"] = dot
    page.run()
    assert [info.value for info in page.info] == [
        "A dot is not enough for a digit. Draw one large digit."
    ]
    assert metrics(page) == []


@pytest.mark.parametrize("drawn", [THREE, SMALL], ids=["large", "small-in-a-corner"])
def test_prediction_is_that_of_a_plain_forward_pass_over_the_prepared_picture(
    store: Store, run: RunRecord, drawn: Drawn
) -> None:
    page = draw(opened(DRAW, run=run.id), drawn)
    assert not page.exception
    expected = answer(store, run, given(drawn))
    assert metrics(page) == [str(int(expected.argmax()))]
    assert shown(page)[0] == pytest.approx([100 * share for share in expected.tolist()], abs=0.006)


def test_other_pages_find_the_last_drawing(run: RunRecord) -> None:
    page = draw(opened(DRAW, run=run.id), THREE)
    assert np.array_equal(np.array(page.session_state["drawing"], np.uint8), given(THREE))


@pytest.mark.parametrize("arch", list(MODELS))
def test_every_kind_of_network_predicts(store: Store, arch: str) -> None:
    run = trained(store, TINY.replace(arch=arch, hidden=8, normalize="zscore"))
    page = draw(opened(DRAW, run=run.id), THREE)
    assert not page.exception
    assert not page.error
    assert metrics(page) == [str(int(answer(store, run, given(THREE)).argmax()))]
    page.segmented_control(key="draw.space").set_value("features").run()
    assert not page.exception
    assert not page.error


def test_networks_side_by_side_each_with_its_own_answer_and_in_the_link(
    store: Store, run: RunRecord
) -> None:
    other = trained(store, TINY.replace(seed=5, normalize="zscore"))
    page = draw(opened(DRAW, run=run.id), THREE)
    page.multiselect(key="draw.compare").set_value([run.id, other.id]).run()
    assert link(page)["compare"] == f"{run.id},{other.id}"
    for seen, each in zip(shown(page), (run, other), strict=True):
        assert seen == pytest.approx(
            [100 * share for share in answer(store, each, given(THREE)).tolist()], abs=0.006
        )
    fresh = draw(opened(DRAW, run=run.id, compare=f"{run.id},{other.id}"), THREE)
    assert shown(fresh) == shown(page)


def test_prediction_is_made_at_the_step_of_the_link(store: Store, run: RunRecord) -> None:
    page = draw(opened(DRAW, run=run.id, step="0"), THREE)
    assert shown(page)[0] == pytest.approx(
        [100 * share for share in answer(store, run, given(THREE), step=0).tolist()], abs=0.006
    )


# -- the way to 28×28 ------------------------------------------------------------------------------


@pytest.mark.parametrize("left_out", ["crop", "fit", "centre"])
def test_step_that_is_switched_off_is_not_done_and_is_in_the_link(
    store: Store, run: RunRecord, left_out: str
) -> None:
    page = draw(opened(DRAW, run=run.id), SMALL)
    page.toggle(key=f"draw.{left_out}").set_value(False).run()
    assert link(page)[left_out] == "0"
    expected = given(SMALL, **{left_out: False})
    assert np.array_equal(np.array(page.session_state["drawing"], np.uint8), expected)
    fresh = draw(opened(DRAW, run=run.id, **{left_out: "0"}), SMALL)
    assert fresh.toggle(key=f"draw.{left_out}").value is False
    assert shown(fresh) == shown(page)
    back = fresh.toggle(key=f"draw.{left_out}").set_value(True).run()
    assert left_out not in back.query_params
    assert np.array_equal(np.array(back.session_state["drawing"], np.uint8), given(SMALL))


def test_normalising_can_be_switched_off_where_the_network_was_trained_with_it(
    store: Store,
) -> None:
    run = trained(store, TINY.replace(normalize="zscore"))
    page = draw(opened(DRAW, run=run.id, normalise="0"), THREE)
    raw = answer(store, run, given(THREE), run.config.replace(normalize="none"))
    assert shown(page)[0] == pytest.approx([100 * share for share in raw.tolist()], abs=0.006)
    assert "from 0.00 (black) to 1.00 (white)" in words(page)
    page.toggle(key="draw.normalise").set_value(True).run()
    assert shown(page)[0] == pytest.approx(
        [100 * share for share in answer(store, run, given(THREE)).tolist()], abs=0.006
    )
    assert "from −0.54 (black) to 2.87 (white)" in words(page)


def test_each_step_is_a_picture_with_words(run: RunRecord) -> None:
    said = words(draw(opened(DRAW, run=run.id), THREE))
    for alt in (
        f'alt="Your drawing, {CANVAS}×{CANVAS}"',
        'alt="Crop: to the ink, ',
        'alt="Fit: into 20×20, 20×',
        'alt="Centre: by centre of mass, 28×28"',
        'alt="Network input: 28×28 values from 0.00 to 1.00"',
    ):
        assert alt in said
    assert "<img" in said
    assert all(' alt="' in tag for tag in said.split("<img")[1:])


# -- undo, clear, and coming back ------------------------------------------------------------------


def test_the_canvas_appears_where_the_page_was_opened_before_there_was_a_network(
    store: Store,
) -> None:
    page = opened(DRAW)
    assert "There is no network to look at yet" in words(page)
    run = trained(store)
    page.query_params["run"] = run.id
    page.run()
    assert not page.exception
    assert metrics(draw(page, THREE))


def canvas_is_told(page: AppTest) -> list[dict[str, Any]]:
    """The strokes that the browser is to put on the canvas."""
    return page.session_state["draw.drawn"]["initial"]


def test_undo_takes_back_one_stroke_and_the_browser_is_told_so_anew_each_time(
    run: RunRecord,
) -> None:
    four = Drawn(4, 200, 60, 40, 20)  # of two strokes
    page = draw(opened(DRAW, run=run.id), four)
    before = page.session_state["draw.drawn"]["change"]
    page.button(key="draw.undo").click().run()
    assert len(canvas_is_told(page)) == 1
    page.button(key="draw.undo").click().run()  # before the browser has answered
    assert canvas_is_told(page) == []
    assert page.session_state["draw.drawn"]["change"] == before + 2
    assert metrics(page) == []
    assert page.button(key="draw.undo").disabled


def test_clear_empties_the_canvas_and_the_next_digit_counts(store: Store, run: RunRecord) -> None:
    page = draw(opened(DRAW, run=run.id), THREE)
    page.button(key="draw.clear").click().run()
    assert canvas_is_told(page) == []
    assert metrics(page) == []
    assert shown(draw(page, SMALL))[0] == pytest.approx(
        [100 * s for s in answer(store, run, given(SMALL)).tolist()], abs=0.006
    )


def test_drawing_is_still_there_after_a_visit_to_another_page(run: RunRecord) -> None:
    page = draw(opened(DRAW, run=run.id), THREE)
    before = metrics(page), shown(page)
    page.switch_page("pages/runs.py").run()
    page.switch_page(DRAW).run()
    assert not page.exception
    assert len(canvas_is_told(page)) == len(THREE.strokes)
    assert (metrics(page), shown(page)) == before


def test_drawing_is_still_there_after_a_look_at_a_file(run: RunRecord) -> None:
    page = draw(opened(DRAW, run=run.id), THREE)
    before = metrics(page), shown(page)
    page.segmented_control(key="draw.from").set_value("file").run()
    assert metrics(page) == []
    page.segmented_control(key="draw.from").set_value("canvas").run()
    assert len(canvas_is_told(page)) == len(THREE.strokes)
    assert (metrics(page), shown(page)) == before


# -- files -----------------------------------------------------------------------------------------


def on_paper(background: int, ink: int) -> bytes:
    strokes = canvas_ink(np.asarray(rendered(THREE)))
    return png(Image.fromarray(np.where(strokes > 127, ink, background).astype(np.uint8)))


@pytest.mark.parametrize(
    ("background", "ink"),
    [(0, 255), (255, 0), (200, 60)],
    ids=["white-on-black", "black-on-white", "grey"],
)
def test_picture_file_is_read_whatever_its_polarity(
    run: RunRecord, background: int, ink: int
) -> None:
    drawn = draw(opened(DRAW, run=run.id), THREE)
    page = uploaded(opened(DRAW, run=run.id, **{"from": "file"}), on_paper(background, ink))
    assert not page.exception
    assert not page.error
    as_file, as_drawn = (np.array(each.session_state["drawing"], float) for each in (page, drawn))
    assert np.abs(as_file - as_drawn).mean() < 12
    assert len(metrics(page)) == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (png(Image.new("L", (64, 64), 0)), "The picture is all black"),
        (png(Image.new("L", (64, 64), 255)), "The picture is all white"),
        (png(Image.new("L", (1, 1), 9)), "A picture of 1×1 pixels is too small"),
        (
            png(Image.new("1", (12_000, 12_000))),
            "The picture has 12,000×12,000 pixels; the limit is",
        ),
        (b"seven, as a word\n" * 40, "This file is not a readable picture"),
        (on_paper(255, 0)[:600], "This picture is damaged or incomplete"),
        (b"", "This file is not a readable picture"),
    ],
    ids=["black", "white", "1x1", "12000x12000", "text", "cut-off", "empty"],
)
def test_file_in_which_there_is_no_digit_is_one_clear_sentence(
    run: RunRecord, data: bytes, sentence: str
) -> None:
    page = uploaded(opened(DRAW, run=run.id, **{"from": "file"}), data)
    assert not page.exception
    assert [error.value.startswith(sentence) for error in page.error] == [True]
    assert metrics(page) == []


# -- neighbours ------------------------------------------------------------------------------------


def neighbours_on(page: AppTest) -> list[int]:
    """The training images that the page shows, the nearest first."""
    return [int(part.split(",")[0]) for part in words(page).split('alt="Training image ')[1:]]


def test_nearest_training_images_are_those_of_a_naive_search_over_pixels(run: RunRecord) -> None:
    known, query = (
        load_dataset("digits").train_images.double(),
        torch.from_numpy(given(THREE).copy()),
    )
    distances = [(float((image - query).norm()), index) for index, image in enumerate(known[:, 0])]
    assert neighbours_on(draw(opened(DRAW, run=run.id), THREE)) == [
        index for _, index in sorted(distances)[:8]
    ]


@pytest.mark.parametrize("arch", ["cnn", "mlp", "lstm"])
def test_nearest_training_images_are_those_of_a_naive_search_over_what_the_last_stage_is_given(
    store: Store, arch: str
) -> None:
    run = trained(store, TINY.replace(arch=arch, hidden=8))
    model, images = (
        model_from(run.config, store.weights(run.id)),
        load_dataset("digits").train_images,
    )
    before_last = [name for name, _ in model.named_children()][-2]
    query, known = (
        features(model, each, run.config, before_last)
        for each in (torch.from_numpy(given(THREE).copy())[None, None], images)
    )
    with torch.inference_mode():  # these really are what the last stage is given
        assert torch.allclose(
            model[-1](torch.from_numpy(known[:9])),
            model(to_input(images[:9], run.config)),
            atol=1e-5,
        )
    distances = [
        (float(np.linalg.norm((row - query[0]).astype(float))), index)
        for index, row in enumerate(known)
    ]
    page = draw(opened(DRAW, run=run.id), THREE)
    page.segmented_control(key="draw.space").set_value("features").run()
    assert neighbours_on(page) == [index for _, index in sorted(distances)[:8]]


# -- why -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion"])
def test_attribution_is_that_of_the_drawing_itself_and_its_choices_are_in_the_link(
    store: Store, run: RunRecord, method: str
) -> None:
    page = draw(opened(DRAW, run=run.id, method=method, **{"class": "7"}), THREE)
    assert not page.exception
    assert not page.error
    model, image = (
        model_from(run.config, store.weights(run.id)),
        torch.from_numpy(np.array(given(THREE)))[None],
    )
    expected = attribute(model, image, run.config, Target(7), method)
    shown_pixels = next(numbers(trace["z"]) for trace in traces(page) if trace.get("customdata"))
    np.testing.assert_allclose(shown_pixels, expected.pixels, atol=1e-6)
    assert "count towards 7" in charts(page)[0].alt
    page.selectbox(key="draw.class").set_value(2).run()
    assert link(page)["class"] == "2"
    assert "count towards 2" in charts(page)[0].alt
    back = page.selectbox(key="draw.class").set_value(None).run()
    assert "class" not in link(back)
    assert back.selectbox(key="draw.class").proto.placeholder == "the predicted class"
    answer = int(predict(model, image[None], run.config).argmax())
    assert f"count towards {answer}" in charts(back)[0].alt


# -- one's own test set ----------------------------------------------------------------------------


def saved_as(page: AppTest, label: int) -> AppTest:
    return page.button(key=f"draw.add.{label}").click().run()


def test_saved_drawings_are_a_test_set_with_accuracy_and_interval(
    store: Store, run: RunRecord
) -> None:
    page = opened(DRAW, run=run.id)
    drawn = [THREE, SMALL, Drawn(0, 200, 60, 40, 20)]
    for each in drawn:
        page = saved_as(draw(page, each), each.digit)
    assert not page.exception
    kept = drawings(store, client_name("", page.session_state["session"]))
    assert [each.label for each in kept] == [3, 7, 0]
    assert all(
        np.array_equal(each.image, given(truth)) for each, truth in zip(kept, drawn, strict=True)
    )
    correct = sum(int(answer(store, run, given(each)).argmax()) == each.digit for each in drawn)
    low, high = wilson(correct, 3)
    assert canvas_is_told(page) == []  # it is clear for the next one
    assert "3 of 20 drawings" in words(page)
    assert (
        f"{correct} of 3 correct, {100 * correct / 3:.2f} % (95 % interval {low * 100:.2f} to "
        f"{high * 100:.2f} %)" in words(page)
    )


def test_empty_canvas_cannot_be_saved(run: RunRecord) -> None:
    page = opened(DRAW, run=run.id)
    assert all(page.button(key=f"draw.add.{digit}").disabled for digit in range(10))
    page = saved_as(draw(page, THREE), 3)
    assert page.button(key="draw.add.3").disabled  # nor the same drawing twice


def test_saved_drawings_can_be_deleted_one_by_one_and_all(store: Store, run: RunRecord) -> None:
    page = opened(DRAW, run=run.id)
    for each in (THREE, SMALL, THREE):
        page = saved_as(draw(page, each), each.digit)
    owner = client_name("", page.session_state["session"])
    page.selectbox(key="draw.which").set_value(1).run()
    page.button(key="draw.delete").click().run()
    assert [each.label for each in drawings(store, owner)] == [3, 3]
    page.button(key="draw.delete.all").click().run()
    assert not page.exception
    assert drawings(store, owner) == []


def test_test_sets_of_two_people_are_apart(store: Store) -> None:
    image = given(THREE)
    mine, yours = save_drawing(store, "me", image, 3), save_drawing(store, "you", 255 - image, 8)
    assert [(each.id, each.label) for each in drawings(store, "me")] == [(mine, 3)]
    delete_drawing(store, "me", yours)
    assert np.array_equal(drawings(store, "you")[0].image, 255 - image)


def test_one_person_keeps_a_bounded_number_of_drawings(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnistlab.store.drawings.MOST", 2)
    for label in range(2):
        save_drawing(store, "me", given(THREE), label)
    with pytest.raises(DrawingError, match="as many as one person may keep"):
        save_drawing(store, "me", given(THREE), 9)
    save_drawing(store, "you", given(THREE), 9)
    assert MOST > 100


def test_a_drawing_that_cannot_be_kept_is_said_below_the_digits(
    run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = draw(opened(DRAW, run=run.id), THREE)
    monkeypatch.setattr("mnistlab.store.drawings.MOST", 0)
    page.button(key="draw.add.3").click().run()
    assert "as many as one person may keep" in page.error[0].value
    assert "draw.add.9" in beside_error(page)
    assert not page.run().error  # said once


@pytest.mark.parametrize(
    ("image", "label"),
    [
        (np.zeros((27, 28), np.uint8), 1),
        (np.zeros((28, 28)), 1),
        (np.zeros((28, 28), np.uint8), 10),
    ],
)
def test_only_pictures_of_the_networks_size_with_a_digit_are_kept(
    store: Store, image: np.ndarray, label: int
) -> None:
    with pytest.raises(ValueError):
        save_drawing(store, "me", image, label)
    assert drawings(store, "me") == []


def test_an_empty_canvas_says_where_to_draw_until_something_is(run: RunRecord) -> None:
    page = opened(DRAW, run=run.id)
    assert "Draw a digit here" in words(page)
    assert "Draw a digit here" not in words(draw(page, THREE))

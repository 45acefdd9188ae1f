"""The page of the data: what is shown is what is in the files, and a link opens the same view."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.choices import DATASETS
from mnistlab.data import load_dataset
from mnistlab.ui.data.views import VIEWS
from pages.elements import charts, numbers, traces
from pages.runs import link, opened, words

PAGE = "pages/data.py"


def look(**query: Any) -> AppTest:
    page = opened(
        PAGE, True, dataset="digits", **{name: str(value) for name, value in query.items()}
    )
    assert not page.exception
    assert not page.error, words(page)
    return page


def told(page: AppTest) -> str:
    return words(page) + "\n".join(element.value for element in page.code)


def pictures_of(page: AppTest) -> str:
    """The HTML with the page's small pictures."""
    return next(element.proto.body for element in page.get("html") if "<img" in element.proto.body)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_renders_with_described_charts(view: str) -> None:
    page = look(view=view)
    assert len(charts(page)) == {"browse": 1, "classes": 2, "pixels": 2, "values": 4}.get(view, 0)
    assert all(len(chart.alt) > 30 for chart in charts(page))
    assert "What to notice" in words(page)


def test_without_mnist_the_small_digits_are_shown_and_said_to_be() -> None:
    page = opened(PAGE, True)
    assert "MNIST has not been downloaded yet. These are the small digits" in words(page)
    page = opened(PAGE, True, dataset="mnist")
    assert not page.exception
    assert page.button(key="download.mnist")
    assert not charts(page)


def test_first_training_image_of_mnist_is_a_five_and_sizes_are_printed_as_in_the_tutorial(
    mnist: Any,
) -> None:
    page = opened(PAGE, True, part="train", index="0")
    assert "torch.Size([60000, 28, 28])" in told(page)
    assert "torch.Size([60000])" in told(page)
    layout = json.loads(charts(page)[0].spec)["layout"]
    assert layout["title"]["text"] == "5"
    assert np.array_equal(numbers(traces(page)[0]["z"]), mnist.train_images[0, 0].numpy())


@pytest.mark.parametrize(
    ("part", "digit", "index"), [("train", None, 17), ("test", 7, 3), ("train", 0, 0)]
)
def test_class_and_number_choose_the_image(part: str, digit: int | None, index: int) -> None:
    page = look(part=part, index=index, **({} if digit is None else {"digit": digit}))
    data = load_dataset("digits")
    images, labels = (
        (data.train_images, data.train_labels)
        if part == "train"
        else (data.test_images, data.test_labels)
    )
    place = index if digit is None else int(np.flatnonzero(labels.numpy() == digit)[index])
    assert np.array_equal(numbers(traces(page)[0]["z"]), images[place, 0].numpy())
    assert link(page) == {"dataset": "digits", "part": part, "index": str(index)} | (
        {} if digit is None else {"digit": str(digit)}
    )


def test_changing_class_and_number_changes_the_link() -> None:
    page = look()
    page.selectbox[1].set_value(4).run()
    assert link(page)["digit"] == "4"
    page.number_input[0].set_value(2).run()
    assert link(page) == {"dataset": "digits", "digit": "4", "index": "2"}
    data = load_dataset("digits")
    image = data.train_images[data.train_labels == 4][2, 0]
    assert np.array_equal(numbers(traces(page)[0]["z"]), image.numpy())


def test_buttons_lead_to_the_images_before_and_after() -> None:
    page = look(digit=4)
    assert page.button(key="data.back").disabled
    page.button(key="data.on").click().run()
    assert link(page)["index"] == "24"
    page.button(key="data.back").click().run()
    assert link(page)["index"] == "0"
    last = int((load_dataset("digits").train_labels == 4).sum()) - 1
    assert look(digit=4, index=last).button(key="data.on").disabled


def test_number_beyond_the_last_is_said() -> None:
    for view in ("browse", "values", "augment"):
        for class_ in ({}, {"digit": 3}):
            (warning,) = look(view=view, index=5_000, **class_).warning
            assert "this is the last one" in warning.value


def test_bars_and_mean_images_are_those_of_the_labels() -> None:
    page = look(view="classes")
    data = load_dataset("digits")
    for trace, labels in zip(traces(page, 0), (data.train_labels, data.test_labels), strict=True):
        assert numbers(trace["y"]).tolist() == np.bincount(labels.numpy()).tolist()
    shown = numbers(traces(page, 1)[0]["z"])
    mean = data.train_images[data.train_labels == 0].float().mean(0)[0].numpy()
    assert np.isclose(np.nanmax(shown[:36, :29]), mean.max(), atol=1e-2)


def test_histogram_and_the_two_numbers_are_computed() -> None:
    page = look(view="pixels")
    pixels = load_dataset("digits").train_images.numpy()
    assert (
        numbers(traces(page, 0)[0]["y"]).tolist()
        == np.bincount(pixels.ravel(), minlength=256).tolist()
    )
    mean, deviation = DATASETS["digits"].mean, DATASETS["digits"].deviation
    assert f"Computed just now: {mean} and {deviation}." in page.success[0].value
    assert numbers(traces(page, 1)[0]["y"])[-1] == pytest.approx((pixels / 255).mean())
    assert numbers(traces(page, 1)[1]["y"])[-1] == pytest.approx((pixels / 255).std())


def test_bytes_shares_and_z_scores_of_one_image() -> None:
    page = look(view="values", part="test", digit=7, index=3)
    data = load_dataset("digits")
    image = data.test_images[data.test_labels == 7][3, 0].numpy()
    mean, deviation = DATASETS["digits"].mean, DATASETS["digits"].deviation
    for chart, expected in enumerate((image, image / 255, (image / 255 - mean) / deviation)):
        assert np.allclose(numbers(traces(page, chart)[0]["z"]), expected, atol=1e-5)
    _, *planes = traces(page, 3)
    example = np.array(
        traces(page, 3)[0]["z"]
        if isinstance(traces(page, 3)[0]["z"], list)
        else numbers(traces(page, 3)[0]["z"])
    )
    assert np.array_equal(
        np.stack([numbers(plane["z"]) for plane in planes]), example.transpose(2, 0, 1)
    )


def test_augmentation_shows_the_image_as_it_is_and_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = look(view="augment", augment_shift=0, augment_rotation=0, augment_crop=0)
    pictures = [part.split('"')[0] for part in pictures_of(page).split('src="')[1:]]
    assert len(set(pictures)) == 1
    page = look(view="augment", augment_shift=3)
    other = [part.split('"')[0] for part in pictures_of(page).split('src="')[1:]]
    assert other[0] == pictures[0]
    assert len(set(other)) > 15
    page.button(key="data.seed").click().run()
    assert link(page)["seed"] == "2"
    assert pictures_of(page) != other


def test_batches_of_the_loader_follow_the_controls() -> None:
    page = look(view="loader")
    body = pictures_of(page)
    assert body.count("x (5, 1, 28, 28)") == 4
    assert body.count("x (3, 1, 28, 28)") == 1
    page = look(view="loader", drop_last=1, batch_size=8)
    assert pictures_of(page).count("<img") == 16
    assert "7 images are left out of this epoch." in words(page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            {"shuffle": 1, "sampler": "even"},
            "ValueError: sampler option is mutually exclusive with shuffle",
        ),
        ({"collate": "cropped"}, "RuntimeError: stack expects each tensor to be equal size"),
    ],
)
def test_what_does_not_go_together_is_told_in_torchs_words(
    query: dict[str, Any], said: str
) -> None:
    assert said in told(look(view="loader", **query))


def test_workers_are_measured_at_a_click() -> None:
    page = look(view="loader")
    assert not charts(page)
    page.button(key="data.measure").click().run()
    assert not page.exception
    assert link(page)["measure"] == "1"
    light, heavy = traces(page)
    assert [len(light["y"]), light["x"][0]] == [len(heavy["y"]), "0"]
    assert all(seconds > 0 for trace in (light, heavy) for seconds in trace["y"])
    assert "pin_memory" in words(page)
    assert "no DataLoader, all images in one tensor" in words(page)

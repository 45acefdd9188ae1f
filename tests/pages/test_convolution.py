"""The page `convolution`: what it sends to the browser is torch's, what it draws is measured, and
links show the same view.
"""

import base64
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn
from torch.nn import functional as F

from mnistlab.analysis import invariance
from mnistlab.analysis.kernels import KERNELS, as_channels
from mnistlab.data import load_dataset
from mnistlab.errors import AnalysisError
from mnistlab.experiments.race import INVARIANCE, invariance_networks
from mnistlab.models.layers import StochasticPool2d
from mnistlab.store import Status, Store
from mnistlab.train import model_from, predict
from mnistlab.ui.convolution import invariance as convolution_lab
from pages.elements import components
from pages.runs import TINY, in_state, link, opened, trained, words

PAGE = "pages/convolution.py"


def look(**query: Any) -> AppTest:
    page = opened(PAGE, alone=True, **{name: str(value) for name, value in query.items()})
    assert not page.exception
    return page


def sent(page: AppTest) -> dict[str, Any]:
    """What the stepper in the browser is given."""
    (component,) = components(page)
    return json.loads(component.proto.json)


def numbers(found: dict[str, Any], name: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(found["numbers"][name]), "<f4")


def charts(page: AppTest) -> dict[str, list[dict[str, Any]]]:
    """The traces of each chart, by the chart's words."""
    return {
        element.proto.alt: json.loads(element.proto.spec)["data"]
        for element in page.get("plotly_chart")
    }


def unpacked(packed: Any) -> np.ndarray:
    if isinstance(packed, dict):
        return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])
    return np.array(packed)


def digit(label: int, place: int) -> torch.Tensor:
    data = load_dataset("digits")
    return data.test_images[data.test_labels == label][place].float() / 255  # (1, 28, 28)


# -- convolution -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"kernel": "blur", "size": 5, "stride": 2, "padding": 1},
        {"kernel": "upright", "dilation": 3, "flip": "yes"},
        {"kernel": "sharpen", "channels": 3, "output": 2},
        {"kernel": "edges", "channels": 4, "groups": 2, "output": 3, "padding": 2},
        {"kernel": "own", "weights": "1,-2,0.5,4", "channels": 3, "groups": 3, "output": 1},
    ],
    ids=str,
)
def test_stepper_is_sent_what_torchs_layer_computes(query: dict[str, Any]) -> None:
    page = look(digit=4, index=2, **query)
    found, channels, groups, output = (
        sent(page),
        query.get("channels", 1),
        query.get("groups", 1),
        query.get("output", 0),
    )
    stride, padding, dilation = (
        query.get(name, default)
        for name, default in (("stride", 1), ("padding", 0), ("dilation", 1))
    )
    kernel = (
        torch.tensor([[1, -2], [0.5, 4]])
        if "weights" in query
        else KERNELS[query.get("kernel", "edges")](query.get("size", 3))
    )
    turned = torch.from_numpy(np.rot90(kernel.numpy(), output).copy())
    turned = turned.flip(0, 1) if query.get("flip") == "yes" else turned
    layer = nn.Conv2d(
        channels, channels, len(kernel), stride, padding, dilation, groups, bias=False
    )
    layer.weight.data[output] = turned
    with torch.no_grad():
        wanted = layer(as_channels(digit(4, 2)[0], channels)[None])[0, output].numpy()

    assert found["output"] == list(wanted.shape)
    assert np.allclose(numbers(found, "output").reshape(wanted.shape), wanted, atol=1e-4)
    seen = channels // groups
    products = numbers(found, "products").reshape(*wanted.shape, seen, -1)
    assert np.allclose(products.sum((-1, -2)), wanted, atol=1e-4)
    assert np.array_equal(numbers(found, "weights"), np.tile(turned.numpy().ravel(), seen))
    assert numbers(found, "inputs").size == seen * (28 + 2 * padding) ** 2
    assert len(found["channels"]) == seen
    assert page.latex[1].value.rstrip("$\n").endswith(f" = {wanted.shape[0]}")
    assert (
        f"**{sum(parameter.numel() for parameter in layer.parameters()) + channels:,}**"
        in words(page)
    )
    assert not page.warning


def test_trained_kernels_are_those_of_the_run_before_and_after_training_with_its_bias(
    store: Store,
) -> None:
    run = trained(store)
    for when, step in (("start", 0), ("end", None)):
        page = look(run=run.id, kernel="run", map=1, when=when)
        layer = model_from(run.config, store.weights(run.id, step)).conv1
        image = load_dataset("digits").test_images[:1].float() / 255
        with torch.no_grad():
            wanted = F.conv2d(image, layer.weight, layer.bias)[0, 1].numpy()
        found = sent(page)
        assert np.allclose(numbers(found, "output").reshape(wanted.shape), wanted, atol=1e-5)
        assert found["bias"] == pytest.approx(layer.bias[1].item())


def test_the_network_that_is_named_is_the_one_whose_kernel_is_drawn(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [trained(store, TINY.replace(seed=seed)) for seed in (1, 2)]
    asked: list[Any] = []

    def in_turn(self: Store, *which: Any, **how: Any) -> Any:
        asked.append(which)
        return runs[:: 1 if len(asked) % 2 else -1]

    monkeypatch.setattr(Store, "runs", in_turn)
    page = look(kernel="run")
    named = page.selectbox(key="convolution.of").value
    layer = model_from(TINY, store.weights(named)).conv1
    assert np.allclose(numbers(sent(page), "weights"), layer.weight[0, 0].detach().ravel())
    assert link(page)["of"] == named
    assert len(asked) == 1


def test_without_a_trained_convolution_its_kernels_are_not_offered(store: Store) -> None:
    trained(store, TINY.replace(arch="mlp", hidden=4))
    assert "From a trained network" not in look().selectbox(key="convolution.kernel").options
    trained(store)
    assert "From a trained network" in look().selectbox(key="convolution.kernel").options


def test_flipping_says_what_it_changes(store: Store) -> None:
    assert "rotated by 180°, it stays the same" in words(look(kernel="edges", flip="yes"))
    x, kernel = load_dataset("digits").test_images[:1].float() / 255, KERNELS["upright"](3)
    both = [F.conv2d(x, each[None, None]) for each in (kernel, kernel.flip(0, 1))]
    largest = float((both[0] - both[1]).abs().max())
    assert f"changes the output by up to {largest:.3g}" in words(look(kernel="upright", flip="yes"))
    assert "In mathematics, a convolution flips" not in words(look(kernel="upright"))


def test_groups_are_drawn_and_explained() -> None:
    page = look(channels=4, groups=2)
    ((alt, traces),) = charts(page).items()
    assert "in 2 groups" in alt
    assert sum(trace["mode"] == "lines" for trace in traces) == 4 * 2
    assert "`(4, 2, 3, 3)`" in words(page)


# -- pooling ---------------------------------------------------------------------------------------


def test_what_max_pooling_throws_away_is_said() -> None:
    page = look(view="pooling", digit=1, index=0, row=7, col=6)
    image = load_dataset("digits").test_images
    labels = load_dataset("digits").test_labels
    pixels = image[labels == 1][0, 0].float() / 255
    largest = F.max_pool2d(pixels[None], 2)[0]
    share = 1 - float(largest.sum() / pixels.sum())
    assert f"**{100 * share:.2f} %** of the sum of all pixels is thrown away" in words(page)
    window = sorted(pixels[14:16, 12:14].flatten().tolist())
    assert f"**{window[-1]:.3g}** wins" in words(page)
    assert f"Thrown away: {window[2]:.3g} · {window[1]:.3g} · {window[0]:.3g}." in words(page)
    assert "thrown away" not in words(look(view="pooling", pool="mean"))


@pytest.mark.parametrize(
    ("query", "layer"),
    [
        ({}, nn.MaxPool2d(2)),
        (
            {"window": 3, "pool_padding": 1, "ceil": "yes"},
            nn.MaxPool2d(3, padding=1, ceil_mode=True),
        ),
        ({"window": 3, "pool_stride": 1}, nn.MaxPool2d(3, 1)),
        ({"pool": "mean", "window": 4, "pool_stride": 3, "pool_padding": 2}, nn.AvgPool2d(4, 3, 2)),
        (
            {"pool": "mean", "window": 3, "pool_padding": 1, "ceil": "yes", "count_pad": "no"},
            nn.AvgPool2d(3, 3, 1, True, False),
        ),
        ({"pool": "stochastic", "window": 3}, StochasticPool2d(3).eval()),
        ({"pool": "none"}, nn.Identity()),
    ],
    ids=str,
)
def test_pooling_is_sent_as_torchs_layer_computes_it(
    query: dict[str, Any], layer: nn.Module
) -> None:
    page = look(view="pooling", digit=8, index=1, **query)
    wanted, found = layer(digit(8, 1)[None])[0, 0].numpy(), sent(page)
    assert found["output"] == list(wanted.shape)
    assert np.array_equal(numbers(found, "output").reshape(wanted.shape), wanted)
    assert np.allclose(
        numbers(found, "products").reshape(wanted.size, -1).sum(-1), wanted.ravel(), atol=1e-5
    )
    if query.get("pool") != "none":
        assert page.latex[1].value.rstrip("$\n").endswith(f" = {wanted.shape[0]}")
    if query.get("pool_padding") and query.get("pool", "max") == "max":
        assert np.isneginf(numbers(found, "inputs").reshape(found["input"])[0]).all()
    assert not page.warning


def test_change_under_a_shift_is_measured_for_this_digit_and_drawn_for_all() -> None:
    page = look(view="pooling", pool="mean", window=3, shift=2, digit=1, index=0)
    image = digit(1, 0)
    moved = F.pad(image, (2, 0))[..., :28]
    before, after = F.avg_pool2d(image, 3), F.avg_pool2d(moved, 3)
    change = 100 * float((after - before).norm() / before.norm())
    assert f"Mean pooling: the output changed by **{change:.0f} %** of its size" in words(page)
    ((alt, traces),) = charts(page).items()
    assert [trace["name"] for trace in traces] == ["Max", "Mean", "Stochastic", "None"]
    assert "At 2 pixels" in alt


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"window": 3, "pool_stride": 2}, "drops the last row and the last column"),
        (
            {"window": 4, "pool_stride": 3, "pool_padding": 1},
            "drops the last row and the last column",
        ),
        ({"window": 2, "pool_stride": 3, "pool_padding": 1}, None),  # only padding is dropped
        ({"window": 3, "pool_stride": 2, "ceil": "yes"}, None),
    ],
    ids=str,
)
def test_rows_that_no_window_covers_are_counted_without_the_padding(
    query: dict[str, Any], sentence: str | None
) -> None:
    text = words(look(view="pooling", **query))
    assert ("drops the last" in text) == (sentence is not None)
    assert sentence is None or sentence in text


# -- invariance lab --------------------------------------------------------------------------------


@pytest.fixture
def six(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The lab's own six networks, trained for four steps each, and measured on few images."""
    configs = {
        name: config.replace(max_steps=4, channels=(2, 2), hidden=4)
        for name, config in invariance_networks("digits").items()
    }
    monkeypatch.setattr(convolution_lab, "invariance_networks", lambda dataset: configs)
    monkeypatch.setattr(convolution_lab, "IMAGES", 40)
    return configs


def test_lab_trains_six_networks_at_a_click_and_draws_what_they_make_of_changed_digits(
    store: Store, six: dict[str, Any]
) -> None:
    page = look(view="invariance", change="down")
    assert not charts(page)
    page.button(key="lab.start").click().run()
    assert not page.exception
    assert {store.get(config.run_id).status for config in six.values()} == {Status.FINISHED}
    ((alt, traces),) = charts(page).items()
    assert "pixels down" in alt
    assert [trace["name"] for trace in traces] == [INVARIANCE[name][0] for name in six]
    data = load_dataset("digits")
    for trace, config in zip(traces, six.values(), strict=True):
        model = model_from(config, store.weights(config.run_id))
        for amount, share in zip(trace["x"], unpacked(trace["y"]), strict=True):
            moved = invariance.transformed(data.test_images[:40], "down", amount)
            right = int((predict(model, moved, config).argmax(1) == data.test_labels[:40]).sum())
            assert share == pytest.approx(right / 40)
    assert not [button for button in page.button if button.key == "lab.start"]


def test_lab_fills_in_as_runs_finish_and_offers_the_missing_ones(
    store: Store, six: dict[str, Any]
) -> None:
    trained(store, six["max"])
    in_state(store, Status.RUNNING, six["mlp"])
    in_state(store, Status.FAILED, six["lstm"])
    page = look(view="invariance")
    ((_, traces),) = charts(page).items()
    assert [trace["name"] for trace in traces] == ["CNN, max pooling"]
    assert "MLP: running, step 2 of 4" in words(page)
    assert "LSTM, row by row: failed" in words(page)
    assert page.button(key="lab.start").label == "Train 4 networks"


def test_lab_can_be_stopped_and_begun_again(store: Store, six: dict[str, Any]) -> None:
    trained(store, six["max"])
    in_state(store, Status.RUNNING, six["mlp"])
    in_state(store, Status.QUEUED, six["lstm"])
    page = look(view="invariance")
    page.button(key="lab.stop").click().run()
    assert not page.exception
    assert store.get(six["mlp"].run_id).wanted == "stop"
    assert store.get(six["lstm"].run_id).status == Status.STOPPED
    assert store.get(six["max"].run_id).status == Status.FINISHED
    assert page.button(key="lab.stop").disabled


def test_network_that_cannot_be_measured_is_told_beside_the_others(
    store: Store, six: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("max", "mlp"):
        trained(store, six[name])
    kept = convolution_lab.robustness

    def fails_for_mlp(model: Any, images: Any, labels: Any, config: Any, *rest: Any) -> Any:
        if config.arch == "mlp":
            raise AnalysisError("The answers are no numbers.", "Train it again.")
        return kept(model, images, labels, config, *rest)

    monkeypatch.setattr(convolution_lab, "robustness", fails_for_mlp)
    page = look(view="invariance")
    assert [error.value for error in page.error] == ["The answers are no numbers. Train it again."]
    assert [trace["name"] for trace in next(iter(charts(page).values()))] == ["CNN, max pooling"]
    monkeypatch.setattr(convolution_lab, "robustness", kept)
    page.run()
    assert not page.error
    assert [trace["name"] for trace in next(iter(charts(page).values()))] == [
        "CNN, max pooling",
        "MLP",
    ]


def test_full_queue_is_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch, six: dict[str, Any]
) -> None:
    from mnistlab.errors import QueueFull
    from mnistlab.ui.kit import state

    def full(config: Any, experiment: str = "") -> None:
        raise QueueFull("You have 10 runs waiting.", "Wait.")

    monkeypatch.setattr(state, "start", full)
    page = look(view="invariance")
    page.button(key="lab.start").click().run()
    assert [error.value for error in page.error] == ["You have 10 runs waiting. Wait."]


# -- links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {
            "kernel": "own",
            "weights": "0,1,0,-1",
            "stride": 2,
            "padding": 3,
            "row": 4,
            "col": 5,
            "digit": 3,
            "index": 7,
        },
        {
            "channels": 4,
            "groups": 2,
            "output": 1,
            "flip": "yes",
            "kernel": "upright",
            "size": 4,
            "dilation": 2,
        },
        {
            "view": "pooling",
            "pool": "mean",
            "window": 4,
            "pool_stride": 3,
            "pool_padding": 1,
            "ceil": "yes",
            "count_pad": "no",
            "shift": 5,
        },
        {"view": "invariance", "change": "zoom", "dataset": "digits"},
    ],
    ids=str,
)
def test_link_opens_the_same_view_in_a_fresh_browser(query: dict[str, Any]) -> None:
    first = look(**query)
    assert not first.warning
    assert link(first) == {name: str(value) for name, value in query.items()}
    again = look(**link(first))
    for kind in ("bidi_component", "plotly_chart", "html"):
        assert [str(element.proto) for element in again.get(kind)] == [
            str(element.proto) for element in first.get(kind)
        ]
    if "row" in query:
        assert sent(first)["place"] == [4, 5]


def test_controls_go_into_the_link() -> None:
    page = look()
    page.selectbox(key="convolution.kernel").set_value("blur").run()
    page.selectbox(key="picture.digit").set_value(8).run()
    page.select_slider(key="convolution.size").set_value(5).run()
    assert link(page) == {"kernel": "blur", "digit": "8", "index": "0", "size": "5"}
    assert np.allclose(numbers(sent(page), "weights"), 1 / 25)


def test_place_in_one_views_output_is_not_carried_into_another() -> None:
    page = look(row=4, col=5)
    assert sent(page)["place"] == [4, 5]
    page.segmented_control(key="convolution.view").set_value("pooling").run()
    assert link(page) == {"view": "pooling"}
    assert sent(page)["place"] == sent(look(view="pooling"))["place"]


@pytest.mark.parametrize("text", ["1,2,3", "a", "1,,2,3", "1e9", "nan", ",".join(["0"] * 64), ""])
def test_kernel_that_is_none_is_one_clear_sentence(text: str) -> None:
    page = look(weights=text)
    assert [
        f"The link says weights={text[:40]!r}, but it has to be the numbers of a square kernel"
        in w.value
        for w in page.warning
    ] == [True]
    assert sent(page)["editable"]


@pytest.mark.parametrize(
    ("query", "name", "change"),
    [
        ({"channels": 4, "groups": 2}, "groups", ("selectbox", "convolution.channels", 3)),
        ({"channels": 4, "output": 3}, "output", ("selectbox", "convolution.channels", 3)),
        (
            {"view": "pooling", "window": 4, "pool_padding": 2},
            "pool_padding",
            ("segmented_control", "convolution.window", 2),
        ),
    ],
)
def test_choice_that_others_have_outdated_begins_anew(
    query: dict[str, Any], name: str, change: tuple[str, str, int]
) -> None:
    page = look(**query)
    widget, key, value = change
    getattr(page, widget)(key=key).set_value(value).run()
    assert not page.exception
    assert not page.warning
    assert not page.error
    assert link(page)[name] == str({"groups": 1, "output": 0, "pool_padding": 0}[name])


def test_choice_of_a_link_that_does_not_fit_gets_a_sentence() -> None:
    assert [warning.value for warning in look(channels=3, groups=2).warning] == [
        "The link says groups=2, which is not available here."
    ]


@pytest.mark.parametrize("view", ["convolution", "pooling", "invariance"])
def test_number_beyond_the_last_is_said_once(view: str) -> None:
    (warning,) = look(view=view, index=9_999).warning
    assert "this is the last one" in warning.value


def test_text_corrects_what_is_often_written() -> None:
    said = words(look())
    for correction in (
        "not the height of the picture",
        "dilation is another word for stride",
        "max pooling pads with −∞",
        "cross-correlation",
    ):
        assert re.search(re.escape(correction), said.replace("\n", " ")), correction


def test_data_set_that_is_not_here_is_offered_and_another_can_be_chosen() -> None:
    for view in ("convolution", "pooling", "invariance"):
        page = look(view=view, dataset="mnist")
        assert page.button(key="download.mnist").label == "Download MNIST"
        page.selectbox(key="convolution.dataset").set_value("digits").run()
        assert not page.warning
        assert components(page) or page.button(key="lab.start")

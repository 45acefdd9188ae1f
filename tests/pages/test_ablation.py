"""Silence and see: the accuracies are those of a network with hooks, and a link opens the same."""

from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor

from mnistlab.analysis.inspection import network_input
from mnistlab.data import load_dataset
from mnistlab.models import describe
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from
from mnistlab.ui.ablation import jobs
from pages.elements import charts, numbers, traces
from pages.runs import TINY, component, link, opened, trained, words

PAGE = "pages/ablation.py"
CNN = TINY.replace(channels=(4, 4), lr=0.01, max_steps=20, eval_every=20)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    jobs._kept.clear()


def look(run: RunRecord, **query: Any) -> AppTest:
    page = opened(
        PAGE, alone=True, run=run.id, **{name: str(value) for name, value in query.items()}
    )
    assert not page.exception
    assert not page.error, words(page)
    return page


def right(
    store: Store, run: RunRecord, parts: dict[str, list[int]], box: tuple[int, ...] = ()
) -> int:
    """How many test images are classified correctly with channels set to zero by hooks."""
    model, data = model_from(run.config, store.weights(run.id)), load_dataset("digits")
    for stage, channels in parts.items():

        def zero(module: object, inputs: object, output: Tensor, which: Any = channels) -> Tensor:
            output = output.clone()
            output[:, which] = 0
            return output

        getattr(model, stage).register_forward_hook(zero)
    images = data.test_images.clone()
    if box:
        images[:, :, box[0] : box[2], box[1] : box[3]] = 0
    with torch.no_grad():
        said = model(network_input(images, run.config, model)).argmax(1)
    return int((said == data.test_labels).sum())


def accuracies(page: AppTest) -> list[str]:
    return [metric.value for metric in page.metric]


def test_silent_maps_and_pixels_are_judged_on_all_test_images(store: Store) -> None:
    run = trained(store, CNN)
    whole = right(store, run, {})
    page = look(run)
    assert f"the network gets {whole / 5:.2f} % of the test images right" in words(page)
    page = look(run, off="conv1.0,pool2.1,pool2.3", box="4-6-12-20", stage="pool2")
    count = right(store, run, {"conv1": [0], "pool2": [1, 3]}, (4, 6, 12, 20))
    assert accuracies(page) == [f"{whole / 5:.2f} %", f"{count / 5:.2f} %"]
    assert count != whole
    said = words(page)
    assert "conv1, map 0; pool2, maps 1, 3; pixels of rows 4 to 11, columns 6 to 19" in said
    tiles = component(page, "maps")
    assert tiles is not None
    assert (tiles["silent"], len(tiles["tiles"])) == ([1, 3], 4)
    again = look(run, **{name: value for name, value in link(page).items() if name != "run"})
    assert [chart.spec for chart in charts(again)] == [chart.spec for chart in charts(page)]
    page.button(key="ablation.reset").click().run()
    assert {"off", "box"} & link(page).keys() == set()
    assert "Nothing is silent" in words(page)


def test_confusion_of_the_silenced_network_stands_beside_that_of_the_whole(store: Store) -> None:
    run = trained(store, CNN)
    page = look(run, stage="input", box="1-1-27-27")
    tiles = component(page, "maps")
    assert tiles is not None
    assert tiles["box"] == [1, 1, 27, 27]
    labels = load_dataset("digits").test_labels.numpy()
    whole, silenced = (numbers(traces(page, place)[0]["z"]).reshape(10, 10) for place in (1, 2))
    assert (np.nan_to_num(whole) != np.nan_to_num(silenced)).any()
    answer = int(np.nansum(silenced, 0).argmax())  # without ink it says the same of nearly all
    for digit in set(range(10)) - {answer}:
        assert silenced[digit, answer] >= 0.9 * (labels == digit).sum()


@pytest.mark.parametrize("arch", ["cnn", "lenet5", "gru", "mlp"])
def test_every_view_and_stage_of_every_kind_of_network_opens(store: Store, arch: str) -> None:
    run = trained(store, TINY.replace(arch=arch, hidden=6))
    last = [stage for stage in describe(run.config) if stage.parameters][-2]
    page = look(run, stage=last.name, off=f"{last.name}.1")
    assert len(charts(page)) == 3
    assert last.name in words(page)
    assert all(len(chart.alt) > 20 for chart in charts(page))
    page = look(run, stage=last.name, view="ranking")
    assert f"of {last.name}, each silent alone" in charts(page)[0].alt


def test_ranking_is_sorted_and_its_grey_bars_can_be_silenced_together(store: Store) -> None:
    run = trained(store, CNN)
    page = look(run, view="ranking", stage="relu1")
    whole = right(store, run, {})
    lost = {n: whole - right(store, run, {"relu1": [n]}) for n in range(4)}
    (bars,) = traces(page)
    assert [int(name) for name in bars["x"]] == sorted(lost, key=lambda n: (-lost[n], n))
    drops = [100 * lost[int(name)] / 500 for name in bars["x"]]
    assert numbers(bars["y"]).tolist() == pytest.approx(drops)
    grey = [
        int(name)
        for name, color in zip(bars["x"], bars["marker"]["color"], strict=True)
        if color.startswith("rgba")
    ]
    if len(grey) > 1:
        page.button(key="ablation.grey").click().run()
        assert link(page)["off"] == ",".join(f"relu1.{n}" for n in sorted(grey))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"off": "conv1"}, "The link says off='conv1', but it has to be"),
        ({"box": "9-9-9-20"}, "The link says box='9-9-9-20', but it has to be"),
        ({"off": "lstm.3,conv1.99"}, "Not in this network, and so left out: lstm.3, conv1.99."),
    ],
)
def test_a_link_to_what_there_is_not_is_one_sentence(
    store: Store, query: dict[str, str], said: str
) -> None:
    page = look(trained(store), **query)
    assert said in words(page)
    assert "Nothing is silent" in words(page)

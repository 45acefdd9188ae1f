"""One step of learning: every view; the numbers shown are torch's own."""

import re
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.nn import functional as F

from mnistlab.choices import OPTIMIZERS
from mnistlab.data import load_dataset, to_input
from mnistlab.store import RunRecord, Store
from mnistlab.train import model_from
from mnistlab.train.order import next_batch
from mnistlab.ui.backpropagation.opened import short
from mnistlab.ui.backpropagation.views import VIEWS
from pages.elements import charts
from pages.runs import TINY, component, link, opened, trained, words

PAGE = "pages/backpropagation.py"
SEPARABLE = TINY.replace(
    convolutions=2, separable=True, class_maps=True, padding=0, batch_norm=True, augment_shift=1
)
NETWORKS = {
    arch: TINY.replace(arch=arch, hidden=6) for arch in ("cnn", "lenet5", "lstm", "rnn", "mlp")
} | {"separable": SEPARABLE}


def look(run: RunRecord, **query: Any) -> AppTest:
    page = opened(
        PAGE, alone=True, run=run.id, **{name: str(value) for name, value in query.items()}
    )
    assert not page.exception
    return page


def learned(
    store: Store, run: RunRecord, images: list[int], step: int | None = None
) -> torch.nn.Sequential:
    """The network with torch's own gradients of these training images."""
    data, model = load_dataset("digits"), model_from(run.config, store.weights(run.id, step))
    logits = model(to_input(data.train_images[images], run.config))
    F.cross_entropy(logits, data.train_labels[images]).backward()
    return model


@pytest.mark.parametrize("network", NETWORKS)
def test_every_view_shows_described_charts(store: Store, network: str) -> None:
    run = trained(store, NETWORKS[network])
    page = look(run)
    for view in VIEWS:
        page.query_params["view"] = view
        page.run()
        assert not page.exception, view
        assert not page.error, (view, words(page))
        assert not page.warning, (view, words(page))
        assert charts(page), view
        assert all(len(chart.alt) > 20 for chart in charts(page)), view


@pytest.mark.parametrize(
    ("network", "weight"),
    [
        ("cnn", {"layer": "conv2", "map": 1, "input": 0, "row": 2, "col": 1}),
        ("lstm", {"layer": "lstm", "parameter": "weight_hh_l0", "map": 13, "input": 2}),
    ],
)
def test_the_gradient_shown_is_torchs_and_what_the_images_add_makes_it(
    store: Store, network: str, weight: dict[str, Any]
) -> None:
    run = trained(store, NETWORKS[network])
    page = look(run, images=5, first=3, **weight)
    model = learned(store, run, [3, 4, 5, 6, 7])
    place = tuple(weight[name] for name in ("map", "input", "row", "col") if name in weight)
    name = f"{weight['layer']}.{weight.get('parameter', 'weight')}"
    gradient = float(model.get_parameter(name).grad[place])
    said = words(page).replace("−", "-")
    assert f"= **{gradient:.5g}**" in said
    assert f"`{name}[{', '.join(map(str, place))}]`" in said
    cards = component(page, "contributions")["cards"]
    added = [float(card["value"].replace("−", "-").replace("≈ ", "")) for card in cards]
    assert sorted(card["image"] for card in cards) == list(range(5))
    assert [abs(each) for each in added] == sorted(map(abs, added), reverse=True)
    assert sum(added) == pytest.approx(gradient, abs=0.05 * sum(map(abs, added)))


def test_the_default_weight_has_the_largest_gradient_of_its_layer(store: Store) -> None:
    run = trained(store)
    page = look(run, layer="conv2", lang="zh")  # code is the same in every language
    gradients = learned(store, run, list(range(16))).conv2.weight.grad
    place = torch.unravel_index(gradients.abs().argmax(), gradients.shape)
    assert f"`conv2.weight[{', '.join(str(int(i)) for i in place)}]`" in words(page)


@pytest.mark.parametrize("optimizer", ["nesterov", "adamw"])
def test_the_step_ends_in_torchs_new_weight(store: Store, optimizer: str) -> None:
    run = trained(store, TINY.replace(optimizer=optimizer, schedule="cosine", max_steps=2))
    page = look(run, step=1, view="update", layer="out", map=3, input=1, row=2, col=2)
    model = learned(store, run, list(range(16)), 1)
    stepper = OPTIMIZERS[optimizer](run.config, model.parameters())
    stepper.param_groups[0]["lr"] = run.config.lr / 2  # half of the cosine's way
    stepper.step()
    after = float(model.out.weight.detach().reshape(10, 2, 7, 7)[3, 1, 2, 2])
    (shown,) = re.findall(r"to \*\*([^*]+)\*\*: ", words(page))
    assert float(shown.replace("−", "-")) == pytest.approx(after, rel=1e-4)


def test_the_runs_next_mini_batch_can_be_looked_at(store: Store) -> None:
    run = trained(store)
    page = look(run, step=2, batch="next")
    names = {card["name"] for card in component(page, "contributions")["cards"]}
    labels = load_dataset("digits").train_labels
    assert names == {
        f"{labels[index]}, training image {index}" for index in next_batch(run.config, 2).tolist()
    }


def test_a_link_opens_the_same_in_a_fresh_browser(store: Store) -> None:
    run = trained(store)
    query = {"view": "stages", "stage": "pool1", "layer": "conv2", "row": 1, "images": 3}
    first = look(run, image=2, step=2, **query)
    assert not first.warning
    again = look(run, **{name: text for name, text in link(first).items() if name != "run"})
    assert link(again) == link(first)
    assert words(again) == words(first)
    assert [chart.spec for chart in charts(again)] == [chart.spec for chart in charts(first)]
    assert component(first, "contributions")["chosen"] == 2
    assert charts(first)[1].alt.startswith("The gradient of stage pool1")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("image", 16, "The link says image=16, which is not available here."),
        ("row", 9, "The link says row=9, which is not available here."),
        ("after", 7, "The link says after=7, which is not available here."),
        ("images", 51, "The link says images='51', but it has to be a whole number from 1 to 50."),
        ("first", 1290, "The link says first=1290, but the last mini-batch of this size starts"),
        ("layer", "relu1", "This network has no layer 'relu1' that learns; showing conv1 instead."),
        ("stage", "lstm", "This network has no stage 'lstm'; showing out instead."),
    ],
)
def test_what_a_link_wants_and_is_not_there_is_one_clear_sentence(
    store: Store, name: str, value: Any, said: str
) -> None:
    view = {"after": "update", "stage": "stages"}.get(name, "gradient")
    page = look(trained(store), view=view, **{name: value})
    assert not page.error
    assert words(page).count(said) == 1


def test_a_mini_batch_that_cannot_be_told_is_not_offered(store: Store) -> None:
    run = trained(store, TINY.replace(train_size=40, epochs=2, augment_shift=1))
    assert store.snapshot_steps(run.id)[-1] == 4
    page = look(run, batch="next")
    assert "The link says batch=next, which is not available here." in words(page)
    assert "not augmented" in words(page)
    assert not look(run, step=1, batch="next").warning


@pytest.mark.parametrize(
    ("value", "longest", "said"),
    [
        (-0.012, 0.02, "−0.012"),
        (9.8e-5, 0.02, "+0.0001"),
        (-3e-5, 0.02, "≈ 0"),
        (9.8e-5, 2e-4, "+9.8e−05"),  # small among small ones
    ],
)
def test_a_small_part_among_large_ones_has_no_power_of_ten(
    value: float, longest: float, said: str
) -> None:
    assert short(value, longest) == said


def test_label_smoothing_has_targets_of_its_own_at_the_logits(store: Store) -> None:
    run = trained(store, TINY.replace(label_smoothing=0.05))
    said = words(look(run, view="stages"))
    assert "the target is 0.955 for the right class, and 0.005 for each of the others" in said
    assert "minus 1 for the right one" not in said
    assert "minus 1 for the right one" in words(look(trained(store), view="stages"))


def test_a_step_at_the_end_of_a_schedule_says_why_nothing_moves(store: Store) -> None:
    run = trained(store, TINY.replace(schedule="cosine", max_steps=2))
    page = look(run, view="update")
    assert "so this step changes next to nothing. At step 0 the rate is" in words(page)
    page.button(key=f"link.{[('step', 0), ('view', 'update')]}").click().run()
    assert not page.exception
    assert link(page)["step"] == "0"
    assert "so this step changes next to nothing" not in words(page)

"""Sequences: every view shows what the experiment gives, and one click trains three networks that
read row by row.
"""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.analysis.gradient_flow import gradient_flow
from mnistlab.data import load_dataset
from mnistlab.events import Evaluated
from mnistlab.experiments.race import readers
from mnistlab.experiments.sine import (
    Broken,
    Window,
    build,
    extrapolate,
    final_loss,
    three_heads,
    train_sine,
)
from mnistlab.experiments.sine_config import STATES, SineConfig
from mnistlab.export.sine_script import sine_script
from mnistlab.store import Status, Store
from mnistlab.train import model_from
from mnistlab.ui.sequence import row_readers
from mnistlab.ui.sequence import sine as sine_view
from pages.elements import charts, code_of, components, marked, numbers, traces
from pages.runs import in_state, link, opened, words

PAGE = "pages/sequence.py"


def look(**query: Any) -> AppTest:
    page = opened(PAGE, alone=True, **{name: str(value) for name, value in query.items()})
    assert not page.exception
    assert not page.error, words(page)
    assert not page.warning, words(page)
    return page


def trained(config: SineConfig) -> tuple[Any, list[Any]]:
    network = build(config)
    return network, list(train_sine(config, network))


def line(page: AppTest, chart: int, name: str) -> np.ndarray:
    return next(numbers(trace["y"]) for trace in traces(page, chart) if trace["name"] == name)


def played(page: AppTest) -> dict[str, Any]:
    """What the browser is given to play."""
    (component,) = [json.loads(element.proto.json) for element in components(page)]
    return component


def test_live_run_plays_the_very_windows_of_the_training() -> None:
    page = look(cell="gru", hidden=8, lr=0.01, time_steps=5)
    windows = trained(SineConfig(cell="gru", hidden=8, lr=0.01, time_steps=5))[1]
    told = played(page)
    for ours, theirs in (("input", "x"), ("target", "target"), ("prediction", "prediction")):
        assert told[ours] == pytest.approx(
            np.concatenate([getattr(window, theirs) for window in windows]), abs=1e-6
        )
    assert told["losses"] == pytest.approx([window.loss for window in windows])
    assert told["ticks"][:3] == ["0", "π", "2π"]
    assert f"mean squared error is **{final_loss(windows):.4f}**" in words(page)
    assert told["floor"] == 0
    assert played(look(state="reset"))["floor"] == pytest.approx(0.1)


def test_controls_are_in_the_link() -> None:
    page = look()
    page.segmented_control(key="sequence.cell").set_value("lstm").run()
    page.select_slider(key="sequence.hidden").set_value("16").run()
    assert link(page) == {"cell": "lstm", "hidden": "16"}
    again = look(**link(page))
    assert (
        played(again)["losses"]
        == played(page)["losses"]
        == pytest.approx([window.loss for window in trained(SineConfig(cell="lstm", hidden=16))[1]])
    )


def test_three_treatments_stand_side_by_side_with_pytorchs_own_words() -> None:
    page = look(view="state")
    detach, carry, reset = (
        trained(SineConfig(state=state))[1] for state in ("carry+detach", "carry", "reset")
    )
    assert [metric.value for metric in page.metric] == [
        f"{final_loss(detach):.4f}",
        "error",
        f"{final_loss(reset):.4f}",
    ]
    broken = carry[-1]
    assert isinstance(broken, Broken)
    assert [code.value for code in page.code] == [broken.error]
    assert broken.explanation in words(page)
    assert line(page, 2, STATES["carry+detach"].label) == pytest.approx(
        [window.loss for window in detach]
    )
    assert line(page, 2, STATES["reset"].label) == pytest.approx([window.loss for window in reset])
    assert line(page, 2, STATES["carry"].label) == pytest.approx([carry[0].loss])
    last = [window for window in reset[-sine_view.LAST_SHOWN :] if isinstance(window, Window)]
    assert line(page, 1, "prediction") == pytest.approx(
        np.concatenate([window.prediction for window in last]), abs=1e-6
    )
    assert f"With the state reset, the error is **{final_loss(reset):.4f}**." in words(page)
    assert "is **0.1000** for 10 steps per window" in words(page)


def test_live_run_without_detach_shows_the_error() -> None:
    page = look(state="carry")
    assert len(played(page)["losses"]) == 1
    assert "Trying to backward through the graph a second time" in page.code[0].value


@pytest.mark.parametrize("state", STATES)
def test_code_of_the_live_run_is_shown_and_marks_what_was_changed(state: str) -> None:
    page = opened(PAGE, alone=True, state=state, cell="gru")
    assert not any("manual_seed" in element.proto.body for element in page.get("html"))
    page.session_state["twin.sine"] = True
    page.run()
    assert not page.exception
    assert code_of(page) == sine_script(SineConfig(state=state, cell="gru"))
    assert [button.proto.label for button in page.get("download_button")] == [
        "Download the script",
        "This view as a notebook",
    ]
    assert ("fails just as the training above does" in words(page)) == (state == "carry")
    page.segmented_control(key="sequence.cell").set_value("lstm").run()
    assert any("nn.LSTM(1, 32" in line for line in marked(page))
    assert code_of(page) == sine_script(SineConfig(state=state, cell="lstm"))


def test_three_heads_are_shown_equal() -> None:
    page = look(view="head", time_steps=5)
    config = SineConfig(time_steps=5)
    ways = three_heads(trained(config)[0], config)
    table = page.dataframe[0].value
    for column, values in zip(table.columns[1:], ways.values(), strict=True):
        assert table[column].to_numpy() == pytest.approx(values)
        assert table[column].to_numpy() == pytest.approx(ways["direct"], abs=1e-6)


def test_longer_sequence_is_read_by_the_trained_networks() -> None:
    page = look(view="longer", length=2, stretch=2)
    for state in ("carry+detach", "reset"):
        config = SineConfig(state=state)
        reading = extrapolate(trained(config)[0], config, 20, 2.0)
        assert line(page, 0, STATES[state].label) == pytest.approx(reading.prediction, abs=1e-5)
    assert words(page).count(" after it.") == 2
    assert " after it." not in words(look(view="longer", length=1))


def test_one_click_trains_three_readers_and_shows_how_far_back_gradients_reach(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {
        arch: config.replace(hidden=8, max_steps=8, eval_every=4)
        for arch, config in readers("digits", 0.01).items()
    }
    monkeypatch.setattr(row_readers, "readers", lambda dataset, rate: short)
    page = look(view="rows")
    assert not charts(page)
    page.button(key="race.readers").click().run()
    assert not page.exception
    runs = {arch: store.get(config.run_id) for arch, config in short.items()}
    assert {run.status for run in runs.values()} == {Status.FINISHED}
    results = page.dataframe[0].value
    assert list(results["Accuracy, all test images"]) == [
        f"{100 * run.accuracy:.2f} %" for run in runs.values() if run.accuracy is not None
    ]
    (curves,) = page.get("vega_lite_chart")
    assert "RNN, GRU, LSTM" in curves.proto.alt
    assert all(len(store.events(run.id, [Evaluated])) == 3 for run in runs.values())
    data = load_dataset("digits")
    images, labels = (
        data.train_images[: row_readers.FLOW_IMAGES],
        data.train_labels[: row_readers.FLOW_IMAGES],
    )
    for when, step in (("end", 8), ("start", 0)):
        page.query_params["when"] = when
        page.run()
        for arch, config in short.items():
            flow = gradient_flow(
                model_from(config, store.weights(config.run_id, step)), images, labels, config
            )
            assert line(page, 0, f"{arch.upper()} h") == pytest.approx(flow.hidden, rel=1e-4)


def test_readers_that_go_on_or_wait_can_be_stopped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {
        arch: config.replace(hidden=8, max_steps=4, eval_every=2)
        for arch, config in readers("digits", 0.01).items()
    }
    monkeypatch.setattr(row_readers, "readers", lambda dataset, rate: short)
    in_state(store, Status.RUNNING, short["rnn"])
    in_state(store, Status.QUEUED, short["lstm"])
    page = look(view="rows")
    page.button(key="race.stop.readers").click().run()
    assert not page.exception
    assert store.get(short["rnn"].run_id).wanted == "stop"
    assert store.get(short["lstm"].run_id).status == Status.STOPPED


def test_readers_differ_in_nothing_but_the_network() -> None:
    for dataset in ("mnist", "digits"):
        configs = readers(dataset, 0.01)
        assert list(configs) == ["rnn", "gru", "lstm"]
        assert len({config.replace(arch="lstm") for config in configs.values()}) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("lr", "0.3"), ("view", "x"), ("cell", "cnn"), ("state", "keep")]
)
def test_wrong_choice_in_a_link_is_one_clear_sentence(name: str, text: str) -> None:
    page = opened(PAGE, alone=True, **{name: text})
    assert not page.exception
    assert [f"The link says {name}=" in warning.value for warning in page.warning] == [True]

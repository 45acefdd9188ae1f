"""The form, the network's strip, Start, and the states of a run."""

from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest
from torch.utils.data import DataLoader
from waiting import SECONDS

from mnistlab.choices import ARCHITECTURES
from mnistlab.config import FIELDS, TrainConfig, format_value, option
from mnistlab.events import Evaluated, Progress
from mnistlab.executors import InlineExecutor
from mnistlab.models import describe
from mnistlab.presets import PRESETS
from mnistlab.store import RUNS_PER_SESSION, Status, Store
from mnistlab.store.tables import RUNS
from mnistlab.ui.kit.labels import MORE, field_label
from mnistlab.ui.train import gpu
from pages.runs import TINY, component, in_state, link, opened, trained, words

TRAIN = "pages/train.py"


def field(page: AppTest, label: str) -> Any:
    """The widget with this label."""
    found = [
        widget
        for kind in (page.selectbox, page.number_input, page.checkbox)
        for widget in kind
        if widget.label == label
    ]
    assert len(found) == 1, (
        f"{label}: {[widget.label for widget in [*page.selectbox, *page.number_input]]}"
    )
    return found[0]


def everything(**query: str) -> AppTest:
    """The page with all of its "more" opened."""
    page = opened(TRAIN, **query)
    for group in MORE:
        page.session_state[f"form.more.{group}"] = True
    return page.run()


def config_of(page: AppTest) -> TrainConfig:
    """What the page's URL describes."""
    return TrainConfig.from_query(link(page))


def shown(page: AppTest) -> str:
    return next(
        element.proto.body for element in page.get("html") if 'role="img"' in element.proto.body
    )


@pytest.mark.parametrize("name", list(PRESETS))
def test_choosing_a_preset_fills_the_form_and_the_link(name: str) -> None:
    page = opened(TRAIN)
    if name == "tutorial-cnn":  # shown at first
        page = field(page, "Start from").set_value("speedrun").run()
    page = field(page, "Start from").set_value(name).run()
    assert not page.exception
    assert config_of(page) == PRESETS[name]
    assert field(page, "Start from").value == name
    assert all(f">{stage.name}<" in shown(page) for stage in describe(PRESETS[name]))


@pytest.mark.parametrize("name", list(PRESETS))
def test_link_with_settings_opens_the_same_form_in_a_fresh_browser(name: str) -> None:
    config = PRESETS[name].replace(seed=77)
    page = opened(TRAIN, **config.to_query())
    assert not page.exception
    assert not page.warning or "MNIST" in words(page)
    assert config_of(page) == config
    assert field(page, "Seed").value == 77
    assert field(page, "Start from").value == "own"


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_only_the_settings_that_count_are_asked(arch: str) -> None:
    page = everything(arch=arch, dataset="digits")
    config = TrainConfig(arch=arch)
    labels = {
        widget.label
        for kind in (page.selectbox, page.number_input, page.checkbox)
        for widget in kind
    }
    for name in FIELDS:
        if name != "channels" and not option(name).refers:
            assert (field_label(name) in labels) == config.counts(name), name
    assert ("Channels of convolution 1" in labels) == config.counts("channels")


@pytest.mark.parametrize("size", [50, 64, 1_297, 5_000])
def test_the_steps_of_an_epoch_are_those_of_a_dataloader(size: int) -> None:
    page = opened(TRAIN, dataset="digits", batch_size=str(size))
    batches = [len(batch) for batch in DataLoader(range(1_297), batch_size=size)]
    (said,) = [text.value for text in page.caption if "per epoch" in text.value]
    if len(batches) == 1:
        assert said.startswith("One step per epoch: all 1,297 images")
    else:
        assert said.startswith(f"{len(batches)} steps per epoch: 1,297 images in batches of {size}")
        assert f"and {batches[-1]} images are left for the last one" in said


def test_whether_a_gpu_helps_is_estimated_with_its_reasons_or_measured(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(TRAIN, dataset="digits", arch="mlp", hidden="8", batch_size="4")
    assert "A GPU would hardly help, by estimate" in words(page)
    assert "it may be wrong by a factor of three" in words(page)
    page = opened(TRAIN, preset="pytorch-example", batch_size="1000", dataset="digits")
    assert "A GPU would help: about" in words(page)
    run = trained(store)
    monkeypatch.setattr(gpu.state, "run_of", lambda config: run)
    said = gpu._measured(run.config, ["cpu", "cuda:0"])
    assert said.startswith("Measured with these settings:")
    assert gpu._measured(run.config, ["cpu"]) == ""


def test_shapes_and_parameter_counts_follow_the_form() -> None:
    page = opened(TRAIN, dataset="digits")
    assert "28,938 parameters" in words(page)
    page = field(page, "Channels of convolution 1").set_value(4).run()
    stages = describe(TrainConfig(dataset="digits", channels=(4, 32)))
    assert f"{sum(stage.parameters for stage in stages):,} parameters" in words(page)
    assert "4×28×28" in shown(page)
    page = field(page, "Network").set_value("lstm").run()
    assert "28×64" in shown(page)
    assert link(page)["arch"] == "lstm"
    assert config_of(page) == TrainConfig(dataset="digits", arch="lstm")


def test_impossible_network_is_said_before_start() -> None:
    page = opened(TRAIN, dataset="digits", kernel="7", stride="7", padding="0")
    assert not page.exception
    assert ["does not fit on its input" in error.value for error in page.error] == [True]
    assert page.button(key="start").disabled
    assert "This network cannot be built" in words(page)


def test_impossible_change_disables_start_until_it_is_undone() -> None:
    page = opened(TRAIN, dataset="digits")
    page = field(page, "Kernel size").set_value(6).run()
    assert page.button(key="start").disabled
    assert ["A kernel of width 6" in error.value for error in page.error] == [True]
    page = field(page, "Kernel size").set_value(7).run()
    assert not page.button(key="start").disabled
    assert not page.error
    assert config_of(page).kernel == 7


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lr", "fast"),
        ("lr", "-1"),
        ("arch", "transformer"),
        ("epochs", "0"),
        ("channels", "1,2,x"),
        ("seed", "1.5"),
        ("preset", "best"),
        ("device", "tpu"),
        ("batch_norm", "maybe"),
        ("kernel", "4"),
        ("train_size", "60000000"),
    ],
)
def test_wrong_setting_in_a_link_is_one_clear_sentence(name: str, text: str) -> None:
    page = opened(TRAIN, **{name: text})
    assert not page.exception
    assert (
        sum(
            "The link cannot be followed." in warning.value and text in warning.value
            for warning in page.warning
        )
        == 1
    )
    assert field(page, "Start from").value == "tutorial-cnn"


@pytest.mark.parametrize(("label", "value"), [("Epochs", 0), ("Learning rate", -1.0)])
def test_number_that_is_not_allowed_is_one_clear_sentence_and_cannot_be_started(
    label: str, value: float
) -> None:
    page = field(opened(TRAIN, dataset="digits"), label).set_value(value).run()
    assert not page.exception
    assert len(page.error) == 1
    assert page.button(key="start").disabled
    page = field(page, label).set_value(type(value)(1)).run()
    assert not page.error
    assert not page.button(key="start").disabled


def test_empty_box_stands_for_none() -> None:
    page = everything(dataset="digits", train_size="100", max_steps="5")
    assert field(page, "Training images").value == 100
    page = field(page, "Training images").set_value(None).run()
    assert not page.exception
    assert config_of(page).train_size is None
    assert config_of(page).max_steps == 5


def test_draft_survives_a_visit_to_another_page() -> None:
    page = opened(TRAIN, dataset="digits")
    page = field(page, "Seed").set_value(5).run()
    page.query_params.clear()
    page = page.switch_page("pages/runs.py").run()
    page = page.switch_page(TRAIN).run()
    assert field(page, "Seed").value == 5
    assert config_of(page).seed == 5


def test_start_trains_and_shows_the_result(store: Store) -> None:
    page = opened(TRAIN, **TINY.to_query())
    page = page.button(key="start").click().run()
    assert not page.exception
    run = store.get(TINY.run_id)
    assert run.status == Status.FINISHED
    assert link(page)["run"] == run.id
    assert page.metric[0].value == f"{run.accuracy * 100:.2f} %"
    assert " ".join(map(str, run.final["labels"])) in words(page)
    low, high = (
        float(word)
        for word in next(c.value for c in page.caption if "95 %" in c.value)
        .split(": ")[1]
        .split(" %")[0]
        .split(" to ")
    )
    assert low < run.accuracy * 100 < high


@pytest.mark.parametrize("changed", [False, True])
def test_start_trains_what_the_form_says_by_then_and_draws_the_page_once_if_that_is_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    page, drawn_anew, rerun = opened(TRAIN, **TINY.to_query()), [], st.rerun

    def noted() -> None:
        drawn_anew.append(link(page))
        rerun()

    monkeypatch.setattr(st, "rerun", noted)
    if changed:  # in the message that says that Start was pressed
        field(page, "Seed").set_value(7)
    page = page.button(key="start").click().run()
    assert [run.config for run in store.runs()] == [TINY.replace(seed=7 if changed else 1)]
    assert link(page)["run"] == store.runs()[0].id
    assert page.button(key="start").disabled  # it is shown
    assert len(drawn_anew) == changed
    assert page.session_state["form.generation"] == 1  # the widgets stay


def test_start_of_a_finished_run_shows_it_at_once_and_says_so(store: Store) -> None:
    started = trained(store).started
    page = opened(TRAIN, **TINY.to_query())
    assert page.button(key="start").label == "Show the finished run"
    assert "These settings have been trained already" in words(page)
    assert "Press Start" not in words(page)
    page = page.button(key="start").click().run()
    assert "Trained before: this is the stored result." in words(page)
    assert store.get(TINY.run_id).started == started
    assert page.button(key="start").label == "Start"
    assert page.button(key="start").disabled
    page = field(page, "Seed").set_value(2).run()
    assert not page.button(key="start").disabled


def test_page_without_a_run_says_what_to_do_and_leads_to_those_that_are_there(
    store: Store,
) -> None:
    page = opened(TRAIN, dataset="digits")
    assert "Training goes on if you close this tab." in words(page)
    assert "trained here" not in words(page)
    trained(store)
    page = opened(TRAIN, dataset="digits")
    assert "Look at the run trained here" in words(page)
    assert "Nothing has been trained here" not in words(page)


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (Status.QUEUED, "Show the run in progress"),
        (Status.RUNNING, "Show the run in progress"),
        (Status.PAUSED, "Start"),
        (Status.FAILED, "Start"),
    ],
)
def test_start_says_what_it_does(store: Store, status: Status, label: str) -> None:
    in_state(store, status)
    assert opened(TRAIN, **TINY.to_query()).button(key="start").label == label


def test_settings_that_diverged_are_shown_and_not_trained_again(store: Store) -> None:
    config = TINY.replace(optimizer="sgd", lr=1_000, max_steps=20)
    run = InlineExecutor(store).start(config)
    page = opened(TRAIN, **config.to_query())
    assert page.button(key="start").label == "Show how it diverged"
    page = page.button(key="start").click().run()
    assert link(page)["run"] == run.id
    assert [error.value for error in page.error] == [run.reason]


def test_curves_show_what_was_recorded(store: Store) -> None:
    run = trained(store)
    page = opened(TRAIN, run=run.id)
    curves = component(page, "run_charts")
    assert curves is not None
    evaluated = [event for _, event in store.events(run.id, [Evaluated])]
    live = curves["live"]
    assert live["curves"]["test_loss"] == [[event.step, event.test_loss] for event in evaluated]
    assert live["curves"]["test_accuracy"] == [
        [event.step, event.test_accuracy] for event in evaluated
    ]
    assert len(live["curves"]["train_loss"]) == len(store.events(run.id, [Progress])) > 0
    assert "The test curves are measured on the first 100 test images." in words(page)
    assert "Loss over 4 steps" in live["said"]["loss"]
    assert "100 test images over 4 steps" in live["said"]["accuracy"]
    assert curves["url"] is None  # this page is not served by `mnistlab serve`


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.QUEUED, "Starting …"),
        (Status.RUNNING, "Step 2 of 4"),
        (Status.PAUSED, "Paused after 2 of 4 steps."),
        (Status.STOPPED, "Stopped after 2 of 4 steps."),
        (Status.FAILED, "The loss of step 2 is not a finite number."),
        (Status.INTERRUPTED, "The process that trained it was killed."),
        (Status.FINISHED, "Accuracy on all 500 test images"),
    ],
)
def test_each_state_has_its_own_words(store: Store, status: Status, said: str) -> None:
    page = opened(TRAIN, run=in_state(store, status).id)
    assert said in words(page)


def test_a_run_that_waits_says_what_comes_first(store: Store) -> None:
    first, second = (store.request(TINY.replace(seed=seed), "somebody") for seed in (2, 3))
    assert "In the queue: number 2 of 2." in words(opened(TRAIN, run=second.id))
    store.claim(first.id)
    assert "Next in the queue." in words(opened(TRAIN, run=second.id))


@pytest.mark.parametrize(("key", "wanted"), [("pause", "pause"), ("stop", "stop")])
def test_buttons_ask_the_worker(store: Store, key: str, wanted: str) -> None:
    run = in_state(store, Status.RUNNING)
    page = opened(TRAIN, run=run.id)
    page = page.button(key=key).click().run()
    assert not page.exception
    assert store.get(run.id).wanted == wanted
    assert page.button(key=key).disabled


@pytest.mark.parametrize("status", [Status.PAUSED, Status.STOPPED, Status.INTERRUPTED])
def test_resume_goes_on(store: Store, status: Status) -> None:
    run = in_state(store, status)
    page = opened(TRAIN, run=run.id).button(key="resume").click().run()
    assert not page.exception
    assert store.get(run.id).status == Status.FINISHED
    assert "finished" in words(page)


def test_repeat_trains_the_next_seed(store: Store) -> None:
    page = opened(TRAIN, run=trained(store).id).button(key="repeat").click().run()
    assert not page.exception
    again = TINY.replace(seed=2)
    assert store.get(again.run_id).status == Status.FINISHED
    assert link(page)["run"] == again.run_id


def test_session_with_too_many_runs_reads_why(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mnistlab.ui.kit import state

    monkeypatch.setattr(state, "client_id", lambda: "me")
    for seed in range(RUNS_PER_SESSION):
        store.request(TINY.replace(seed=100 + seed), "me")
    page = opened(TRAIN, **TINY.to_query()).button(key="start").click().run()
    assert not page.exception
    assert ["the most that one person can have" in error.value for error in page.error] == [True]


def test_start_says_how_long_it_will_take_where_similar_runs_tell(store: Store) -> None:
    assert "as similar networks took" not in words(opened(TRAIN, **TINY.to_query()))
    trained(store)
    page = opened(TRAIN, **TINY.replace(seed=2).to_query())
    assert not page.exception
    assert "here, as similar networks took." in words(page)
    other = TINY.replace(arch="lstm", hidden=4)
    assert "as similar networks took" not in words(opened(TRAIN, **other.to_query()))


def test_start_warns_where_a_run_would_be_stopped_long_before_its_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = "more than the 10 s that one run may train here"
    long = TINY.replace(epochs=1000, max_steps=None, channels=(64, 64))
    assert warning not in words(opened(TRAIN, **long.to_query()))
    monkeypatch.setenv("MNISTLAB_MAX_SECONDS", "10")
    page = opened(TRAIN, **long.to_query())
    assert warning in words(page)
    assert not page.button(key="start").disabled
    assert warning not in words(opened(TRAIN, **TINY.to_query()))
    monkeypatch.setenv("MNISTLAB_MAX_SECONDS", "ten")
    page = opened(TRAIN, **TINY.to_query())
    assert not page.exception
    assert any("MNISTLAB_MAX_SECONDS cannot be 'ten'" in error.value for error in page.error)


def test_a_run_that_reached_the_time_limit_says_so(store: Store) -> None:
    run = in_state(store, Status.RUNNING)
    with store.engine.begin() as connection:
        stopped = sa.update(RUNS).values(status=Status.STOPPED, reason="It has trained for 1 s.")
        connection.execute(stopped)
    assert "It has trained for 1 s." in words(opened(TRAIN, run=run.id))


def test_queue_shows_all_runs_with_their_places(store: Store) -> None:
    in_state(store, Status.RUNNING)
    for seed in (2, 3):
        store.request(TINY.replace(seed=seed), f"student {seed}")
    page = opened(TRAIN)
    text = words(page)
    assert "1 run is training, 2 are waiting." in text
    assert "seed 2 · place 1" in text
    assert "seed 3 · place 2" in text
    assert "seed 1 · running, step 2 of 4" in text


def test_long_queue_shows_those_who_are_next_and_ones_own(store: Store) -> None:
    for number in range(12):
        store.request(TINY.replace(seed=100 + number), f"somebody {number}")
    page = AppTest.from_file("../../pages/train.py", default_timeout=SECONDS)
    page.session_state["client"] = "somebody 9"
    page.run()
    queue = component(page, "queue")
    assert queue is not None
    runs = queue["live"]["runs"]
    assert [run["text"].rpartition("place ")[2] for run in runs] == [
        str(place) for place in range(1, 13)
    ]
    assert [run["first"] for run in runs] == [True] * 5 + [False] * 7
    assert [run["id"] for run in runs if run["id"] in queue["own"]] == [runs[9]["id"]]


def test_log_has_the_format_of_the_tutorial(store: Store) -> None:
    run = trained(store)
    page = AppTest.from_file("../../pages/train.py", default_timeout=SECONDS)
    page.query_params["run"] = run.id
    page.session_state["log"] = True
    page.run()
    assert not page.exception
    assert page.code[0].value.startswith("Epoch:  0 | train loss: ")


def test_every_setting_of_the_link_is_a_setting_of_the_form() -> None:
    config = TINY.replace(
        dropout=0.25,
        label_smoothing=0.1,
        schedule="step",
        schedule_gamma=0.5,
        augment_shift=2,
        eval_every=None,
    )
    page = everything(**config.to_query())
    page = field(page, "Seed").set_value(3).run()  # so that the page writes the link itself
    assert config_of(page) == config.replace(seed=3)
    assert link(page)["schedule_gamma"] == format_value("schedule_gamma", 0.5)


def test_closing_more_keeps_what_was_set_there() -> None:
    page = everything(dataset="digits")
    page = field(page, "Dropout").set_value(0.5).run()
    page.session_state["form.more.model"] = False
    page = field(page.run(), "Seed").set_value(9).run()
    assert config_of(page) == TrainConfig(dataset="digits", dropout=0.5, seed=9)
    page.session_state["form.more.model"] = True
    assert field(page.run(), "Dropout").value == 0.5


@pytest.mark.parametrize("instructions", [{}, {"amx_bf16": True}], ids=["emulated", "native"])
def test_form_says_where_bfloat16_would_be_slow(
    instructions: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
    page = opened(TRAIN, dataset="digits", precision="bfloat16")
    assert ("no instructions for bfloat16" in words(page)) == (not instructions)
    assert "no instructions for bfloat16" not in words(opened(TRAIN, dataset="digits"))


def test_opening_the_page_asks_the_store_only_for_what_it_shows(store: Store) -> None:
    """Thirty students share two cores: each question that is asked twice is one too many."""
    run = trained(store)
    opened(TRAIN, alone=True, run=run.id)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        opened(TRAIN, alone=True, run=run.id)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert sum(each.startswith("SELECT") for each in asked) <= 15


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_that_the_browser_completes_stand_as_the_language_sets_them(
    store: Store, lang: str
) -> None:
    page = opened(TRAIN, run=in_state(store, Status.RUNNING).id, lang=lang)
    curves, queue = component(page, "run_charts"), component(page, "queue")
    assert curves is not None
    assert queue is not None
    for text, place in ((curves["note"], "{measured}"), (queue["caption"], "{summary}")):
        assert text.startswith(place)
        assert text.removeprefix(place)[0].isspace() == (lang == "en")

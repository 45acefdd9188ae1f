"""What 0.1.0 wrote stays: run ids, defaults and events. What comes later changes none of them."""

import dataclasses
import hashlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from strategies import configs

from mnistlab import compatibility, config, events
from mnistlab.config import FIELDS, TrainConfig, option
from mnistlab.events import Diverged, Evaluated, Finished, Paused, Progress, from_record, to_record
from mnistlab.options import Option
from mnistlab.presets import PRESETS
from pages.runs import link, opened

PRESET_IDS = {
    "tutorial-cnn": "c767d98d3278",
    "tutorial-lstm": "84ae291c5de4",
    "case-cnn": "0e88b6576eec",
    "lenet-sgd": "4b9585014d1c",
    "pytorch-example": "a6248dec1766",
    "speedrun": "a43c5be61a83",
    "tiny": "e90769a910a4",
    "quick-digits": "d9f1854b355b",
}
IDS = {
    "": "c767d98d3278",
    "dataset=digits arch=lstm hidden=3 train_size=100 target_accuracy=0.5": "ca3bb1564c60",
    "dataset=fashion-mnist arch=mlp hidden=128 layers=2 dropout=0.2 activation=gelu": (
        "e4ddf9995cd7"
    ),
    "dataset=kmnist arch=gru bidirectional=true layers=2 dropout=0.1 optimizer=rmsprop": (
        "57e861fe7f66"
    ),
    "arch=lenet5 optimizer=sgd lr=0.1 schedule=cosine eval_every=epoch eval_size=all": (
        "bc653df184e2"
    ),
    "channels=4,8 kernel=4 padding=1 stride=2 pooling=stochastic batch_norm=true": "ea06b764387d",
    "augment_shift=2 augment_rotation=15 augment_crop=1 normalize=zscore validation_size=5000": (
        "bfee4c91ceff"
    ),
    "arch=rnn optimizer=nesterov momentum=0.8 weight_decay=0.0001 label_smoothing=0.1": (
        "c75a4ae3d6af"
    ),
    "arch=pytorch-example optimizer=adagrad schedule=step schedule_gamma=0.5 precision=bfloat16": (
        "e130f9317a34"
    ),
    "optimizer=momentum momentum=0.5": "816493041fd4",
    "arch=lenet": "144c7d3e1362",
    "optimizer=adadelta schedule=one-cycle batch_size=7 epochs=3 max_steps=12 log_every=1 "
    "seed=4294967295 device=cuda:1": "eb00c9afdf82",
}
DEFAULTS = (
    "dataset=mnist train_size=all validation_size=0 normalize=none augment_shift=0 "
    "augment_rotation=0.0 augment_crop=0 arch=cnn channels=16,32 kernel=5 stride=1 padding=same "
    "pooling=max activation=relu batch_norm=false dropout=0.0 hidden=64 layers=1 "
    "bidirectional=false optimizer=adam lr=0.001 momentum=0.9 weight_decay=0.0 label_smoothing=0.0 "
    "schedule=none schedule_gamma=0.7 batch_size=50 epochs=1 max_steps=never target_accuracy=never "
    "eval_every=50 eval_size=2000 log_every=10 precision=float32 seed=1 device=cpu"
)
RECORDS: dict[str, Any] = {  # as 0.1.0 first wrote them, without a version
    '{"kind":"progress","step":1,"epoch":0,"loss":2.5,"lr":0.1,"gradient_norms":{"conv1":0.5},'
    '"images_per_second":100.0,"seconds_left":3.0}': Progress(
        1, 0, 2.5, 0.1, {"conv1": 0.5}, 100.0, 3.0
    ),
    '{"kind":"evaluated","step":2,"epoch":0,"train_loss":2.0,"test_loss":1.9,"test_accuracy":0.5,'
    '"correct":5,"count":10,"validation_accuracy":null}': Evaluated(2, 0, 2.0, 1.9, 0.5, 5, 10),
    '{"kind":"finished","step":9,"epoch":0,"reason":"steps","test_loss":0.5,"test_accuracy":0.8,'
    '"correct":8,"count":10,"seconds":{"total":1.0,"train":0.5,"eval":0.5},"predictions":[1,2],'
    '"labels":[1,3]}': Finished(
        9, 0, "steps", 0.5, 0.8, 8, 10, {"total": 1.0, "train": 0.5, "eval": 0.5}, [1, 2], [1, 3]
    ),
    '{"kind":"diverged","step":3,"epoch":0,"loss":null,"explanation":"too large"}': Diverged(
        3, 0, None, "too large"
    ),
    '{"kind":"paused","step":4,"epoch":1}': Paused(4, 1),
}


def query(text: str) -> dict[str, str]:
    return dict(part.split("=") for part in text.split())


# -- run ids and links -----------------------------------------------------------------------------


def test_presets_keep_their_ids() -> None:
    assert {name: PRESETS[name].run_id for name in PRESET_IDS} == PRESET_IDS


@pytest.mark.parametrize(("text", "run_id"), IDS.items())
def test_configurations_keep_their_ids(text: str, run_id: str) -> None:
    assert TrainConfig.from_query(query(text)).run_id == run_id


def test_defaults_stay() -> None:
    changed = [
        f"{name} is {config.format_value(name, FIELDS[name].default)}, and was {text}"
        for name, text in query(DEFAULTS).items()
        if config.format_value(name, FIELDS[name].default) != text
    ]
    assert not changed, (
        f"A default never changes: links and stored runs that leave it out would then mean another "
        f"training. Put the new value into a preset instead. {'; '.join(changed)}."
    )


def test_the_first_settings_are_those_of_the_first_version() -> None:
    assert set(query(DEFAULTS)) == compatibility.FIRST_SETTINGS


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> type[TrainConfig]:
    """`TrainConfig` of a later version, with one setting more: `blur`."""
    option = Option("Blur", "blur each image by this many pixels", "data", low=0, high=9)
    blur = dataclasses.field(default=0.0, metadata={"option": option})
    made = dataclasses.make_dataclass(
        "TrainConfig", [("blur", float, blur)], bases=(TrainConfig,), frozen=True
    )
    monkeypatch.setattr(config, "FIELDS", {field.name: field for field in dataclasses.fields(made)})
    monkeypatch.setitem(config._TYPES, "blur", float)
    return made


@pytest.mark.parametrize("text", IDS)
def test_a_new_setting_changes_an_id_only_where_it_is_used(
    later: type[TrainConfig], text: str
) -> None:
    same = later.from_query(query(text))
    assert same.to_dict()["blur"] == 0.0
    assert same.run_id == IDS[text]
    used = same.replace(blur=2.0)
    assert used.run_id != IDS[text]
    assert later.from_query(used.to_query()).run_id == used.run_id
    assert later.from_dict(json.loads(used.canonical)).run_id == used.run_id


@pytest.mark.parametrize(
    ("choice", "setting", "value"),
    [
        ("lenet", "activation", "tanh"),
        ("mlp", "batch_norm", True),
        ("sgd", "momentum", 0.5),
        ("cosine", "schedule_gamma", 0.5),
    ],
)
def test_a_setting_that_counts_with_one_more_choice_changes_an_id_only_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch, choice: str, setting: str, value: Any
) -> None:
    of = option(setting).of
    table: Any = option(of).choices
    before = TrainConfig(**{of: choice})
    run_id = before.run_id
    assert before.replace(**{setting: value}) == before, "it does not count yet"
    entry = table[choice]
    settings = (*entry.settings, setting)
    monkeypatch.setitem(table, choice, dataclasses.replace(entry, settings=settings))
    assert before.run_id == run_id
    used = before.replace(**{setting: value})
    assert used.run_id != run_id
    assert TrainConfig.from_query(used.to_query()).run_id == used.run_id
    assert TrainConfig.from_dict(json.loads(used.canonical)) == used


def test_what_counted_in_the_first_version_counts_today() -> None:
    for setting, (of, choices) in compatibility.FIRST_CHOICES.items():
        today = compatibility.RENAMED_SETTINGS.get(setting, setting)
        for choice in choices:
            assert TrainConfig(**{of: choice}).counts(today), f"{setting} of {choice}"


def test_a_renamed_setting_keeps_ids_links_and_stored_configurations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # as if `lr` had been called `learning_rate` in 0.1.0
    monkeypatch.setitem(compatibility.RENAMED_SETTINGS, "learning_rate", "lr")
    first = (compatibility.FIRST_SETTINGS - {"lr"}) | {"learning_rate"}
    monkeypatch.setattr(compatibility, "FIRST_SETTINGS", first)
    before = TrainConfig.from_query({"learning_rate": "0.5"})
    assert before == TrainConfig.from_dict({"learning_rate": 0.5}) == TrainConfig(lr=0.5)
    written = json.loads(before.canonical)
    assert written["learning_rate"] == 0.5
    assert "lr" not in written
    assert before.run_id == hashlib.sha256(before.canonical.encode()).hexdigest()[:12]
    assert TrainConfig.from_dict(written) == before


def test_the_train_page_follows_a_link_with_an_earlier_name_and_goes_on_with_todays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(compatibility.RENAMED_SETTINGS, "learning_rate", "lr")
    page = opened("pages/train.py", learning_rate="0.5", arch="lenet")
    assert not page.exception
    [rate] = [number for number in page.number_input if "rate" in number.label.lower()]
    assert rate.value == 0.5
    rate.set_value(0.25).run()
    assert link(page) == {"arch": "lenet", "lr": "0.25"}


def test_what_is_renamed_is_a_setting_today() -> None:
    assert set(compatibility.RENAMED_SETTINGS.values()) <= set(FIELDS)
    assert compatibility.RENAMED_SETTINGS.keys().isdisjoint(FIELDS)
    for kind, names in compatibility.RENAMED_EVENT_FIELDS.items():
        assert set(names.values()) <= {f.name for f in dataclasses.fields(events.KINDS[kind])}


@given(configs())
def test_what_a_store_keeps_of_a_configuration_is_all_of_it(config: TrainConfig) -> None:
    assert TrainConfig.from_dict(json.loads(config.canonical)) == config


# -- events ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "event"), RECORDS.items(), ids=lambda value: type(value).__name__)
def test_events_of_the_first_version_are_read(text: str, event: events.Event) -> None:
    record = json.loads(text)
    assert from_record(record) == event
    assert to_record(event) == {**record, "v": events.VERSION}
    assert from_record(to_record(event)) == event


def test_an_event_with_more_than_this_version_knows_is_read_all_the_same() -> None:
    assert from_record({**to_record(Paused(4, 1)), "by": "a teacher"}) == Paused(4, 1)


def test_a_renamed_field_of_an_event_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compatibility.RENAMED_EVENT_FIELDS, "diverged", {"why": "explanation"})
    record = {"kind": "diverged", "step": 3, "epoch": 0, "loss": math.inf, "why": "too large"}
    assert from_record(record) == Diverged(3, 0, math.inf, "too large")


@pytest.mark.parametrize("newer", [{"kind": "praised"}, {"v": events.VERSION + 1}])
def test_an_event_that_only_a_newer_version_knows_is_none(newer: dict[str, Any]) -> None:
    assert from_record({**to_record(Paused(4, 1)), **newer}) is None

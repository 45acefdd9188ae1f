import dataclasses
import json
import random
from urllib.parse import parse_qsl, urlencode

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import configs, values, wrong_values

from mnistlab import models
from mnistlab.choices import DATASETS
from mnistlab.config import FIELDS, TrainConfig, format_value, option, parse_value
from mnistlab.errors import ConfigError
from mnistlab.presets import PRESETS

NAMES = st.sampled_from(list(FIELDS))


def error_of(make):
    """The `ConfigError` that `make` raises, or None."""
    try:
        make()
    except ConfigError as error:
        return error
    return None


def assert_one_line(error):
    assert "\n" not in str(error)
    assert error.what.endswith(".")


# -- round trips -----------------------------------------------------------------------------------


@given(configs())
def test_json_gives_back_the_same_configuration(config):
    again = TrainConfig.from_dict(json.loads(json.dumps(config.to_dict(), allow_nan=False)))
    assert again == config
    assert again.run_id == config.run_id


@given(configs())
def test_a_url_gives_back_the_same_configuration(config):
    query = dict(parse_qsl(urlencode(config.to_query()), keep_blank_values=True))
    assert TrainConfig.from_query(query | {"run": "abc", "step": "3"}) == config


@given(configs())
def test_a_url_holds_only_what_differs_from_the_defaults(config):
    assert set(config.to_query()) == set(config.differences(TrainConfig()))


@given(st.data(), NAMES)
def test_text_gives_back_the_same_value(data, name):
    value = data.draw(values(name))
    assert parse_value(name, format_value(name, value)) == value
    assert parse_value(name, f" {format_value(name, value)} ") == value


@given(configs(), configs())
def test_differences_turn_one_configuration_into_the_other(one, other):
    assert (
        TrainConfig.from_dict(
            one.to_dict() | {name: there for name, (_, there) in one.differences(other).items()}
        )
        == other
    )
    assert (not one.differences(other)) == (one == other)


# -- the run id ------------------------------------------------------------------------------------


@given(configs(), st.randoms(use_true_random=False))
def test_the_order_of_fields_does_not_change_the_run_id(config, shuffler):
    fields = list(config.to_dict().items())
    shuffler.shuffle(fields)
    assert TrainConfig.from_dict(dict(fields)).run_id == config.run_id


@given(st.data(), configs())
def test_a_field_that_decides_nothing_does_not_change_the_configuration(data, config):
    inert = [
        name for name in FIELDS if not config.counts(name) and name not in ("kernel", "padding")
    ]
    changed = config.replace(**{name: data.draw(values(name)) for name in inert})
    assert changed == config
    assert changed.run_id == config.run_id


@given(st.data(), configs(), NAMES)
def test_a_field_that_counts_changes_the_run_id_and_no_other_does(data, config, name):
    value = data.draw(values(name))
    try:
        changed = config.replace(**{name: value})
    except ConfigError:  # does not fit the other fields
        return
    assert (changed.run_id == config.run_id) == (changed == config)
    # one that asks for more than there is means all
    if config.counts(name) and name != "eval_size":
        assert getattr(changed, name) == value


@given(configs())
def test_equal_configurations_have_equal_ids_whatever_the_type_of_a_number(config):
    whole = {
        name: int(value)
        for name, value in config.to_dict().items()
        if isinstance(value, float) and value.is_integer()
    }
    assert config.replace(**whole).canonical == config.canonical
    assert config.replace(**whole) == config


def test_negative_zero_is_zero():
    assert TrainConfig(weight_decay=-0.0).run_id == TrainConfig().run_id


def test_a_run_id_can_stand_in_a_url_and_a_file_name():
    assert TrainConfig().run_id.isalnum()
    assert len(TrainConfig().run_id) == 12


def test_the_run_id_is_the_same_in_every_process():
    """Not Python's own hash, which differs from process to process."""
    import subprocess
    import sys

    code = "from mnistlab.config import TrainConfig; print(TrainConfig(lr=0.1).run_id)"
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, **_path()},
        )
        for seed in ("1", "2")
    ]
    assert {each.stdout.strip() for each in told} == {TrainConfig(lr=0.1).run_id}


def _path():
    import os
    import sys

    return {
        **{key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"},
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


# -- wrong values ----------------------------------------------------------------------------------


@given(st.data(), NAMES)
def test_every_wrong_value_is_refused_in_one_line_that_names_the_field(data, name):
    value = data.draw(wrong_values(name))
    for make in (
        lambda: TrainConfig(**{name: value}),
        lambda: TrainConfig().replace(**{name: value}),
        lambda: TrainConfig.from_dict({name: value}),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        assert caught.value.field == name
        assert name in str(caught.value)
        assert_one_line(caught.value)


@given(NAMES, st.text())
def test_any_text_is_a_value_or_refused_in_one_line(name, text):
    for make in (
        lambda: TrainConfig().replace(**{name: parse_value(name, text)}),
        lambda: TrainConfig.from_query({name: text}),
    ):
        error = error_of(make)
        if error is not None:
            assert error.field in (name, "train_size", "validation_size", "kernel")
            assert_one_line(error)


@pytest.mark.parametrize(
    "text", ["9" * 400, "9" * 5000, "-1", "1e999", "nan", "1.5", "0x10", "--", "²"]
)
def test_odd_numbers_are_refused(text):
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_query({"batch_size": text})
    assert caught.value.field == "batch_size"
    assert_one_line(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "cuda:",
        "cuda:-1",
        "cuda:01",
        "cuda:100",
        "cuda:" + "9" * 5000,
        "cuda:0\n",
        "CPU",
        "gpu",
        "meta",
        "cuda:²",
    ],
)
def test_odd_devices_are_refused(text):
    with pytest.raises(ConfigError) as caught:
        TrainConfig(device=text)
    assert caught.value.field == "device"
    assert_one_line(caught.value)


def test_an_unknown_field_is_refused():
    for make in (
        lambda: TrainConfig().replace(speed=1),
        lambda: TrainConfig.from_dict({"speed": 1}),
        lambda: parse_value("speed", "1"),
    ):
        with pytest.raises(ConfigError, match="'speed'"):
            make()


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().lr = 1.0


@given(
    st.sampled_from(list(DATASETS)),
    st.none() | st.integers(10, 60_000),
    st.integers(0, 50_000),
)
def test_more_images_than_there_are_is_refused_and_fewer_are_counted(
    dataset, train_size, validation_size
):
    available = DATASETS[dataset].train_count
    fits = (10 if train_size is None else train_size) + validation_size <= available
    error = error_of(
        lambda: TrainConfig(dataset=dataset, train_size=train_size, validation_size=validation_size)
    )
    assert (error is None) == fits
    if error is not None:
        assert error.field == ("validation_size" if train_size is None else "train_size")
        assert_one_line(error)
        assert " -" not in str(error)  # no negative number of images
    else:
        config = TrainConfig(
            dataset=dataset, train_size=train_size, validation_size=validation_size
        )
        assert config.train_count == (
            available - validation_size if train_size is None else train_size
        )


def test_the_padding_same_needs_an_odd_kernel():
    with pytest.raises(ConfigError, match="odd kernel") as caught:
        TrainConfig(kernel=4)
    assert caught.value.field == "kernel"
    assert TrainConfig(kernel=4, padding=2).padding == 2
    assert TrainConfig(arch="lstm", kernel=4) == TrainConfig(arch="lstm")  # where it does not count


# -- what follows from it --------------------------------------------------------------------------


@given(configs(epochs=st.integers(1, 5)))
def test_steps_are_counted_as_a_loop_over_batches_counts_them(config):
    batches = len(range(0, config.train_count, config.batch_size))
    assert config.steps_per_epoch == batches
    *_, last = torch.arange(config.train_count).split(config.batch_size)
    assert config.last_batch_size == len(last)
    assert config.total_steps == min(
        config.epochs * batches, config.max_steps or config.epochs * batches
    )


def test_a_choice_names_its_own_settings_and_every_such_setting_counts_for_some_choice():
    for name in FIELDS:
        for choice, entry in option(name).choices.items():
            assert {option(setting).of for setting in entry.settings} <= {name}, choice
    for name in FIELDS:
        if of := option(name).of:
            assert any(name in entry.settings for entry in option(of).choices.values()), name


def test_every_field_is_explained():
    for name in FIELDS:
        known = option(name)
        assert known.help
        assert known.group in ("data", "model", "training")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_built(name):
    assert models.describe(PRESETS[name])[-1].shape == (10,)
    assert TrainConfig.from_query(PRESETS[name].to_query()) == PRESETS[name]


def test_no_two_presets_are_the_same_training():
    assert len({preset.run_id for preset in PRESETS.values()}) == len(PRESETS)


def test_presets_follow_the_tutorials():
    cnn, case, lenet, example, lstm = (
        PRESETS[name]
        for name in ("tutorial-cnn", "case-cnn", "lenet-sgd", "pytorch-example", "tutorial-lstm")
    )
    assert (
        cnn.optimizer,
        cnn.lr,
        cnn.batch_size,
        cnn.epochs,
        cnn.eval_every,
        cnn.eval_size,
        cnn.normalize,
    ) == (
        "adam",
        0.001,
        50,
        1,
        50,
        2000,
        "none",
    )
    assert (case.epochs, case.batch_size, case.lr, case.eval_size, case.steps_per_epoch) == (
        3,
        10,
        0.001,
        300,
        6000,
    )
    assert (
        lenet.optimizer,
        lenet.lr,
        lenet.momentum,
        lenet.batch_size,
        lenet.epochs,
        lenet.normalize,
    ) == (
        "momentum",
        0.01,
        0.5,
        64,
        10,
        "zscore",
    )
    assert (
        example.optimizer,
        example.lr,
        example.schedule,
        example.schedule_gamma,
        example.epochs,
    ) == ("adadelta", 1.0, "step", 0.7, 14)
    assert (lstm.hidden, lstm.layers, lstm.lr, lstm.batch_size, lstm.epochs) == (64, 1, 0.01, 64, 1)


def test_configurations_can_be_keys():
    shuffled = list(PRESETS.values())
    random.Random(0).shuffle(shuffled)
    assert {preset: preset.run_id for preset in shuffled}[PRESETS["speedrun"].replace()] == PRESETS[
        "speedrun"
    ].run_id

"""The command line: its contracts, and that every mistake is answered by one line and exit status
2.
"""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from commandline import assert_one_line, call, called
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from statsmodels.stats.proportion import proportion_confint
from waiting import SECONDS

from mnistlab import cli
from mnistlab.commands import COMMANDS
from mnistlab.commands.training import configured
from mnistlab.config import FIELDS, TrainConfig, format_value, parse_value, value_type
from mnistlab.errors import ConfigError, DataMissing, DownloadFailed
from mnistlab.experiments.sine_config import SINE_PRESETS, SineConfig
from mnistlab.machine import cores
from mnistlab.presets import PRESETS
from mnistlab.store import Store

SHORT = ["--preset", "quick-digits", "--max-steps", "40"]
IN_PROCESS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def spawn(*argv: str, **known) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "mnistlab", *argv],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        **known,
    )


@pytest.fixture
def trained(store):
    """The record of a short run in the test's store."""
    called("train", *SHORT, "--json")
    return store.runs()[0]


# -- mistakes --------------------------------------------------------------------------------------


def is_wrong(name: str, text: str) -> bool:
    try:
        TrainConfig().replace(**{name: parse_value(name, text)})
    except ConfigError:
        return True
    return False


# surrogates, line breaks and control characters too
any_text = st.text(st.characters(exclude_categories=()), max_size=20)
any_number = st.one_of(st.integers(), st.floats()).map(str)
near_words = st.sampled_from(
    [
        "",
        " ",
        "none",
        "None",
        "null",
        "ALL",
        "1,2,3",
        "16,",
        "0x10",
        "1e400",
        "-1",
        "²",
        "cuda:-1",
        "cuda:x",
        "9" * 5_000,
    ]
)


@IN_PROCESS
@given(name=st.sampled_from(list(FIELDS)), text=st.one_of(any_text, any_number, near_words))
def test_every_wrong_value_of_every_field_is_one_line_and_exit_2(name, text):
    assume(is_wrong(name, text))
    assert_one_line(*call("train", f"--{name.replace('_', '-')}={text}"))


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_has_a_flag_that_refuses_a_wrong_value(name):
    wrong = "?" if value_type(name) in (bool, str) else "nan"
    status, out, err = call("train", f"--{name.replace('_', '-')}", wrong)
    assert_one_line(status, out, err)
    assert name in err


@IN_PROCESS
@given(
    any_text.filter(lambda text: text not in cli.LOG_STYLES and text not in PRESETS),
    st.sampled_from(["--preset", "--log"]),
)
def test_wrong_preset_or_log_style_is_one_line_and_exit_2(text, flag):
    assert_one_line(*call("train", f"{flag}={text}"))


@IN_PROCESS
@given(
    any_text.filter(
        lambda text: (
            text.replace("-", "_")
            not in {
                *FIELDS,
                "json",
                "preset",
                "log",
                "help",
                "no_batch_norm",
                "no_bidirectional",
                "",
            }
        )
    )
)
def test_wrong_flag_is_one_line_and_exit_2(text):
    assume("=" not in text)
    assert_one_line(*call("train", f"--{text}"))


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("frobnicate",),
        ("train", "--epoch", "1"),  # no guessing from the first letters
        ("train", "--epochs"),
        ("train", "stray"),
        ("train", "--train-size", "60000", "--validation-size", "5000"),
        ("train", "--kernel", "4"),
        ("train", "--dataset", "digits", "--kernel", "28", "--padding", "0", "--stride", "7"),
        ("train", "--dataset", "digits", "--device", "cuda:99"),
        ("show",),
        ("show", "nosuchrun"),
        ("show", ""),
        ("evaluate", "nosuchrun"),
        ("predict", "nosuchrun"),
        ("predict", "nosuchrun", "image.png"),
        ("export", "nosuchrun", "--format", "csv"),
        ("export", "nosuchrun", "--format", "csv", "--out", "x.csv"),
        ("export", "nosuchrun", "--format", "pickle", "--out", "x"),
        ("data", "--dataset", "cifar"),
        ("runs", "--verbose"),
        ("app", "--port"),
        ("app", "--port", "http"),
        ("app", "--port", "0"),
        ("app", "--port", "70000"),
        ("app", "--address", "no such host"),
        ("app", "--address", "203.0.113.1", "--port", "8600"),  # an address that nobody has
        ("presets", "speedrun"),
    ],
    ids=lambda argv: " ".join(argv) or "nothing",
)
def test_wrong_use_is_one_line_and_exit_2(argv):
    assert_one_line(*call(*argv))


@pytest.mark.parametrize("where", [(), ("--address", "127.0.0.1")], ids=["everywhere", "here"])
def test_a_port_in_use_is_one_line_and_exit_2(where):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, out, err = call("app", "--port", port, *where)
    assert_one_line(status, out, err)
    assert port in err


@pytest.mark.parametrize(
    "argv",
    [
        ("train", "--lr", "fast"),
        ("train", "--arch", "cnn\nrnn"),
        ("show", "nosuchrun"),
        ("frobnicate",),
    ],
    ids=lambda argv: repr(" ".join(argv)),
)
def test_wrong_use_of_the_real_program_is_one_line_and_exit_2(argv):
    ended = spawn(*argv)
    assert_one_line(ended.returncode, ended.stdout, ended.stderr)


def test_a_wrong_value_is_told_in_the_words_of_the_configuration():
    with pytest.raises(ConfigError) as error:
        TrainConfig(lr=-1.0)
    assert call("train", "--lr", "-1")[2] == f"mnistlab: {error.value}\n"


# -- configuration ---------------------------------------------------------------------------------


@st.composite
def configs(draw) -> TrainConfig:
    """Configurations that differ from the default in up to six fields."""
    wanted = {
        "arch": st.sampled_from(["cnn", "lstm", "mlp", "lenet"]),
        "lr": st.floats(1e-6, 10),
        "channels": st.tuples(st.integers(1, 64), st.integers(1, 64)),
        "eval_size": st.one_of(st.none(), st.integers(1, 10_000)),
        "eval_every": st.one_of(st.none(), st.integers(1, 1000)),
        "padding": st.integers(0, 14),
        "batch_norm": st.booleans(),
        "seed": st.integers(0, 2**32 - 1),
        "max_steps": st.one_of(st.none(), st.integers(1, 10_000)),
        "device": st.sampled_from(["cpu", "cuda", "cuda:3", "mps"]),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(wanted)), max_size=6, unique=True))
    return TrainConfig(**{name: draw(wanted[name]) for name in chosen})


@IN_PROCESS
@given(configs())
def test_flags_say_every_configuration(config):
    counted = {field.name for field in fields(config) if config.counts(field.name)}
    flags = [
        f"--{name.replace('_', '-')}={format_value(name, getattr(config, name))}"
        for name in FIELDS
        if name in counted
    ]
    assert configured(cli.parser().parse_args(["train", *flags])) == config


def test_flags_override_the_preset():
    arguments = cli.parser().parse_args(
        ["train", "--preset", "tutorial-lstm", "--hidden", "32", "--eval-size", "all"]
    )
    assert configured(arguments) == PRESETS["tutorial-lstm"].replace(hidden=32, eval_size=None)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--batch-norm"], True),
        (["--batch-norm", "true"], True),
        (["--batch-norm=no"], False),
        (["--no-batch-norm"], False),
    ],
)
def test_a_yes_or_no_flag_takes_a_value_or_none(flags, expected):
    assert (
        configured(cli.parser().parse_args(["train", "--preset", "speedrun", *flags])).batch_norm
        is expected
    )


def test_a_flag_that_decides_nothing_is_warned_of(capsys):
    configured(cli.parser().parse_args(["train", "--arch", "lstm", "--kernel", "3"]))
    assert (
        capsys.readouterr().err
        == "mnistlab: --kernel has no effect on this configuration and is ignored.\n"
    )


# -- train -----------------------------------------------------------------------------------------


def test_train_prints_the_result_as_one_json_object_last():
    told = json.loads(called("train", *SHORT, "--json", "--log", "tutorial").splitlines()[-1])
    assert told["run"] == PRESETS["quick-digits"].replace(max_steps=40).run_id
    assert told["status"] == "finished"
    assert TrainConfig.from_dict(told["config"]).run_id == told["run"]
    assert 0 <= told["final"]["test_accuracy"] <= 1
    assert told["final"]["test_loss"] > 0
    assert [row["step"] for row in told["history"]] == [0, 20, 40]
    assert {"step", "epoch", "train_loss", "test_accuracy"} <= told["history"][0].keys()
    assert {"total", "train", "eval"} == told["seconds"].keys()
    assert told["parameters"] == 8 * (25 + 1) + 16 * (8 * 25 + 1) + 10 * (16 * 7 * 7 + 1)
    assert len(told["predictions"]) == len(told["labels"]) == 10
    assert told["cached"] is False


def test_train_tells_ten_predictions_and_ten_real_numbers(store, digits):
    lines = called("train", *SHORT).splitlines()
    final = store.runs()[0].final
    assert (
        f"{' '.join(map(str, final['predictions']))}  predictions for the first ten test images"
        in lines
    )
    assert f"{' '.join(map(str, digits.test_labels[:10].tolist()))}  true labels" in lines


def test_train_without_a_terminal_shows_no_progress():
    status, _, err = call("train", *SHORT)
    assert (status, err) == (0, "")


def test_train_in_a_terminal_says_how_long_it_will_take_where_similar_runs_tell(
    trained, monkeypatch, capsys
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.main(["train", *SHORT, "--seed", "2"]) == 0
    assert "here, as similar networks took." in capsys.readouterr().err


def test_the_second_call_returns_the_same_result_without_importing_torch():
    first = json.loads(called("train", *SHORT, "--json"))
    code = (
        "import sys; from mnistlab.cli import main; main(sys.argv[1:]); sys.exit('torch' in "
        "sys.modules)"
    )
    again = subprocess.run(
        [sys.executable, "-c", code, "train", *SHORT, "--json"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert again.returncode == 0, "torch was imported, or: " + again.stderr
    assert json.loads(again.stdout) == {**first, "cached": True}


@pytest.mark.parametrize("style", ["tutorial", "case", "official"])
def test_log_lines_are_the_same_while_training_and_from_the_store(style):
    argv = ["train", "--preset", "quick-digits", "--epochs", "2", "--log", style, "--json"]
    first, again = called(*argv).splitlines()[:-1], called(*argv).splitlines()[:-1]
    assert first == again
    assert len(first) >= 4


def test_a_run_that_diverges_is_told_with_its_reason_and_exit_1():
    argv = ["train", "--preset", "quick-digits", "--optimizer", "sgd", "--lr", "1e4", "--json"]
    for cached in (False, True):
        status, out, err = call(*argv)
        assert status == 1
        assert json.loads(out)["status"] == "failed"
        assert json.loads(out)["final"] is None
        assert json.loads(out)["cached"] is cached
        assert len(err.splitlines()) == 1
        assert "learning rate" in err


def test_ctrl_c_leaves_a_run_that_the_same_command_finishes(store):
    argv = [
        "train",
        "--preset",
        "quick-digits",
        "--channels",
        "1,1",
        "--kernel",
        "3",
        "--epochs",
        "15",
        "--eval-every",
        "epoch",
        "--log",
        "official",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "mnistlab", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        next(line for line in process.stdout if line.startswith("Train Epoch: 2"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert err.splitlines() == [
        "mnistlab: stopped. Run the same command again to go on from the last snapshot."
    ]
    assert store.runs()[0].status == "interrupted"
    assert json.loads(called(*argv[:-2], "--json"))["final"]["step"] == 15 * 41


def test_train_downloads_what_is_missing(monkeypatch):
    asked = []
    monkeypatch.setattr("mnistlab.data.problem", lambda name: DataMissing("mnist is not here."))
    monkeypatch.setattr("mnistlab.data.download", lambda name, on_progress: asked.append(name))
    call("train", "--max-steps", "1", "--train-size", "10")
    assert asked == ["mnist"]


def test_data_that_is_not_available_is_one_sentence_and_exit_1(monkeypatch):
    def refuse(name, on_progress):
        raise DownloadFailed(
            "mnist could not be downloaded: no network.", "Choose the data set digits."
        )

    monkeypatch.setattr("mnistlab.data.problem", lambda name: DataMissing("mnist is not here."))
    monkeypatch.setattr("mnistlab.data.download", refuse)
    for argv in (["train"], ["data"]):
        assert_one_line(*call(*argv), expected=1)
    assert Store().runs() == []


def test_a_store_that_cannot_be_opened_is_one_sentence_and_exit_1(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNISTLAB_STORE", f"sqlite:///{tmp_path}/file/runs.db")
    assert_one_line(*call("runs"), expected=1)


def test_the_tutorials_network_reads_mnist_as_published(mnist):
    first = json.loads(called("train", "--preset", "tutorial-cnn", "--json"))
    assert first["parameters"] == 28_938
    assert len(first["history"]) >= 24
    assert first["config"]["eval_size"] == 2_000
    assert first["final"]["count"] == 10_000
    assert first["final"]["test_accuracy"] >= 0.97
    assert first["predictions"] == first["labels"] == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert json.loads(called("train", "--preset", "tutorial-cnn", "--json")) == {
        **first,
        "cached": True,
    }


# -- the other commands ----------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "expected"), [(None, "600"), ("", ""), ("60", "60")])
def test_a_run_of_a_class_has_ten_minutes_unless_the_installation_says_otherwise(
    asked, expected, monkeypatch
):
    for name, value in (("MNISTLAB_MAX_SECONDS", asked or ""), ("MNISTLAB_WORKERS", "1")):
        monkeypatch.setenv(name, value)
    if asked is None:
        monkeypatch.delenv("MNISTLAB_MAX_SECONDS")
    assert served(monkeypatch)["MNISTLAB_MAX_SECONDS"] == expected


@pytest.mark.parametrize(("executor", "expected"), [("local", str(cores())), ("ray", None)])
def test_a_class_trains_as_many_runs_at_once_as_there_are_cores_here_or_in_the_cluster(
    executor, expected, monkeypatch
):
    for name, value in (("MNISTLAB_EXECUTOR", executor), ("MNISTLAB_MAX_SECONDS", "60")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MNISTLAB_WORKERS")
    assert served(monkeypatch).get("MNISTLAB_WORKERS") == expected


@pytest.mark.parametrize(("asked", "expected"), [(None, "5"), ("0", "0")])
def test_trainings_of_a_class_step_back_for_its_pages(asked, expected, monkeypatch):
    for name, value in (("MNISTLAB_MAX_SECONDS", "60"), ("MNISTLAB_WORKERS", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MNISTLAB_NICE", asked or "")
    if asked is None:
        monkeypatch.delenv("MNISTLAB_NICE")
    assert served(monkeypatch)["MNISTLAB_NICE"] == expected


def served(monkeypatch):
    """The environment in which `mnistlab serve` serves."""
    monkeypatch.setattr("mnistlab.server.site", lambda script, store: None)
    environments = []
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: environments.append(dict(os.environ)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    called("serve", "--address", "127.0.0.1", "--port", str(port))
    (environment,) = environments
    return environment


def test_presets_lists_every_preset():
    listed = json.loads(called("presets", "--json"))
    assert {
        each["preset"]: TrainConfig.from_dict(each["config"]) for each in listed if each["run"]
    } == PRESETS
    assert {
        each["preset"]: SineConfig(**each["config"]) for each in listed if not each["run"]
    } == SINE_PRESETS
    assert all(name in called("presets") for name in [*PRESETS, *SINE_PRESETS])


def test_runs_lists_every_run_the_latest_first(trained):
    called("train", *SHORT, "--seed", "2", "--json")
    assert [
        (each["config"]["seed"], each["status"]) for each in json.loads(called("runs", "--json"))
    ] == [(2, "finished"), (1, "finished")]
    assert trained.id in called("runs")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_runs_calls_a_preset_by_its_key_for_programs(store, monkeypatch, language):
    monkeypatch.setenv("LANGUAGE", language)
    store.request(PRESETS["speedrun"].replace(precision="float32"))
    assert json.loads(called("runs", "--json"))[0]["name"] == "speedrun · float32"


def test_runs_of_an_empty_store_says_how_to_train_one():
    assert "train --preset" in called("runs")
    assert json.loads(called("runs", "--json")) == []


def test_show_takes_the_first_digits_of_the_id_and_tells_all_that_train_told(trained):
    told = json.loads(called("train", *SHORT, "--json"))
    shown = json.loads(called("show", trained.id[:4], "--json"))
    assert {name: shown[name] for name in told if name != "cached"} == {
        name: told[name] for name in told if name != "cached"
    }
    assert sum(stage["parameters"] for stage in shown["stages"]) == told["parameters"]
    text = called("show", trained.id[:4])
    assert all(
        word in text for word in ("conv1", "1×28×28", f"{told['parameters']:,}", "batch_size")
    )


def test_evaluate_measures_what_the_training_measured(trained):
    told = json.loads(called("evaluate", trained.id, "--json"))
    assert (told["correct"], told["count"]) == (trained.final["correct"], trained.final["count"])
    assert told["test_loss"] == pytest.approx(trained.final["test_loss"], abs=1e-5)
    assert sum(row["correct"] for row in told["per_class"]) == told["correct"]
    assert sum(row["count"] for row in told["per_class"]) == told["count"]
    text = called("evaluate", trained.id)
    assert f"{100 * told['accuracy']:.2f} %" in text


def test_evaluate_gives_wilsons_interval(trained):
    told = json.loads(called("evaluate", trained.id, "--json"))
    assert told["interval"] == pytest.approx(
        proportion_confint(told["correct"], told["count"], method="wilson")
    )


def test_predict_reads_a_digit_whether_dark_on_light_or_light_on_dark(store, digits, tmp_path):
    called("train", "--preset", "quick-digits", "--json")
    run = store.runs()[0]
    paths = []
    for index in range(10):
        picture = Image.fromarray(digits.test_images[index, 0].numpy()).resize(
            (140, 140), Image.Resampling.BICUBIC
        )
        inverted = Image.fromarray(255 - np.asarray(picture))
        for kind, image in (("dark", picture), ("light", inverted)):
            paths.append(str(tmp_path / f"{index}-{kind}.png"))
            image.save(paths[-1])
    told = [json.loads(line) for line in called("predict", run.id, *paths, "--json").splitlines()]
    assert [each["image"] for each in told] == paths
    assert all(sum(each["probabilities"]) == pytest.approx(1, abs=1e-5) for each in told)
    assert all(each["probabilities"][each["digit"]] == max(each["probabilities"]) for each in told)
    guesses = [each["digit"] for each in told]
    assert guesses[::2] == guesses[1::2]
    right = sum(
        guess == label
        for guess, label in zip(guesses[::2], digits.test_labels[:10].tolist(), strict=True)
    )
    assert right >= 8
    assert called("predict", run.id, paths[0]).startswith(f"{paths[0]}: {guesses[0]} (")


@pytest.mark.parametrize("content", [None, b"", b"not a picture"], ids=["missing", "empty", "text"])
def test_a_picture_that_cannot_be_read_is_one_line_that_names_it(trained, tmp_path, content):
    path = tmp_path / "digit.png"
    if content is not None:
        path.write_bytes(content)
    status, out, err = call("predict", trained.id, str(path))
    assert_one_line(status, out, err)
    assert str(path) in err


def test_export_csv_holds_the_evaluations(trained, tmp_path):
    path = tmp_path / "run.csv"
    called("export", trained.id, "--format", "csv", "--out", str(path))
    rows = list(csv.DictReader(path.open()))
    history = json.loads(called("train", *SHORT, "--json"))["history"]
    assert [int(row["step"]) for row in rows] == [row["step"] for row in history]
    assert [float(row["test_accuracy"]) for row in rows] == [
        row["test_accuracy"] for row in history
    ]


def test_export_safetensors_holds_the_weights_and_says_whose_they_are(trained, store, tmp_path):
    path = tmp_path / "run.safetensors"
    called("export", trained.id, "--format", "safetensors", "--out", str(path))
    written, kept = load_file(path), store.weights(trained.id)
    assert written.keys() == kept.keys()
    assert all(written[name].equal(kept[name]) for name in kept)
    with safe_open(path, "pt") as file:
        said = file.metadata()
    assert (said["run"], said["config"], said["step"]) == (
        trained.id,
        trained.config.canonical,
        str(trained.total_steps),
    )


def test_export_to_a_place_that_cannot_be_written_is_one_line(trained, tmp_path):
    assert_one_line(
        *call(
            "export", trained.id, "--format", "csv", "--out", str(tmp_path / "missing" / "run.csv")
        )
    )
    assert_one_line(*call("export", trained.id, "--format", "csv", "--out", str(tmp_path)))


def test_data_says_what_a_data_set_holds():
    out = called("data", "--dataset", "digits")
    assert "(1297, 28, 28)" in out
    assert "(500,)" in out


def test_data_says_what_mnist_holds(mnist):
    out = called("data")
    assert "training: images (60000, 28, 28), labels (60000,)" in out
    assert "test:     images (10000, 28, 28), labels (10000,)" in out


def test_a_reader_who_has_seen_enough_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "mnistlab", "presets"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert err == ""


@pytest.mark.parametrize(
    "command",
    ["", *COMMANDS],
)
def test_help_is_there_for_every_command(command):
    status, out, err = call(*filter(None, [command]), "--help")
    assert (status, err) == (0, "")
    assert "usage: mnistlab" in out


def test_the_program_works_from_any_folder(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    assert spawn("presets", cwd=tmp_path, env=environment).returncode == 0

"""`mnistlab sweep`: it trains what its flags say, and tells how good each combination is."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time

import pytest
from commandline import assert_one_line, call, called
from executors.bench import one_at_a_time
from waiting import SECONDS

from mnistlab import cli
from mnistlab.commands.sweep import requested
from mnistlab.config import FIELDS, option, value_type
from mnistlab.executors import LocalExecutor
from mnistlab.presets import PRESETS
from mnistlab.store import Status

QUICK = PRESETS["quick-digits"].replace(channels=(2, 2), kernel=3, max_steps=4)
SHORT = ["--preset", "quick-digits", "--channels", "2,2", "--kernel", "3", "--max-steps", "4"]


@pytest.fixture
def inline(monkeypatch):
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")


@pytest.mark.usefixtures("inline")
def test_sweep_trains_the_grid_and_ranks_what_the_store_says(store):
    told = json.loads(called("sweep", *SHORT, "--lr", "0.001,0.1", "--seeds", "2", "--json"))
    expected = {}
    for lr in (0.001, 0.1):
        runs = [store.get(QUICK.replace(lr=lr, seed=seed).run_id) for seed in (1, 2)]
        expected[str(lr)] = [run.accuracy for run in runs]
    assert len(store.runs()) == 4
    assert {each["settings"]["lr"]: each["accuracies"] for each in told} == expected
    for each in told:
        assert each["mean"] == pytest.approx(statistics.mean(each["accuracies"]))
        assert each["deviation"] == pytest.approx(statistics.stdev(each["accuracies"]))
        assert (each["images"], each["seeds"]) == ("test", [1, 2])
        assert [store.get(run).config.seed for run in each["runs"]] == [1, 2]
    assert [each["mean"] for each in told] == sorted((e["mean"] for e in told), reverse=True)


@pytest.mark.usefixtures("inline")
def test_the_same_sweep_again_trains_nothing_and_a_larger_one_only_the_rest(store):
    argv = ["sweep", *SHORT, "--lr", "0.001,0.01"]
    first = called(*argv)
    runs = {run.id: run.started for run in store.runs()}
    assert called(*argv) == first
    called(*argv, "--seeds", "2")
    assert {run.id: run.started for run in store.runs() if run.id in runs} == runs
    assert len(store.runs()) == 4


@pytest.mark.usefixtures("inline")
def test_sweep_prints_a_table_and_its_link():
    out = called("sweep", *SHORT, "--arch", "cnn,mlp", "--hidden", "8,16", "--seeds", "2")
    assert "test accuracy" in out
    assert out.count("2 of 2") == 3  # the CNN has no hidden units
    assert "±" in out
    link = "runs?view=sweep&preset=quick-digits&arch=cnn,mlp&channels=2,2&kernel=3&hidden=8,16"
    assert f"{link}&max_steps=4&seeds=2" in out.replace("\n", "")


@pytest.mark.usefixtures("inline")
def test_combinations_are_ranked_by_validation_images_where_there_are_some(store):
    argv = ["sweep", *SHORT, "--validation-size", "100", "--lr", "0.001,0.1", "--json"]
    told = json.loads(called(*argv))
    assert [each["images"] for each in told] == ["validation"] * 2
    assert all((each["mean"] * 100) % 1 == pytest.approx(0, abs=1e-9) for each in told)


@pytest.mark.usefixtures("inline")
def test_a_random_search_draws_the_same_networks_each_time(store):
    argv = ["sweep", *SHORT, "--lr", "0.0001..0.1", "--random", "3", "--json"]
    first = json.loads(called(*argv))
    assert json.loads(called(*argv)) == first
    assert len(store.runs()) == 3


HALVED = [*SHORT[:-1], "36", "--eval-every", "4", "--eval-size", "200", "--train-size", "800"]


@pytest.mark.usefixtures("inline")
def test_with_halving_only_the_best_of_each_rung_are_trained_on(store):
    argv = ["sweep", *HALVED, "--lr", "0.0003,0.003,0.03", "--batch-size", "20,40,80"]
    halved = json.loads(called(*argv, "--halving", "--json"))
    steps = {run.id: run.step for run in store.runs()}
    assert sorted(steps.values()) == [4] * 6 + [12] * 2 + [36]
    told = {each["runs"][0]: each["stopped_early"] for each in halved}
    finished = {run.id for run in store.runs(Status.FINISHED)}
    assert [run_id for run_id, stopped in told.items() if stopped is None] == list(finished)

    table = called(*argv, "--halving")
    assert "rank 9 of 9 at step 4" in table
    assert "&halving=3" in table.replace("\n", "")
    assert {run.id: run.step for run in store.runs()} == steps, "nothing is left to train"

    every = json.loads(called(*argv, "--json"))  # those that were stopped go on
    assert sum(run.step for run in store.runs()) == 9 * 36 > 3 * sum(steps.values())
    assert [each["stopped_early"] for each in every] == [None] * 9
    for rung, left in ((4, 9), (12, 3)):
        ids = {run_id for run_id, step in steps.items() if step >= rung}
        read = store.evaluations({run_id: [rung] for run_id in ids})
        best = sorted((read[i, rung].test_accuracy for i in ids), reverse=True)[: left // 3]
        went_on = [read[i, rung].test_accuracy for i in ids if steps[i] > rung]
        assert sorted(went_on, reverse=True) == best
        ranks = {told[i]["rank"] for i in ids if steps[i] == rung}
        assert ranks == set(range(left // 3 + 1, left + 1))
    assert json.loads(called(*argv, "--halving", "--json"))[0]["accuracies"]


@pytest.mark.usefixtures("inline")
def test_a_network_that_diverges_leaves_the_others_and_exit_1():
    argv = ["--optimizer", "sgd", "--lr", "0.01,10000", "--max-steps", "40", "--json"]
    for _ in range(2):
        status, out, err = call("sweep", *SHORT, *argv)
        assert status == 1
        assert [len(each["accuracies"]) for each in json.loads(out)] == [1, 0]
        assert len(err.splitlines()) == 1
        assert "1 of 2 networks have no result" in err


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_takes_a_list(name):
    other = {"bool": "true,false", "tuple": "4,8,8,16", "str": ",".join(option(name).choices)}
    text = other.get(value_type(name).__name__) or "{0.low:.10g},{0.high:.10g}".format(option(name))
    some = {"device": "cpu", "kernel": "1,3", "train_size": "10,20"}
    some |= {"parent": "0123456789ab,none", "drawings": "none,24-0123456789abcdef"}
    text = some.get(name, text)
    asked = requested(cli.parser().parse_args(["sweep", f"--{name.replace('_', '-')}={text}"]))
    assert len(asked.configs) == len({getattr(config, name) for config in asked.configs.values()})


def test_a_flag_that_decides_nothing_is_warned_of(capsys):
    requested(cli.parser().parse_args(["sweep", "--arch", "lstm,gru", "--kernel", "3,5"]))
    assert capsys.readouterr().err == (
        "mnistlab: --kernel has no effect on these configurations and is ignored.\n"
    )


@pytest.mark.parametrize(
    "argv",
    [
        ("--lr", "fast"),
        ("--lr", "0.01,"),
        ("--lr", "0.001..0.1"),
        ("--arch", "cnn,resnet"),
        ("--kernel", "4,5"),
        ("--seeds", "0"),
        ("--seeds", "1000000"),
        ("--random", "?"),
        ("--search-seed", "x"),
        ("--halving", "1"),
        ("--preset", "sine-rnn"),
        ("--log", "tutorial"),
        ("--dataset", "digits", "--kernel", "5,28", "--padding", "0", "--stride", "7"),
        ("--dataset", "digits", "--device", "cpu,cuda:99"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("inline")
def test_wrong_use_is_one_line_and_exit_2_before_anything_is_trained(argv, store):
    assert_one_line(*call("sweep", *argv))
    assert store.runs() == []


def test_ctrl_c_pauses_what_is_left_and_the_same_command_goes_on(store, monkeypatch):
    """With the executor `local`, and more networks than may wait at once."""
    argv = ["sweep", *SHORT[:-1], "40", "--seeds", "12", "--json"]
    last = store.request(QUICK.replace(max_steps=40, seed=12))
    claim = store.claim(last.id)  # so that the sweep cannot end before Ctrl-C
    assert claim is not None
    sweeping = [sys.executable, "-m", "mnistlab", *argv]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "MNISTLAB_EXECUTOR": "local"}
    with (
        one_at_a_time(store),
        subprocess.Popen(sweeping, env=environment, **options) as process,
    ):
        while not store.count(Status.FINISHED) and process.poll() is None:
            assert store.count(Status.QUEUED, Status.RUNNING) <= 10 + 1  # ours
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert len(err.splitlines()) == 1
    store.end(claim, Status.PAUSED)
    while store.count(Status.RUNNING):  # until its next step
        time.sleep(0.05)
    assert store.count(Status.QUEUED) == 0
    trained = {run.id for run in store.runs(Status.FINISHED)}
    assert 1 <= len(trained) < 12
    LocalExecutor(store).close()
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")
    (result,) = json.loads(called(*argv))
    assert len(result["accuracies"]) == 12

"""The code twin: plain PyTorch that ends with the run's own weights, bit for bit."""

import ast
import dataclasses
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
import trainings
from hands import mirror_set
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from strategies import networks, values
from torchvision.datasets import MNIST
from waiting import SECONDS

from export.twins import finished, ran, same, trained
from mnistlab import models
from mnistlab.config import TrainConfig, option
from mnistlab.data import Dataset
from mnistlab.events import Diverged
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.fine_tuning import fine_tuning
from mnistlab.export.notebook import notebook, notebook_of
from mnistlab.export.script import diff, diverged_at, script, script_of
from mnistlab.export.start import start_name, start_pt
from mnistlab.logs import log_lines
from mnistlab.presets import PRESETS
from mnistlab.store import Status
from mnistlab.store.origins import keep_drawing_set
from mnistlab.train import evaluate, model_from, train

TEST_IMAGES = 300
STEPS = 40
TINY = trainings.TINY.replace(log_every=10)
# 5 mini-batches an epoch, the last one smaller; 15 steps
CASES = {
    "shift": TINY.replace(augment_shift=2),
    "rotation": TINY.replace(augment_rotation=20.0),
    "crop": TINY.replace(augment_crop=3),
    "everything": trainings.COMBINATIONS["cnn, everything"].replace(log_every=10),
    "separable": trainings.COMBINATIONS["cnn, separable"].replace(log_every=10),
    "bfloat16": TINY.replace(precision="bfloat16", normalize="zscore"),
    "lstm, bfloat16": TINY.replace(arch="lstm", hidden=5, layers=2, precision="bfloat16"),
    "bfloat16, turned images": TINY.replace(precision="bfloat16", augment_rotation=20.0),
    "lenet5": TINY.replace(arch="lenet5", optimizer="nesterov", lr=0.01, schedule="cosine"),
    "lenet, nesterov without momentum": TINY.replace(
        arch="lenet", optimizer="nesterov", momentum=0.0, lr=0.01, epochs=1
    ),
    "pytorch-example": TINY.replace(arch="pytorch-example", optimizer="rmsprop", epochs=1),
    "gru, dropout between layers": TINY.replace(
        arch="gru", hidden=5, layers=2, dropout=0.5, bidirectional=True, optimizer="adagrad"
    ),
    "rnn, step": TINY.replace(arch="rnn", hidden=5, schedule="step", optimizer="sgd", lr=0.05),
    "mlp": TINY.replace(
        arch="mlp", hidden=8, layers=2, dropout=0.2, optimizer="adadelta", lr=1.0, schedule="step"
    ),
    "mean pooling, stride": TINY.replace(
        pooling="mean", stride=2, activation="gelu", optimizer="momentum", lr=0.01
    ),
    "no pooling, padding": TINY.replace(pooling="none", padding=2, activation="leaky-relu"),
    "stopped within the first epoch": TINY.replace(max_steps=4),
    "stopped within a later epoch": TINY.replace(max_steps=8, eval_every=None),
    "stopped before the first step": TINY.replace(target_accuracy=0.0),
    "stopped by accuracy": TINY.replace(target_accuracy=0.2, lr=0.01, epochs=6),
    "stopped by accuracy on held-out images": TINY.replace(
        target_accuracy=0.2, lr=0.01, epochs=6, validation_size=100, max_steps=28
    ),
}


@pytest.fixture(scope="module")
def few_tested(mnist_root, tmp_path_factory) -> SimpleNamespace:
    """The real MNIST, but with only the first images of the test set, so that measuring takes no
    time: a folder, and a data set.
    """
    from mnistlab.data import load_dataset

    root = tmp_path_factory.mktemp("few")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (raw / name).symlink_to(Path(mnist_root, "MNIST", "raw", name).absolute())
    for name, header, size in (
        ("t10k-images-idx3-ubyte", 16, 28 * 28),
        ("t10k-labels-idx1-ubyte", 8, 1),
    ):
        known = Path(mnist_root, "MNIST", "raw", name).read_bytes()
        (raw / name).write_bytes(
            known[:4] + TEST_IMAGES.to_bytes(4, "big") + known[8 : header + TEST_IMAGES * size]
        )
    assert len(MNIST(root, train=False)) == TEST_IMAGES
    whole = load_dataset("mnist", mnist_root)
    return SimpleNamespace(
        root=root,
        data=dataclasses.replace(
            whole,
            test_images=whole.test_images[:TEST_IMAGES],
            test_labels=whole.test_labels[:TEST_IMAGES],
        ),
    )


def assert_twins(config: TrainConfig, data: Dataset, folder: Path, *arguments: str) -> None:
    """The script ends with the run's weights, tells its accuracy, and prints its lines."""
    events, weights = trained(config, data)
    assert finished(events)
    twin = ran(script(config, threads=1), folder, "--log", "tutorial", *arguments)
    assert same(weights, twin.weights)
    *lines, last = twin.said.splitlines()
    assert last == f"Test accuracy: {events[-1].test_accuracy}"
    assert lines == log_lines("tutorial", config, events)


# -- bit for bit -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_twin_of_every_preset_ends_with_the_runs_weights_bit_for_bit(
    name, few_tested, digits, tmp_path
):
    config = PRESETS[name].replace(max_steps=STEPS, eval_every=15, eval_size=100)
    if config.arch == "pytorch-example":
        config = config.replace(batch_size=16)  # by far the slowest
    data = digits if config.dataset == "digits" else few_tested.data
    assert_twins(config, data, tmp_path, "--data-dir", str(few_tested.root))


@pytest.mark.parametrize("name", CASES)
def test_twin_of_every_kind_of_setting_ends_with_the_runs_weights_bit_for_bit(
    name, digits, tmp_path
):
    assert_twins(CASES[name], digits, tmp_path)


quick = {
    "train_size": st.integers(20, 200),
    "validation_size": st.integers(0, 100),
    "batch_size": st.integers(10, 60),
    "max_steps": st.integers(1, 12),
    "epochs": st.integers(1, 4),
    "eval_every": st.none() | st.integers(1, 9),
    "eval_size": st.integers(1, 100),
    "log_every": st.just(1),
    "lr": st.floats(1e-4, 0.02),
    "weight_decay": st.floats(0, 0.1),
    "arch": values("arch").filter(lambda arch: arch != "pytorch-example"),
}


@given(config=networks(**quick))
@settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_twins_of_random_configurations_end_with_the_runs_weights_bit_for_bit(
    config, digits, tmp_path
):
    events, weights = trained(config, digits)
    assume(finished(events))
    twin = ran(script(config, threads=1), tmp_path)
    assert same(weights, twin.weights), config
    assert twin.said == f"Test accuracy: {events[-1].test_accuracy}\n"


@pytest.mark.parametrize(
    "changes",
    [{"log_every": 1}, {"epochs": 9, "log_every": 4, "schedule": "cosine"}],
    ids=["at once", "in a later epoch"],
)
def test_twin_of_a_diverged_run_stops_where_the_run_did(changes, digits, store, tmp_path):
    config = TINY.replace(optimizer="sgd", lr=1_000, **changes)
    training = train(config, digits)
    last = next(event for event in training if isinstance(event, Diverged))
    # no event tells the weights that have diverged
    weights = list(training.gi_frame.f_locals["run"].model.state_dict().values())
    assert last.step < config.total_steps
    run = InlineExecutor(store).start(config)
    assert (run.status, diverged_at(store, run)) == (Status.FAILED, last.step)
    for code in (script_of(store, run), notebook_of(store, run)):
        assert f"{last.step} steps, at which it diverged" in code.decode()
    twin = ran(script(config, threads=1, broken_off=last.step), tmp_path)
    assert all(
        torch.allclose(mine, theirs, equal_nan=True)
        for mine, theirs in zip(weights, twin.weights, strict=True)
    )
    assert not same(twin.weights, ran(script(config, threads=1), tmp_path).weights)  # which goes on


def test_twin_as_a_program_of_its_own_saves_the_same_weights(few_tested, tmp_path):
    config = PRESETS["tutorial-cnn"].replace(max_steps=20)
    events, weights = trained(config, few_tested.data)
    path, out = tmp_path / "twin.py", tmp_path / "weights.pt"
    path.write_text(script(config, threads=1), encoding="utf-8")
    environment = {"MNISTLAB_DATA": str(few_tested.root), "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-I", str(path), "--weights", str(out)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Test accuracy: {events[-1].test_accuracy}\n"
    assert same(weights, list(torch.load(out, weights_only=True).values()))


@pytest.mark.parametrize(
    "config",
    [TINY, CASES["everything"], CASES["stopped by accuracy"]],
    ids=["plain", "everything", "target"],
)
def test_notebooks_cells_run_in_order_to_the_same_weights(config, digits, capsys):
    made = nbformat.reads(notebook(config, threads=1), as_version=4)
    nbformat.validate(made)
    known: dict = {}
    for cell in made.cells:
        if cell.cell_type == "code":
            exec(cell.source, known)
    events, weights = trained(config, digits)
    assert same(weights, list(known["model"].state_dict().values()))
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == f"Test accuracy: {events[-1].test_accuracy}"
    assert lines == log_lines("tutorial", config, events)


@pytest.mark.parametrize(
    "changes",
    [
        {"arch": "lstm", "hidden": 5, "layers": 2, "bidirectional": True},
        {"batch_norm": True, "normalize": "zscore"},
    ],
    ids=["lstm", "cnn"],
)
def test_twin_of_a_fine_tuned_run_reads_what_it_began_with_from_a_file(changes, store, tmp_path):
    parent = TINY.replace(max_steps=10, **changes)
    config = fine_tuning(parent, keep_drawing_set(store, mirror_set(26)))
    config = config.replace(train_size=301, max_steps=9, validation_size=30, eval_size=50)
    InlineExecutor(store).start(parent)
    before = start_pt(store, store.request(config))
    run = InlineExecutor(store).start(config)
    store.delete(parent.run_id)
    path = tmp_path / "start.pt"
    path.write_bytes(start_pt(store, run))
    assert torch.equal(*(torch.load(io.BytesIO(f))["images"] for f in (before, path.read_bytes())))
    twin = ran(script_of(store, run).decode(), tmp_path, "--start", str(path))
    assert same(twin.weights, in_order(store, run))
    test, held_out = twin.said.splitlines()
    assert test == f"Test accuracy: {run.accuracy}"
    start = torch.load(path, weights_only=True)
    model = model_from(config, store.weights(run.id))
    _, correct = evaluate(model, start["held_out_images"], start["held_out_labels"], config)
    assert held_out == f"Held-out drawings: {correct / 6}"
    known: dict = {}
    for cell in nbformat.reads(notebook_of(store, run).decode(), as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source.replace(start_name(config), str(path)), known)
    assert same(twin.weights, list(known["model"].state_dict().values()))


def in_order(store, run):
    """The last weights, in the order of the network's own state."""
    weights = store.weights(run.id)
    return [weights[name] for name in models.build(run.config).state_dict()]


# -- short and honest ------------------------------------------------------------------------------


def names_used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@given(
    config=networks(device=values("device").filter(lambda device: device in ("cpu", "cuda")))
    | st.sampled_from(list(PRESETS.values()))
)
@settings(max_examples=60, deadline=None)
def test_script_imports_what_it_uses_and_nothing_else_and_defines_nothing_in_vain(config):
    tree = ast.parse(script(config, threads=2))
    imported, modules = set(), set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in node.names}
            modules |= (
                {node.module.split(".")[0]}
                if isinstance(node, ast.ImportFrom)
                else {alias.name for alias in node.names}
            )
    used = names_used(tree)
    assert imported <= used
    assert modules <= {"argparse", "math", "os", "torch", "torchvision", "sklearn"}
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert defined <= used
    sections = [
        line.split(":")[0]
        for line in script(config, threads=2).splitlines()
        if line.startswith("# -- ")
    ]
    names = ["Data", "Model", "Training", "Evaluation", "Run it"]
    assert sections == [f"# -- {name}" for name in names]


@given(config=networks())
@settings(max_examples=30, deadline=None)
def test_notebook_says_the_same_without_a_command_line(config):
    made = nbformat.reads(notebook(config, threads=2), as_version=4)
    code = "\n".join(cell.source for cell in made.cells if cell.cell_type == "code")
    assert "args" not in names_used(ast.parse(code))
    assert all(cell.source.strip() for cell in made.cells)
    assert [cell.cell_type for cell in made.cells] == ["markdown", "code"] * 6
    assert json.loads(notebook(config, threads=2)) == json.loads(notebook(config, threads=2))


# -- what a change changes -------------------------------------------------------------------------

CHANGES = {  # a change -> what the lines that it touches say
    "lr": (0.005, ["torch.optim.Adam(model.parameters(), lr=0.005"]),
    "seed": (7, ["torch.manual_seed(7)"]),
    "epochs": (2, ["# -- Training: 2 passes", "for epoch in range(2)"]),
    "normalize": ("zscore", ["(images / 255 - 0.1307) / 0.3081"]),
    "pooling": ("mean", ["nn.AvgPool2d(2),  # (16, 14, 14)", "nn.AvgPool2d(2),  # (32, 7, 7)"]),
    "activation": ("tanh", ["nn.Tanh()", "nn.Tanh()"]),
    "label_smoothing": (0.1, ["label_smoothing=0.1"]),
    "optimizer": ("sgd", ["torch.optim.SGD(model.parameters(), lr=0.001, fused=True)"]),
    "precision": (
        "bfloat16",
        ["x = to_input(x_train[batch])", "with torch.autocast", "loss = F.cross_entropy(model(x)"],
    ),
    "dropout": (
        0.5,
        ["nn.Dropout(0.5)", "model.eval()", "logits = torch.cat", "model.train()", "return logits"],
    ),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_setting_changes_the_lines_that_it_concerns(field):
    value, expected = CHANGES[field]
    config = PRESETS["tutorial-cnn"]
    before, after = script(config, threads=2), script(config.replace(**{field: value}), threads=2)
    lines = after.splitlines()
    changed = [lines[number - 1] for number in diff(before, after)]
    assert len(changed) == len(expected)
    assert all(part in line for part, line in zip(expected, changed, strict=True))


def test_no_change_marks_no_line_and_a_line_taken_away_none_either():
    assert diff("a\nb\nc", "a\nb\nc") == []
    assert diff("a\nb\nc", "a\nc") == []
    assert diff("a\nc", "a\nb\nc") == [2]
    assert diff("a\nb\nc", "a\nB\nc\nd") == [2, 4]


# the first decides no number; the others need another base
SILENT = {"log_every", "device", "dataset", "train_size"}


@pytest.mark.parametrize("field", [name for name in TINY.to_dict() if name not in SILENT])
def test_every_setting_that_counts_is_seen_in_the_script(field):
    base = TINY.replace(
        optimizer="momentum",
        schedule="step",
        target_accuracy=0.9,
        eval_every=3,
        validation_size=20,
        max_steps=12,
    )
    if not base.counts(field):
        base = base.replace(arch="lstm", hidden=5)
    other = {
        "arch": "mlp",
        "channels": (4, 4),
        "kernel": 5,
        "padding": 0,
        "max_steps": 11,
        "eval_every": 4,
        "eval_size": 40,
        "epochs": 2,
        "target_accuracy": 0.8,
        "hidden": 6,
        "parent": "0123456789ab",
        "drawings": "24-0123456789abcdef",
    }.get(field)
    if other is None:
        known, value = option(field), getattr(base, field)
        other = next(
            (each for each in known.choices if each != value),
            (not value) if isinstance(value, bool) else type(value)(value * 2) or type(value)(2),
        )
        other = 0.5 if isinstance(value, float) and not known.low <= other <= known.high else other
    if field in ("epochs", "max_steps"):
        base = base.replace(max_steps=None if field == "epochs" else 12)
    changed = base.replace(**{field: other})
    assert changed != base
    assert script(changed, threads=2) != script(base, threads=2)

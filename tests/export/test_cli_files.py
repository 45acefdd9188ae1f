"""Files by the command line: every format is written, and a run is loaded back."""

import json
from pathlib import Path

import nbformat
import onnx
import pytest
from commandline import assert_one_line, call, called

from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.export import EXPORTS
from mnistlab.export.notebook import notebook
from mnistlab.export.script import script_of
from mnistlab.export.sine_script import sine_script
from mnistlab.models import printed
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Store
from pages.runs import trained


@pytest.fixture
def run(store: Store) -> RunRecord:
    return trained(store)


@pytest.mark.parametrize("name", [name for name in EXPORTS if name != "start"])
def test_every_format_is_written_and_is_what_it_says(
    name: str, store: Store, run: RunRecord, tmp_path: Path
) -> None:
    path = tmp_path / f"run{EXPORTS[name].suffix}"
    assert str(path) in called("export", run.id, "--format", name, "--out", str(path))
    content = path.read_bytes()
    if name == "script":
        assert content == script_of(store, run)
        compile(content, str(path), "exec")
    elif name == "notebook":
        nbformat.validate(nbformat.reads(content.decode(), as_version=4))
    elif name == "onnx":
        onnx.checker.check_model(onnx.load_from_string(content))
    elif name == "csv":
        assert content.decode().startswith("step,epoch,train_loss")


def test_import_loads_a_run_that_show_and_evaluate_know(
    store: Store, run: RunRecord, tmp_path: Path
) -> None:
    path = tmp_path / "run.safetensors"
    called("export", run.id, "--format", "safetensors", "--out", str(path))
    before = json.loads(called("show", run.id, "--json"))
    store.delete(run.id)
    told = json.loads(called("import", str(path), "--json"))
    assert told["new"]
    assert (told["run"], told["final"]) == (run.id, before["final"])
    after = json.loads(called("show", run.id, "--json"))
    assert {name: after[name] for name in ("final", "history", "predictions", "labels")} == {
        name: before[name] for name in ("final", "history", "predictions", "labels")
    }
    status, out, err = call("import", str(path))
    assert (status, "in the store already" in err) == (0, True)
    assert out.startswith(f"Run {run.id}:")


@pytest.mark.parametrize(
    "content", [None, b"", b"PK\x03\x04 not at all"], ids=["no file", "empty", "another kind"]
)
def test_a_file_that_cannot_be_loaded_is_one_line_and_exit_2(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert_one_line(*call("import", str(path)))
    assert_one_line(*call("import", str(tmp_path)))


def test_show_prints_the_network_as_pytorch_does_and_as_a_table(run: RunRecord) -> None:
    out = called("show", run.id)
    assert printed(run.config) in out
    assert "conv1: Conv2d(1, 2" not in out
    assert "(conv1): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))" in out
    assert "2×28×28" in out


def test_the_code_of_a_preset_is_written_without_a_run_and_its_weights_are_not(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    for name in (*PRESETS, *SINE_PRESETS):
        called("export", name, "--format", "script", "--out", str(path))
        compile(path.read_bytes(), name, "exec")
    assert path.read_text(encoding="utf-8") == sine_script(SINE_PRESETS["sine-rnn"])
    called("export", "speedrun", "--format", "notebook", "--out", str(path))
    assert path.read_text(encoding="utf-8") == notebook(PRESETS["speedrun"])
    for name, form in (
        ("speedrun", "onnx"),
        ("speedrun", "csv"),
        ("sine-rnn", "notebook"),
        ("sine-rnn", "onnx"),
    ):
        assert_one_line(*call("export", name, "--format", form, "--out", str(path)))
    assert store.runs() == []

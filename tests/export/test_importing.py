"""A safetensors file becomes a run again; what is no such file is refused in one sentence."""

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load, save

from mnistlab.data import load_dataset
from mnistlab.errors import RunStateError, WeightsFileError
from mnistlab.events import VERSION, Evaluated
from mnistlab.export.importing import import_run
from mnistlab.export.weights import weights_safetensors
from mnistlab.store import RunRecord, Status, Store
from mnistlab.train import model_from, predict
from pages.runs import TINY, in_state, trained


@pytest.fixture
def run(store: Store) -> RunRecord:
    return trained(store)


@pytest.fixture
def content(store: Store, run: RunRecord) -> bytes:
    return weights_safetensors(store, run)


def metadata_of(content: bytes, tmp_path: Any) -> dict[str, str]:
    (tmp_path / "file").write_bytes(content)
    with safe_open(tmp_path / "file", "pt") as file:
        return file.metadata()


def test_a_run_that_was_written_deleted_and_loaded_is_the_same_run(
    store: Store, run: RunRecord, content: bytes
) -> None:
    weights, curve = (
        store.weights(run.id),
        [event for _, event in store.events(run.id, [Evaluated])],
    )
    store.delete(run.id)
    loaded, new = import_run(store, content, "someone")
    assert new
    assert (loaded.id, loaded.config, loaded.status, loaded.step, loaded.session) == (
        run.id,
        run.config,
        Status.FINISHED,
        run.step,
        "someone",
    )
    assert loaded.final == run.final
    assert [event for _, event in store.events(run.id, [Evaluated])] == curve
    back = store.weights(run.id)
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[name], weights[name]) for name in weights)
    logits = store.logits(run.id, run.step)
    assert logits is not None
    network = model_from(run.config, weights)
    assert torch.equal(logits, predict(network, load_dataset("digits").test_images, run.config))
    assert loaded.environment is not None
    assert loaded.environment["loaded"]
    assert store.request(run.config).status == Status.FINISHED  # it need not be trained again


def test_a_run_that_is_here_already_is_left_as_it_is(
    store: Store, run: RunRecord, content: bytes
) -> None:
    assert import_run(store, content) == (store.get(run.id), False)


def test_the_accuracy_is_measured_and_not_believed(
    store: Store, run: RunRecord, content: bytes, tmp_path: Any
) -> None:
    said = metadata_of(content, tmp_path)
    boast = json.dumps({**json.loads(said["final"]), "test_accuracy": 1.0, "correct": 500})
    store.delete(run.id)
    loaded, _ = import_run(store, save(load(content), metadata={**said, "final": boast}))
    assert loaded.final == run.final


def test_a_run_that_was_cut_short_is_loaded_as_a_stopped_one_and_can_be_trained_again(
    store: Store,
) -> None:
    stopped = in_state(store, Status.STOPPED)
    content = weights_safetensors(store, stopped)
    store.delete(stopped.id)
    loaded, _ = import_run(store, content)
    assert (loaded.status, loaded.step, loaded.final) == (Status.STOPPED, 2, None)
    assert store.snapshot_steps(loaded.id) == [2]
    assert store.resume(loaded.id).status == Status.QUEUED


def test_a_file_with_nothing_but_weights_and_configuration_is_enough(
    store: Store, run: RunRecord, content: bytes
) -> None:
    store.delete(run.id)
    loaded, _ = import_run(store, save(load(content), metadata={"config": run.config.canonical}))
    assert loaded.final is not None
    assert {**loaded.final, "seconds": None} == {**(run.final or {}), "seconds": None}
    assert store.events(run.id, [Evaluated]) == []


def test_what_only_a_newer_version_knows_of_the_training_is_left_out(
    store: Store, run: RunRecord, content: bytes, tmp_path: Any
) -> None:
    said = metadata_of(content, tmp_path)
    history, final = json.loads(said["history"]), json.loads(said["final"])
    assert {(record["kind"], record["v"]) for record in history} == {("evaluated", VERSION)}
    assert (final["kind"], final["v"]) == ("finished", VERSION)
    history[0]["v"] = final["v"] = VERSION + 1
    said |= {"history": json.dumps(history), "final": json.dumps(final)}
    curve = [event for _, event in store.events(run.id, [Evaluated])]
    store.delete(run.id)
    loaded, _ = import_run(store, save(load(content), metadata=said))
    assert [event for _, event in store.events(run.id, [Evaluated])] == curve[1:]
    assert loaded.final is not None
    assert loaded.final["seconds"] == {"total": 0.0, "train": 0.0, "eval": 0.0}
    assert loaded.accuracy == run.accuracy


def test_a_run_that_is_waiting_here_is_not_overwritten(
    store: Store, run: RunRecord, content: bytes
) -> None:
    store.delete(run.id)
    store.request(run.config)
    with pytest.raises(RunStateError, match="is here already"):
        import_run(store, content)


HISTORY = [
    {
        "step": 2,
        "epoch": 0,
        "train_loss": 1.0,
        "test_loss": 1.0,
        "test_accuracy": 0.5,
        "correct": 50,
        "count": 100,
    }
]
WRONG = {  # what is changed in the metadata -> words of the sentence
    "no configuration": ({"config": None}, "does not say how its network was configured"),
    "configuration is no JSON": ({"config": "{"}, "'config' cannot be read"),
    "configuration is a list": ({"config": "[]"}, "'config' cannot be read"),
    "unknown setting": ({"config": '{"depth":3}'}, "no setting called 'depth'"),
    "wrong setting": ({"config": '{"lr":"fast"}'}, "lr cannot be 'fast'"),
    "impossible network": (
        {"config": '{"dataset":"digits","kernel":28,"padding":0,"stride":7}'},
        "do not fit its own configuration",
    ),
    "another network": (
        {"config": TINY.replace(channels=(2, 3)).canonical},
        "do not fit its own configuration",
    ),
    "another kind of network": (
        {"config": TINY.replace(arch="mlp").canonical},
        "do not fit its own configuration",
    ),
    "step beyond the end": ({"step": "5"}, "'step' cannot be read"),
    "step is no number": ({"step": "²"}, "'step' cannot be read"),
    "history is no list": ({"history": "7"}, "'history' cannot be read"),
    "history lacks numbers": ({"history": '[{"step":1}]'}, "'history' cannot be read"),
    "history is not in order": (
        {"history": json.dumps([*HISTORY, *HISTORY])},
        "'history' cannot be read",
    ),
    "history is not finite": (
        {"history": json.dumps(HISTORY).replace("0.5", "NaN")},
        "'history' cannot be read",
    ),
    "history goes beyond": (
        {"history": json.dumps([{**HISTORY[0], "step": 9}])},
        "'history' cannot be read",
    ),
    "the end lacks numbers": ({"final": '{"seconds":{}}'}, "'final' cannot be read"),
    "the end is of no version": ({"final": '{"v":"new"}'}, "'final' cannot be read"),
    "nested without end": ({"environment": "[" * 100_000}, "'environment' cannot be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_says_nonsense_is_refused_and_leaves_nothing(
    name: str, store: Store, run: RunRecord, content: bytes, tmp_path: Any
) -> None:
    changes, words = WRONG[name]
    store.delete(run.id)
    said = {
        key: value
        for key, value in {**metadata_of(content, tmp_path), **changes}.items()
        if value is not None
    }
    with pytest.raises(WeightsFileError, match=words):
        import_run(store, save(load(content), metadata=said))
    assert store.runs() == []


def test_weights_that_are_no_numbers_are_refused(
    store: Store, run: RunRecord, content: bytes, tmp_path: Any
) -> None:
    weights = load(content)
    weights["out.bias"][3] = float("nan")
    store.delete(run.id)
    with pytest.raises(WeightsFileError, match="NaN or infinite"):
        import_run(store, save(weights, metadata=metadata_of(content, tmp_path)))


@given(
    data=st.binary(max_size=200)
    | st.integers(0, 2**64 - 1).map(lambda n: n.to_bytes(8, "little") + b'{"__metadata__":{}}')
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_other_bytes_are_refused(data: bytes, store: Store) -> None:
    with pytest.raises(WeightsFileError):
        import_run(store, data)


def test_a_file_of_very_many_tensors_is_refused_before_they_are_made(
    store: Store, run: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = save(
        {f"{number}": torch.zeros(1) for number in range(1_001)},
        metadata={"config": run.config.canonical},
    )
    store.delete(run.id)
    monkeypatch.setattr("safetensors.torch.load", None)
    with pytest.raises(WeightsFileError, match=r"names 1,001 tensors"):
        import_run(store, content)


def test_every_beginning_of_a_file_is_refused(store: Store, run: RunRecord, content: bytes) -> None:
    store.delete(run.id)
    for end in range(0, len(content), 97):
        with pytest.raises(WeightsFileError):
            import_run(store, content[:end])


def test_the_twin_of_a_run_has_the_threads_that_it_was_trained_with(
    store: Store, run: RunRecord
) -> None:
    from mnistlab.export.script import script_of, threads_of

    assert threads_of(replace(run, environment={"threads": 3})) == 3
    assert b"torch.set_num_threads(3)" in script_of(store, replace(run, environment={"threads": 3}))

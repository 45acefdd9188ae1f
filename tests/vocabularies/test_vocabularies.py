"""An entry of one's own in one table is all that it takes: the form, the command line, names, the
code twin, exports, pages and the tests that walk over all entries find it.
"""

import dataclasses
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch
import worked_examples
from export.twins import ran, same, trained
from waiting import SECONDS

from mnistlab import models
from mnistlab.analysis.arithmetic import arithmetic
from mnistlab.analysis.convolution import Geometry, pooling
from mnistlab.choices import ACTIVATIONS, ARCHITECTURES, DATASETS, OPTIMIZERS, POOLINGS, SCHEDULES
from mnistlab.cli import main
from mnistlab.config import TrainConfig, option
from mnistlab.data import Dataset, load_dataset, needs_files
from mnistlab.errors import AnalysisError
from mnistlab.events import Evaluated
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.mistakes import run_pair
from mnistlab.export import EXPORTS
from mnistlab.export.importing import import_run
from mnistlab.export.script import script
from mnistlab.models.layer_types import LayerType, layer_type
from mnistlab.run_names import run_name
from mnistlab.store import Store
from mnistlab.train import model_from
from mnistlab.ui.feature_maps.views import VIEWS
from mnistlab.ui.kit import i18n, labels, texts
from mnistlab.ui.kit.views import applicable
from pages.runs import link, opened, words
from vocabularies.added import (
    ELU,
    ENTRIES,
    LINEAR,
    MIN,
    NADAM,
    TINY,
    UPSIDE_DOWN,
    WRONG_SIGN,
)
from vocabularies.mixed import MIXED

pytestmark = pytest.mark.usefixtures("added")

ROOT = Path(__file__).parents[2]
BASE = TrainConfig(
    dataset="digits",
    channels=(2, 2),
    kernel=3,
    train_size=60,
    batch_size=20,
    epochs=1,
    eval_every=1,
    eval_size=40,
)
TABLES = {
    "arch": ARCHITECTURES,
    "dataset": DATASETS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "activation": ACTIVATIONS,
    "pooling": POOLINGS,
}
ADDED = {  # entry -> the field that chooses it
    "tiny": "arch",
    "reader": "arch",
    "nadam": "optimizer",
    "linear": "schedule",
    "elu": "activation",
    "min": "pooling",
    "upside-down": "dataset",
}
EXPLANATION = "mnistlab/ui/texts/en/mistakes.md"
SHORT = {"tiny": "Tiny", "reader": "Reader", "nadam": "NAdam", "upside-down": "Upside down"}


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Entries of one's own, each in the one table of its vocabulary, for the time of a test; pages
    train in this process.
    """
    for table, name, entry in ENTRIES:
        monkeypatch.setitem(table, name, entry)
    # where the code of a run takes the data set from
    monkeypatch.setitem(sys.modules, "my_data", sys.modules["worked_example_dataset"])
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "no-data"))


def changes_network(name: str) -> bool:
    """Whether the entry decides what is computed of an image; the others are about training."""
    return option(ADDED[name]).group == "model"


def config_of(name: str) -> TrainConfig:
    """A short training that chooses the entry `name`."""
    return BASE.replace(**{ADDED[name]: name})


def flags(config: TrainConfig) -> list[str]:
    """`config` as the command line's options."""
    return [f"--{name.replace('_', '-')}={text}" for name, text in config.to_query().items()]


def widget(page: Any, label: str) -> Any:
    """The select box with this label."""
    (found,) = [box for box in page.selectbox if box.label == label]
    return found


# -- what is chosen for a training -----------------------------------------------------------------


@pytest.mark.parametrize("name", ADDED)
def test_the_form_offers_it_and_asks_for_the_settings_that_count(name: str) -> None:
    field = ADDED[name]
    page = opened("pages/train.py", **BASE.to_query())
    page.session_state[f"form.more.{option(field).group}"] = True
    page.run()
    label = option(field).choices[name].label
    assert label in widget(page, labels.field_label(field)).options
    page = widget(page, labels.field_label(field)).set_value(name).run()
    assert not page.exception
    assert link(page)[field] == name
    config, asked = config_of(name), {box.label for box in page.number_input}
    for setting in ("hidden", "kernel"):
        assert (labels.field_label(setting) in asked) == config.counts(setting)


@pytest.mark.parametrize("name", ADDED)
def test_the_command_line_lists_and_trains_it(name: str, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert name in capsys.readouterr().out
    config = config_of(name)
    assert main(["train", *flags(config), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["run"], report["status"]) == (config.run_id, "finished")
    assert report["config"][ADDED[name]] == name


@pytest.mark.parametrize("name", SHORT)
def test_labels_and_run_names_have_its_short_name(name: str) -> None:
    field, short = ADDED[name], SHORT[name]
    assert labels.choice_label(field, name) == option(field).choices[name].label
    assert labels.short_label(field, name) == short
    assert short in run_name(config_of(name))


def test_a_settings_value_that_does_not_count_decides_nothing() -> None:
    tiny = config_of("tiny")
    assert run_name(tiny.replace(hidden=7)).startswith("Digits · Tiny 7 · ")
    assert tiny.replace(kernel=7, pooling="mean").run_id == tiny.run_id
    assert tiny.replace(hidden=7).run_id != tiny.run_id


@pytest.mark.parametrize("changes", [{}, {"precision": "bfloat16"}], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", ADDED)
def test_the_code_twin_ends_with_the_same_weights(
    name: str, changes: dict[str, str], tmp_path: Path
) -> None:
    config = config_of(name).replace(**changes)
    events, weights = trained(config, load_dataset(config.dataset))
    twin = ran(script(config, threads=1), tmp_path)
    assert same(weights, twin.weights)
    assert twin.said == f"Test accuracy: {events[-1].test_accuracy}\n"


@pytest.mark.parametrize("name", ADDED)
def test_every_export_has_it(name: str, store: Store) -> None:
    run = InlineExecutor(store).start(config_of(name))
    files = {
        form: export.made_from(store, run)
        for form, export in EXPORTS.items()
        if export.applies(run.config) and (form != "onnx" or changes_network(name))
    }
    evaluated = [event for _, event in store.events(run.id, [Evaluated])]
    assert len(files["csv"].splitlines()) == 1 + len(evaluated)
    if changes_network(name):
        images = torch.rand(3, 1, 28, 28)
        (logits,) = onnxruntime.InferenceSession(files["onnx"]).run(
            ["logits"], {"images": images.numpy()}
        )
        with torch.inference_mode():
            expected = model_from(run.config, store.weights(run.id))(images)
        assert torch.from_numpy(logits) == pytest.approx(expected, abs=1e-4)
    store.delete(run.id)
    imported, new = import_run(store, files["safetensors"])
    assert new
    assert (imported.config, imported.final) == (run.config, run.final)


@pytest.mark.parametrize("name", ADDED)
def test_the_feature_maps_show_it_in_every_view_of_its_kind(name: str, store: Store) -> None:
    run = InlineExecutor(store).start(config_of(name))
    page = opened("pages/feature_maps.py", run=run.id)
    for view in [*applicable(VIEWS, run.config)][: None if changes_network(name) else 1]:
        page.query_params["view"] = view
        page.run()
        assert not page.exception, view
        assert not page.error, (view, words(page))
        assert link(page).get("view", view) == view
    assert SHORT.get(name, "CNN") in page.sidebar.markdown[0].value


def test_views_of_a_network_are_read_off_its_layers(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A convolution before an LSTM: it has kernels, but reads no rows of the image."""
    monkeypatch.setitem(ARCHITECTURES, "mixed", MIXED)
    run = InlineExecutor(store).start(BASE.replace(arch="mixed", hidden=4))
    views = applicable(VIEWS, run.config)
    assert "kernels" in views
    assert not {"rows", "gates", "hide"} & views.keys()
    for view in views:
        page = opened("pages/feature_maps.py", alone=True, run=run.id, view=view)
        assert not page.exception, view
        assert not page.error, (view, words(page))


def test_the_runs_page_filters_by_it(store: Store) -> None:
    InlineExecutor(store).start(config_of("tiny"))
    page = opened("pages/runs.py", arch="tiny")
    assert not page.exception
    assert not page.warning
    assert page.multiselect(key="runs.arch").value == ["tiny"]


def test_its_first_kernels_are_among_those_to_convolve_with(store: Store) -> None:
    run = InlineExecutor(store).start(config_of("tiny"))
    InlineExecutor(store).start(config_of("reader"))  # which has none
    page = opened("pages/convolution.py", dataset="digits", kernel="run")
    assert not page.exception
    assert widget(page, "Network").options == [
        option for option in widget(page, "Network").options if run_name(run.config) in option
    ]


def test_its_arithmetic_is_the_networks_own(digits: Dataset) -> None:
    config = BASE.replace(activation="elu", pooling="min")
    torch.manual_seed(1)
    model, image = models.build(config).eval(), digits.test_images[0]
    channel = arithmetic(model, image, config, "conv1", 0)
    with torch.inference_mode():
        pooled = model[:3](image[None] / 255)[0, 0]
    for row, column in ((0, 0), (6, 7), (13, 13)):
        step, pool = channel.cell(2 * row, 2 * column).then[0], channel.pool.cell(row, column)
        before = channel.cell(2 * row, 2 * column).value
        assert (step.formula, pool.result) == (ELU.formula, MIN.result)
        assert step.value == pytest.approx(before if before > 0 else math.expm1(before), abs=1e-6)
        assert pool.value == pytest.approx((pool.weights * pool.window).sum(), abs=1e-6)
        assert pool.value == pool.window.min() == pytest.approx(pooled[row, column].item())


def test_the_page_on_convolution_takes_the_pooling_apart() -> None:
    page = opened("pages/convolution.py", dataset="digits", view="pooling", pool="min", window=3)
    assert not page.exception
    assert not page.warning
    assert "Min" in page.segmented_control(key="convolution.pool").options
    assert MIN.explanation in words(page)
    walk = pooling(torch.rand(9, 9), "min", Geometry(3, 3))
    assert walk.output == pytest.approx(walk.sums[..., 0])
    with pytest.raises(AnalysisError, match="Here, min pooling needs a stride equal"):
        pooling(torch.rand(9, 9), "min", Geometry(3, 1))


def test_the_data_page_shows_it() -> None:
    page = opened("pages/data.py", dataset="upside-down")
    assert not page.exception
    assert not page.warning
    assert widget(page, labels.field_label("dataset")).value == "upside-down"


# -- mistakes --------------------------------------------------------------------------------------


@pytest.fixture
def explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts, with the explanation of the mistake."""
    folder = shutil.copytree(texts.TEXTS, tmp_path / "texts")
    with (folder / "en" / "mistakes.md").open("a", encoding="utf-8") as file:
        file.writelines(["\n", *worked_examples.blocks(EXPLANATION, "markdown")])
    monkeypatch.setattr(texts, "TEXTS", folder)
    texts.sections.cache_clear()
    yield
    texts.sections.cache_clear()


def test_a_mistake_shows_what_it_claims_and_its_page_asks_runs_and_explains(
    explained: None,
) -> None:
    assert run_pair("wrong-sign").as_claimed
    page = opened("pages/mistakes.py", mistake="wrong-sign")
    assert not page.exception
    assert page.radio[0].options == list(WRONG_SIGN.answers)
    page.radio[0].set_value(2).run()
    page.button(key="mistakes.run").click().run()
    assert not page.exception
    assert "Just as you predicted." in page.success[0].value
    assert "the least probability of all" in words(page)


# -- tests that walk over all entries --------------------------------------------------------------


def test_parametrised_tests_walk_over_it() -> None:
    files = {
        "test_train.py": ["tiny", "reader", "nadam"],
        "export/test_onnx.py": ["tiny", "reader", "pooling min"],
        "pages/test_feature_maps.py": ["tiny", "reader"],
        "pages/test_train_page.py": ["tiny", "reader"],
        "pages/test_draw.py": ["tiny", "reader"],
        "test_data.py": ["upside-down"],
        "experiments/test_mistakes.py": ["wrong-sign"],
    }
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-p", "vocabularies.added", "--collect-only", "-q"]
        + [str(ROOT / "tests" / file) for file in files],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert listed.returncode == 0, listed.stdout + listed.stderr
    for file, names in files.items():
        of_file = [line for line in listed.stdout.splitlines() if line.startswith(f"tests/{file}")]
        for name in names:
            assert any(name in line.partition("[")[2] for line in of_file), (file, name)


# -- what is missing is said at once ---------------------------------------------------------------


@pytest.mark.parametrize(
    "entry", [TINY, NADAM, LINEAR, ELU, MIN, UPSIDE_DOWN, WRONG_SIGN], ids=type
)
def test_an_entry_that_lacks_something_is_an_error(entry: Any) -> None:
    needed = [
        field.name
        for field in dataclasses.fields(entry)
        if field.default is field.default_factory is dataclasses.MISSING
    ]
    assert len(needed) >= 4
    for name in needed:
        rest = {other: getattr(entry, other) for other in needed if other != name}
        with pytest.raises(TypeError, match=name):
            type(entry)(**rest)


@pytest.mark.parametrize(
    "typo", [{"right": 3}, {"right": -1}, {"compare": ("accuracy", "test lost")}, {"compare": ()}]
)
def test_a_typo_in_a_mistake_is_an_error(typo: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(typo))):
        dataclasses.replace(WRONG_SIGN, **typo)


def test_a_schedule_that_is_stepped_at_no_known_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="code_steps"):
        dataclasses.replace(LINEAR, code_steps="step")


def test_a_layer_that_torch_does_not_have_needs_its_code() -> None:
    with pytest.raises(ValueError, match="source"):
        dataclasses.replace(MIN, source="")


def test_a_type_of_layer_that_cannot_be_explained_is_an_error() -> None:
    with pytest.raises(ValueError, match="formula"):
        LayerType(kind="activation", code=str, modes=bool, operator=dict)
    with pytest.raises(ValueError, match="result, weights"):
        LayerType(kind="pool", code=str, modes=bool, operator=dict, pooling="min")
    with pytest.raises(KeyError, match="LAYERS has no entry"):
        layer_type(torch.nn.Softplus())


@pytest.mark.parametrize("table", TABLES)
def test_every_entry_makes_what_it_names(table: str) -> None:
    """References are resolved on first use: here, for all of them."""
    for name in TABLES[table]:
        config = TrainConfig(dataset="digits").replace(**{table: name})
        network = models.build(config)
        optimizer = OPTIMIZERS[config.optimizer](config, network.parameters())
        SCHEDULES[config.schedule](config, optimizer)
        assert all(layer_type(layer).code(layer, ()) for layer in network)
        data = load_dataset(config.dataset) if not needs_files(config.dataset) else None
        assert data is None or len(data.train_images) == DATASETS[config.dataset].train_count


@pytest.mark.parametrize("name", POOLINGS)
def test_every_pooling_is_the_weighted_sum_of_its_windows(name: str) -> None:
    images = torch.rand(1, 1, 28, 28)
    walk = pooling(images[0, 0], name, Geometry(2, 2))
    with torch.inference_mode():
        pooled = POOLINGS[name](2).eval()(images)
    assert walk.sums[..., 0] == pytest.approx(pooled[0, 0].numpy(), abs=1e-6)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_architecture_has_a_text(arch: str) -> None:
    for language in i18n.LANGUAGES:
        assert ARCHITECTURES[arch].section in texts.sections(language, "feature_maps")

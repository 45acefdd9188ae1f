"""The code beside the form, the files of a run, and a run from a file."""

import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.config import TrainConfig
from mnistlab.executors import InlineExecutor
from mnistlab.export import EXPORTS
from mnistlab.export.script import diverged_at, script, threads_of
from mnistlab.export.weights import weights_safetensors
from mnistlab.logs import log_lines
from mnistlab.models import describe, printed
from mnistlab.store import Status, Store
from pages.elements import code_of, marked
from pages.runs import TINY, link, opened, trained, words

TRAIN, RUNS = "pages/train.py", "pages/runs.py"


def opened_with_twin(**query: str) -> AppTest:
    page = opened(TRAIN, **query)
    page.session_state["twin"] = True
    return page.run()


def test_the_form_has_its_code_and_a_changed_control_highlights_the_lines_it_affects() -> None:
    page = opened_with_twin(dataset="digits", max_steps="5")
    config = TrainConfig(dataset="digits", max_steps=5)
    assert code_of(page) == script(config)
    assert marked(page) == []
    assert "the lines it affects are highlighted" in words(page)
    field = next(box for box in page.number_input if box.label == "Learning rate")
    page = field.set_value(0.02).run()
    assert not page.exception
    assert code_of(page) == script(config.replace(lr=0.02))
    (line,) = marked(page)
    assert "optimizer = torch.optim.Adam(model.parameters(), lr=0.02, fused=True)" in line
    assert (
        f"Your last change affected line {line[: len(line) - len(line.lstrip('0123456789'))]}."
        in words(page)
    )
    page = page.run()  # nothing was changed: the marks stay
    assert len(marked(page)) == 1
    page = next(box for box in page.number_input if box.label == "Seed").set_value(9).run()
    assert ["torch.manual_seed(9)" in line for line in marked(page)] == [True]


def test_the_code_of_another_page_is_no_change_of_this_one() -> None:
    page = opened(TRAIN, dataset="digits").switch_page("pages/sequence.py").run()
    page.session_state["twin.sine"] = True
    page = page.run()
    assert not page.exception
    assert "learns cos(t) from sin(t)" in code_of(page)
    assert marked(page) == []


def test_a_form_that_is_no_network_has_no_code() -> None:
    page = opened_with_twin(dataset="digits", kernel="7", stride="7", padding="0")
    assert not page.exception
    assert not [element for element in page.get("html") if "<pre" in element.proto.body]


def test_the_network_is_shown_as_pytorch_prints_it_and_as_a_table() -> None:
    page = opened(TRAIN, dataset="digits")
    page.session_state["summary"] = True
    page = page.run()
    config = TrainConfig(dataset="digits")
    assert printed(config) in [block.value for block in page.code]
    table = next(frame.value for frame in page.dataframe if "Stage" in frame.value)
    assert list(table["Parameters"]) == [stage.parameters for stage in describe(config)]
    assert table.set_index("Stage").loc["conv1", "Counted"] == "16 × 1 × 5 × 5 + 16"


@pytest.mark.parametrize("style", ["tutorial", "case", "official"])
def test_the_log_of_a_finished_run_is_all_that_the_command_line_prints(
    store: Store, style: str
) -> None:
    config = TINY.replace(max_steps=60, epochs=2, eval_every=2)
    run = trained(store, config)
    page = opened(TRAIN, run=run.id)
    page.session_state["log"] = True
    page.session_state["log.style"] = style
    page = page.run()
    assert not page.exception
    expected = log_lines(style, config, [event for _, event in store.events(run.id)])
    assert len(expected) > 20
    assert page.code[0].value == "\n".join(expected)


def test_a_run_has_its_code_and_all_its_files(store: Store) -> None:
    run = trained(store)
    page = opened(RUNS, run=run.id)
    page.session_state["twin.run"] = True
    page = page.run()
    assert not page.exception
    assert code_of(page) == script(run.config, threads_of(run))
    labels = {button.proto.label for button in page.get("download_button")}
    offered = [export for export in EXPORTS.values() if export.applies(run.config)]
    assert len(offered) < len(EXPORTS), "what only a fine-tuned run has"
    assert {"Curves as CSV", *(export.label for export in offered)} <= labels


def test_the_code_of_a_diverged_run_stops_where_it_did(store: Store) -> None:
    run = InlineExecutor(store).start(
        TINY.replace(optimizer="sgd", lr=1_000, max_steps=20, log_every=1)
    )
    diverged_step = diverged_at(store, run)
    assert (run.status, diverged_step) == (Status.FAILED, run.step)
    page = opened(RUNS, run=run.id)
    page.session_state["twin.run"] = True
    assert code_of(page.run()) == script(run.config, threads_of(run), diverged_step)
    assert "This run diverged; the code stops at the same step." in words(page)


def test_a_run_that_has_not_begun_has_only_its_code(store: Store) -> None:
    run = store.request(TINY, "somebody")
    page = opened(RUNS, run=run.id)
    assert not page.exception
    labels = {button.proto.label for button in page.get("download_button")}
    assert "Script (Python)" in labels
    assert "Weights (safetensors)" not in labels


@pytest.mark.parametrize("other", [True, False], ids=["beside another", "alone"])
def test_a_file_becomes_a_run_which_is_chosen(store: Store, other: bool) -> None:
    run = trained(store)
    content = weights_safetensors(store, run)
    store.delete(run.id)
    if other:
        trained(store, TINY.replace(seed=2))
    page = opened(RUNS)
    page.session_state["upload.box"] = True
    page = page.run()
    page = (
        page.file_uploader(key="upload.file")
        .set_value(("run.safetensors", content, "application/octet-stream"))
        .run()
    )
    assert not page.exception
    assert not page.error
    assert store.get(run.id).status == Status.FINISHED
    assert store.get(run.id).final == run.final
    assert link(page)["run"] == run.id
    assert page.toast[0].value.startswith("Loaded: ")
    assert "Loaded from a file. Its accuracy was measured here" in words(opened(TRAIN, run=run.id))
    assert "Loaded from a file" not in words(opened(TRAIN, run=TINY.replace(seed=2).run_id))


def test_a_file_that_is_no_run_is_one_clear_sentence(store: Store) -> None:
    page = opened(RUNS)
    page.session_state["upload.box"] = True
    page = page.run()
    page = (
        page.file_uploader(key="upload.file")
        .set_value(("run.safetensors", b"nonsense", "application/octet-stream"))
        .run()
    )
    assert not page.exception
    assert [error.value for error in page.error] == [
        (
            "This is not a safetensors file, or it is incomplete. Use a file that was written "
            "by mnistlab export --format safetensors."
        )
    ]
    assert store.runs() == []

"""What holds for every page."""

import pytest

from mnistlab.store import Status, Store
from pages.runs import PATHS, TINY, in_state, link, opened, trained

QUICK = {"pages/embeddings.py": {"method": "pca"}}  # where opening computes something that lasts


@pytest.mark.parametrize("path", PATHS)
def test_page_opens_on_an_empty_store(path: str) -> None:
    page = opened(path)
    assert not page.exception
    assert len(page.title) == 1
    assert not page.error


@pytest.mark.parametrize("path", PATHS)
def test_page_shows_a_run_in_every_state(store: Store, path: str) -> None:
    for seed, status in enumerate(Status):
        run = in_state(store, status, TINY.replace(seed=seed))
        page = opened(path, alone=True, run=run.id, **QUICK.get(path, {}))
        assert not page.exception, status
        assert link(page)["run"] == run.id
        shown = page.sidebar.markdown[0].value
        assert f"Digits · CNN 2–2 · Adam 0.001 · 4 steps · seed {seed}" in shown


def test_no_page_keeps_a_transaction_open(store: Store) -> None:
    """A reader who stays in one keeps SQLite's write-ahead log from being written back."""
    run = trained(store)
    for path in PATHS:
        opened(path, alone=True, run=run.id, **QUICK.get(path, {}))
        assert store.engine.pool.checkedout() == 0, path  # type: ignore[attr-defined]


WRONG = [
    ("run", "not-an-id", "The link says run='not-an-id', but it has to be the id of a run"),
    ("step", "-1", "The link says step='-1', but it has to be a whole number from 0"),
    ("digit", "10", "The link says digit='10', but it has to be a whole number from 0 to 9"),
    ("index", "seven", "The link says index='seven', but it has to be"),
    ("lang", "tlh", "The link says lang='tlh', but it has to be one of en"),
]


def assert_one_sentence_each(path: str, wrong: list[tuple[str, str, str]]) -> None:
    page = opened(path, **{name: text for name, text, _ in wrong})
    assert not page.exception
    for name, _, said in wrong:
        assert [said in warning.value for warning in page.warning].count(True) == 1
        assert name not in page.query_params


@pytest.mark.parametrize("path", PATHS)
def test_each_of_many_wrong_parameters_is_one_clear_sentence(path: str) -> None:
    assert_one_sentence_each(path, WRONG)


@pytest.mark.parametrize(
    "wrong",
    [
        *WRONG,
        ("run", "0123456789ab", "There is no run 0123456789ab here"),
        ("run", "", "The link says run='', but it has to be"),
    ],
)
def test_wrong_parameter_is_one_clear_sentence(wrong: tuple[str, str, str]) -> None:
    assert_one_sentence_each("pages/evaluation.py", [wrong])


def test_unusable_store_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNISTLAB_STORE", "sqlite:////proc/no/such/runs.db")
    for path in PATHS:
        page = opened(path, alone=True)
        assert not page.exception
        assert [error.value.startswith("The store") for error in page.error] == [True]


def test_store_that_is_damaged_is_one_clear_sentence(store: Store) -> None:
    run = trained(store)
    store.engine.dispose()
    assert store.file is not None
    data = store.file.read_bytes()
    store.file.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    for suffix in ("-wal", "-shm"):
        store.file.with_name(store.file.name + suffix).unlink(missing_ok=True)
    for path in PATHS:
        page = opened(path, alone=True, run=run.id)
        assert not page.exception, path
        assert [error.value.startswith("The store") for error in page.error] == [True], path


def test_chosen_run_goes_along_to_the_next_page_and_into_its_links(store: Store) -> None:
    run = in_state(store, Status.FINISHED)
    page = opened("pages/train.py", run=run.id)
    targets = [
        dict(parameter.split("=") for parameter in link.proto.query_string.split("&"))
        for link in page.sidebar.get("page_link")
    ]
    assert targets
    assert all(target == {"run": run.id} for target in targets)
    page.query_params.clear()
    page = page.switch_page("pages/runs.py").run()
    assert link(page)["run"] == run.id


def test_failed_download_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from mnistlab import data
    from mnistlab.errors import DownloadFailed

    def no_network(name: str, root: object = None, on_progress: object = None) -> None:
        raise DownloadFailed(f"{name} could not be fetched.", "Check the network.")

    monkeypatch.setattr(data, "download", no_network)
    page = opened("pages/train.py")
    page.button(key="download.mnist").click().run()
    assert not page.exception
    assert [error.value for error in page.error] == [
        "mnist could not be fetched. Check the network."
    ]


@pytest.mark.parametrize(
    ("instructions", "precision"), [({"avx512_bf16": True}, "bfloat16"), ({}, "float32")]
)
def test_first_network_is_the_speedrun_where_mnist_is_in_the_precision_that_the_processor_has(
    instructions: dict[str, bool],
    precision: str,
    mnist: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    from mnistlab.presets import PRESETS
    from mnistlab.ui.kit.chosen_run import first_config

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
    assert first_config() == PRESETS["speedrun"].replace(precision=precision)

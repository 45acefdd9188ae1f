"""What all tests share: a store of their own, the two data sets, a browser, and a loud word about every test that had to be left out.

A test that needs MNIST asks for the fixture `mnist`, one that needs a browser for `browser` (or `chromium_path`). Where these
cannot be had, such tests are left out, which is said at the end of the run; with CI=true the run then fails.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest

LEFT_OUT = "LEFT OUT: "
_left_out = pytest.StashKey[dict[str, list[str]]]()  # reason -> tests


# -- every test keeps to itself ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _threads() -> None:
    """A training in a test has as many threads as one in an executor: other numbers of threads give other last bits."""
    import torch

    from mnistlab.executors import threads

    torch.set_num_threads(threads())


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the user's runs, settings of the shell, or what an earlier test left in Streamlit's caches."""
    monkeypatch.setenv("MNISTLAB_STORE", f"sqlite:///{tmp_path / 'runs.db'}")
    monkeypatch.delenv("MNISTLAB_EXECUTOR", raising=False)
    monkeypatch.delenv("MNISTLAB_WORKERS", raising=False)
    _clear_streamlit_caches()
    yield
    _clear_streamlit_caches()


def _clear_streamlit_caches() -> None:
    streamlit = sys.modules.get("streamlit")
    if streamlit is not None:
        streamlit.cache_data.clear()
        streamlit.cache_resource.clear()


@pytest.fixture
def store(_apart: None) -> Any:
    """A fresh store; MNISTLAB_STORE names it too."""
    from mnistlab.store import Store

    return Store()


# -- data ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def digits() -> Any:
    """The 1,797 digits that come with scikit-learn: no file, no network."""
    from mnistlab.data import load_dataset

    return load_dataset("digits")


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    """A folder with the good files of MNIST: MNISTLAB_DATA, or the user's data folder, into which they are fetched if need be."""
    from mnistlab.data import data_root, load_dataset
    from mnistlab.errors import DataError

    try:
        load_dataset("mnist")
    except DataError as at_first:
        from mnistlab.data import download

        configured = os.environ.pop("MNISTLAB_DATA", None)
        try:
            download("mnist")
            load_dataset("mnist")
        except DataError as error:
            if configured is not None:
                os.environ["MNISTLAB_DATA"] = configured
            pytest.skip(f"{LEFT_OUT}MNIST could not be had. {at_first} {error}")
    os.environ["MNISTLAB_DATA"] = str(data_root())  # for the processes that tests start
    return data_root()


@pytest.fixture
def mnist(mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The real MNIST. A test that asks for it is marked `mnist`."""
    from mnistlab.data import load_dataset

    monkeypatch.setenv("MNISTLAB_DATA", str(mnist_root))
    return load_dataset("mnist")


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Small tensors in one thread: several threads only wait for each other, above all on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# -- browser -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium. A test that asks for it is marked `browser`."""
    path = chromium.find()
    if path is None:
        pytest.skip(f"{LEFT_OUT}there is no Chromium. {chromium.ADVICE}")
    return path


@pytest.fixture(scope="module")  # no longer: while it is open, Playwright keeps an event loop in this thread
def browser(chromium_path: str) -> Iterator[Any]:
    """A Playwright browser. A test that asks for it is marked `browser`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path, args=chromium.FLAGS)
        yield opened
        opened.close()


# -- what was left out, said loudly --------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "mnist_root" in fixtures:
            item.add_marker("mnist")
        if "chromium_path" in fixtures:
            item.add_marker("browser")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("cuda"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("there is no NVIDIA GPU here")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_left_out] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith(LEFT_OUT):
            item.config.stash[_left_out].setdefault(reason.removeprefix(LEFT_OUT), []).append(item.nodeid)
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[_left_out] and _in_ci() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for reason, tests in config.stash[_left_out].items():
        terminalreporter.write_sep("!", f"LEFT OUT: {len(tests)} tests", red=True, bold=True)
        terminalreporter.write_line(f"because {reason}")
        for test in tests:
            terminalreporter.write_line(f"  {test}")
        if _in_ci():
            terminalreporter.write_line("With CI=true every test has to run: this run counts as failed.", red=True, bold=True)


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")

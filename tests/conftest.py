"""What all tests share: a store of their own, the two data sets, PostgreSQL, a browser, and a loud
word about every test that had to be left out.

A test that needs MNIST asks for the fixture `mnist`, one that needs PostgreSQL for `postgresql`,
one that needs a browser for `browser` (or `chromium_path`). Where these are not available, such
tests are left out, which is said at the end of the run; with CI=true the run then fails.
"""

import gc
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Any

# before anything imports NumPy or torch; see `_one_thread`
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["LANGUAGE"] = "en"  # whatever that of the terminal is

import chromium
import postgresql as postgres
import pytest
from hypothesis import HealthCheck, settings
from left_out import LEFT_OUT, leave_out
from xdist.scheduler import LoadScopeScheduling

# how long an example takes says more about the machine than about the code
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
_left_out: dict[str, list[str]] = {}  # reason -> tests, of all the processes that test


class SharersTogether(LoadScopeScheduling):
    """Gives each process the next test, or the next module of `MODULES`, whose tests share a server
    or what was computed for them, or all tests that share the Ray cluster.
    """

    MODULES = ("tests/browser/", "tests/test_rescue.py", "tests/pages/test_embeddings.py")
    RAY = re.compile(r"tests/executors/(test_ray\.|.*[\[-]ray[\]-])")

    def _split_scope(self, nodeid: str) -> str:
        if self.RAY.match(nodeid):
            return "ray"
        return nodeid.split("::")[0] if nodeid.startswith(self.MODULES) else nodeid


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: a test waits for a browser or a server a third of its time."""
    from mnistlab.machine import cores

    return cores() + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharersTogether:
    return SharersTogether(config, log)


# -- every test keeps to itself --------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """A test computes with one thread, and so do the trainings that it starts: several tests run at
    once, and networks as small as theirs have nothing for a second thread to do.
    """
    import torch

    from mnistlab.machine import cores, threads

    os.environ["MNISTLAB_WORKERS"] = str(cores())
    torch.set_num_threads(threads())


@pytest.fixture(scope="session", autouse=True)
def _components_scanned_once() -> None:
    """Streamlit's server looks once which packages bring components, its `AppTest` before each
    run: a third of the time of a test of a page.
    """
    from streamlit.components.v2 import manifest_scanner

    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session", autouse=True)
def _runs_of_pages_are_joined() -> None:
    """Streamlit's `AppTest` looks each millisecond whether the script has ended; its thread says
    when.
    """
    from streamlit.testing.v1 import local_script_runner

    look: Any = local_script_runner.require_widgets_deltas

    def wait(runner: Any, timeout: float = 3) -> None:
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            look(runner, 0)  # says that it takes too long

    local_script_runner.require_widgets_deltas = wait


@pytest.fixture(scope="session", autouse=True)
def _visitors_of_tests_are_at_the_machine() -> None:
    """Where Streamlit's `AppTest` has mocks for the visitor's address and cookies (a class of its
    own for each), there are none now, and where it has no headers, they say "localhost": as for
    whoever opens the page on the machine itself.
    """
    from unittest.mock import Mock

    from streamlit.runtime import Runtime, context

    connected: Any = context._get_client_context
    headers: Any = context.ContextProxy.headers

    def real() -> Any:
        return None if isinstance(Runtime._instance, Mock) else connected()

    def local(self: context.ContextProxy) -> Any:
        return headers.fget(self) or {"Host": "localhost"}

    context._get_client_context = real
    context.ContextProxy.headers = property(local)  # type: ignore[assignment,method-assign]


@pytest.fixture(scope="session", autouse=True)
def _no_sockets_are_looked_for() -> None:
    """A server looks once for its sockets, Streamlit's `AppTest`, whose pages have none, in each
    test anew: a twentieth of the time of a test of a page.
    """
    from mnistlab.ui.kit import server

    server.answer_at_once = lambda: None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the user's runs, settings of the shell, or what an earlier test left in
    Streamlit's caches.
    """
    monkeypatch.setenv("MNISTLAB_STORE", f"sqlite:///{tmp_path / 'runs.db'}")
    monkeypatch.delenv("MNISTLAB_EXECUTOR", raising=False)
    _clear_streamlit_caches()
    yield
    _clear_streamlit_caches()


def _clear_streamlit_caches() -> None:
    streamlit = sys.modules.get("streamlit")
    if streamlit is not None:
        streamlit.cache_data.clear()
        streamlit.cache_resource.clear()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty store: a copy is made in a fifth of the time of its tables."""
    from mnistlab.store import Store

    path = tmp_path_factory.mktemp("empty") / "runs.db"
    Store(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def store(_apart: None, tmp_path: Path, empty_database: Path) -> Any:
    """A fresh store; MNISTLAB_STORE names it too."""
    from mnistlab.store import Store

    path = tmp_path / "runs.db"
    if not path.exists():
        copyfile(empty_database, path)
    return Store()


# -- data ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def digits() -> Any:
    """The 1,797 digits that come with scikit-learn: no file, no network."""
    from mnistlab.data import load_dataset

    return load_dataset("digits")


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    """A folder with the good files of MNIST: MNISTLAB_DATA, or the user's data folder, into which
    they are fetched if need be.
    """
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
            leave_out(f"MNIST is not available. {at_first} {error}")
    os.environ["MNISTLAB_DATA"] = str(data_root())  # for the processes that tests start
    return data_root()


@pytest.fixture
def mnist(mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The real MNIST. A test that asks for it is marked `mnist`."""
    from mnistlab.data import load_dataset

    monkeypatch.setenv("MNISTLAB_DATA", str(mnist_root))
    return load_dataset("mnist")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """A PostgreSQL server of this process's tests."""
    programs = postgres.find()
    if programs is None:
        leave_out(f"there is no PostgreSQL. {postgres.ADVICE}")
    with postgres.server(programs) as server:
        yield server


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database that is new, of either kind; MNISTLAB_STORE names it too."""
    new = (
        f"sqlite:///{tmp_path / 'new.db'}"
        if request.param == "SQLite"
        else request.getfixturevalue("postgresql").fresh()
    )
    monkeypatch.setenv("MNISTLAB_STORE", new)
    return new


# -- browser ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium. A test that asks for it is marked `browser`."""
    path = chromium.find()
    if path is None:
        leave_out(f"there is no Chromium. {chromium.ADVICE}")
    return path


# -- what was left out, said loudly ----------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "mnist_root" in fixtures:
            item.add_marker("mnist")
        if "chromium_path" in fixtures:
            item.add_marker("browser")


def pytest_collection_finish() -> None:
    """What all tests need is here and stays: to look through it for garbage again and again takes a
    tenth of their time.
    """
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("cuda"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("there is no NVIDIA GPU here")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith(LEFT_OUT):
            _left_out.setdefault(reason.removeprefix(LEFT_OUT), []).append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _left_out and _in_ci() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for reason, tests in _left_out.items():
        terminalreporter.write_sep("!", f"LEFT OUT: {len(tests)} tests", red=True, bold=True)
        terminalreporter.write_line(f"because {reason}")
        for test in tests:
            terminalreporter.write_line(f"  {test}")
        if _in_ci():
            terminalreporter.write_line(
                "With CI=true every test has to run: this run counts as failed.",
                red=True,
                bold=True,
            )


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")

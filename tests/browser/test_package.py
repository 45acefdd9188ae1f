"""What `pip install` installs: the wheel holds everything, and serves the dashboard where there is
no checkout.
"""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import SECONDS, eventually

import mnistlab
from browser.site import free_port, serves

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".streamlit" / "config.toml"
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
# a page of ours in the installed dashboard: it shows the options that are in force
PROBE = """
import json
import streamlit as st
st.code(json.dumps({{name: st.get_option(name) for name in {names!r}}}))
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """stdout of a program that succeeds, without this process's way to the checkout."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def built(source: Path, out: Path, kind: str) -> Path:
    """The wheel or sdist of the project in `source`; needs no network."""
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", out, cwd=source)
    (file,) = out.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel in it, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    install = ("install", "--quiet", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--python", python(folder), *install, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(environment: Path) -> Path:
    """The same environment, with the packages that mnistlab depends on: those of this one."""
    (packages(environment) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment


def scripts(environment: Path) -> Path:
    return Path(sysconfig.get_path("scripts", "venv", {"base": str(environment)}))


def python(environment: Path) -> Path:
    return scripts(environment) / "python"


def packages(environment: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))


# -- what is in it ---------------------------------------------------------------------------------


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


def in_repository(*places: str) -> list[str]:
    listed = run("git", "ls-files", "-z", "--", *places, cwd=ROOT)
    return [name for name in listed.split("\0") if name]


def test_the_wheel_holds_every_file_of_the_package_and_the_dashboard(wheel):
    dashboard = in_repository("app.py", "pages", ".streamlit")
    expected = {name: name for name in in_repository("mnistlab")}
    expected |= {f"mnistlab/dashboard/{name}": name for name in dashboard}
    packed = {
        name: content for name, content in contents(wheel).items() if ".dist-info/" not in name
    }
    assert set(packed) == set(expected)
    assert [name for name in packed if packed[name] != (ROOT / expected[name]).read_bytes()] == []
    for ending in (".js", ".css", ".md", "pages/train.py", "py.typed", "config.toml"):
        assert any(name.endswith(ending) for name in packed), ending


def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    sdist = built(ROOT, tmp_path / "sdist", "sdist")
    with tarfile.open(sdist) as file:
        file.extractall(tmp_path, filter="data")
    source = tmp_path / sdist.name.removesuffix(".tar.gz")
    assert contents(built(source, tmp_path / "wheel", "wheel")) == contents(wheel)


def test_the_wheel_has_the_version_of_the_package(wheel):
    assert wheel.name.startswith(f"mnistlab-{mnistlab.__version__}-")


# -- types -----------------------------------------------------------------------------------------

USE = """
from collections.abc import Iterator
from typing import assert_type

from mnistlab import (
    MODELS, PRESETS, MnistlabError, Store, TrainConfig, evaluate, load_dataset, model_from,
    predict, train,
)
from mnistlab.data import Dataset
from mnistlab.events import Event, Finished
from mnistlab.store import RunRecord

config = PRESETS["quick-digits"].replace(epochs=1)
assert_type(config, TrainConfig)
assert_type(load_dataset("digits"), Dataset)
assert_type(train(config, load_dataset("digits")), Iterator[Event])
assert_type(Store().runs(), list[RunRecord])
assert_type(MnistlabError("what").advice, str)
assert_type(list(MODELS), list[str])
for event in train(config, load_dataset("digits")):
    if isinstance(event, Finished):
        assert_type(event.test_accuracy, float)
        model = model_from(config, Store().weights(config.run_id))
        data = load_dataset("digits")
        predict(model, data.test_images, config)
        assert_type(
            evaluate(model, data.test_images, data.test_labels, config), tuple[float, int]
        )
config.epoch  # wrong
train(load_dataset("digits"), config)  # wrong
load_dataset(3)  # wrong
model_from(config)  # wrong
"""


def test_a_type_checker_sees_the_types_of_the_installed_package(environment, tmp_path):
    file = tmp_path / "use.py"
    file.write_text(USE)
    flags = ("--python-executable", python(environment), "--cache-dir", tmp_path / "cache")
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *flags, file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    errors = {int(line.split(":")[1]) for line in ended.stdout.splitlines() if ": error:" in line}
    wrong = {n for n, line in enumerate(USE.splitlines(), 1) if line.endswith("# wrong")}
    assert errors == wrong, ended.stdout
    assert all(name in USE for name in mnistlab.__all__)


# -- the dashboard that is served ------------------------------------------------------------------


def test_the_program_runs_from_the_wheel_and_not_from_the_checkout(installed, tmp_path):
    where = run(python(installed), "-c", "import mnistlab; print(mnistlab.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed)
    listed = json.loads(run(scripts(installed) / "mnistlab", "presets", "--json", cwd=tmp_path))
    assert len(listed) > 1


def options() -> dict[str, object]:
    """Every option that the configuration sets: "runner.postScriptGC" -> False."""

    def flat(table: dict, prefix: str) -> Iterator[tuple[str, object]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{name}.")
            else:
                yield prefix + name, value

    return dict(flat(tomllib.loads(CONFIG.read_text(encoding="utf-8")), ""))


@pytest.fixture(scope="module")
def served(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`mnistlab app` of the installed package, in an empty folder; gives its address."""
    probe = packages(installed) / "mnistlab" / "dashboard" / "pages" / "probe.py"
    probe.write_text(PROBE.format(names=list(options())))
    folder = tmp_path_factory.mktemp("anywhere")
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    command = [scripts(installed) / "mnistlab", "app", "--no-browser", "--port", port]
    environment = {**os.environ, "MNISTLAB_STORE": f"sqlite:///{folder / 'runs.db'}"}
    environment["MNISTLAB_EXECUTOR"] = "inline"  # nothing is trained, and nobody gets ready to
    environment.pop("PYTHONPATH", None)
    server = subprocess.Popen([*command, "--address", "127.0.0.1"], cwd=folder, env=environment)
    try:
        eventually("the server answers", lambda: serves(address, server))
        yield address
    finally:
        server.terminate()
        assert server.wait(SECONDS) in (0, -signal.SIGTERM)


@pytest.fixture(scope="module")
def context(browser, served):
    """One for all tests, with a tab that stays: Streamlit's scripts are compiled once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(SECONDS * 1000)
    context.new_page().goto(f"{served}/_stcore/health")
    yield context
    context.close()


@pytest.fixture
def tab(context):
    page = context.new_page()
    yield page
    page.close()


# the deep link comes first: it is the first request of a fresh server
@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/train?preset=speedrun", "Train a network"),
        ("/", "How a neural network learns to see"),
        ("/convolution?kernel=edges", "Convolution"),
    ],
)
def test_pages_of_the_wheel_open_in_a_browser(tab, served, path, title):
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(served + path)
    tab.get_by_role("heading", name=title, exact=True).wait_for()
    tab.wait_for_selector(SETTLED)
    assert tab.locator('[data-testid="stException"]').count() == 0
    assert tab.locator('[data-testid="stSidebarNav"]').count() == 0  # Streamlit's own navigation
    assert errors == []


def test_every_option_of_the_configuration_is_in_force(tab, served):
    tab.goto(f"{served}/probe")
    code = tab.locator('[data-testid="stCode"] code')
    code.wait_for()
    assert json.loads(code.inner_text()) == options()

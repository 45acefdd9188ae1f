"""The project around the code: pinned packages, colours, files that run anywhere."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from contrast import contrast

from mnistlab.figures.colors import CLASS_COLORS

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
OWN = {"mnistlab"}


def tracked() -> list[Path]:
    """The files of the project, as git knows them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def pins(name: str) -> dict[str, str]:
    """Package -> version, as a requirements file pins them."""
    lines = [
        line.partition("#")[0].strip()
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
    ]
    pairs = (line.split("==") for line in lines if line and not line.startswith("-r"))
    return {name.partition("[")[0]: version for name, version in pairs}


def imported(*places: Path) -> set[str]:
    """The distributions whose modules the Python files below `places` import."""
    names = set()
    for path in (
        file
        for place in places
        for file in ([place] if place.is_file() else sorted(place.rglob("*.py")))
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    return {
        distributions[name][0].lower()
        for name in names - set(sys.stdlib_module_names) - OWN
        if name in distributions
    }


def test_every_package_that_the_product_imports_is_pinned():
    product = imported(ROOT / "mnistlab", ROOT / "app.py", ROOT / "pages") - {"ray"}
    assert product - {name.lower() for name in pins("requirements.txt")} == set()


def test_every_package_that_tests_import_is_pinned():
    files = ROOT.glob("requirements*.txt")
    known = {name.lower() for file in files for name in pins(file.name)}
    assert imported(ROOT / "tests", ROOT / "benchmarks", ROOT / "scripts") - known == set()


def test_the_package_asks_for_what_is_pinned():
    asked = {re.split(r"[<>=]", each)[0] for each in PYPROJECT["project"]["dependencies"]}
    assert asked == set(pins("requirements.txt"))


def test_the_project_speaks_only_of_itself():
    of_one_machine = re.compile(r"(?<![\w.])/(?:work|root|tmp|home/\w+|Users/\w+)/")
    package_servers = re.compile(
        "|".join(
            [
                "py" + r"pi\.org",
                "python" + "hosted",
                "index" + "-url",
                r"download\.py" + "torch",
                r"registry\.npm",
            ]
        )
    )
    neighbours = re.compile(r"\.\./sha" + "red")
    for path in tracked():
        text, name = text_of(path), str(path.relative_to(ROOT))
        assert not of_one_machine.search(text), (
            f"{name} names a place on one machine: {of_one_machine.search(text)}"
        )
        assert not package_servers.search(text), f"{name} names a package server"
        assert name in ("Makefile", ".ci/run") or not neighbours.search(text), (
            f"{name} names a folder outside of the repository"
        )


def test_what_a_machine_runs_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in text_of(ROOT / ".ci" / "run")


def test_the_package_imports_neither_pages_nor_tests():
    roots = {
        name.partition(".")[0]
        for path in (ROOT / "mnistlab").rglob("*.py")
        for name in re.findall(r"^\s*(?:from|import) ([\w.]+)", text_of(path), flags=re.MULTILINE)
    }
    assert roots.isdisjoint({"app", "pages", "tests", "benchmarks", "scripts"})


def test_no_test_imports_another():
    """What several share lies in a module of its own."""
    for path in (ROOT / "tests").rglob("*.py"):
        shared = re.findall(
            r"^\s*(?:from|import) ((?:[\w.]+\.)?test_\w+)", text_of(path), re.MULTILINE
        )
        assert not shared, f"{path.relative_to(ROOT)} imports {shared}"


def test_charts_of_streamlit_have_the_class_colours():
    assert CONFIG["theme"]["chartCategoricalColors"] == list(CLASS_COLORS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_links_and_buttons_stand_out_from_every_ground(theme):
    colors = CONFIG["theme"][theme]
    for ground in (
        colors["backgroundColor"],
        colors["secondaryBackgroundColor"],
        colors["sidebar"]["backgroundColor"],
    ):
        assert contrast(colors["textColor"], ground) >= 7
        assert contrast(colors["linkColor"], ground) >= 4.5
        assert contrast(colors["primaryColor"], ground) >= 3
    assert contrast(colors["primaryColor"], "#ffffff") >= 4.5

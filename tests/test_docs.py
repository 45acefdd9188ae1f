"""What is written about the project is true of it."""

import doctest
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import mnistlab
from mnistlab import __version__
from mnistlab.config import FIELDS
from mnistlab.presets import PRESETS

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_and_option_is_documented_as_it_is():
    spec = importlib.util.spec_from_file_location("cli_docs", ROOT / "scripts" / "cli_docs.py")
    cli_docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cli_docs)
    assert cli_docs.FILE.read_text(encoding="utf-8") == cli_docs.document(), (
        "run: python -m scripts.cli_docs"
    )
    assert all(f"`--{name.replace('_', '-')} " in cli_docs.document() for name in FIELDS)


def test_readme_names_every_preset_and_every_environment_variable():
    used = {
        name
        for path in (ROOT / "mnistlab").rglob("*.py")
        for name in re.findall(r"MNISTLAB_[A-Z]+(?:_[A-Z]+)*", path.read_text(encoding="utf-8"))
    }
    assert used
    assert {name for name in used | set(PRESETS) if f"`{name}`" not in README} == set()


def test_deployment_sets_only_environment_variables_that_are_there():
    named = {
        name
        for path in (ROOT / "deploy").iterdir()
        for name in re.findall(r"MNISTLAB_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert named
    assert {name for name in named if f"`{name}`" not in README} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_pictures_lead_to_files_that_are_there(path):
    text = re.sub(
        r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    targets = [
        target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target
    ]
    assert [target for target in targets if target and not (path.parent / target).exists()] == []


def test_commands_in_the_readme_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [
        name for name in re.findall(r"`make (\w+)", README) if f"\n{name}:" not in makefile
    ] == []
    commands = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    typed = re.findall(r"(?:^|[`/])mnistlab (\w+)", README, flags=re.MULTILINE)
    assert {"app", "train"} <= set(typed)
    assert [name for name in typed if f"\n## {name}\n" not in commands] == []


def test_python_in_the_readme_runs(digits):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    told = []
    short = code.replace('"tutorial-cnn"', '"quick-digits"').replace(
        "epochs=2", "epochs=2, max_steps=3"
    )
    exec(short, {"print": lambda *words: told.append(words)})
    assert told


@pytest.mark.usefixtures("store")
def test_examples_of_the_python_interface_give_what_the_page_says(capsys):
    page = ROOT / "docs" / "api.md"
    text = re.sub(r"^```.*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    examples = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    results = doctest.DocTestRunner(optionflags=options).run(examples)
    assert results.failed == 0, capsys.readouterr().out
    imports = "".join(
        example.source for example in examples.examples if "from mnistlab import" in example.source
    )
    assert set(re.findall(r"\w+", imports)) - {"from", "import", "mnistlab"} == set(
        mnistlab.__all__
    )


def test_the_architecture_page_names_every_room_and_the_layers_that_are_enforced():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    assert re.sub(r"[()]", "", "\n".join(layers)) in page
    rooms = {path.parent.name for path in (ROOT / "mnistlab").glob("*/__init__.py")}
    assert {room for room in rooms if f"`mnistlab/{room}/" not in page} == set()


def test_every_test_that_the_page_on_reliability_names_is_there():
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", page)
    assert len(named) > 20
    assert [
        name
        for path, name in named
        if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ] == []
    assert [row for row in page.splitlines() if row.startswith("| ") and "::" not in row] == [
        "| fault | what is promised | test |",
        "| --- | --- | --- |",
    ]


def test_changelog_tells_of_this_version():
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

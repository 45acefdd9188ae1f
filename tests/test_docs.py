"""What is written about the project is true of it."""

import importlib.util
import re
from pathlib import Path

import pytest

from mnistlab import __version__
from mnistlab.config import FIELDS
from mnistlab.presets import PRESETS

ROOT = Path(__file__).parents[1]
PAGES = [path for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))] if path.exists()]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_and_option_is_documented_as_it_is():
    spec = importlib.util.spec_from_file_location("cli_docs", ROOT / "scripts" / "cli_docs.py")
    cli_docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cli_docs)
    assert cli_docs.FILE.read_text(encoding="utf-8") == cli_docs.document(), "run: python -m scripts.cli_docs"
    assert all(f"`--{name.replace('_', '-')} " in cli_docs.document() for name in FIELDS)


def test_readme_names_every_preset_and_every_environment_variable():
    used = {name for path in (ROOT / "mnistlab").rglob("*.py") for name in re.findall(r"MNISTLAB_[A-Z]+", path.read_text(encoding="utf-8"))}
    assert used
    assert {name for name in used | set(PRESETS) if f"`{name}`" not in README} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_and_pictures_lead_to_files_that_are_there(path):
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if target and not (path.parent / target).exists()] == []


def test_commands_in_the_readme_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [name for name in re.findall(r"`make (\w+)", README) if f"\n{name}:" not in makefile] == []
    commands = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in re.findall(r"python -m mnistlab (\w+)", README) if f"\n## {name}\n" not in commands] == []


def test_python_in_the_readme_runs(digits):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    told = []
    short = code.replace('"tutorial-cnn"', '"quick-digits"').replace("epochs=2", "epochs=2, max_steps=3")
    exec(short, {"print": lambda *words: told.append(words)})
    assert told


def test_changelog_tells_of_this_version():
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

"""The worked examples of CONTRIBUTING.md do what they say: to add one, write it there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from worked_examples import NAMES, TEXT, blocks

ROOT = Path(__file__).parents[1]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", NAMES)
def test_the_example_runs_and_its_assertions_hold(name, tmp_path, monkeypatch):
    example = "\n\n".join(blocks(name))
    assert "\nassert " in example
    script = tmp_path / f"{name}.py"
    script.write_text(example, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, script]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_every_section_of_the_worked_examples_has_an_example_that_is_run():
    text = re.sub(r"^```markdown.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    part = text.split("\n## Worked examples\n")[1].split("\n## ")[0]
    sections = part.split("\n### ")[1:]
    assert sections
    assert [section for section in sections if "\n```python " not in section] == []
    assert re.findall(r"^```python$", TEXT, re.MULTILINE) == []

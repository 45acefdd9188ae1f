"""The worked examples of CONTRIBUTING.md do what they say: to add one, write it there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from worked_examples import NAMES, TEXT, blocks

ROOT = Path(__file__).parents[1]


# each in a process of its own, which need not import everything anew
RUN_EACH = """
import os, runpy, sys
import streamlit.testing.v1
from mnistlab import export, load_dataset
from mnistlab.experiments import mistakes
from mnistlab.ui.kit import frame
for script in sys.argv[1:]:
    process = os.fork()
    if process == 0:
        runpy.run_path(script, run_name="__main__")
        os._exit(0)
    if os.waitpid(process, 0)[1] != 0:
        sys.exit(f"{script} failed")
"""


@pytest.mark.usefixtures("store")
def test_every_example_runs_and_its_assertions_hold(tmp_path, monkeypatch):
    scripts = [tmp_path / f"{name}.py" for name in NAMES]
    for script in scripts:
        example = "\n\n".join(blocks(script.stem))
        assert "\nassert " in example
        script.write_text(example, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-c", RUN_EACH, *scripts]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_every_section_of_the_worked_examples_has_an_example_that_is_run():
    text = re.sub(r"^```markdown.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    part = text.split("\n## Worked examples\n")[1].split("\n## ")[0]
    sections = part.split("\n### ")[1:]
    assert sections
    assert [section for section in sections if "\n```python " not in section] == []
    assert re.findall(r"^```python$", TEXT, re.MULTILINE) == []

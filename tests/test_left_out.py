"""Tests that cannot run here are not passed over in silence."""

import os
import subprocess
import sys
from pathlib import Path

import programs
import pytest

ROOT = Path(__file__).parents[1]
WITHOUT = """
import sys
sys.path.insert(0, "tests")
import chromium, postgresql, pytest
chromium.find = postgresql.find = lambda: None
sys.exit(pytest.main(["-n0", "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_a_test_without_postgresql_is_left_out_loudly_and_fails_the_run_in_ci(
    ci: str, status: int
) -> None:
    test = "tests/test_upgrade.py::test_the_migrations_lead_to_the_tables[PostgreSQL]"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, test],
        cwd=ROOT,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stdout
    assert "LEFT OUT: 1 tests" in done.stdout
    assert "because there is no PostgreSQL. Install your system's package" in done.stdout


def test_a_program_is_got_in_the_first_way_that_works_and_only_where_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def find() -> Path | None:
        return next((path for path in (tmp_path / "program",) if path.exists()), None)

    def touching(name: str) -> programs.Way:
        return [["no such command"], ["touch", str(tmp_path / name)]]

    assert programs.get("program", find, touching("other")) is None
    got = programs.get("program", find, touching("program"), touching("needless"))
    assert got == tmp_path / "program"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "program"]
    assert "There is no program for the tests yet. Trying: no such" in capsys.readouterr().out
    assert programs.get("program", find, touching("needless")) == got
    assert capsys.readouterr().out == ""

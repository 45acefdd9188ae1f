"""A student changes nothing of others', whatever they try: a few acts of `scripts.trespass`."""

from pathlib import Path

import pytest
from trespass import Trespass

from mnistlab.executors import InlineExecutor
from mnistlab.store import Store

ACTS, PAGES = 300, 0.03


def test_a_student_changes_nothing_of_others(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "no-data"))
    monkeypatch.setattr(InlineExecutor, "see_to", lambda self, run: run)
    student = Trespass(store)
    for seed in range(ACTS):
        act = student.act(seed, PAGES)
        assert student.others() == student.before, (seed, act)
    assert student.told == []

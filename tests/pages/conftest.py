"""Pages run in this process; a started training is done before the page comes back. MNIST is not
there, unless a test asks for it.
"""

from pathlib import Path
from shutil import copyfile

import pytest


@pytest.fixture(autouse=True)
def _inline_without_mnist(
    _apart: None, tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copyfile(empty_database, tmp_path / "runs.db")
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "inline")
    monkeypatch.setenv("MNISTLAB_DATA", str(tmp_path / "no-data"))


@pytest.fixture
def two_perplexities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where settings of t-SNE stand beside each other, half as many of them."""
    monkeypatch.setattr("mnistlab.ui.embeddings.jobs.PERPLEXITIES", (5.0, 15.0))
    monkeypatch.setattr("mnistlab.ui.embeddings.maps.ACROSS", 3)

"""The timing of data loaders, in a process of its own."""

import sys
from pathlib import Path

import pytest

from mnistlab.errors import MeasurementFailed
from mnistlab.experiments.data_loader_timing import measure_in_subprocess


def test_a_measurement_that_breaks_off_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(MeasurementFailed, match="ended with exit status 3"):
        measure_in_subprocess()

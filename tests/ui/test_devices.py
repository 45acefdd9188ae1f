"""Which devices the form offers: those of the machines that train."""

import pytest

from mnistlab.machine import threads
from mnistlab.ui.kit.state import devices


def test_the_form_offers_what_this_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    offered = devices()
    assert "cuda" not in offered
    assert f"{threads()} thread" in offered["cpu"]


def test_on_a_cluster_the_form_offers_a_gpu_though_this_machine_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    monkeypatch.setenv("MNISTLAB_EXECUTOR", "ray")
    assert list(devices()) == ["cpu", "cuda"]

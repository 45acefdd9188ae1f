"""Arithmetic in a process of its own: the same numbers, errors in words, and no process left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from waiting import SECONDS, eventually

from mnistlab.analysis.projection import tsne
from mnistlab.errors import AnalysisError
from mnistlab.ui.kit.compute.apart import apart

FEATURES = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)


@pytest.fixture(autouse=True)
def _in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNISTLAB_EXECUTOR", raising=False)


def test_another_process_computes_the_same_numbers() -> None:
    assert apart(os.getpid) not in (os.getpid(), None)
    there = apart(tsne, FEATURES, perplexity=5, iterations=250, threads=1)
    assert np.array_equal(there, tsne(FEATURES, perplexity=5, iterations=250, threads=1))


def test_what_is_wrong_with_the_settings_is_said_as_here() -> None:
    with pytest.raises(AnalysisError, match="A perplexity of 30 is not possible with 2 images"):
        apart(tsne, FEATURES[:2])


def test_a_killed_process_is_one_sentence_and_the_next_one_works() -> None:
    with pytest.raises(AnalysisError, match="was killed"):
        apart(os.kill, apart(os.getpid), signal.SIGKILL)
    assert psutil.pid_exists(apart(os.getpid))


def python(code: str) -> "subprocess.Popen[str]":
    """A process that runs `code`, and whose output can be read."""
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root
    )


def test_its_process_goes_when_its_server_is_killed_whatever_it_was_about() -> None:
    code = """
import os, time
from mnistlab.ui.kit.compute.apart import apart
print(apart(os.getpid), flush=True)
apart(time.sleep, 1_000_000)
"""
    server = python(code)
    assert server.stdout is not None
    with server.stdout as said:
        process = psutil.Process(int(said.readline()))
        server.kill()
        server.wait()
    eventually("the process has gone", lambda: not process.is_running())


def test_a_process_whose_server_ended_while_it_started_goes_at_once() -> None:
    code = f"""
import time
from mnistlab.ui.kit.compute import apart
apart._begin({os.getppid()})
time.sleep(1_000_000)
"""
    process = python(code)
    with process:
        assert process.wait(SECONDS) == 1

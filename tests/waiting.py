"""Waiting for what other processes and threads do."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
SECONDS = 200.0  # how long anything may take on a busy machine


def eventually(what: str, true: Callable[[], Result], seconds: float = SECONDS) -> Result:
    """Wait until `true()` is, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := true():
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds:g} seconds")

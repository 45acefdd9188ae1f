"""Tests that cannot run here are left out, and `conftest` says so loudly; with CI=true the run then
fails.
"""

from typing import NoReturn

import pytest

LEFT_OUT = "LEFT OUT: "


def leave_out(reason: str) -> NoReturn:
    """Leave this test out, because `reason`."""
    pytest.skip(f"{LEFT_OUT}{reason}")

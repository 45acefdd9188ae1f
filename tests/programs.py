"""Programs that tests need besides Python's packages: got where that can be done without asking."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import TypeVar

Program = TypeVar("Program")
Way = Sequence[Sequence[str]]  # commands, one after the other
SECONDS = 300  # for each command


def get(name: str, find: Callable[[], Program | None], *ways: Way) -> Program | None:
    """What `find` finds, if need be after one of the `ways` to install it, tried in order; None if
    it finds nothing after all of them.
    """
    found = find()
    for way in ways:
        if found is not None:
            break
        commands = "; ".join(" ".join(command) for command in way)
        print(f"There is no {name} for the tests yet. Trying: {commands}", flush=True)
        for command in way:
            _try(command)
        found = find()
    return found


def debian(package: str, *then: Sequence[str]) -> list[Way]:
    """How to install a package of Debian's or Ubuntu's, and what to do `then`; only root can."""
    if not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")):
        return []
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", package]
    return [[["apt-get", "update", "-q"], install, *then]]


def _try(command: Sequence[str]) -> None:
    try:
        subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"It did not work: {error}")

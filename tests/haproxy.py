"""HAProxy with the configuration of `deploy/`, in front of two page servers. Run as a program: see
that there is one, and get one if that can be done without asking.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import programs

ADVICE = "Install your system's package haproxy."
CONFIGURATION = Path(__file__).parents[1] / "deploy" / "haproxy.cfg"


def find() -> str | None:
    """The path of the program, if there is one."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")


def get() -> str | None:
    """`find`, and if there is none, try to install the system's package if we are root. The proxy
    that the package itself starts is stopped: the tests start their own.
    """
    stop = ["service", "haproxy", "stop"]
    return programs.get("HAProxy", find, *programs.debian("haproxy", stop))


@contextmanager
def proxy(
    program: str, port: int, a: str, b: str, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Within, this process is a proxy at `port` of this machine, in front of the page servers `a`
    and `b` ("127.0.0.1:8501").
    """
    environment = {**os.environ, "LISTEN": f"127.0.0.1:{port}", "PAGES_A": a, "PAGES_B": b}
    with log.open("wb") as output:
        running = subprocess.Popen(
            [program, "-db", "-f", CONFIGURATION],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield running
    finally:
        running.terminate()
        running.wait()


if __name__ == "__main__":
    if get() is None:
        print(
            f"THERE IS NO HAPROXY: the tests that need it will be left out. {ADVICE}",
            file=sys.stderr,
        )

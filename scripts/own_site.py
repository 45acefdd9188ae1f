"""What scripts share with the tests: a store, a server and a browser of their own."""

import os
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from streamlit.components.v2 import manifest_scanner

from mnistlab.store import Store

__all__ = ["ROOT", "SERVE", "SETTLED", "browser_of", "served", "store_alone"]

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # which have them

from browser.site import SERVE, SETTLED, STREAMLIT, Server  # noqa: E402
from chromium import FLAGS, find  # noqa: E402


@contextmanager
def store_alone():
    """An empty store, for pages that run in this process, find no MNIST and start no other one."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "MNISTLAB_STORE": f"sqlite:///{folder}/runs.db",
            "MNISTLAB_EXECUTOR": "inline",
            "MNISTLAB_DATA": f"{folder}/no-data",
        }
        # else each page would look for the components of all packages, which takes longer than it
        scan = manifest_scanner.scan_component_manifests
        manifest_scanner.scan_component_manifests = cache(scan)
        yield Store()


@contextmanager
def served(command=STREAMLIT, **environment):
    """The dashboard on a free port of its own, over the store that `environment` names, or one of
    its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), command, **environment)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def browser_of(playwright):
    """The browser of the tests: CHROMIUM, one on the PATH, or Playwright's own."""
    return playwright.chromium.launch(executable_path=find(), args=FLAGS)

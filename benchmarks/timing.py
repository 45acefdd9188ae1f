"""How long the server needs for a rerun of a page; for benchmarks."""

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def rerun_seconds(
    page: str, query: dict[str, str] | None = None, times: int = 20, warm_up: int = 3
) -> list[float]:
    """Seconds of each of `times` reruns of `page` (its file from the project's root), opened with
    `query`, without a browser.

    An upper bound: the test harness reads everything that the page sends. Raises `RuntimeError` if
    the page shows an exception.
    """
    opened = AppTest.from_file(Path(ROOT, page), default_timeout=120)
    for name, value in (query or {}).items():
        opened.query_params[name] = value
    seconds = []
    for _ in range(warm_up + times):
        begin = time.perf_counter()
        opened.run()
        seconds.append(time.perf_counter() - begin)
        if opened.exception:
            raise RuntimeError(f"{page} shows an exception: {opened.exception[0].value}")
    return seconds[warm_up:]

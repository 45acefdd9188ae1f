"""How long a rerun of each page takes on the server, everything imported: 20 ms (median) at most is
wanted; and what a full load of it costs the browser: messages from the server, elements of
Streamlit's, and seconds of the processor on the page's main thread.

    python -m benchmarks.pages [--times 40]

The rerun is measured by Streamlit's own test driver, which does some work of its own: an upper
bound; the load in Chromium over a real server. The store holds two finished runs.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.looking import site
from benchmarks.timing import rerun_seconds
from benchmarks.weight import weight_of
from mnistlab.executors import InlineExecutor
from mnistlab.presets import PRESETS
from mnistlab.store import Store

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=40, help="reruns of each page")
    times = parser.parse_args().times
    table = Table(
        "page",
        "median",
        "95 % of the reruns within",
        "messages",
        "elements",
        "browser",
        title=f"Rerun of a page on the server, {times} times each, and its full load in a browser",
    )
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MNISTLAB_STORE"] = f"sqlite:///{Path(folder) / 'runs.db'}"
        store = Store()
        runs = [
            InlineExecutor(store).start(PRESETS["quick-digits"].replace(seed=seed))
            for seed in (1, 2)
        ]
        with site(Path(folder)) as (_, tab):
            for path in [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]:
                took = sorted(rerun_seconds(str(path), {"run": runs[0].id}, times))
                name = "" if path.stem == "app" else path.stem
                weight = weight_of(tab, f"{name}?run={runs[0].id}")
                table.add_row(
                    path.stem,
                    f"{1000 * statistics.median(took):.1f} ms",
                    f"{1000 * took[int(0.95 * len(took))]:.1f} ms",
                    str(weight.messages),
                    str(weight.elements),
                    f"{weight.seconds:.2f} s",
                )
        store.engine.dispose()
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

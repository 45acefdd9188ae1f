"""A run as numbers: its evaluations in order, as CSV, and all of it as one JSON-safe report."""

import csv
import io
from typing import Any

from mnistlab.events import Evaluated
from mnistlab.store import RunRecord, Store

# fields of `Evaluated`
COLUMNS = ("step", "epoch", "train_loss", "test_loss", "test_accuracy", "validation_accuracy")


def evaluation_rows(store: Store, run: RunRecord) -> list[dict[str, Any]]:
    """The run's evaluations on the test images that its configuration names, in order, by the names
    in `COLUMNS`.
    """
    return [
        {name: getattr(event, name) for name in COLUMNS}
        for _, event in store.events(run.id, [Evaluated])
    ]


def evaluations_csv(store: Store, run: RunRecord) -> bytes:
    """`evaluation_rows` as CSV with a header line, in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(evaluation_rows(store, run))
    return text.getvalue().encode()


def report(store: Store, run: RunRecord) -> dict[str, Any]:
    """Everything that was measured of the run. Parts that are not known (yet) are None.

    `final` is measured on all test images, `history` on the configuration's evaluation subset;
    `predictions` and `labels` are the first ten test images; `seconds` has "total", "train" and
    "eval".
    """
    final = run.final
    return {
        "run": run.id,
        "status": str(run.status),
        "reason": run.reason,
        "config": run.config.to_dict(),
        "final": None
        if final is None
        else {
            name: final[name]
            for name in ("test_accuracy", "test_loss", "correct", "count", "step", "reason")
        },
        "predictions": None if final is None else final["predictions"],
        "labels": None if final is None else final["labels"],
        "history": evaluation_rows(store, run),
        "seconds": None if final is None else final["seconds"],
        "parameters": (run.environment or {}).get("parameters"),
    }

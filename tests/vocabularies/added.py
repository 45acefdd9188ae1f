"""Entries of one's own, those of CONTRIBUTING.md among them, and where they belong. For a process
with all of them in their tables: `pytest -p vocabularies.added`.
"""

from typing import Any

import worked_examples

from mnistlab.choices import (
    ACTIVATIONS,
    ARCHITECTURES,
    DATASETS,
    OPTIMIZERS,
    POOLINGS,
    SCHEDULES,
)
from mnistlab.experiments.mistakes import MISTAKES
from vocabularies.reader import READER

TINY = worked_examples.entry("architecture", ARCHITECTURES, "tiny")
NADAM = worked_examples.entry("optimiser", OPTIMIZERS, "nadam")
LINEAR = worked_examples.entry("schedule", SCHEDULES, "linear")
ELU = worked_examples.entry("activation", ACTIVATIONS, "elu")
MIN = worked_examples.entry("pooling", POOLINGS, "min")
UPSIDE_DOWN = worked_examples.entry("dataset", DATASETS, "upside-down")
WRONG_SIGN = worked_examples.entry("mistake", MISTAKES, "wrong-sign")
ENTRIES: list[tuple[dict[str, Any], str, Any]] = [
    (ARCHITECTURES, "tiny", TINY),
    (ARCHITECTURES, "reader", READER),
    (OPTIMIZERS, "nadam", NADAM),
    (SCHEDULES, "linear", LINEAR),
    (ACTIVATIONS, "elu", ELU),
    (POOLINGS, "min", MIN),
    (DATASETS, "upside-down", UPSIDE_DOWN),
    (MISTAKES, "wrong-sign", WRONG_SIGN),
]


def pytest_configure() -> None:
    """As a plugin: for the whole process."""
    for table, name, entry in ENTRIES:
        table[name] = entry

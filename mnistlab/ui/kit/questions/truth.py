"""What the experiment gives, to compare with what a class answered."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mnistlab.errors import RunNotFound
from mnistlab.events import Evaluated
from mnistlab.questions import Question
from mnistlab.store import RunRecord, Status, Store
from mnistlab.ui.kit.compute import cached

FACTORS = {"loss": 1.0, "accuracy": 100.0}  # accuracies are answered in percent


@dataclass(frozen=True)
class Truth:
    """`right`: the answer that is right, or None; `curve`: (step, value) of the whole training."""

    right: Any = None
    curve: tuple[tuple[float, float], ...] = ()


def truth(store: Store, question: Question) -> Truth:
    """What is right as far as it is known: by the question itself, or by the run that it is
    compared with, which may not be there yet. Raises `StoreError`, `DataError`.
    """
    if question.right is not None or not question.run_id:
        return Truth(question.right_answer)
    try:
        run = store.get(question.run_id)
    except RunNotFound:  # deleted since
        return Truth()
    if question.measure == "confusion":
        return Truth(_most_common_confusion(run))
    return _along(store, question)


def _along(store: Store, question: Question) -> Truth:
    """A loss or an accuracy, as measured at the step in question or soon after it."""
    factor = FACTORS[question.measure]
    events = [event for _, event in store.events(question.run_id, [Evaluated])]
    curve = tuple(
        (float(event.step), factor * _value(event, question.measure))
        for event in events
        if isinstance(event, Evaluated)
    )
    step = question.step if question.step is not None else getattr(question, "at", None)
    if step is None:
        return Truth(None, curve)
    there = next((point for point in curve if point[0] >= step), None)
    if there is None:
        return Truth(None, curve)
    return Truth(there[1] if question.kind == "number" else list(there), curve)


def _value(event: Evaluated, measure: str) -> float:
    return event.test_loss if measure == "loss" else event.test_accuracy


def _most_common_confusion(run: RunRecord) -> list[int] | None:
    """[true class, predicted class] of the mistake that a finished run makes most often."""
    if run.status != Status.FINISHED:
        return None
    matrix = cached.judgement(run, run.step).confusion()
    np.fill_diagonal(matrix, 0)
    row, column = np.unravel_index(matrix.argmax(), matrix.shape)
    return [int(row), int(column)] if matrix.any() else None

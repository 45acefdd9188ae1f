"""What came of a sweep: the accuracy of each combination, and which is best."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from mnistlab.analysis.intervals import interval, percent
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated
from mnistlab.experiments.sweep import Combination, Sweep
from mnistlab.store import RunRecord, Status, Store


@dataclass(frozen=True)
class StoppedEarly:
    """Where halving left a combination: at `step`, in place `rank` of the `reached` compared."""

    step: int
    rank: int
    reached: int


@dataclass(frozen=True)
class Result:
    """What came of a combination: the accuracies (0 to 1) of those of its runs that are trained,
    each measured on `images` images; and where it was stopped, if halving did so.
    """

    combination: Combination
    accuracies: tuple[float, ...]
    images: int
    stopped: StoppedEarly | None = None

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.accuracies) if self.accuracies else None

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation (n - 1) over the seeds; None for fewer than two."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def spread(self) -> str:
        """How certain the mean is: "± 0.31 %", the deviation over the seeds; for a single one its
        95 % interval, "97.85 to 98.38 %".
        """
        if self.deviation is not None:
            return f"± {percent(self.deviation)}"
        return "".join(interval(round(each * self.images), self.images) for each in self.accuracies)


def results(
    sweep: Sweep,
    accuracies: Mapping[str, float],
    stopped: Mapping[tuple[str, ...], StoppedEarly] | None = None,
) -> list[Result]:
    """The result of each combination, the best first, from run id -> accuracy of the runs that are
    trained, and ids of a combination -> where it was stopped; the later, the better.
    """
    unordered = [
        Result(
            each,
            tuple(accuracies[name] for name in each.ids if name in accuracies),
            _image_count(each.configs[0], sweep.validated),
            (stopped or {}).get(each.ids),
        )
        for each in sweep.combinations
    ]
    return sorted(unordered, key=_place)


def _place(result: Result) -> tuple[int, float, float]:
    if result.mean is not None:
        return 0, -result.mean, 0
    if result.stopped is not None:
        return 1, -result.stopped.step, result.stopped.rank
    return 2, 0, 0


def measured(event: Evaluated, validated: bool) -> float | None:
    """What a run is compared by while it is trained: its accuracy on the images held out for
    validation, or on the test images of its evaluations.
    """
    return event.validation_accuracy if validated else event.test_accuracy


def accuracy(store: Store, run: RunRecord, validated: bool) -> float | None:
    """What a finished run is judged by: its accuracy after the last step on all test images, or on
    those held out for validation. None for other runs.
    """
    if run.status != Status.FINISHED or not validated:
        return run.accuracy
    last = store.latest(run.id, Evaluated)
    return None if last is None else measured(last, validated)


def _image_count(config: TrainConfig, validated: bool) -> int:
    return config.validation_size if validated else DATASETS[config.dataset].test_count

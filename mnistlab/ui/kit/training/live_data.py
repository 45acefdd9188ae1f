"""What one sees of a run while it is trained, as small JSON: the same from the server's live route,
which a browser asks, and from a page that is drawn anew.
"""

from math import isfinite
from typing import Any

from mnistlab.events import Evaluated, Progress
from mnistlab.figures import curves
from mnistlab.store import RunRecord, Status, Store
from mnistlab.ui.kit import words
from mnistlab.ui.kit.compute.background import LAST
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.state import Recorded

Points = list[tuple[float, float]]


def live_data(store: Store, run: RunRecord, recorded: Recorded, after: int = 0) -> dict[str, Any]:
    """`recorded` is what happened in the run since its event number `after`.

    `status`, `wanted`, `place`  the run's state; a page that shows another one has to be drawn anew
    `after`, `seq`  from which event on the curves are, and which one to ask for next
    `progress`      the part that is done (0 to 1), and what there is to say about it
    `curves`        name -> thinned (step, value) pairs
    `snapshots`     the steps whose weights are kept so far
    `said`          of the latest evaluation: its sentence, and what each chart shows, in words
    """
    return {
        "run": run.id,
        "status": run.status.value,
        "wanted": run.wanted,
        "place": run.place,
        "after": after,
        "seq": max(after, recorded.seq),
        "progress": _progress(store, run, recorded.progress),
        "curves": _curves(recorded),
        "snapshots": store.snapshot_steps(run.id),
        "said": _said(run, recorded.evaluated),
    }


def _progress(store: Store, run: RunRecord, new: list[Progress]) -> dict[str, Any] | None:
    if run.status == Status.QUEUED:
        return {"share": 0.0, "text": _waiting(store, run)}
    if run.status != Status.RUNNING:
        return None
    latest = new[-1] if new else store.latest(run.id, Progress)
    if latest is None:
        return {"share": 0.0, "text": _("Starting: building the network and loading the data.")}
    step = max(run.step, latest.step)
    if step >= run.total_steps:
        done = _("All {total:,} steps are done. Measuring it on all test images …")
        return {"share": LAST, "text": done.format(total=run.total_steps)}
    parts = [_("Step {step:,} of {total:,}").format(step=step, total=run.total_steps)]
    if speed := latest.images_per_second:
        parts += [
            _("{time} left").format(time=words.duration(latest.seconds_left)),
            _("{speed:,.0f} images/s").format(speed=round(speed, -2 if speed > 1000 else 0)),
            _("learning rate {lr:.3g}").format(lr=latest.lr),
        ]
    return {"share": min(LAST, step / run.total_steps), "text": " · ".join(parts)}


def _waiting(store: Store, run: RunRecord) -> str:
    place = run.place or 1
    if place > 1:
        waiting = max(place, store.count(Status.QUEUED))
        return _("In the queue: number {place} of {waiting}.").format(place=place, waiting=waiting)
    return _("Next in the queue.") if store.count(Status.RUNNING) else _("Starting …")


def _curves(recorded: Recorded) -> dict[str, Points]:
    train_loss, test_loss = curves.losses(recorded.progress, recorded.evaluated)
    test_accuracy, validation_accuracy = curves.accuracies(recorded.evaluated)
    return {
        "train_loss": _finite(train_loss),
        "test_loss": _finite(test_loss),
        "test_accuracy": _finite(test_accuracy),
        "validation_accuracy": _finite(validation_accuracy),
    }


def _finite(points: Points) -> Points:
    return [point for point in points if isfinite(point[1])]


def _said(run: RunRecord, evaluated: list[Evaluated]) -> dict[str, str] | None:
    if not evaluated:
        return None
    latest = evaluated[-1]
    accuracy = words.percent(latest.test_accuracy)
    return {
        "measured": _measured(run, latest),
        "loss": _("Loss over {n:,} steps, now {now:.3f} on the test images.").format(
            n=latest.step, now=latest.test_loss
        ),
        "accuracy": _("Accuracy on {count:,} test images over {n:,} steps, now {now}.").format(
            count=latest.count, n=latest.step, now=accuracy
        ),
    }


def _measured(run: RunRecord, latest: Evaluated) -> str:
    if run.status == Status.FINISHED:
        if not words.on_part([run]):
            return _("The test curves are measured on all test images.")
        images = words.curve_images([run])
        return _("The test curves are measured on the {images}.").format(images=images)
    return _(
        "After step {step:,}: {accuracy} on the first {count:,} test images (95 % interval "
        "{interval})."
    ).format(
        step=latest.step,
        accuracy=words.percent(latest.test_accuracy),
        count=latest.count,
        interval=words.interval(latest.correct, latest.count),
    )

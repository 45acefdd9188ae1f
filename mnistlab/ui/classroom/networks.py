"""The networks of a class, and what is computed of many of them together. The work is done in the
background: nothing in it touches Streamlit.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mnistlab.analysis.committee import Committee, committee
from mnistlab.analysis.evaluation import Judgement, judge, judgement
from mnistlab.analysis.handwriting import Reading
from mnistlab.analysis.places import places
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset
from mnistlab.experiments.together import Experiment
from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.class_experiments import (
    class_experiments,
    finished_runs_of,
    runs_with_ids,
)
from mnistlab.store.members import Member, members
from mnistlab.train import model_from, predict
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit import state
from mnistlab.ui.kit.compute.background import Job, ReportProgress, worker
from mnistlab.ui.kit.compute.cached import identity

SECONDS = 0.03  # about, to read what a network predicted; measured with one thread


@dataclass(frozen=True, eq=False)
class Drawings:
    """The drawings of a class, D of them, none twice."""

    images: np.ndarray  # uint8 (D, 28, 28)
    labels: np.ndarray  # (D,)
    hands: np.ndarray  # (D,): the number of whoever drew each

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Network:
    """A finished run, and the number of the student whose it is."""

    run: RunRecord
    number: int

    @property
    def config(self) -> TrainConfig:
        return self.run.config


def networks(room: Room) -> list[Network]:
    """The finished networks of the students, those of the class's experiments among them, each
    once; not those that were taught drawings. The best first. Raises `StoreError`.
    """
    everybody = members(room.store, room.of.id)
    owners = {run.id: number for run, number in _own(room.store, everybody)}
    owners |= _of_experiments(room, everybody)
    found = runs_with_ids(room.store, list(owners))
    known = [
        Network(run, owners[run_id])
        for run_id, run in found.items()
        if run.status == Status.FINISHED and run.config.drawings is None
    ]
    return sorted(known, key=lambda each: (-(each.run.accuracy or 0), each.number, each.run.id))


def _own(store: Store, everybody: list[Member]) -> list[tuple[RunRecord, int]]:
    numbers = {member.id: member.number for member in everybody}
    return [(run, numbers[run.session]) for run in finished_runs_of(store, list(numbers))]


def _of_experiments(room: Room, everybody: list[Member]) -> dict[str, int]:
    """Run id -> number, of everybody's part in each experiment: a run that somebody else had
    trained before is a student's part all the same.
    """
    owners: dict[str, int] = {}
    for each in class_experiments(room.store, room.of.id):
        experiment = Experiment.from_record(each.body)
        owners |= {experiment.config(m.number).run_id: m.number for m in everybody}
    return owners


def best_of_each(found: Sequence[Network]) -> list[Network]:
    """Of `networks`, the first of each student."""
    first: dict[int, Network] = {}
    for each in found:
        first.setdefault(each.number, each)
    return list(first.values())


# -- in the background -----------------------------------------------------------------------------


def committee_job(room: Room, runs: Sequence[RunRecord]) -> Job:
    """Start a job whose result is the `Committee` of these runs, which are finished and of one data
    set.
    """

    def work(report: ReportProgress) -> Committee:
        return committee(_judged(room.store, runs, report))

    return _job(room, ("committee", *map(identity, runs)), work, len(runs))


def places_job(room: Room, runs: Sequence[RunRecord]) -> Job:
    """Start a job whose result are the places of these runs, finished and of one data set, by their
    accuracy: see `analysis.places`.
    """

    def work(report: ReportProgress) -> list[int]:
        return places(np.stack([each.correct for each in _judged(room.store, runs, report)]))

    return _job(room, ("places", *map(identity, runs)), work, len(runs))


def reading_job(room: Room, runs: Sequence[RunRecord], drawn: Drawings) -> Job:
    """Start a job whose result is the `Reading` of the drawings by these runs."""
    images = torch.from_numpy(np.array(drawn.images))[:, None]  # (D, 1, 28, 28)

    def work(report: ReportProgress) -> Reading:
        predictions = []
        for place, run in enumerate(runs):
            report(place / len(runs))
            model = model_from(run.config, room.store.weights(run.id, run.step))
            predictions.append(predict(model, images, run.config).argmax(1).numpy())
        reading = Reading(drawn.labels, drawn.hands, np.stack(predictions))
        _ = reading.places  # computed here, where nobody has to wait for the page
        return reading

    content = (drawn.images, drawn.labels, drawn.hands)
    key = ("reading", *map(identity, runs), *(each.tobytes() for each in content))
    return _job(room, key, work, len(runs))


def _job(
    room: Room, key: tuple[Hashable, ...], work: Callable[[ReportProgress], object], count: int
) -> Job:
    return worker.job(key, work, state.session_id(), SECONDS * count)


def _judged(store: Store, runs: Sequence[RunRecord], report: ReportProgress) -> list[Judgement]:
    """What each run predicted for all test images when it finished."""
    data = load_dataset(runs[0].config.dataset)
    judged = []
    for place, run in enumerate(runs):
        report(place / len(runs))
        logits = store.logits(run.id, run.step)
        if logits is not None:
            judged.append(judgement(logits, data.test_labels))
        else:  # an earlier version trained it
            model = model_from(run.config, store.weights(run.id, run.step))
            judged.append(judge(model, data.test_images, data.test_labels, run.config))
    return judged

"""What there is to see in the network of a run: how well it does, what it gets wrong, and what it
makes of pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mnistlab.analysis.evaluation import Accuracy, Judgement, judge, judgement
from mnistlab.analysis.inspection import eval_copy
from mnistlab.analysis.intervals import probability
from mnistlab.choices import DATASETS
from mnistlab.data import Dataset, load_dataset
from mnistlab.errors import AnalysisError
from mnistlab.events import Evaluated, Progress
from mnistlab.export.hand_in.maps import Maps, Picture, chosen_steps, maps_of
from mnistlab.export.hand_in.own import Own, Words
from mnistlab.export.hand_in.plots import span_of
from mnistlab.figures.colors import SEQUENTIAL, ink
from mnistlab.figures.grids import Shades
from mnistlab.figures.line_svg import axis_of_steps
from mnistlab.figures.pictures import gallery
from mnistlab.figures.thumbnails import paint
from mnistlab.store import RunRecord, Store
from mnistlab.store.drawings import Drawing
from mnistlab.train import model_from, predict

MISTAKES = 16
DRAWINGS = 100  # shown; all are counted
OWN_PICTURES = 2  # drawings whose maps are shown


@dataclass(frozen=True)
class Cell:
    """One cell of the confusion matrix, and its colours."""

    count: int
    ground: str
    ink: str


@dataclass(frozen=True, eq=False)
class Looked:
    """What was seen. `accuracy` is over all test images; None, as all that depends on it, where
    the network's outputs are NaN. `places`: how far each step lies from the curves' right end.
    """

    classes: Sequence[str]
    accuracy: Accuracy | None
    confusion: Sequence[Sequence[Cell]]
    mistakes: str  # HTML
    wrong: int
    drawings: str  # HTML
    of_drawings: Accuracy | None
    maps: Sequence[Maps]
    steps: Sequence[int]
    places: Sequence[float]


def looked_at(
    store: Store, run: RunRecord, own: Own, most_steps: int, words: Words
) -> Looked | None:
    """What there is to see of `run` now; None where no weights were kept. Raises `DataError`,
    `StoreError`.
    """
    kept = store.snapshot_steps(run.id)
    if not kept:
        return None
    data = load_dataset(run.config.dataset)
    classes = tuple(words.gettext(each) for each in DATASETS[run.config.dataset].classes)
    judged = _judged(store, run, kept[-1], data)
    steps = chosen_steps(kept, most_steps)
    drawings, of_drawings = _read(store, run, own.drawings, classes, words)
    pictures = _pictures(data, judged, own.drawings, classes, words)
    return Looked(
        classes,
        None if judged is None else judged.accuracy,
        [] if judged is None else _cells(judged.confusion()),
        "" if judged is None else _mistakes(data, judged, classes, words),
        0 if judged is None else int((~judged.correct).sum()),
        drawings,
        of_drawings,
        maps_of(store, run, pictures, steps),
        steps,
        _places(store, run, steps),
    )


def _judged(store: Store, run: RunRecord, step: int, data: Dataset) -> Judgement | None:
    logits = store.logits(run.id, step)
    try:
        if logits is not None:
            return judgement(logits, data.test_labels)
        model = model_from(run.config, store.weights(run.id, step))
        return judge(model, data.test_images, data.test_labels, run.config)
    except AnalysisError:  # the page says so in place of what would be shown
        return None


def _pictures(
    data: Dataset,
    judged: Judgement | None,
    drawings: Sequence[Drawing],
    classes: Sequence[str],
    words: Words,
) -> list[Picture]:
    """The first test image, the worst mistake, and the latest drawings."""
    _, wrong = words.gettext, [] if judged is None else judged.mistakes(1).tolist()
    names = {0: _("Test image {index}: {label}")} | {
        index: _("The worst mistake, test image {index}: {label}") for index in wrong
    }
    pictures = [
        Picture(
            name.format(index=index, label=classes[int(data.test_labels[index])]),
            data.test_images[index, 0].numpy(),
        )
        for index, name in names.items()
    ]
    own = _("Own drawing: {label}")
    latest = [*drawings][-OWN_PICTURES:]
    return pictures + [Picture(own.format(label=classes[d.label]), d.image) for d in latest]


def _cells(matrix: np.ndarray) -> list[list[Cell]]:
    """Mistakes are coloured by the most frequent of them, what is right not at all."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    colors = paint(wrong.astype(float), Shades(SEQUENTIAL, 0.0, float(wrong.max()) or 1.0))
    rows = []
    for true, row in enumerate(matrix.tolist()):
        cells = []
        for predicted, count in enumerate(row):
            ground = "#{:02x}{:02x}{:02x}".format(*colors[true, predicted].tolist())
            colored = count > 0 and true != predicted
            cells.append(Cell(count, ground if colored else "", ink(ground) if colored else ""))
        rows.append(cells)
    return rows


def _mistakes(data: Dataset, judged: Judgement, classes: Sequence[str], words: Words) -> str:
    indices = judged.mistakes(MISTAKES)
    told = [
        (
            classes[judged.labels[index]],
            classes[judged.predictions[index]],
            probability(float(judged.confidence[index]), 1, brief=True),
        )
        for index in indices
    ]
    alt = words.gettext("{label}, classified as {prediction} with {share}")
    return gallery(
        [data.test_images[index, 0].numpy() for index in indices],
        [f"{label} → {prediction}, {share}" for label, prediction, share in told],
        [alt.format(label=a, prediction=b, share=c) for a, b, c in told],
        [False] * len(told),
        side=88,
    )


def _read(
    store: Store,
    run: RunRecord,
    drawings: Sequence[Drawing],
    classes: Sequence[str],
    words: Words,
) -> tuple[str, Accuracy | None]:
    """What the network says of the drawings, as pictures, and how many it reads."""
    if not drawings:
        return "", None
    model = model_from(run.config, store.weights(run.id))
    images = torch.from_numpy(np.stack([each.image for each in drawings]))[:, None]  # (N,1,28,28)
    shares = predict(eval_copy(model), images, run.config).softmax(1).cpu().numpy()
    read = shares.argmax(1)
    correct = read == np.array([each.label for each in drawings])
    shown = range(min(len(drawings), DRAWINGS))
    told = [
        (
            classes[drawings[i].label],
            classes[read[i]],
            probability(float(shares[i].max()), 1, brief=True),
        )
        for i in shown
    ]
    alt = words.gettext("drawing of {label}, classified as {prediction} with {share}")
    pictures = gallery(
        [drawings[i].image for i in shown],
        [f"{label} → {prediction}, {share}" for label, prediction, share in told],
        [alt.format(label=a, prediction=b, share=c) for a, b, c in told],
        [bool(correct[i]) for i in shown],
        side=88,
    )
    return pictures, Accuracy.of(correct)


def _places(store: Store, run: RunRecord, steps: Sequence[int]) -> list[float]:
    """How far left of the last step each of `steps` is drawn in the curves."""
    events = [event for _, event in store.events(run.id, [Progress, Evaluated])]
    axis = axis_of_steps(
        span_of([event for event in events if isinstance(event, Progress | Evaluated)])
    )
    return [round(min(0.0, axis.place(step) - axis.end), 1) for step in steps]

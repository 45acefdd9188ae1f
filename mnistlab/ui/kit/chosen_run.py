"""Which run a page is about: the one its URL names, or the latest."""

from collections.abc import Iterable

from mnistlab import data
from mnistlab.config import TrainConfig
from mnistlab.errors import RunNotFound, RunOfAnotherVersion
from mnistlab.presets import PRESETS
from mnistlab.store import RunRecord, Status, Store
from mnistlab.train import emulates_bfloat16
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.url import Query
from mnistlab.ui.kit.words import literal


def wanted(query: Query, store: Store) -> RunRecord | None:
    """The run that the URL names; None if it names none, or one that cannot be opened here."""
    run_id = query.get("run")
    if run_id is None:
        return None
    try:
        run = store.get(run_id) if len(run_id) == 12 else store.find(run_id)
    except RunNotFound:
        message = _(
            "There is no run {run} here: it was deleted, or the link comes from another machine."
        )
        query.problems.append(message.format(run=run_id))
    except RunOfAnotherVersion as error:
        query.problems.append(str(error))
    else:
        query.set("run", run.id)
        return run
    query.set("run", None)
    return None


def latest(query: Query, store: Store) -> RunRecord | None:
    """The run that a page takes where the link names none: of those with weights to look at, the
    reader's own latest that finished, or else the best there is (see `_rank`).
    """
    ranked = [(rank, run) for run in store.runs() if (rank := _rank(run)) is not None]
    ranked.sort(key=lambda pair: pair[0])
    run = next((run for _rank, run in ranked if store.snapshot_steps(run.id)), None)
    if run is not None:
        query.set("run", run.id)
    return run


def own_last(runs: Iterable[RunRecord]) -> str | None:
    """The id of the first of `runs` that is the reader's own, finished, and in no experiment."""
    return next((run.id for run in runs if _rank(run) == 0), None)


def _rank(run: RunRecord) -> int | None:
    """In which turn `run` is taken to look inside; None: never. A network that takes part in an
    experiment is no good example of one, and before it is trained not even a bad one.
    """
    own, alone = state.person().owns(run.session), not run.experiment
    finished = run.status == Status.FINISHED
    if run.started is None:
        return None
    turns = (
        own and alone and finished,
        own and alone,
        own and finished,
        alone and finished,
        finished,
        alone,
    )
    return turns.index(True) if any(turns) else None


def to_choose_from(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """`runs` as a list offers them: those of experiments last, the reader's own first, and of these
    the finished ones; otherwise in the order given.
    """
    person = state.person()
    return sorted(
        runs,
        key=lambda run: (
            bool(run.experiment),
            not person.owns(run.session),
            run.status != Status.FINISHED,
        ),
    )


def why_empty(run: RunRecord) -> str:
    """Why `run` has no weights to look at."""
    if run.status == Status.QUEUED:
        return _("There is nothing to see in this network yet: its training has not started.")
    if run.status == Status.RUNNING:
        return _(
            "There is nothing to see in this network yet: its training is just starting. Look "
            "again in a moment."
        )
    if run.status == Status.FAILED:
        message = _("There is nothing to see in this network: its training failed at the start.")
        return f"{message} {literal(run.reason)}".strip()
    return _(
        "There is nothing to see in this network: its training ended before the first step. "
        "Resume it, or choose another one."
    )


def first_preset() -> str:
    """The preset that a first network is trained with: on MNIST where it is here."""
    return "speedrun" if data.problem("mnist") is None else "quick-digits"


def first_config() -> TrainConfig:
    """What the button for a first network trains: it takes seconds on every processor."""
    config = PRESETS[first_preset()]
    return config.replace(precision="float32") if emulates_bfloat16(config) else config

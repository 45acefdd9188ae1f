"""What several commands share."""

from mnistlab import terminal
from mnistlab.config import TrainConfig
from mnistlab.errors import RunNotFound
from mnistlab.events import Diverged
from mnistlab.store import RunRecord, Status, Store


def known_run(store: Store, config: TrainConfig) -> RunRecord | None:
    """The run of `config`, or None if nobody has requested it yet."""
    try:
        return store.get(config.run_id)
    except RunNotFound:
        return None


def is_over(store: Store, run: RunRecord) -> bool:
    """Finished or diverged: training it again would end the same way."""
    return run.status == Status.FINISHED or (
        run.status == Status.FAILED and bool(store.events(run.id, [Diverged]))
    )


def need_data(name: str) -> None:
    """Download the data set `name`, with a progress bar, if it is missing or damaged. Raises
    `DownloadFailed`.
    """
    from mnistlab.data import download, problem

    if problem(name) is not None:
        with terminal.download_bar(name) as show:
            download(name, on_progress=show)

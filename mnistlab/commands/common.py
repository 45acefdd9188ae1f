"""What several commands need."""

from mnistlab import terminal
from mnistlab.config import TrainConfig
from mnistlab.errors import RunNotFound
from mnistlab.store import RunRecord, Store


def known_run(store: Store, config: TrainConfig) -> RunRecord | None:
    """The run of `config`, or None if nobody asked for it yet."""
    try:
        return store.get(config.run_id)
    except RunNotFound:
        return None


def need_data(name: str) -> None:
    """Download the data set `name` with a progress bar, if it is not there or damaged. Raises `DownloadFailed`."""
    from mnistlab.data import download, problem

    if problem(name) is not None:
        with terminal.download_bar(name) as show:
            download(name, on_progress=show)

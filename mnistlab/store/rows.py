"""Runs and events as rows of the tables, and back."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from mnistlab.config import TrainConfig
from mnistlab.errors import ConfigError, StoreError
from mnistlab.events import Checkpoint, Event, Predicted, Snapshot, from_record, to_record
from mnistlab.i18n import message, restored
from mnistlab.store.runs import RunRecord, Status, of_another_version, step_of
from mnistlab.store.tables import CHECKPOINTS, EVENTS, PREDICTIONS, SNAPSHOTS

# of one value. SQLite's own limit; PostgreSQL sends a value as text twice as long, 1 GiB at most
MOST_BYTES = {"sqlite": 10**9, "postgresql": 5 * 10**8}


def rows_of(run_id: str, events: Iterable[Event]) -> dict[sa.Table, list[dict[str, Any]]]:
    """What `events` are in the tables; of several checkpoints, only the latest."""
    from safetensors.torch import save  # with torch, which takes a second to import

    tables = (EVENTS, SNAPSHOTS, CHECKPOINTS, PREDICTIONS)
    rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in tables}
    latest = None
    for event in events:
        key = {"run_id": run_id, "step": event.step}
        if isinstance(event, Snapshot):
            rows[SNAPSHOTS].append({**key, "epoch": event.epoch, "weights": save(event.weights)})
        elif isinstance(event, Checkpoint):
            latest = event
        elif isinstance(event, Predicted):
            rows[PREDICTIONS].append({**key, "logits": save({"logits": event.logits})})
        else:
            body = to_record(event)
            rows[EVENTS].append({**key, "kind": body["kind"], "body": body})
    if latest is not None:
        tensors = save(latest.tensors)
        rows[CHECKPOINTS].append(
            {
                "run_id": run_id,
                "step": latest.step,
                "epoch": latest.epoch,
                "state": latest.state,
                "tensors": tensors,
            }
        )
    return rows


def check_sizes(rows: Mapping[sa.Table, Iterable[Mapping[str, Any]]], database: str) -> None:
    """Raises `StoreError` if one of the values is larger than the database, "sqlite" or
    "postgresql", takes.
    """
    most = MOST_BYTES[database]
    blobs = (value for new in rows.values() for row in new for value in row.values())
    largest = max((len(blob) for blob in blobs if isinstance(blob, bytes)), default=0)
    if largest > most:
        raise StoreError(
            message(
                "The network and its optimiser's state take up {size:,.0f} MB; the store "
                "accepts {most:,.0f} MB at most.",
                size=largest / 1e6,
                most=most / 1e6,
            ),
            message("Choose fewer hidden units, layers or channels."),
        )


def record_of(row: sa.Row, place: int | None = None) -> RunRecord:
    """The run of a row of `RUNS`, which has this place in the queue. Raises `RunOfAnotherVersion`
    if its configuration or status is unknown here.
    """
    config = config_of(row.config)
    if config is None or not is_readable(row):
        raise of_another_version(row.id, row.environment)
    until = step_of(row.wanted)
    return RunRecord(
        row.id,
        config,
        Status(row.status),
        restored(row.reason),
        row.session,
        row.wanted if until is None else "",
        row.created,
        row.started,
        row.ended,
        row.step,
        _final_of(row.final),
        row.environment,
        place,
        row.pinned,
        until,
        row.title,
        row.ahead,
        row.experiment,
    )


def is_readable(row: sa.Row) -> bool:
    """Whether this version knows the configuration and the status of a row of `RUNS`."""
    return config_of(row.config) is not None and row.status in set(Status)


@lru_cache(maxsize=4096)
def config_of(text: str) -> TrainConfig | None:
    """The configuration in the column `config`; None if another version wrote what this one does
    not know.
    """
    try:
        return TrainConfig.from_dict(json.loads(text))
    except ConfigError:
        return None


def _final_of(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The fields of the `Finished` in the column `final`; None if there is none, or if only a newer
    version knows what it says. The first stores did not write its kind.
    """
    event = None if record is None else from_record({"kind": "finished", **record})
    return None if event is None else dict(vars(event))  # `asdict` would copy its lists, too

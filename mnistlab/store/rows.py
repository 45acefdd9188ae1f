"""Runs and events as rows of the tables, and back."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from mnistlab.config import TrainConfig
from mnistlab.events import Checkpoint, Event, Snapshot, to_record
from mnistlab.store.database import CHECKPOINTS, EVENTS, SNAPSHOTS
from mnistlab.store.runs import RunRecord, Status


def rows_of(run_id: str, events: Iterable[Event]) -> dict[sa.Table, list[dict[str, Any]]]:
    """What `events` are in the tables; of several checkpoints, only the latest."""
    from safetensors.torch import save  # with torch, which takes a second to import

    rows: dict[sa.Table, list[dict[str, Any]]] = {EVENTS: [], SNAPSHOTS: [], CHECKPOINTS: []}
    latest = None
    for event in events:
        key = {"run_id": run_id, "step": event.step}
        if isinstance(event, Snapshot):
            rows[SNAPSHOTS].append({**key, "epoch": event.epoch, "weights": save(event.weights)})
        elif isinstance(event, Checkpoint):
            latest = event
        else:
            body = to_record(event)
            rows[EVENTS].append({**key, "kind": body["kind"], "body": body})
    if latest is not None:
        tensors = save(latest.tensors)
        rows[CHECKPOINTS].append({"run_id": run_id, "step": latest.step, "epoch": latest.epoch, "state": latest.state, "tensors": tensors})
    return rows


def record_of(row: sa.Row, place: int | None) -> RunRecord:
    """The run of a row of `RUNS`, which has this place in the queue."""
    return RunRecord(
        row.id, config_of(row.config), Status(row.status), row.reason, row.session, row.wanted, row.created, row.started, row.ended,
        row.step, row.final, row.environment, place,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def config_of(text: str) -> TrainConfig:
    """The configuration in the column `config`."""
    return TrainConfig.from_dict(json.loads(text))

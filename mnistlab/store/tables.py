"""The tables. Whoever changes one adds a migration: docs/store.md says how."""

import json
from typing import Any

import sqlalchemy as sa


class Json(sa.TypeDecorator):
    """JSON as text: PostgreSQL's own type refuses the infinities and NaNs that a diverging network
    has to tell.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


metadata = sa.MetaData()
RUNS = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("config", sa.Text, nullable=False),  # JSON
    sa.Column("status", sa.String(12), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("session", sa.String(64), nullable=False, default=""),
    # what was asked of the worker: "", "pause", "stop", or "at 300", to pause at step 300; a run
    # that paused there keeps it
    sa.Column("wanted", sa.String(12), nullable=False, default=""),
    sa.Column("created", sa.Float, nullable=False),  # seconds since 1970, as all times here
    sa.Column("queued", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("ended", sa.Float),
    sa.Column("step", sa.Integer, nullable=False, default=0),
    sa.Column("final", Json),  # the record of `Finished`
    sa.Column("environment", Json),  # versions, threads and device of the last worker
    sa.Column("claim", sa.String(32), nullable=False, default=""),
    sa.Column("host", sa.String(255), nullable=False, default=""),
    sa.Column("pid", sa.Integer),
    sa.Column("pid_created", sa.Float),
    sa.Column("heartbeat", sa.Float),
    # kept also where MNISTLAB_KEEP is exceeded
    sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()),
)
EVENTS = sa.Table(
    "events",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String(12), nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Index("events_of_run", "run_id", "seq"),
    # no number is given twice: whoever asks for what came after one misses nothing
    sqlite_autoincrement=True,
)
SNAPSHOTS = sa.Table(
    "snapshots",
    metadata,
    sa.Column("run_id", sa.String(12), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("weights", sa.LargeBinary, nullable=False),  # safetensors
)
CHECKPOINTS = sa.Table(  # the latest of each run
    "checkpoints",
    metadata,
    sa.Column("run_id", sa.String(12), primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("state", Json, nullable=False),
    sa.Column("tensors", sa.LargeBinary, nullable=False),  # safetensors
)
# Of each run that finished. As float32 (400 kB for MNIST): as float16, one shown share in fifty
# would be another, and the worst mistakes would be in another order.
PREDICTIONS = sa.Table(
    "predictions",
    metadata,
    sa.Column("run_id", sa.String(12), primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("logits", sa.LargeBinary, nullable=False),  # safetensors
)
DRAWINGS = sa.Table(
    "drawings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("session", sa.String(64), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("label", sa.Integer, nullable=False),  # the true class, 0 to 9, as its author says
    sa.Column("image", sa.LargeBinary, nullable=False),  # 28×28 bytes, row by row
    sqlite_autoincrement=True,
)
# What networks are fine-tuned on: see `origins`.
DRAWING_SETS = sa.Table(
    "drawing_sets",
    metadata,
    sa.Column("id", sa.String(24), primary_key=True),  # how many drawings, and their checksum
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),  # `DrawingSet.content`
)

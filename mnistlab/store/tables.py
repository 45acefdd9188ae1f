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
    # what its owner calls it; "" where its settings name it
    sa.Column("title", sa.String(80), nullable=False, server_default=""),
    # how far a teacher moved it ahead in the queue: the higher, the sooner
    sa.Column("ahead", sa.Integer, nullable=False, server_default="0"),
    # the experiment that it was asked for as a part of, such as "sweep?lr=0.1,0.2"; "" for a run
    # that somebody asked for by itself
    sa.Column("experiment", sa.Text, nullable=False, server_default=""),
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

# Small secrets and keys of the installation, which all servers over this store share.
KEYS = sa.Table(
    "keys",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
CLASSES = sa.Table(
    "classes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),  # also the name of the teacher's own runs
    sa.Column("code", sa.String(8), nullable=False, unique=True),  # with which students join
    sa.Column("secret", sa.String(64), nullable=False, index=True),  # SHA-256 of the teacher's
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("rules", Json, nullable=False),  # what students may do: `Rules`
    # where everybody is led, and what is locked: `Pace`; each change has a higher number
    sa.Column("pace", Json, nullable=False),
    sa.Column("pace_number", sa.Integer, nullable=False, server_default="0"),
)
MEMBERS = sa.Table(  # the students of the classes
    "members",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),  # also the name of their runs and drawings
    sa.Column("class_id", sa.String(32), nullable=False, index=True),
    sa.Column("nickname", sa.String(32), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # in the class, from 1: gives the alias
    sa.Column("joined", sa.Float, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
    # where they are: page, its parameters, the run that they look at, and since when
    sa.Column("page", sa.String(32), nullable=False, server_default=""),
    sa.Column("query", Json),
    sa.Column("run_id", sa.String(12), nullable=False, server_default=""),
    sa.Column("seen", sa.Float, nullable=False),
    sa.Column("hand", sa.Float),  # raised since; None while it is down
    sa.Column("drawing", sa.LargeBinary),  # the last one, 28×28 bytes, row by row
    sa.Column("asked", sa.Float),  # the teacher asked to see their page, since
    sa.Column("shown", Json),  # the page and parameters that they agreed to show, or sent
    # how often they were brought to a page: `Pace.brought` when they last were
    sa.Column("followed", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("class_id", "nickname", name="one_nickname"),
    sa.UniqueConstraint("class_id", "number", name="one_number"),
)
QUESTIONS = sa.Table(
    "questions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("class_id", sa.String(32), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("body", Json, nullable=False),  # its kind, words, choices, what is right
    sa.Column("status", sa.String(12), nullable=False),  # open, shown, closed
    sqlite_autoincrement=True,
)
ANSWERS = sa.Table(
    "answers",
    metadata,
    sa.Column("question_id", sa.Integer, primary_key=True),
    sa.Column("member_id", sa.String(32), primary_key=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
    sa.Column("first", Json, nullable=False),  # what they said before the answers were shown
    sa.Column("latest", Json, nullable=False),
)
CLASS_EXPERIMENTS = sa.Table(
    "class_experiments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("class_id", sa.String(32), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("body", Json, nullable=False),  # configuration, field, and the value of each member
    sqlite_autoincrement=True,
)
LESSON_PROGRESS = sa.Table(
    "lesson_progress",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),  # as of `DRAWINGS.c.session`
    sa.Column("lesson", sa.String(64), primary_key=True),
    sa.Column("changed", sa.Float, nullable=False),
    sa.Column("body", Json, nullable=False),  # the step reached, and what was answered on the way
)
HAND_INS = sa.Table(  # what a student gave to the teacher: the file is made when it is asked for
    "hand_ins",
    metadata,
    sa.Column("member_id", sa.String(32), primary_key=True),
    sa.Column("run_id", sa.String(12), primary_key=True),  # "": their answers and drawings alone
    sa.Column("created", sa.Float, nullable=False),
)

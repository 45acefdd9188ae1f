"""Classes: their students, questions, experiments and lessons; titles and places of runs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    title = sa.Column("title", sa.String(80), nullable=False, server_default="")
    ahead = sa.Column("ahead", sa.Integer, nullable=False, server_default="0")
    op.add_column("runs", title)
    op.add_column("runs", ahead)
    op.create_table(
        "keys",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "classes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("pace", sa.Text, nullable=False),
        sa.Column("pace_number", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("code", name="classes_code_key"),
    )
    op.create_index("ix_classes_secret", "classes", ["secret"])
    op.create_table(
        "members",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("class_id", sa.String(32), nullable=False),
        sa.Column("nickname", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("joined", sa.Float, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("page", sa.String(32), nullable=False, server_default=""),
        sa.Column("query", sa.Text),
        sa.Column("run_id", sa.String(12), nullable=False, server_default=""),
        sa.Column("seen", sa.Float, nullable=False),
        sa.Column("hand", sa.Float),
        sa.Column("drawing", sa.LargeBinary),
        sa.Column("asked", sa.Float),
        sa.Column("shown", sa.Text),
        sa.Column("followed", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("class_id", "nickname", name="one_nickname"),
        sa.UniqueConstraint("class_id", "number", name="one_number"),
    )
    op.create_index("ix_members_class_id", "members", ["class_id"])
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("class_id", sa.String(32), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_questions_class_id", "questions", ["class_id"])
    op.create_table(
        "answers",
        sa.Column("question_id", sa.Integer, primary_key=True),
        sa.Column("member_id", sa.String(32), primary_key=True),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("latest", sa.Text, nullable=False),
    )
    op.create_table(
        "class_experiments",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("class_id", sa.String(32), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_class_experiments_class_id", "class_experiments", ["class_id"])
    op.create_table(
        "lesson_progress",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("lesson", sa.String(64), primary_key=True),
        sa.Column("changed", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "hand_ins",
        sa.Column("member_id", sa.String(32), primary_key=True),
        sa.Column("run_id", sa.String(12), primary_key=True),
        sa.Column("created", sa.Float, nullable=False),
    )

"""The predictions of a finished run."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "predictions",
        sa.Column("run_id", sa.String(12), primary_key=True),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("logits", sa.LargeBinary, nullable=False),
    )

"""The experiment that a run is a part of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    experiment = sa.Column("experiment", sa.Text, nullable=False, server_default="")
    op.add_column("runs", experiment)

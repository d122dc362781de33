"""Reasons beside the main one of a move."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stage_event", sa.Column("other_reasons", sa.Text(), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("stage_event", "other_reasons")

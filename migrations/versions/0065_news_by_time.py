"""Digests ask what became of deals in a window of time."""

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_stage_event_recorded_at", "stage_event", ["recorded_at"])


def downgrade() -> None:
    op.drop_index("ix_stage_event_recorded_at", "stage_event")

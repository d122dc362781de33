"""Which companies stand otherwise than before is asked by the time of it."""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_readiness_state_computed", "readiness_state", ["computed_at", "company_id"])


def downgrade() -> None:
    op.drop_index("ix_readiness_state_computed", "readiness_state")

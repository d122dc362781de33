"""The index by which deals on hold come back on their day."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deal_revisit_on", "deal", ["revisit_on", "id"])


def downgrade() -> None:
    op.drop_index("ix_deal_revisit_on", "deal")

"""Companies whose texts changed wait for their suggestions to follow."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suggestion_owed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suggestion_owed"),
    )
    op.create_index("ix_suggestion_owed_company_id", "suggestion_owed", ["company_id"])


def downgrade() -> None:
    op.drop_table("suggestion_owed")

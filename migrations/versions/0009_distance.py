"""How far a company is from each target, to sort by."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0013"
branch_labels = None
depends_on = None

CURRENT = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    op.add_column("assessment", sa.Column("distance", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_assessment_nearest",
        "assessment",
        ["target", "distance", "company_id"],
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )


def downgrade() -> None:
    op.drop_index("ix_assessment_nearest", table_name="assessment")
    op.drop_column("assessment", "distance")
